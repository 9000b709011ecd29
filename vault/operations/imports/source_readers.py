"""How the records of a source are read: as somebody said now, or as it was read before."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.write_records import RecordReader
from vault.errors import InvalidInput
from vault.formats.files.inputs import InputFile, Layout, TextUnit
from vault.objects.conversation import Kind
from vault.operations.imports.import_options import ImportMode, ImportOptions
from vault.session.context import Context


def reader_of_file(
    context: Context, dataset: Dataset, file: InputFile, options: ImportOptions
) -> RecordReader:
    """Return how the records of a file are read; its source is its path unless that was named."""
    reader = reader_of(dataset, options.source or _source_of(context.folder, file.path), options)
    if file.layout is not Layout.TEXT:
        return reader
    known = dataset.manifest.sources.get(reader.source, {}).get("unit")
    unit = TextUnit(known) if known in list(TextUnit) else None
    return replace(reader, unit=options.text_unit or unit)


def reader_of(dataset: Dataset, name: str, options: ImportOptions) -> RecordReader:
    """Return how the records of a source are read: as the options say, else as it was before.

    Raises InvalidInput (`format-unknown`).
    """
    source = _utf8(name)
    remembered: Mapping[str, Any] = dataset.manifest.sources.get(source, {})
    mapping = options.mapping
    if mapping is None and options.format is None:
        mapping = remembered.get("map")
    form = options.format or (None if mapping else remembered.get("format"))
    return RecordReader(
        source=source,
        round=None if options.round is None else _utf8(options.round),
        kind=None if form is None else _kind(form),
        mapping=mapping,
        updating=options.mode is ImportMode.UPDATE,
        key=options.key,
    )


def sources_read_anew(
    dataset: Dataset, readers: Sequence[RecordReader], options: ImportOptions
) -> frozenset[str]:
    """Return the sources that are replaced and now read in another way than they were.

    Their records are stored again: who speaks in a record depends on how it is read.
    """
    if options.mode not in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
        return frozenset()
    before = dataset.manifest.sources
    return frozenset(
        each.source
        for each in readers
        if each.source in before and dict(before[each.source]) != each.remembered()
    )


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        known = ", ".join(Kind)
        raise InvalidInput(
            f'"{name}" is not a format that vault reads', code="format-unknown", hint=f"use {known}"
        ) from None


def _source_of(folder: Path | None, path: str) -> str:
    if path == "-":
        return "standard-input"
    resolved = Path(path).resolve()
    if folder is not None and resolved.is_relative_to(folder.resolve()):
        return resolved.relative_to(folder.resolve()).as_posix()
    return resolved.name


def _utf8(name: str) -> str:
    """Return a name with the bytes that are not UTF-8 as text: they come as half surrogates."""
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()
