"""`validate`: run rules over a dataset, apply fixes, put broken examples aside."""
