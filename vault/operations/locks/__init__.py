"""What `vault.lock` says of exported files: are they unedited, where from, and how made again."""
