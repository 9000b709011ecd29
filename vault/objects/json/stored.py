"""How manifests, commits and operations are written: JSON with sorted keys and no spaces.

Needs only the standard library, so that history can be read without loading anything else.
"""

from __future__ import annotations

import json
from typing import Any

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a stored JSON value of another shape may raise: 1e400 is no integer, and a thousand
lists in one another are more than the parser follows."""


def stored_json(value: Any) -> bytes:
    """Return the bytes that are stored for a JSON value.

    Half a surrogate pair, as in the name of a file that is not UTF-8, becomes a question mark.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")
