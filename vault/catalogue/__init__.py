"""DuckDB: an index of what chunks hold, which can be thrown away at any time."""
