"""Files that are not what they are called, by their first bytes, and how to get at the data."""

from __future__ import annotations

import os
import re
import shlex

from vault.errors import InvalidInput

_POINTER = b"version https://git-lfs.github.com/spec/"
_ZIP = b"PK\x03\x04"
_PACKED = {b"\x1f\x8b": ("gzip", ".gz"), b"\x28\xb5\x2f\xfd": ("zstd", ".zst")}
_PAGE = re.compile(rb"\s*(?:<!doctype\s+html|<html\b|<\?xml)", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
SIGN_BYTES = 512
"""Bytes of a file's beginning that `check_signs` looks at."""

RECODING = "convert it: "
"""How `recoding` begins."""

_CLOSE = 0.7
"""The share of bytes beyond ASCII that stand side by side in texts of two bytes a character."""


def check_signs(beginning: bytes, path: str) -> None:
    """Raise InvalidInput if a file is no text, or another one than the data.

    That is `lfs-pointer`, `zip-archive`, `packed-under-another-name`, `web-page`, `not-utf8`.
    """
    shown = shlex.quote(path)
    if beginning.startswith(_POINTER):
        raise InvalidInput(
            f"{path} is a pointer of Git LFS to the data, not the data",
            code="lfs-pointer",
            hint=f"git lfs pull --include {shown}",
        )
    if beginning.startswith(_ZIP):
        raise InvalidInput(
            f"{path} is a zip archive",
            code="zip-archive",
            hint=f"unpack it, and import what is in it: unzip {shown} -d data",
        )
    for sign, (name, ending) in _PACKED.items():
        if beginning.startswith(sign):
            raise InvalidInput(
                f"{path} holds {name} data, and its name does not say so",
                code="packed-under-another-name",
                hint=f"rename it: mv {shown} {shlex.quote(path + ending)}",
            )
    if _PAGE.match(beginning):
        raise InvalidInput(
            f"{path} is a web page or XML, such as a server sends in the place of data",
            code="web-page",
            hint="look at it, and download the file itself",
        )
    if beginning.startswith(_UTF16):
        raise InvalidInput(
            f"{path} is UTF-16 text, and records are UTF-8",
            code="not-utf8",
            hint=recoding(path, "utf-16"),
        )


def recoding(path: str, encoding: str) -> str:
    """Return the command that makes a file UTF-8, under a name with the same ending."""
    stem, ending = os.path.splitext(path)
    if ending in (".gz", ".zst"):
        ending = os.path.splitext(stem)[1]
    name = "FILE" if path == "-" else shlex.quote(path)
    return f"{RECODING}iconv -f {encoding} -t utf-8 {name} > utf8{ending or '.jsonl'}"


def likely_encoding(text: bytes) -> str:
    """Return the encoding that a text which is not UTF-8 is most likely in.

    Of two bytes a character where those beyond ASCII stand side by side, else Windows-1252. A
    guess, for a hint alone.
    """
    beyond = [each > 0x7F for each in text]
    close = sum(
        each and ((at > 0 and beyond[at - 1]) or (at + 1 < len(beyond) and beyond[at + 1]))
        for at, each in enumerate(beyond)
    )
    if close < _CLOSE * sum(beyond):
        return "cp1252"
    japanese = text.decode("shift_jis", "replace")
    if sum("\u3040" <= each <= "\u30ff" for each in japanese) > len(japanese) / 10:
        return "shift_jis"
    # The same bytes are Korean syllables and Chinese characters; only Korean has spaces in it.
    return "euc-kr" if text.count(b" ") > len(text) / 25 else "gb18030"
