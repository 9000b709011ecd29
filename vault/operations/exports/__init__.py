"""`export`: rows of a version to a file, a table or another library."""
