"""Vectors: small records of every kind with everything that must follow from them.

Keys are told again here with json, hashlib and xxhash alone, so that a vector is never merely
what the code happened to say.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xxhash

from vault.formats.layouts.registry import (
    Derived,
    conversation_of,
    derive,
    derive_stored,
    recognise,
)
from vault.objects.conversation import Kind
from vault.objects.json.text import parse

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "vectors"
VECTORS = {
    f"{path.stem}: {vector['name']}": vector
    for path in sorted(FOLDER.glob("*.json"))
    for vector in json.loads(path.read_text("utf-8"))
}

SHARED = [
    ["chat: null padding", "chat: one text part", "chat: weight 1 is the default"],
    ["chat: null padding", "chat: big numbers in metadata", "sharegpt: human and gpt"],
    ["chat: null padding", "alpaca: instruction and output", "prompt-completion: texts"],
    ["chat: letters escaped in one", "chat: letters as they are in another"],
    ["chat: system and metadata", "chat: the same, pretty-printed with other metadata"],
    ["chat: system and metadata", "sharegpt: system turn, other names", "sharegpt: system field"],
    ["chat: system and metadata", "prompt-completion: lists of messages"],
    ["chat: one tool call", "chat: legacy function call", "sharegpt: tool call"],
    ["chat: parallel tool calls", "chat: other call ids, objects for arguments"],
    ["alpaca: no instruction", "prompt-completion: empty prompt"],
    ["preference: texts", "preference: whole conversations on both sides"],
    ["preference: texts", "preference: messages with one answer on each side"],
    ["preference: texts", "preference: whole conversations and the prompt beside them"],
    ["preference: lists beside a prompt list", "preference: ShareGPT"],
    ["preference: OpenAI", "preference: OpenAI, older names"],
    ["kto: chat", "kto: prompt and completion", "kto: ShareGPT with kto_tag"],
    [
        "chat: reasoning by another name",
        "chat: reasoning as thinking, and beside it an empty one",
        "chat: the same reasoning under two names",
    ],
    ["chat: an image beside the messages", "chat: a single image, with null padding"],
    ["chat: arguments in the other order", "chat: arguments in the other order, as text"],
    ["chat: properties of a schema in one order", "chat: members of a schema in another order"],
    [
        "chat: one question",
        "prompt-completion: question and answer",
        "prompt-completion: input and output with metadata",
        "prompt-completion: prompt and response",
        "prompt-completion: a pair beside a name whose field is null",
        "prompt-completion: a pair beside a name whose field is no text",
    ],
    ["prompt: messages", "prompt: turns by from and value"],
    ["chat: reasoning parts", "chat: reasoning content", "sharegpt: columns, with reasoning"],
    [
        "chat: null padding",
        "chat: messages as JSON text",
        "chat: turns and messages half and half",
        "chat: parts of Bedrock",
        "sharegpt: one object of lists",
        "gemini: a question and an answer",
        "chatgpt: the current branch",
        "claude: content and text",
        "responses: a question and items",
    ],
    [
        "chat: one tool call",
        "chat: a call as Anthropic writes it",
        "chat: a call as Bedrock writes it",
        "responses: a call",
    ],
    ["completion: an answer alone", "completion: a line of a batch", "completion: Anthropic's"],
    ["sharegpt: reasoning before a call", "chat: reasoning and a call"],
    ["chat: mapped: a list of messages and an answer", "chat: system and metadata"],
    ["prompt: a text", "prompt: with a reference", "prompt: as verl writes it"],
]

APART = [
    ["chat: null padding", "chat: weight 0 counts", "chat: names", "preference: texts"],
    ["kto: chat", "kto: chat, undesirable", "chat: null padding", "preference: identical sides"],
    ["chat: one tool call", "prompt-completion: completion with a tool call"],
    [
        "chat: reasoning content",
        "chat: two reasonings",
        "chat: reasoning that is no text",
        "chat: a think tag stays in the content",
        "chat: refusal",
    ],
    [
        "chat: an image beside the messages",
        "chat: another image",
        "chat: images as objects, a video and a sound",
        "chat: a number of images is metadata",
    ],
    ["text: with an image", "text: with another image"],
    ["chat: arguments in one order", "chat: arguments in the other order"],
    [
        "chat: a call as a part, its input in one order",
        "chat: a call as a part, its input in the other order",
    ],
    [
        "chat: properties of a schema in one order",
        "chat: properties of a schema in the other order",
    ],
    ["prompt-completion: question and answer", "prompt-completion: a pair with a system field"],
    ["prompt: a text", "prompt: messages", "prompt: a system field and tools"],
    ["chat: system and metadata", "chat: developer message", "chat: no answer yet"],
]


IN_ORDER = ("arguments", "args", "input", "parameters", "json")


class Number(str):
    """The text of a number."""

    __slots__ = ()


def told_again(value: Any, *, in_order: bool = False) -> str:
    if isinstance(value, Number):
        return number_told_again(str(value))
    if isinstance(value, dict):
        pairs = list(value.items())
        if not in_order:
            pairs.sort(key=lambda pair: pair[0].encode())
        told = (f"{told_again(k)}:{told_again(v, in_order=in_order)}" for k, v in pairs)
        return "{" + ",".join(told) + "}"
    if isinstance(value, list):
        return "[" + ",".join(told_again(each, in_order=in_order) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def part_told_again(part: str) -> str:
    """Tell a part of the keys again: sorted but for arguments, and what is inside schemas."""

    def marked(value: Any) -> Any:
        if isinstance(value, list):
            return [marked(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name: hidden(each)
            if name in IN_ORDER and isinstance(each, (dict, list))
            else marked(each)
            for name, each in value.items()
        }

    def hidden(value: Any) -> Any:
        kept.append(told_again(value, in_order=True))
        return f"<{len(kept) - 1}>"

    kept: list[str] = []
    read = json.loads(part)
    tools = read.pop("tools", [])
    read = marked(read)
    for tool in tools:
        for schema in (tool, tool.get("function", {})):
            for name in schema.keys() - {"function"}:
                schema[name] = hidden(schema[name])
    told = told_again({**read, "tools": tools} if tools else read)
    for at, text in enumerate(kept):
        told = told.replace(f'"<{at}>"', text)
    return told


def number_told_again(text: str) -> str:
    if not any(mark in text for mark in ".eE"):
        return str(int(text))
    if float(text) == float("inf"):
        return f"{Decimal(text):e}"
    shortest = repr(float(text)).replace("e-0", "e-")
    return "0.00001" if shortest == "1e-5" else shortest


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_says_what_follows_from_its_record(name: str) -> None:
    vector = VECTORS[name]
    record, canonical = parse(vector["text"].encode())
    derived = derive(record, mapping=vector.get("mapping"))
    assert hashlib.sha256(canonical).digest()[:16].hex() == vector["id"]
    assert {
        "kind": derived.kind,
        "content_id": in_hex(derived.content_id),
        "prompt_id": in_hex(derived.prompt_id),
        "turns": derived.turns,
        "chars": derived.chars,
        "tokens": derived.tokens,
        "fields": None if derived.fields is None else derived.fields.decode(),
    }.items() <= vector.items()


def in_hex(key: int | None) -> str | None:
    return None if key is None else f"{key:016x}"


@pytest.mark.parametrize("name", VECTORS)
def test_the_id_of_a_vector_is_the_hash_of_its_record_told_again(name: str) -> None:
    vector = VECTORS[name]
    record = json.loads(vector["text"], parse_int=Number, parse_float=Number)
    expected = hashlib.sha256(told_again(record).encode()).hexdigest()[:32]
    assert vector["id"] == expected


@pytest.mark.parametrize("name", VECTORS)
def test_the_keys_of_a_vector_are_hashes_of_the_parts_written_in_it(name: str) -> None:
    vector = VECTORS[name]
    prompt, response = vector["prompt_part"], vector["response_part"]
    if prompt is None:
        expected = None
        if vector["content_id"] is not None:
            record = json.loads(vector["text"])
            alone = {"text": record["text"]}
            if "image" in record:
                alone["media"] = {"images": [record["image"]]}
            expected = xxhash.xxh3_64_hexdigest(told_again(alone).encode())
        assert (vector["content_id"], vector["prompt_id"]) == (expected, None)
        return
    assert part_told_again(prompt) == prompt
    assert part_told_again(response) == response
    assert vector["content_id"] == xxhash.xxh3_64_hexdigest(f"{prompt}\n{response}".encode())
    roles = {message["role"] for message in json.loads(prompt)["messages"]}
    asks = bool(roles - {"system", "developer"})
    assert vector["prompt_id"] == (xxhash.xxh3_64_hexdigest(prompt.encode()) if asks else None)


@pytest.mark.parametrize("names", SHARED, ids=" = ".join)
def test_one_conversation_has_one_content_id_however_it_is_written(names: list[str]) -> None:
    assert len({VECTORS[name]["content_id"] for name in names}) == 1
    assert VECTORS[names[0]]["content_id"] is not None


@pytest.mark.parametrize("names", APART, ids=" | ".join)
def test_what_is_trained_on_differently_has_another_content_id(names: list[str]) -> None:
    assert len({VECTORS[name]["content_id"] for name in names}) == len(names)


@pytest.mark.parametrize("name", [name for name in VECTORS if "broken" in name])
def test_a_broken_record_is_of_its_kind_without_a_conversation(name: str) -> None:
    vector = VECTORS[name]
    record, _ = parse(vector["text"].encode())
    kind = Kind(vector["kind"])
    assert "mapping" in vector or recognise(record) is kind
    assert conversation_of(record, kind, vector.get("mapping")) is None
    assert vector["content_id"] is None


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_follows_from_the_kind_that_was_stored_once(name: str, number: int) -> None:
    vector = VECTORS[name]
    record, _ = parse(vector["text"].encode())
    before = vector.get(f"derivation_{number}", vector)
    kind, mapping = before["kind"], vector.get("mapping")
    assert Derived(*derive_stored(record, kind, mapping)) == derive(record, mapping=mapping)


def test_there_are_vectors_of_every_kind() -> None:
    assert {vector["kind"] for vector in VECTORS.values()} == set(Kind)
