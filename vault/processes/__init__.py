"""Child processes of this program, which import, validate and dedupe divide their work among."""
