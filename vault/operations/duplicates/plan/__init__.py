"""Which rows are duplicates, and which of them stays."""
