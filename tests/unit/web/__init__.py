"""The explorer: what is answered, to whom, and what is not."""
