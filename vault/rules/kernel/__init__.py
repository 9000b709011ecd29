"""What a rule is, an example as rules see it, and how many examples are examined at once."""
