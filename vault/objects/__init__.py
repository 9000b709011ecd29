"""Stored values and their bytes. Pure: knows no file, network or clock."""
