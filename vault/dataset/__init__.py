"""One version of the data: reading it, choosing from it, comparing it, changing it."""
