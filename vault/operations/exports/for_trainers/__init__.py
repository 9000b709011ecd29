"""`export --for`: what is written for a trainer, and what stands beside it."""
