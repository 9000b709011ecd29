"""Scripts that run trainers' own loaders, in an environment that has them: see `trainer_venv`."""
