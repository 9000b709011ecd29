"""Select rows of a dataset by id, expression, filter, sample or split."""
