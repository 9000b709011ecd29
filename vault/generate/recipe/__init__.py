"""Recipes: what to ask a model for, and what becomes of its answers. Read, checked, rendered."""
