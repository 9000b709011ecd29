"""Labels, splits and exported files as text."""
