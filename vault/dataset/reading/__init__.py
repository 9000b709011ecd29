"""Read the rows, columns, records, labels and removals of a dataset from its chunks."""
