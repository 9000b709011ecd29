"""Reports as text for a terminal, or as findings for another program; prints nothing."""
