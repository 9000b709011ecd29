"""Crashes at every moment: what was acknowledged is there afterwards, and nothing by halves."""
