"""What can be wrong with a record when it is read: the wrong format, or a broken structure.

The first is told to the user, who asked for a format. The second never leaves this room: a broken
record is still an example, and the rules say later what is wrong with it.
"""

from __future__ import annotations


class FormatMismatch(ValueError):
    """A record that cannot be of the format that the user asked for; `code` says how.

    Codes: `format-mismatch` (the keys of the format are not there), `field-missing` (a mapped
    field is not there, or null).
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class BrokenStructure(Exception):
    """The keys of a format are there, but what they hold is not a conversation."""


def shown_keys(record: dict[str, object]) -> str:
    """Return the first keys of a record for a message, quoted and shortened."""
    names = [f'"{key[:40]}"' for key in list(record)[:6]]
    if len(record) > len(names):
        names.append("…")
    return ", ".join(names) if names else "none"
