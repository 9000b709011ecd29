"""Near-duplicates: arrays in, clusters out. Pure; knows no repository, file or terminal."""
