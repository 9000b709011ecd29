"""The version of vault; a release is made by changing it."""

__version__ = "0.4.0.dev0"
