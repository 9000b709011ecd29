"""Whole texts of rows, by which an edited record is paired with what it was before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from vault.dataset.reading.compared_texts import Part, read_records_with_kinds, text_and_answer
from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Kind
from vault.objects.json.field_path import leaves
from vault.objects.runs import RowKeys


def read_whole_texts(dataset: Dataset, keys: RowKeys) -> Iterator[pa.Array]:
    """Yield the text of each row, in order: of its conversation, else all values of its record."""
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        texts = [
            (_plain_text(record) if kind == Kind.CHAT and at not in roles else None)
            or _whole_text(record, read_conversation(record, kind, roles.get(at)))
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True))
        ]
        yield pa.array(texts, pa.large_string())


def _plain_text(record: dict[str, Any]) -> str | None:
    """Return the text of a chat of roles and texts only, as nearly all are; None of any other."""
    texts = []
    try:
        for message in record["messages"]:
            content = message["content"]
            if len(message) != 2 or type(content) is not str:
                return None
            if message["role"] not in SYSTEM_ROLES:
                texts.append(content)
    except (KeyError, TypeError):
        return None
    return "\n".join(texts)


def _whole_text(record: dict[str, Any], conversation: Conversation | None) -> str | None:
    if conversation is None:
        return "\n".join(str(value) for _, value in leaves(record))
    return text_and_answer(conversation, Part.CONVERSATION)[0]
