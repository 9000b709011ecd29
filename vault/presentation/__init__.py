"""What a page and a terminal show alike: pure, without a terminal and without a repository."""
