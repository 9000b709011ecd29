"""What a page and a terminal show alike: JSON, HTML, parts of examples, differences of words.
Knows no terminal and no repository.
"""
