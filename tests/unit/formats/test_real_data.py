"""Data that nobody here wrote: every record has the kind expected of its file, and a conversation.

Skipped where the data is not there: a folder `shared` beside the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from vault.formats.layouts.registry import derive
from vault.objects.conversation import Kind
from vault.objects.json.text import compact_bytes, parse

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data"

FILES = [
    ("gpteacher/codegen-instruct.json", Kind.ALPACA),
    ("gpteacher/roleplay-simple-deduped-roleplay-instruct.json", Kind.ALPACA),
    ("gpteacher/toolformer-dedupe-only-dataset.json", Kind.ALPACA),
    ("gpteacher/toolformer-similarity-0.8-dataset.json", Kind.ALPACA),
    ("llama-factory/alpaca_en_demo.json", Kind.ALPACA),
    ("llama-factory/dpo_en_demo.json", Kind.PREFERENCE),
    ("llama-factory/glaive_toolcall_en_demo.json", Kind.SHAREGPT),
    ("llama-factory/kto_en_demo.json", Kind.KTO),
    ("llama-factory/reason_tool_use_demo_50.jsonl", Kind.CHAT),
    ("gsm8k/train.jsonl", Kind.PROMPT_COMPLETION),
]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the data is not beside the checkout")


def records_of(name: str) -> Iterator[dict[str, object]]:
    path = FOLDER / name
    if path.suffix == ".jsonl":
        yield from (parse(line)[0] for line in path.read_bytes().split(b"\n") if line.strip())
    else:
        yield from (parse(compact_bytes(item))[0] for item in json.loads(path.read_bytes()))


@pytest.mark.parametrize(("name", "kind"), FILES)
def test_every_record_of_a_real_file_has_its_kind_and_a_conversation(name: str, kind: Kind) -> None:
    for record in records_of(name):
        derived = derive(record)
        assert derived.kind is kind
        assert (derived.content_id is None) == (kind is Kind.RAW), record
        assert (derived.prompt_id is None) == (kind is Kind.RAW), record


def test_questions_and_answers_are_chats_once_they_are_mapped() -> None:
    for record in records_of("gsm8k/train.jsonl"):
        derived = derive(record, mapping={"user": "question", "assistant": "answer"})
        assert (derived.kind, derived.turns, derived.fields) == (Kind.CHAT, 2, None)
