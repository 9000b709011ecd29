"""Generating examples with a model: a recipe asked, answers accepted, examples staged."""
