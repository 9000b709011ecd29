"""Changing the text of an example, and checking a record that is being written."""
