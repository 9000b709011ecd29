"""Child processes, threads and memory that large work takes. Knows no work."""
