"""Libraries that vault uses where they are installed, and does without elsewhere."""

from __future__ import annotations

import importlib
from typing import Any

from vault.errors import InvalidInput


def optional_library(name: str, *, install: str) -> Any:
    """Import a library that vault does not require. Raises InvalidInput (`library-missing`)."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InvalidInput(
            f"this needs the library {name}, which is not installed",
            code="library-missing",
            hint=f"`{install}` installs it",
        ) from None
