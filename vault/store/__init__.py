"""Where bytes live: backends, the object store over them, the operation log. Knows no meaning."""
