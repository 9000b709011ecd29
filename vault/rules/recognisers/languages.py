"""Which language and which script a text is written in.

Languages are told by py3langid, whose model is part of the package: nothing is downloaded. It is
the extra `language`, and imported when a text is to be told.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from typing import Any

from vault.errors import InvalidInput

_LEAST_SURE = 0.95
_MOST_READ = 2_000
_NO_LANGUAGE = "zxx"
_SCRIPTS = (
    *("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "THAI"),
    *("HANGUL", "CJK", "HIRAGANA", "KATAKANA", "GEORGIAN", "ARMENIAN", "ETHIOPIC"),
)
_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}
"""Japanese is written in three at once."""


def language_of(text: str) -> str | None:
    """Return the language of a text as two letters, None where it is not at all sure.

    Raises InvalidInput (`extra-missing`) where py3langid is not installed.
    """
    language, sureness = _identifier().classify(text[:_MOST_READ])
    return str(language) if sureness >= _LEAST_SURE and language != _NO_LANGUAGE else None


def script_of(text: str) -> str | None:
    """Return the script that most letters of a text are of, such as `LATIN`; None without any."""
    counts: Counter[str] = Counter()
    for character, count in Counter(text[:_MOST_READ]).items():
        if character.isalpha():
            name = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
            counts[_ONE_SCRIPT.get(name, name)] += count if name in _SCRIPTS else 0
    script, count = next(iter(counts.most_common(1)), ("", 0))
    return script if count else None


@cache
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise InvalidInput(
            "telling languages needs py3langid, which is not installed",
            code="extra-missing",
            hint="pip install 'dataset-vault[language]'",
        ) from None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
