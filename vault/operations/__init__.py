"""The verbs, by families: the one place where rooms meet. Knows no terminal or environment."""
