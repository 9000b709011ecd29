"""Text from data with every character made visible that could act, hide or change what is read."""

from __future__ import annotations

import re

# C0, DEL and C1 act on a terminal; the others change or hide what a person reads: marks and
# overrides of direction, zero width, soft hyphen, line separators, invisible operators and tags,
# and halves of surrogate pairs, which no output encoding can carry.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    # Joiners belong to the spelling of Persian, Hindi and emoji; beside ASCII they only hide.
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def escape(text: str, *, keep: str = "") -> str:
    r"""Return text from data with everything that could act on a terminal or hide made visible.

    Control characters become `\x1b`, others `\u202e` or `\U000e0041`. Characters in `keep`
    (usually newline and tab) stay. A backslash stays as it is, so this cannot be reversed.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0] if match[0] in keep else _shown(match[0]), text)


def escape_json(document: str) -> str:
    r"""Return the same JSON with the characters that `escape` finds written as `\uXXXX`."""
    if document.isascii() and "\x7f" not in document:
        return document
    return _UNSAFE.sub(lambda match: _json_escape(match[0]), document)


def _shown(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
