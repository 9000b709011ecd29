"""Indexes and arrays made from chunks; deleting them changes no answer."""
