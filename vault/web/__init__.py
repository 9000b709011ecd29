"""The explorer: read, search, label and compare a repository in the browser."""
