"""Opening a file of evaluation results, whichever tool wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO

from vault.errors import InvalidInput
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import InputFile, Layout, find_files
from vault.formats.files.json_shape import HEAD_BYTES, JsonShape, shape_of
from vault.formats.files.streams import open_stream
from vault.operations.scoring.result_layouts import (
    RECORDS,
    ResultLayout,
    inner_results,
    layout_of,
    repeats_of,
)

_PIECE_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class OpenedResults:
    """Results of a file with their lines, as their tool wrote them.

    `is_typed` says that cells are texts. `repeats` is how often promptfoo ran each test.
    """

    layout: ResultLayout
    records: Iterator[tuple[int, Mapping[str, Any]]]
    is_typed: bool = False
    repeats: int = 1


def open_results(path: str, *, stdin: BinaryIO | None = None) -> OpenedResults:
    """Open a file of results: records of any layout, or a log that is one object.

    Raises what reading a file raises, and InvalidInput (`one-file`, `unknown-layout`); the records
    raise InvalidInput (`results-unreadable`).
    """
    file = _only_file(path)
    # Standard input is read once, so that a log on it is one record of many lines.
    document = None if path == "-" else _document_of(file)
    records: Iterator[tuple[int, Mapping[str, Any]]] = iter(())
    if document is not None:
        first: tuple[int, Mapping[str, Any]] | None = (1, document)
    else:
        records = _lines(file, path, stdin)
        first = next(records, None)
    if first is None:
        return OpenedResults(RECORDS, records)
    log = inner_results(first[1])
    if log is None:
        is_typed = file.layout is Layout.CSV
        return OpenedResults(layout_of(first[1]), chain([first], records), is_typed)
    layout, results = log
    lines = ((at, each) for at, each in enumerate(results, 1) if isinstance(each, dict))
    return OpenedResults(layout, lines, repeats=repeats_of(first[1]))


def _only_file(path: str) -> InputFile:
    if path.endswith(".eval"):
        raise InvalidInput(
            f"{path} is Inspect's own archive",
            code="unknown-layout",
            hint=f"write it as JSON: inspect log convert {path} --to json --output-dir .",
        )
    files = find_files([path])
    if len(files) > 1:
        raise InvalidInput(
            f"{path} is {len(files)} files", code="one-file", hint=f"name one: {files[0].path}"
        )
    return files[0]


def _document_of(file: InputFile) -> dict[str, Any] | None:
    """Return the object that a whole file is, None if it is several, or something else."""
    if file.layout not in (Layout.JSON, Layout.JSONL):
        return None
    with open_stream(file) as stream:
        shape = shape_of(stream.peek(HEAD_BYTES), file.layout)
        if shape is JsonShape.LIST or (shape, file.layout) == (JsonShape.LINES, Layout.JSONL):
            return None
        data = b"".join(iter(lambda: stream.read(_PIECE_BYTES), b""))
    try:
        # Not as strict as for records: evaluators write NaN, which is no JSON.
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(
    file: InputFile, path: str, stdin: BinaryIO | None
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    base = 1
    # A log is one object around its results, which are found in it.
    for block in open_blocks(replace(file, may_be_wrapped=False), stdin=stdin):
        records = block.split()
        for refused in records.refused:
            raise _unreadable(path, base + refused.line, refused.reason)
        for text, line in zip(records.texts, records.lines, strict=True):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise _unreadable(path, base + line, str(error)) from None
            if not isinstance(value, dict):
                raise _unreadable(path, base + line, "it is no object")
            yield base + line, value
        base += records.line_count


def _unreadable(path: str, line: int, reason: str) -> InvalidInput:
    return InvalidInput(
        f"{path}, line {line} cannot be read: {reason}",
        code="results-unreadable",
        hint="correct the file; nothing was labelled",
    )
