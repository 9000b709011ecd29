"""Asking models: requests out, answers in, and what both cost. Knows no repository."""
