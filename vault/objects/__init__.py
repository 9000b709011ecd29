"""What is stored: frozen values and the bytes they are kept as. Pure: no input or output."""
