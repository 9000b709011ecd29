"""How other programs write conversations, and the messages of OpenAI's chat that they mean."""
