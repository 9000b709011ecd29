"""How much of a question one other text holds, by runs of words: arrays in, pairs out."""
