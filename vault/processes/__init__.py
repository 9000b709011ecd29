"""Child processes, which import, validate and dedupe divide their work among. Knows no work."""
