"""Looking after a repository: fsck, gc, doctor."""
