"""What is wrong with an example: rules with stable codes, each with its own examples.

Pure functions over records that were parsed already. Knows nothing of files, formats, repositories
or terminals; which records are looked at and what becomes of findings is decided above.
"""
