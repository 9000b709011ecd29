"""Labels of examples: their names, and the objects that hold those of a chunk."""
