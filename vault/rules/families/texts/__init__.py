"""TEXT: what messages say, a module for each kind of fault."""
