"""Labels that stand in a file: a spreadsheet, another tool's scores, choices made by hand."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from vault.errors import InvalidInput
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import InputFile, Layout, find_files
from vault.objects.json.member import EXPORT_MEMBER
from vault.objects.json.text import UnreadableJson, parse
from vault.objects.labels.label_name import shown_value
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.vocabulary import Vocabulary

ID = "id"
"""The key of examples by their id, as `export --with id` writes it."""

_ABSENT = object()
_HEX = re.compile(r"[0-9a-f]{4,32}")
_WHOLE = re.compile(r"-?\d+\.0+")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file: its line, the key of the examples that it is about, and its labels.

    A label is None where the record has none.
    """

    line: int
    key: str
    labels: tuple[LabelValue | None, ...]


@dataclass(slots=True)
class LabelFile:
    """What a file says: `rows`, and how many records were not understood.

    `unread` could not be read or had no key; `first_unread` says where and why.
    """

    path: str
    rows: list[Row] = field(default_factory=list)
    unread: int = 0
    first_unread: str | None = None

    def refuse(self, line: int, reason: str) -> None:
        """Count a record that was not understood."""
        self.unread += 1
        self.first_unread = self.first_unread or f"line {line}: {reason}"


def read_label_file(
    path: str,
    columns: Mapping[str, str],
    key: str,
    known: Mapping[str, Vocabulary],
    *,
    stdin: BinaryIO | None = None,
) -> LabelFile:
    """Return what a file says of examples.

    `columns` has for each label the column or dotted path that holds it, `key` is that of the
    example's key. Without such a column, labels and ids are looked for where `export --with
    id,labels` writes them. Cells of CSV are read as typed, values of other layouts as they are;
    empty ones and null are no label. Raises what reading a file raises, and InvalidInput
    (`one-file`, `label-value-invalid`, `label-value-unknown`, `column-missing`).
    """
    file = _only_file(path)
    found = LabelFile(path)
    seen: set[str] = set()
    is_typed = file.layout is Layout.CSV
    for line, record in _records(file, found, stdin):
        value = _cell(record, key)
        if value is _ABSENT and key == ID:
            value = _exported(record).get(ID, _ABSENT)
        if not _is_empty(value):
            seen.add(key)
        labels = []
        for name, column in columns.items():
            cell, typed = _cell(record, column), is_typed
            if cell is _ABSENT:
                cell, typed = _inside(_exported(record).get("labels"), name), False
            if cell is not _ABSENT:
                seen.add(column)
            empty = _is_empty(cell)
            labels.append(None if empty else _label(known[name], cell, line, path, typed))
        if isinstance(value, str | int | float) and not _is_empty(value):
            found.rows.append(Row(line, key_text(value), tuple(labels)))
        else:
            has_other = value is not _ABSENT and not _is_empty(value)
            what = f'its "{key}" is no text or number' if has_other else f'it has no "{key}"'
            found.refuse(line, what)
    missing = next((each for each in (key, *columns.values()) if each not in seen), None)
    if missing is not None and (found.rows or found.unread):
        raise _column_missing(path, missing, missing == key, found)
    return found


def key_text(value: Any) -> str:
    """Return a key as text, so that 17 in a record and 17 or 17.0 in a cell are the same."""
    text = shown_value(value).strip() if isinstance(value, str | int | float) else ""
    return text.partition(".")[0] if _WHOLE.fullmatch(text) else text


class IdsByPrefix:
    """Finds ids, all of the same length, by their beginnings."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._place = {each: place for place, each in enumerate(ids)}
        self._ordered: list[str] = []

    def find(self, text: str) -> int | None:
        """Return the place of the id that begins with a text, None if there is none.

        Raises InvalidInput (`example-ambiguous`) if there are several.
        """
        place = self._place.get(text)
        if place is not None or not _HEX.fullmatch(text):
            return place
        self._ordered = self._ordered or sorted(self._place)
        first = bisect_left(self._ordered, text)
        found = [each for each in self._ordered[first : first + 2] if each.startswith(text)]
        if len(found) > 1:
            raise InvalidInput(
                f'"{text}" begins the ids of several examples',
                code="example-ambiguous",
                hint="write whole ids into the file: `vault export --with id` has them",
            )
        return self._place[found[0]] if found else None


def _only_file(path: str) -> InputFile:
    files = find_files([path])
    if len(files) > 1:
        raise InvalidInput(
            f"{path} is {len(files)} files",
            code="one-file",
            hint=f"name one of them: {files[0].path}",
        )
    return files[0]


def _records(
    file: InputFile, found: LabelFile, stdin: BinaryIO | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    base = 1
    for block in open_blocks(file, stdin=stdin):
        records = block.split()
        for refused in records.refused:
            found.refuse(base + refused.line, refused.reason)
        for text, line in zip(records.texts, records.lines, strict=True):
            try:
                value = parse(text)[0]
            except UnreadableJson as error:
                found.refuse(base + line, error.reason)
                continue
            if isinstance(value, dict):
                yield base + line, value
            else:
                found.refuse(base + line, "it is no object")
        base += records.line_count


def _cell(record: dict[str, Any], path: str) -> Any:
    """Return what stands at a name, else at a dotted path, with or without `data.` before it."""
    if path in record:
        return record[path]
    path = path.removeprefix("data.")
    value: Any = record
    for name in path.split("."):
        value = _inside(value, name)
    return value


def _inside(value: Any, name: str) -> Any:
    return value.get(name, _ABSENT) if isinstance(value, dict) else _ABSENT


def _exported(record: dict[str, Any]) -> dict[str, Any]:
    """Return the member that an export wrote; a cell of CSV holds it as JSON text."""
    member = record.get(EXPORT_MEMBER)
    if isinstance(member, str):
        try:
            member = parse(member.encode())[0]
        except UnreadableJson:
            return {}
    return member if isinstance(member, dict) else {}


def _is_empty(cell: Any) -> bool:
    return cell is None or cell is _ABSENT or cell == ""


def _label(vocabulary: Vocabulary, cell: Any, line: int, path: str, is_typed: bool) -> LabelValue:
    try:
        if is_typed and isinstance(cell, str):
            return vocabulary.typed(cell)
        if not isinstance(cell, list | dict):
            return vocabulary.check(cell)
    except InvalidInput as error:
        message = f"{path}, line {line}: {error.message}"
        if error.code == "label-value-unknown":
            raise InvalidInput(message, code="label-value-unknown", hint=error.hint) from None
        raise InvalidInput(message, code="label-value-invalid", hint=error.hint) from None
    kind = "a list" if isinstance(cell, list) else "an object"
    raise InvalidInput(
        f"{path}, line {line}: {vocabulary.name} is {kind}",
        code="label-value-invalid",
        hint="a label is text, a number, or true or false: name a column inside: "
        f"{vocabulary.name}=COLUMN.FIELD",
    )


def _column_missing(path: str, name: str, is_key: bool, found: LabelFile) -> InvalidInput:
    if found.first_unread is not None and not found.rows and not is_key:
        hint = "correct the file"
    elif is_key:
        hint = "say which column names the examples: --key FIELD"
        if name == ID:
            hint += ", or write ids into the file: `vault export --with id`"
    else:
        hint = f"say which column holds it: vault label LABEL=COLUMN --from {path}"
    return InvalidInput(
        f'no record of {path} has "{name}"'
        + (f" ({found.first_unread})" if found.first_unread and not found.rows else ""),
        code="column-missing",
        hint=hint,
    )
