"""What is made from chunks to find things sooner, and can be thrown away at any moment."""
