"""The body of a request as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def body_text(value: Mapping[str, Any]) -> str:
    """Return a body with its members in their order, which a server that enforces a schema keeps.

    Half of a surrogate pair, which no UTF-8 has, is sent escaped.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    is_whole = not any("\ud800" <= each <= "\udfff" for each in text)
    return text if is_whole else json.dumps(value, separators=(",", ":"))
