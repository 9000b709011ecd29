"""Model runs: beginning one, asking for it, what it came to, and the list of all."""
