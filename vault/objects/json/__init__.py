"""JSON texts: to values and back without loss, and changes in place."""
