"""Files of the world to records, records to conversations, and back. Knows no repository."""
