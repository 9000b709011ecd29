"""Standard input as bytes."""

from __future__ import annotations

import sys
from typing import BinaryIO

from vault.errors import InvalidInput


def standard_input(wanted: str) -> BinaryIO:
    """Return standard input, from which something wanted is read.

    Raises InvalidInput (`no-stdin`) where it is closed.
    """
    if sys.stdin is None:
        raise InvalidInput(
            "standard input is closed, so `-` has nothing to read",
            code="no-stdin",
            hint=f"pipe {wanted} in, or name them instead of `-`",
        )
    return sys.stdin.buffer
