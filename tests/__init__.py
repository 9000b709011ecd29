"""The tests of vault."""
