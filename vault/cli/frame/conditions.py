"""The options by which commands choose examples: `--where`, `--filter` and `--limit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--where",
        metavar="EXPR",
        multiple=True,
        help="Only examples that satisfy this, such as \"tokens > 500 AND labels.q = 'gold'\".",
    ),
    click.option(
        "--filter",
        "filters",
        metavar="NAME",
        multiple=True,
        help="Only examples that satisfy the expression that vault.toml gives this name.",
    ),
)


limit_option = click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Show at most N examples.",
)
"""`--limit`: how many examples are shown, of all that were chosen."""


def condition_options(function: _F) -> _F:
    """Add `--where` and `--filter` to a command: `where` and `filters`, tuples of texts."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
