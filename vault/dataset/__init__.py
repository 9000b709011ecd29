"""One version of the data: reading, choosing, comparing and changing it. Knows no verb."""
