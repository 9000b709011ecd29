"""Child processes and threads, which large work is divided among. Knows no work."""
