"""The command line: parses, calls one `Repository` method, renders its report. Knows no verb."""
