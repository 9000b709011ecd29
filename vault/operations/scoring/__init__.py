"""Evaluation results: labels made of them, weak slices, and plans of what to generate."""
