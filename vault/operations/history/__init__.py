"""Verbs of history: commit, tag, branch, switch, reset, undo, revert, and what shows it."""
