"""The explorer as a person has it: in Chromium."""
