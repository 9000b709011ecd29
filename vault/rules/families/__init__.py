"""The rules themselves, by families: FORM, TURN, TEXT, TOOL, PREF, SAFE, SIZE, SETS."""
