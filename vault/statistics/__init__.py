"""Statistics of ratings: how far raters agree, and what a judge's errors do to its pass rate.

Arrays in, numbers out. Knows no repository, label or terminal.
"""
