"""The programs that make generated pages; they are no part of the installed package."""
