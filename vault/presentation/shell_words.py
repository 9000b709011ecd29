"""Words of a command as one types them: with quotes where a shell would act on them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN_WORD = re.compile(r"[\w@%+=:,./~^*-]+")
_ACTING = re.compile(r'["$`\\!]')  # what a shell acts upon within double quotes


def shown_words(words: Sequence[str]) -> str:
    """Return the words of a command as a shell reads them."""
    return " ".join(map(shown_word, words))


def shown_word(word: str) -> str:
    """Return a word of a command line quoted where a shell needs that."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    if "'" in word and not _ACTING.search(word):
        return f'"{word}"'
    return "'" + word.replace("'", "'\\''") + "'"
