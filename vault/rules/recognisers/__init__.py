"""What rules recognise texts and values by: personal data, languages, JSON Schema."""
