"""Verbs that only look: query, grep, diff, sql."""
