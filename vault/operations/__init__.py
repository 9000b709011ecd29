"""The verbs, one per module: the only place where the rooms of the library meet."""
