"""Input that could not be read: list it, read it again, put it back."""
