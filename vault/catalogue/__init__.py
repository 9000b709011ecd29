"""DuckDB: indexes made from chunks, and the evaluation of expressions of users."""
