"""Makes the frozen repository of format 1. Ran once; kept to show what is in it and how it came.

`python -m tests.support.make_frozen_repository FOLDER` writes `vault/` and `expected.json` into a
new folder. Inputs and times are fixed; nonces of the log are random, and Parquet bytes depend on
the version of pyarrow, so a second run gives the same examples under other digests. What lies in
fixtures/repositories/format-1 is therefore never made again: it is read for ever.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.answers import answers_of
from vault.dataset.changing.stage import stage_and_count
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.objects.labels.label_set import Label, LabelSet, encode_label_table, label_table
from vault.objects.manifest import Attachment, Manifest
from vault.objects.quarantine import Removal, encode_removals
from vault.objects.runs import Runs, key_parts
from vault.operations.imports.import_options import ImportMode
from vault.progress import silent
from vault.repository import Repository
from vault.session.context import Context, draft_of
from vault.session.recording import record
from vault.store.local import LocalBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

AUTHOR = "Ada Lovelace <ada@example.org>"
SETTINGS = '[validate]\nignore = ["TEXT001"]\n'


def say(role: str, content: Any, **others: Any) -> dict[str, Any]:
    """Return one message."""
    return {"role": role, "content": content, **others}


def asked(question: str, answer: str, **others: Any) -> dict[str, Any]:
    """Return a chat record of one turn each."""
    return {"messages": [say("user", question), say("assistant", answer)], **others}


def chats() -> list[Any]:
    """Return chat records: metadata, letters of many scripts, weights, parts."""
    return [
        asked("How warm is it in Zürich?", "About 12 °C.", metadata={"topic": "weather", "n": 1}),
        asked("東京の天気は？", "晴れです。☀️", metadata={"topic": "weather", "n": 2}),
        asked("كيف حالك؟", "بخير، شكرا 😀", metadata={"topic": "small talk", "n": 3}),
        asked(
            "What does \u2028 do?", 'It separates lines;\t"quoted" \\ and \u007f too.', key="k-4"
        ),
        asked("How many kinds of quarks are there?", "Six.", key="k-5", score=0.25),
        asked("Name a prime.", "Seven.", key="k-6", score=1.0),
        asked("Name a prime.", "Eleven.", key="k-7", score=1e-7),
        {
            "messages": [
                say("system", "Answer in one word."),
                say(
                    "user", [{"type": "text", "text": "Is this "}, {"type": "text", "text": "it?"}]
                ),
                say("assistant", "No.", weight=0),
                say("user", "And now?"),
                say("assistant", "Yes.", weight=1),
            ],
            "metadata": None,
        },
    ]


def tools() -> list[Any]:
    """Return chat records with tools, calls and answers."""
    schema = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"a":1}'}}
    legacy = {"name": "weather", "arguments": "{}"}
    return [
        {
            "messages": [
                say("user", "Weather?"),
                say("assistant", None, tool_calls=[call]),
                say("tool", "12 °C", tool_call_id="c1"),
                say("assistant", "Twelve degrees."),
            ],
            "tools": [{"type": "function", "function": schema}],
            "parallel_tool_calls": False,
        },
        {
            "messages": [
                say("user", "Weather?"),
                say("assistant", None, function_call=legacy),
                say("function", "13 °C", name="weather"),
                say("assistant", "Thirteen degrees."),
            ],
            "functions": [schema],
        },
    ]


def others() -> dict[str, str]:
    """Return the files of the other formats, as they are written."""
    turns = [{"from": "human", "value": "Salut !"}, {"from": "gpt", "value": "Bonjour !"}]
    sharegpt = [{"id": "s-1", "conversations": turns}, {"conversations": [*turns, turns[0]]}]
    alpaca = [
        {"instruction": "Add the numbers.", "input": "2 and 3", "output": "5"},
        {"instruction": "Say nothing.", "input": "", "output": ""},
    ]
    preference = [
        {"prompt": "2 + 2?", "chosen": "4", "rejected": "5", "rater": "ann"},
        {
            "input": {"messages": [say("user", "Greet.")]},
            "preferred_output": [say("assistant", "Hello!")],
            "non_preferred_output": [say("assistant", "What?")],
        },
    ]
    kto = [
        {"prompt": [say("user", "Ping")], "completion": [say("assistant", "Pong")], "label": True},
        {"prompt": "Ping", "completion": "Ding", "label": False},
        {"prompt": "Ping", "completion": "Plain"},
    ]
    texts = [{"text": "Call me Ishmael."}, {"text": "", "page": 2}, {"text": "über alle Gipfel"}]
    raw = (
        '{"z": 1, "a": [18446744073709551616, -9223372036854775809, 1e400, -2.50E-400]}\n'
        '{"big":123456789012345678901234567890,"zero":-0.0,"int":-0,"x":1E5,"y":1e22,"w":1e-5}\n'
        '{"\\u00e9":"\\ud83d\\ude00\\/","e":{"\uffff":1,"\U00010000":2},"d":[[],{},null,true]}\n'
    )
    mapped = 'question,answer,note\nWhat is ice?,Frozen water.,first\n"Why, though?",Cold.,\n'
    return {
        "sharegpt.json": json.dumps(sharegpt, indent=1),
        "alpaca.json": json.dumps(alpaca),
        "preference.jsonl": lines(preference),
        "kto.jsonl": lines(kto),
        "texts.jsonl": lines(texts),
        "raw.jsonl": raw,
        "mapped.csv": mapped,
    }


def unreadable() -> bytes:
    """Return a file with one good record and one line for each reason to refuse."""
    deep = b'{"a":' + b"[" * 128 + b"]" * 128 + b"}"
    return b"\n".join(
        [
            b'{"messages": [{"role": "user", "content": "I can be read."}]}',
            b'{"messages": [',
            b'{"text": "\xff"}',
            b'{"text": "a", "text": "b"}',
            b'{"score": NaN}',
            b'{"text": "\\ud800"}',
            deep,
            b'["not", "an", "object"]',
            b"",
        ]
    )


def lines(records: list[Any]) -> str:
    """Return records as JSON Lines, letters as they are."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)


