"""`import`: from input files to staged rows."""
