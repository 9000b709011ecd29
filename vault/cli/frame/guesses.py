"""Suggestions for mistyped commands and options. No suggestion changes or overwrites data."""

from __future__ import annotations

from collections.abc import Iterable

from vault.cli.frame.command_table import COMMANDS, Effect

READING_VERBS = frozenset({"list", "show"})
"""Commands below others that only read."""

SYNONYMS = {
    "add": "import",
    "stage": "import",
    "lint": "validate",
    "check": "validate",
    "remove": "rm",
    "delete": "rm",
    "annotate": "label",
    "modify": "edit",
}
"""Words of other tools, and the command that does the same here."""

HARMLESS_OPTIONS = frozenset(
    {
        "--against", "--answer", "--by", "--containment", "--count-shared", "--csv", "--dry-run",
        "--engine", "--exact", "--exit-code", "--explain", "--field", "--fields", "--filter",
        "--format", "--from", "--graph", "--group-by", "--help", "--hold-out", "--ignore", "--json",
        "--jsonl", "--keep", "--key", "--limit", "--map", "--meta", "--on", "--oneline", "--quiet",
        "--reason", "--regex", "--report", "--role", "--round", "--sample", "--seconds", "--seed",
        "--select", "--shuffle", "--source", "--split", "--stat", "--stratify", "--strict",
        "--target", "--threshold", "--verbose", "--version", "--where", "--with", "--within",
    }
)  # fmt: skip
"""Options that may be guessed: they choose, say or show. Others change what is changed, overwrite,
or go on unasked."""

_LIKELY, _CERTAIN = 0.6, 0.85


def guessed_command(name: str, known: Iterable[str]) -> str | None:
    """Return the command that a word is like, or None if that one changes data, or none is.

    A command that adds something must differ from the word by no more than a letter or two.
    """
    from difflib import get_close_matches

    effects = {each: _effect(each) for each in known}
    for close in get_close_matches(name, effects, n=1, cutoff=_LIKELY):
        certain = get_close_matches(name, [close], cutoff=_CERTAIN)
        if effects[close] is Effect.READS or (effects[close] is Effect.ADDS and certain):
            return close
    return None


def guessed_option(name: str, known: Iterable[str]) -> str | None:
    """Return the option that a word is like, or None if that one may do harm, or none is."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1, cutoff=_LIKELY)
    return close[0] if close and close[0] in HARMLESS_OPTIONS else None


def _effect(name: str) -> Effect:
    entry = COMMANDS.get(name)
    if entry is not None:
        return entry.effect
    return Effect.READS if name in READING_VERBS else Effect.CHANGES
