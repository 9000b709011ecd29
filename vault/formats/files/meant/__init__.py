"""Files whose name or form says something else than they are meant to be."""
