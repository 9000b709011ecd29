"""Files of the world to records, and records to conversations, and back again."""
