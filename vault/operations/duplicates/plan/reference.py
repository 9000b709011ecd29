"""What `--against` names: another version, or a file that is read as an import would read it.

Raw records of either are understood as far as `vault.formats.layouts.evaluation_sets` knows their
names: for comparing only, nothing that is stored changes. Those with one pair of such names are
conversations, and are compared by their prompts alone as well.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc

from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.records import record_texts
from vault.errors import InvalidInput, NotFound
from vault.formats.files.inputs import Layout, find_files
from vault.formats.layouts.evaluation_sets import likely_mapping, texts_in, understand
from vault.formats.layouts.registry import conversation_of
from vault.objects.conversation import Conversation, Kind
from vault.objects.json.record import read_record
from vault.operations.imports.import_files import import_files
from vault.operations.imports.import_options import ImportOptions
from vault.progress import silent
from vault.session.context import Context, stage_of
from vault.session.open_repository import begin
from vault.session.revisions import resolve
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import OperationLog


@dataclass(frozen=True, slots=True)
class ComparedWith:
    """How many records of a reference were compared as what; others had nothing to compare.

    `by_part` by the `part` that was asked for, `prompts` with prompts alone, `answers` with answers
    alone, `texts` with each message; `both` as conversations and by their prompts alone.
    """

    part: str = "conversation"
    by_part: int = 0
    prompts: int = 0
    answers: int = 0
    texts: int = 0
    both: int = 0

    @property
    def records(self) -> int:
        """How many records were compared."""
        return self.by_part + self.prompts + self.answers + self.texts + self.both


NOTHING_COMPARED = ComparedWith()


@dataclass(frozen=True, slots=True)
class ReadAs:
    """How the records of a reference file are read, as `import` takes it; usually neither."""

    format: str | None = None
    mapping: Mapping[str, str] | None = None

    @property
    def said(self) -> str | None:
        """The option that was given, None if neither was."""
        return "--map" if self.mapping else None if self.format is None else "--format"


AS_IT_IS = ReadAs()

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Reference:
    """Examples to compare with: `name` says what they are, a commit's id or the path of a file.

    `unread` is how many lines of a file were no examples; nothing is kept of a file. `understood`
    are conversations of raw records, and of pairs by well-known names where whole conversations are
    compared, by their places in the dataset.
    """

    name: str
    dataset: Dataset
    unread: int = 0
    is_file: bool = False
    understood: Mapping[int, Conversation] = field(default_factory=dict)


def open_reference(
    context: Context, text: str, *, read_as: ReadAs = AS_IT_IS, part: Part = Part.CONVERSATION
) -> Reference:
    """Return what a revision or else a path means. A file is in memory, compressed.

    Where prompts alone are compared it does not matter which of several fields is the answer.
    Raises NotFound (`against-not-found`), InvalidInput (`against-options`: a version was read when
    it was imported; `reference-ambiguous`), what `resolve` raises for a step beyond the first
    commit, and what an import of the file raises.
    """
    try:
        revision = resolve(context, context.log.tip().view, text)
    except (NotFound, InvalidInput) as error:
        if os.path.exists(text):
            return _read(context, text, read_as, part)
        if error.code not in ("revision-not-found", "revision-invalid"):
            raise
        raise NotFound(
            f'"{text}" is neither a version nor a file',
            code="against-not-found",
            hint="`vault tag` and `vault branch` list names of versions",
        ) from None
    if read_as.said is not None:
        raise InvalidInput(
            f'{read_as.said} does not go with a version: "{text}" was read when it was imported',
            code="against-options",
            hint=f"leave out {read_as.said}, or name a file",
        )
    name = revision.text if revision.commit is None else revision.commit
    dataset = open_dataset(context.store, revision.manifest)
    return Reference(name, dataset, understood=_understood(dataset, None, part))


def _read(context: Context, path: str, read_as: ReadAs, part: Part) -> Reference:
    backend = MemoryBackend()
    begin(backend, context.intent)
    aside = Context(
        ObjectStore(backend), OperationLog(backend), context.folder, context.intent, silent
    )
    # Who keeps seeds or questions as plain text has one on each line.
    is_text = any(each.layout is Layout.TEXT for each in find_files([path]))
    options = ImportOptions(
        format=read_as.format, mapping=read_as.mapping, workers=1, lines=is_text
    )
    report = import_files(aside, [path], options)
    stage = stage_of(aside.log.tip().view)
    dataset = open_dataset(aside.store, None if stage is None else stage.manifest)
    understood = _understood(dataset, path, part) if read_as.said is None else {}
    return Reference(path, dataset, report.quarantined, True, understood)


def _understood(dataset: Dataset, path: str | None, part: Part) -> dict[int, Conversation]:
    """Return what `Reference.understood` is. Raises InvalidInput (`reference-ambiguous`)."""
    found: dict[int, Conversation] = {}
    if part is Part.CONVERSATION:
        for row, record in _records(dataset, Kind.PROMPT_COMPLETION):
            if not {"prompt", "completion"} <= record.keys():
                conversation = conversation_of(record, Kind.PROMPT_COMPLETION)
                found |= {} if conversation is None else {row: conversation}
    for row, record in _records(dataset, Kind.RAW):
        told = understand(record)
        if told.choices and (told.conversation is None or part is not Part.PROMPT):
            if path is not None:
                raise _ambiguous(dataset, path, row, told.choices)
        elif told.conversation is not None:
            found[row] = told.conversation
    return found


def _records(dataset: Dataset, kind: Kind) -> Iterator[tuple[int, dict[str, Any]]]:
    keys = dataset.keys()
    if not len(keys):
        return
    kinds = dataset.columns(keys, ["kind"]).column("kind")
    rows = np.flatnonzero(pc.equal(kinds, kind.value).to_numpy(zero_copy_only=False))
    texts = record_texts(dataset, keys[rows])
    for row, text in zip(rows.tolist(), texts, strict=True):
        yield row, read_record(text)


def _ambiguous(
    dataset: Dataset, path: str, row: int, choices: Sequence[Mapping[str, str]]
) -> InvalidInput:
    (line,) = dataset.columns(dataset.keys()[[row]], ["line"]).column("line").to_pylist()
    asked = {each["user"] for each in choices if "user" in each}
    role = "user" if len(asked) > 1 else "assistant"
    names = ", ".join(dict.fromkeys(each[role] for each in choices if role in each))
    meant = "prompt" if role == "user" else "answer"
    other = "; --on prompt compares prompts alone" if role == "assistant" and asked else ""
    return InvalidInput(
        f"the {meant} of line {line} of {path} may be any of {names}",
        code="reference-ambiguous",
        hint=f"say which: {map_options(choices[0])}{other}",
    )


def map_options(mapping: Mapping[str, str]) -> str:
    """Return a mapping as it is typed."""
    return " ".join(f"--map {shlex.quote(f'{role}={name}')}" for role, name in mapping.items())


def nothing_compared(reference: Reference, part: Part, *, is_mapped: bool) -> InvalidInput:
    """Return the error for a reference of which no record could be compared."""
    count = reference.dataset.manifest.examples
    name = reference.name if reference.is_file else f"version {reference.name[:12]}"
    if not count:
        message = f"{name} holds no record to compare with"
        return InvalidInput(message, code="reference-not-compared", hint="name another file")
    records = "the only record" if count == 1 else f"none of the {count:,} records"
    verb = "has no text to compare" if count == 1 else "has text to compare"
    where = "" if part is Part.CONVERSATION else f" as {part}"
    return InvalidInput(
        f"{records} of {name} {verb}{where}, so nothing was compared",
        code="reference-not-compared",
        hint=_way_on(reference, part, is_mapped),
    )


def _way_on(reference: Reference, part: Part, is_mapped: bool) -> str:
    raw = next(_records(reference.dataset, Kind.RAW), None)
    if part is not Part.CONVERSATION and (reference.understood or raw is None):
        return "compare another part: --on conversation"
    if not reference.is_file:
        return "import its files again with --replace and --map, which says what their fields hold"
    texts = () if raw is None else texts_in(raw[1])
    if texts:
        others = f"; text is in {', '.join(texts[:_MOST_NAMED])}" if len(texts) > 1 else ""
        return f"say who says what, such as {map_options(likely_mapping(texts))}{others}"
    if is_mapped:
        return "leave out --map and --format, or name fields that hold text"
    return "`vault import --dry-run` tells how a file is read"
