"""The version of vault; a release is made by changing it."""

__version__ = "0.3.0"
