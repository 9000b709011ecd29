"""`export --mix`: parts of one or several versions, each in the size that is asked for."""