class Maker:
    """The repository under way: imports, and the steps that no command does yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seconds = itertools.count(1)
        Repository.init(folder, author=AUTHOR, now=self._now())
        (folder / "vault.toml").write_text(SETTINGS, encoding="utf-8")

    def _now(self) -> str:
        return f"2026-01-02T03:{next(self._seconds):02d}:00Z"

    def repository(self, command: str) -> Repository:
        """Return the repository as one command opens it."""
        return Repository.open(self.folder, author=AUTHOR, clock=self._now, command=command)

    def write(self, name: str, data: str | bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    def run(self, name: str, data: str | bytes, **options: Any) -> None:
        """Write a file and import it."""
        path = self.write(name, data)
        self.repository(f"vault import {name}").import_files([path], workers=1, **options)

    def restage(self, command: str, change: Any) -> None:
        """Stage what `change` makes of the staged dataset."""
        backend = LocalBackend(self.folder / ".vault")
        context = Context(
            ObjectStore(backend),
            OperationLog(backend),
            self.folder,
            Intent(AUTHOR, self._now(), command),
            silent,
        )

        def staged(view: Any) -> Any:
            draft = draft_of(context, view)
            dataset = open_dataset(context.store, draft.manifest)
            return stage_and_count(context, view, draft, change(dataset))

        record(context, staged)


def labelled(dataset: Dataset) -> Manifest:
    """Return the manifest with labels of every type on some examples."""
    keys = dataset.keys()
    chunk, row = key_parts(keys)
    sets: dict[int, LabelSet] = {}
    for position, (number, at) in enumerate(zip(chunk.tolist(), row.tolist(), strict=True)):
        labels = sets.setdefault(number, {}).setdefault(at, {})
        time = "2026-01-02T03:30:00Z"
        if position % 2 == 0:
            side = "test" if position % 8 == 0 else "train"
            labels["split"] = Label("split", side, AUTHOR, time)
        if position % 5 == 0:
            labels["quality"] = Label("quality", position / 4, AUTHOR, time, "by hand: größer")
            labels["stars"] = Label("stars", position, AUTHOR, time)
            labels["checked"] = Label("checked", position % 2 == 0, AUTHOR, time)
    stored = {
        dataset.numbers.digest(number): (
            dataset.store.put(
                encode_label_table(label_table({at: each for at, each in rows.items() if each}))
            ),
        )
        for number, rows in sets.items()
        if any(rows.values())
    }
    return replace(dataset.manifest, labels=stored)


def removed(dataset: Dataset) -> Manifest:
    """Return the manifest without its sixth and ninth example, each with its reason."""
    keys = dataset.keys()
    gone = [5, 8]
    ids = ids_of(dataset.columns(keys, ["id"]))
    removals = [
        Removal(
            ids[at].tobytes(),
            "near-duplicate" if at == 5 else "removed",
            json.dumps({"of": ids[6].tobytes().hex(), "similarity": 0.93}) if at == 5 else None,
            "vault dedupe" if at == 5 else "vault rm",
            "2026-01-02T03:31:00Z",
        )
        for at in gone
    ]
    runs = Runs.from_keys(dataset.numbers, np.delete(keys, gone))
    return replace(
        dataset.manifest,
        pages=store_pages(dataset.store, runs),
        removals=(dataset.store.put(encode_removals(removals)),),
        removed=len(removals),
    )


def attached(dataset: Dataset) -> Manifest:
    """Return the manifest with an attachment that no version of vault knows."""
    note = dataset.store.put(b'{"kept":"although nobody knows what it says"}')
    return replace(dataset.manifest, attachments={"x-unknown": Attachment(note)})


def make(folder: Path) -> None:
    """Make the repository in an empty folder, step by step."""
    maker = Maker(folder)
    maker.run("chats.jsonl", lines(chats()), round="1")
    maker.run("tools.jsonl", lines(tools()), round="1")
    for name, data in others().items():
        mapping = {"user": "question", "assistant": "answer"} if name == "mapped.csv" else None
        maker.run(name, data, mapping=mapping)
    maker.run("unreadable.jsonl", unreadable())
    maker.run("forced.jsonl", '{"text":"as text"}\n{"page":1}\n', format="text", source="forced")
    maker.restage("vault label", labelled)
    maker.restage("vault dedupe", removed)
    maker.restage("vault validate", attached)
    maker.repository("vault commit").commit("Round 1: größer als null", meta={"round": "1"})
    maker.repository("vault tag").tag("v1", message="first training run")

    edited = chats()
    edited[0]["metadata"]["topic"] = "Wetter"
    edited[1]["messages"][-1]["content"] = "雨です。☔"
    maker.run("chats.jsonl", lines(edited), mode=ImportMode.REPLACE, round="2")
    corrected = asked("How many kinds of quarks are there?", "Six: up, down, …", key="k-5")
    maker.run("fixes.jsonl", lines([corrected]), mode=ImportMode.UPDATE, key="key")
    whole = folder / "whole.jsonl"
    maker.repository("vault export").export("STAGE", output=str(whole))
    shared = whole.read_bytes().splitlines(keepends=True)
    more = lines([asked("Is this new?", "It came with whole.jsonl.")]).encode()
    maker.run(
        "whole.jsonl", b"".join([*shared[:3], more, *shared[3:-2]]), mode=ImportMode.REPLACE_ALL
    )
    maker.repository("vault commit").commit("Round 2", meta={"round": "2", "generator": "v0"})

    maker.run("staged.jsonl", lines([asked("Staged?", "Not committed yet.")]) + "{broken\n")


def freeze(folder: Path) -> None:
    """Make a repository and put it, and what it answers, into a new folder."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "library"
        home.mkdir()
        make(home)
        shutil.copytree(
            home / ".vault",
            folder / "vault",
            ignore=shutil.ignore_patterns(".gitignore", "catalogue", "tmp", "lock"),
        )
        answers = answers_of(Repository.open(home), Path(place))
    text = json.dumps(answers, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))
