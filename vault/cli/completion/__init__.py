"""Completing words in a shell: its scripts, and what can stand for a value."""
