"""Text that is nearly JSON Lines: what it is, and the command that makes records of it."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from vault.formats.files.inputs import Compression, InputFile, Layout
from vault.formats.files.meant.file_signs import RECODING, likely_encoding, recoding

HEAD_BYTES = 1 << 16
"""Bytes of a file's beginning that are looked at."""

_PYTHON = re.compile(r"""\{\s*'|:\s*(?:True|False|None)\b|,\s*(?:True|False|None)\b""")
_COMMENT = re.compile(r"^\s*(?://|/\*|#)", re.MULTILINE)
_TRANSLATE = (
    "import ast, json, sys; "
    "[print(json.dumps(ast.literal_eval(line))) for line in sys.stdin if line.strip()]"
)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The true form of a file, and the command that makes it readable."""

    told: str
    hint: str


def explain_file(file: InputFile) -> Explanation | None:
    """Return the form of a file that could not be read as a whole; None for no idea.

    Reads its beginning; standard input has passed. Raises OSError.
    """
    is_plain = file.state is not None and file.compression is Compression.NONE
    if not is_plain or file.layout in (Layout.PARQUET, Layout.ARROW, Layout.TEXT):
        return None
    with open(file.path, "rb") as opened:
        head = opened.read(HEAD_BYTES)
    found = explain(head, file.path)
    # What is nearly JSON says nothing of cells.
    is_text = found is None or file.layout is not Layout.CSV or found.hint.startswith(RECODING)
    return found if is_text else None


def explain(head: bytes, path: str) -> Explanation | None:
    """Return the form of a file by its beginning, HEAD_BYTES at most; None for no idea.

    A command is named only where it mends the file.
    """
    shown = "FILE" if path == "-" else shlex.quote(path)
    text = head.removeprefix(b"\xef\xbb\xbf")
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and len(head) == HEAD_BYTES:
            decoded = text[: error.start].decode("utf-8")
        else:
            encoding = likely_encoding(text)
            return Explanation(f"it is not UTF-8; it may be {encoding}", recoding(path, encoding))
    return _of_marks(decoded, shown) or _of_values(decoded, shown)


def _of_marks(text: str, path: str) -> Explanation | None:
    if "\x1e" in text:
        return Explanation(
            "records begin with the character RS, as in a JSON text sequence",
            f"take it away: tr -d '\\036' < {path} > records.jsonl",
        )
    if "\r" in text and "\n" not in text:
        return Explanation(
            "lines end with CR alone", f"make them end with LF: tr '\\r' '\\n' < {path} > lf.jsonl"
        )
    if "\0" in text:
        return Explanation(
            "it holds NUL bytes, as where a program was interrupted while it wrote",
            f"take them away: tr -d '\\000' < {path} > records.jsonl",
        )
    return None


def _of_values(text: str, path: str) -> Explanation | None:
    start = text.lstrip()
    found = _value(start)
    if found is None:
        if _COMMENT.search(text):
            return Explanation(
                "it holds comments, which JSON has not",
                f"take them away: sed -E 's@^[[:space:]]*(//|#).*$@@' {path} > records.jsonl",
            )
        if _PYTHON.search(start[:4096]):
            return Explanation(
                "it is written as Python shows values, with single quotes, True or None",
                f"translate it: python3 -c {shlex.quote(_TRANSLATE)} < {path} > records.jsonl",
            )
        return None
    value, end = found
    rest = start[end:]
    if isinstance(value, list):
        return _of_list(value, rest, path)
    if not isinstance(value, dict):
        return None
    if rest.lstrip(" \t").startswith(","):
        return Explanation(
            "a comma follows each object",
            f"take it away: sed -E 's/,[[:space:]]*$//' {path} > records.jsonl",
        )
    if rest.lstrip(" \t").startswith("{"):
        return Explanation(
            "several objects stand on one line",
            f"write one on each line: jq -c . {path} > records.jsonl",
        )
    return None


def _of_list(value: list[Any], rest: str, path: str) -> Explanation | None:
    each_line = f"jq -c '.[]' {path} > records.jsonl"
    if rest.strip():
        return Explanation("it holds several lists", f"write one record on each line: {each_line}")
    if value and all(isinstance(each, str) for each in value):
        return Explanation(
            "it is a list of texts, and a record is an object",
            f"make objects of them: jq -c '.[] | {{text: .}}' {path} > records.jsonl",
        )
    if value and all(isinstance(each, list) for each in value):
        return Explanation(
            "it is a list of lists, and a record is an object",
            f"name what they hold: jq -c '.[] | {{messages: .}}' {path} > records.jsonl",
        )
    if value and all(isinstance(each, dict) for each in value):
        return Explanation("its records are in a list", f"write one on each line: {each_line}")
    return None


def _value(text: str) -> tuple[Any, int] | None:
    try:
        return _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
