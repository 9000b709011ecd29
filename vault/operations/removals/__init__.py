"""Taking examples out deliberately, and bringing them back."""
