"""The entry point, and what every command shares: options, the invocation, printing, failures."""
