"""Dividing examples into sides that do not leak, and finding what leaks."""
