"""What a dataset holds, read from its chunks: rows, columns, records, labels, removals."""
