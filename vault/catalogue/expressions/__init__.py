"""Parse, check against an allow-list and evaluate the expressions and statements of users.

A security boundary: nothing of a user's text reaches DuckDB but what `guard` and `statement` wrote.
"""
