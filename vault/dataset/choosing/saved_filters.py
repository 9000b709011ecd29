"""Several conditions at once: expressions as typed, and filters named in `vault.toml`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vault.config import read_team_section
from vault.dataset.choosing.where import check_setting, matching_mask
from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidInput, NotFound
from vault.objects.runs import RowKeys
from vault.session.context import Context

SECTION = "filters"
"""The table of `vault.toml` that gives expressions names."""


def named_filters(folder: Path | None, names: Sequence[str]) -> tuple[str, ...]:
    """Return the expressions that `vault.toml` gives some names.

    Raises NotFound (`filter-not-found`), InvalidInput (`config-invalid`, `config-key-unknown`),
    InvalidExpression (`expression-invalid`) for an expression that `check_expression` refuses.
    """
    if not names:
        return ()
    known: dict[str, Any] = {}
    if folder is not None:
        known = dict(read_team_section(folder, SECTION).table(SECTION))
    return tuple(_named(known, name) for name in names)


def _named(known: dict[str, Any], name: str) -> str:
    expression = known.get(name)
    if expression is None:
        near = difflib.get_close_matches(name, known, n=1)
        listed = f"there are {', '.join(sorted(known))}" if known else None
        raise NotFound(
            f'vault.toml names no filter "{name}"',
            code="filter-not-found",
            hint=f"did you mean {near[0]}?"
            if near
            else listed or f'write `{name} = "tokens > 500"` below [{SECTION}] in vault.toml',
        )
    if not isinstance(expression, str):
        raise InvalidInput(
            f"vault.toml: {SECTION}.{name} is not text",
            code="config-invalid",
            hint=f"change {SECTION}.{name} in vault.toml to text",
        )
    check_setting(f'the filter "{name}" of vault.toml', expression)
    return expression


def satisfying(
    context: Context, dataset: Dataset, keys: RowKeys, expressions: Sequence[str]
) -> RowKeys:
    """Return those of some examples that satisfy every expression, in their order.

    Errors as `matching_keys`.
    """
    for expression in expressions:
        keys = keys[matching_mask(context, dataset, keys, expression)]
    return keys
