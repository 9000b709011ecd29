"""Finding a pattern in texts with RE2, which takes time in proportion to a text."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from vault.catalogue.connection import kept_connection, time_limit
from vault.catalogue.expressions.patterns import literal_as_regexp
from vault.catalogue.expressions.syntax import quoted
from vault.errors import InvalidInput

MOST_SECONDS = 60.0
"""How long searching one batch of texts may take."""


def search_pattern(text: str, *, is_regexp: bool = False, ignores_case: bool = False) -> str:
    """Return the RE2 pattern for what was typed: its own characters, or a regular expression.

    Raises InvalidInput (`pattern-invalid`).
    """
    if not text or len(text) > _MOST_CHARACTERS:
        raise InvalidInput(
            "there is nothing to look for" if not text else f"{len(text):,} characters to look for",
            code="pattern-invalid",
            hint=f"give between 1 and {_MOST_CHARACTERS:,} characters",
        )
    pattern = text if is_regexp else literal_as_regexp(text)
    pattern = f"(?i){pattern}" if ignores_case else pattern
    try:
        kept_connection().execute(f"SELECT regexp_matches('', {quoted(pattern)})").fetchall()
    except duckdb.Error as error:
        reason = str(error).split(": ", 1)[-1].split("\n")[0].split(": ")[0]
        raise InvalidInput(
            f'"{text}" is not a regular expression: {reason}',
            code="pattern-invalid",
            hint="leave out --regex to look for these very characters",
        ) from None
    return pattern


def find_pattern(texts: Sequence[str], pattern: str) -> list[str | None]:
    """Return for each text the first part that matches a pattern; None where none does.

    Raises InvalidInput (`expression-too-slow`).
    """
    connection = kept_connection()
    where = quoted(pattern)
    with time_limit(connection, MOST_SECONDS):
        connection.register("texts", pa.table({"text": pa.array(texts, pa.string())}))
        try:
            rows = connection.execute(
                f"SELECT CASE WHEN regexp_matches(text, {where})"
                f" THEN regexp_extract(text, {where}, 0) END FROM texts"
            ).fetchall()
        finally:
            connection.unregister("texts")
    return [found for (found,) in rows]


_MOST_CHARACTERS = 1_000
