"""Expressions and statements of users: read, held against an allow-list, written anew, evaluated.

A security boundary: nothing of a user's text reaches DuckDB but what `guard` and `statement` wrote.
"""
