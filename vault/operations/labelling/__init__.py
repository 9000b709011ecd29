"""Saying something about examples: labels, several raters, queues, and how far people agree."""
