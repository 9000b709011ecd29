"""Texts of a dataset to signatures, and what is kept of them between calls."""
