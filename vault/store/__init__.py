"""Where bytes live: backends, the object store over them, and the operation log."""
