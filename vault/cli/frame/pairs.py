"""`KEY=VALUE` arguments, as `--meta`, `--map` and `split` take them."""

from __future__ import annotations

from collections.abc import Iterable

from vault.errors import InvalidInput


def read_pairs(words: Iterable[str], option: str, example: str = "value") -> dict[str, str]:
    """Return the pairs by key; `example` is a value that a hint shows.

    Raises InvalidInput (`pair-invalid`, `pair-twice`).
    """
    pairs: dict[str, str] = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not key.strip():
            raise InvalidInput(
                f'{option} takes KEY=VALUE, not "{word}"',
                code="pair-invalid",
                hint=f"write {option} {key.strip() or 'key'}={example}",
            )
        if key in pairs:
            raise InvalidInput(
                f'{option} has "{key}" twice',
                code="pair-twice",
                hint=f"give each key of {option} once",
            )
        pairs[key] = value
    return pairs
