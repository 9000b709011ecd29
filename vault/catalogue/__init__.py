"""DuckDB: indexes made from chunks, and expressions of users, held against an allow-list and
evaluated. Knows no manifest and no verb.
"""
