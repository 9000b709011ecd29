"""Families of models: a judge favours answers of its own."""

from __future__ import annotations

import re

_FIRST_WORD = re.compile(r"[a-z]+")
_ALIASES = {
    "o": "gpt",
    "chatgpt": "gpt",
    "davinci": "gpt",
    "mixtral": "mistral",
    "ministral": "mistral",
    "magistral": "mistral",
    "codestral": "mistral",
    "meta": "llama",
    "qwq": "qwen",
    "gemma": "gemini",
    "smollm": "smollm",
}


def family_of(model: str) -> str:
    """Return the family of a model by its name, such as `gpt` of `openai/gpt-4o-mini`.

    The first letters of the name behind the last slash: a fine-tuned model with a name of its own
    is a family of its own.
    """
    name = model.removeprefix("ft:").rpartition("/")[2].lower()
    found = _FIRST_WORD.match(name)
    word = name if found is None else found[0]
    return _ALIASES.get(word, word)
