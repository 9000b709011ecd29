"""Statistics of ratings and counts: agreement, a judge's errors, quantiles, distances.

Arrays in, numbers out. Knows no repository, label or terminal.
"""
