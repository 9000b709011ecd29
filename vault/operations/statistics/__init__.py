"""Statistics of a version, of its parts, and of two versions beside each other."""
