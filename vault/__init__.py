"""vault: version control for the data that language models are fine-tuned on."""

__version__ = "0.1.0"
