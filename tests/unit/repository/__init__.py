"""The library as a program or a notebook sees it."""
