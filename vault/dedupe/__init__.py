"""Near-duplicates: arrays of texts in, clusters out. Knows no repository, record or file."""
