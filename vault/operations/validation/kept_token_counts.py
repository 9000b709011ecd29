"""Exact numbers of tokens of examples, kept in the catalogue: each is counted once.

A chunk never changes, so what a tokenizer counted in its rows holds for every version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles, Arrays
from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dedupe.texts import Rows
from vault.objects.conversation import Conversation, texts_of
from vault.objects.digest import Digest, is_digest
from vault.objects.runs import RowKeys
from vault.operations.validation.python_rules import is_in_project
from vault.operations.validation.settings import validate_settings
from vault.operations.validation.token_counts import token_counter
from vault.session.context import Context

_GROUP = "tokens"
_COLUMN = "tokens"


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The number of tokens of each row, and the file of the tokenizer that they are by."""

    tokens: NDArray[np.int64]
    tokenizer: str


def token_counts(
    context: Context, dataset: Dataset, keys: RowKeys, *, count: bool
) -> TokenCounts | None:
    """Return the tokens of rows by the tokenizer of the team, as far as they are known.

    None if `vault.toml` names no tokenizer, or if the tokens of some row were never counted; with
    `count` they are counted now and kept. That costs reading the records, and 50 µs for a kilobyte
    of text. Raises what `validate_settings` and `token_counter` raise, Corrupt.
    """
    folder = context.folder
    name = validate_settings(folder).tokenizer
    if folder is None or name is None:
        return None
    digest = _digest_of(folder, name)
    columns = ChunkColumns(ArrayFiles.of_repository(folder), dataset, keys)
    group = f"{_GROUP}/{digest[:32]}"
    if not count and (not digest or len(columns.lacking(group, (_COLUMN,)))):
        return None

    def make(rows: Rows) -> Arrays:
        return {_COLUMN: _counted(context, dataset, keys[rows], name)}

    found = columns.columns(group, (_COLUMN,), make)[_COLUMN]
    return TokenCounts(found.whole().astype(np.int64), name)


def _digest_of(folder: Path, name: str) -> str:
    """Return the SHA-256 of a tokenizer's file, "" for one that no counts can be by."""
    path = folder / name
    if not is_in_project(folder, name) or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def forget_unused_counts(context: Context) -> None:
    """Forget the counts of chunks that are gone: for `gc`."""
    files = ArrayFiles.of_repository(context.folder)
    for name in files.names(_GROUP):
        last = name.rpartition("/")[2]
        if is_digest(last) and not context.store.has(Digest(last)):
            files.delete(name)
    files.sweep(_GROUP)


def _counted(context: Context, dataset: Dataset, keys: RowKeys, name: str) -> NDArray[np.uint32]:
    assert context.folder is not None
    tokens_of, _ = token_counter(context.folder, name)
    result = np.zeros(len(keys), np.uint32)
    context.progress.start("counting tokens", len(keys))
    row = 0
    for records, kinds, mapped in read_records_with_kinds(dataset, keys):
        for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
            conversation = read_conversation(record, kind, mapped.get(at))
            result[row] = sum(map(tokens_of, _texts(conversation)))
            row += 1
        context.progress.advance(len(records))
    context.progress.finish()
    return result


def _texts(conversation: Conversation | None) -> Iterator[str]:
    """Yield the texts that the estimate counts: of the messages, both answers of a preference."""
    if conversation is None:
        return
    if conversation.text is not None:
        yield conversation.text
        return
    for messages in (conversation.prompt, conversation.response, conversation.rejected or ()):
        for message in messages:
            yield from texts_of(message)
