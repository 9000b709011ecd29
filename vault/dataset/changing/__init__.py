"""Making the next version of a dataset, and staging it."""
