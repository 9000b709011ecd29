"""Files of every layout of bytes to blocks of record texts: JSON Lines, JSON, CSV, Parquet."""
