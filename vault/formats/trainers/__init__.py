"""Examples as trainers and providers take them: the named output formats, and what each loses."""
