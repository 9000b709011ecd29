"""`dedupe`: find duplicates in a dataset, or of another one, and remove them."""
