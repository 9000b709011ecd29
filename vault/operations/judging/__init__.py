"""Judging examples with models: questions of a rubric asked, verdicts written as labels."""
