"""Model runs: what a run says of itself, its requests, and the object that keeps them."""
