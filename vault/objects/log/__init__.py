"""What an entry of the operation log holds, as bytes: views, what changes in them, arguments."""
