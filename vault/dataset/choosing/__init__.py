"""Which rows of a dataset are meant: by id, expression, filter, sample or split."""
