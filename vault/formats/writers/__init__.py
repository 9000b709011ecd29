"""Record texts to files, in the layouts that `vault.formats.files` reads."""
