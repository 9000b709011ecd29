"""Law: what `export -o x.csv` writes is imported again with the same ids, whatever it holds."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from tests.support.library import Library, chat
from tests.unit.formats.files.reading import read_file

CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
KINDS: dict[str, list[dict[str, Any]]] = {
    "chat": [chat('say "hi",\nplease', "hi"), chat("é\r\n", "")],
    "tools": [
        {
            "messages": [{"role": "assistant", "content": None, "tool_calls": [CALL]}],
            "tools": TOOLS,
        },
        {"messages": [{"role": "user", "content": "x"}], "tools": orjson.dumps(TOOLS).decode()},
    ],
    "sharegpt": [
        {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    ],
    "alpaca": [
        {"instruction": "a", "input": "", "output": "[1, 2]", "history": [["q", "a"]]},
        {"instruction": "007", "input": "5", "output": "true", "history": []},
    ],
    "preference": [
        {"prompt": "a", "chosen": "b", "rejected": "c"},
        {"prompt": chat("a")["messages"][:1], "chosen": [], "rejected": chat("a")["messages"][1:]},
        {"input": {"messages": []}, "preferred_output": [{"role": "assistant", "content": "a"}]},
    ],
    "kto": [
        {"prompt": "a", "completion": "b", "label": True},
        {"prompt": "a", "completion": "", "label": False},
    ],
    "text": [{"text": "[]"}, {"text": '[{"role": "user"}]'}, {"text": "null"}, {"text": ""}],
    "raw": [
        {"n": 5},
        {"n": "5"},
        {"n": 5.0},
        {"n": None},
        {"m": {"a": [1, {"b": None}]}},
        {"n": 2**70},
    ],
    "numbers": [{"zip": "007", "n": 1.5, "big": 1e300}, {"zip": "1e5", "n": "1.5", "big": "x"}],
    "lists as text": [
        {"messages": '[{"role": "user", "content": "a"}]', "prompt": '[{"role": "user"}]'},
        {"messages": "[{'role': 'user', 'content': 'a'}]", "prompt": "[{'from': 'user'}]"},
        {"messages": [{"role": "user", "content": "a"}], "prompt": "[1]"},
    ],
    "odd numbers": [{"messages": 1}, {"messages": [1], "x": 2**90}],
    "names like separators": [{"a;b": "x;y"}],
    "a name like a tab": [{"a\tb": "x"}],
    "a name like a separator line": [{"sep=;": "x"}],
    "two names like separators": [{"a;b": "x", "c|d": "y"}],
    "empty": [{"a": "", "b": None}, {"a": ""}, {"b": ""}, {"a": None, "b": None}],
}
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_texts = _text | st.sampled_from(["5", "007", "true", "null", "[]", "{}", '[{"role":"user"}]', '"'])
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_messages = st.lists(
    st.fixed_dictionaries({"role": st.just("user"), "content": _texts}, optional={"n": _values}),
    max_size=2,
)
_keys = st.sampled_from(["messages", "prompt", "chosen", "tools", "history", "n", "a", ""])
_records = st.lists(
    st.dictionaries(_keys, _values | _messages, min_size=1, max_size=4), min_size=1, max_size=4
)


def _comes_back(records: list[dict[str, Any]], **options: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder, "one"))
        library.write("a.jsonl", records)
        library.run("a.jsonl")
        path = str(Path(folder, "out.csv"))
        library.repository.export("STAGE", output=path, **options)
        other = Library(Path(folder, "other"))
        report = other.run(path)
        assert report.quarantined == 0
        assert other.ids() == library.ids()


@pytest.mark.parametrize("extras", [(), ("id", "labels")])
@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_comes_back_with_its_ids(name: str, extras: tuple[str, ...]) -> None:
    _comes_back(KINDS[name], extras=extras)


def test_all_kinds_together_come_back_with_their_ids() -> None:
    _comes_back([each for some in KINDS.values() for each in some])


@share_of_examples(0.2)
@given(records=_records)
def test_any_records_come_back_with_their_ids(records: list[dict[str, Any]]) -> None:
    _comes_back(records)


def _columns(folder: Path, records: list[dict[str, Any]]) -> list[str]:
    library = Library(folder)
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.export("STAGE", output=str(folder / "out.csv"))
    with open(folder / "out.csv", encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def test_texts_and_chats_need_no_column_beside_their_own(tmp_path: Path) -> None:
    texts = [{"instruction": "a", "input": "", "output": "007"}]
    assert _columns(tmp_path / "a", texts) == ["instruction", "input", "output"]
    assert _columns(tmp_path / "b", [chat("a"), chat("b")]) == ["messages"]
    assert _columns(tmp_path / "c", [chat("a", n=1)]) == ["messages", "n", "_vault"]


def _rows(tmp_path: Path, header: list[str], *rows: list[str]) -> list[Any]:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([header, *rows])
    path = tmp_path / "a.csv"
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    return [orjson.loads(each) for each in read_file(path).texts]


LISTED = [{"role": "user", "content": "It's 5, isn't it?\nYes"}]


@pytest.mark.parametrize("cell", [orjson.dumps(LISTED).decode(), repr(LISTED)])
@pytest.mark.parametrize("name", ["messages", "conversations", "prompt", "chosen", "completion"])
def test_a_cell_that_holds_messages_is_read_as_messages(
    tmp_path: Path, name: str, cell: str
) -> None:
    assert _rows(tmp_path, ["id", name], ["007", cell]) == [{"id": "007", name: LISTED}]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("prompt", "[1, 2]"),
        ("prompt", "[]"),
        ("completion", '[{"a": 1}]'),
        ("prompt", "[{'a': 1}]"),
        ("text", '[{"role": "user"}]'),
        ("input", "[]"),
        ("messages", "[{'role': 'user', 'content': open('x')}]"),
        ("messages", "[{"),
        ("messages", "[{" * 5_000),
        ("messages", '{"role": "user"}'),
        ("n", "5"),
        ("label", "trueish"),
        ("answer", "true"),
        ("_vault", "{"),
        ("_vault", '{"cells": 5}'),
        ("_vault", "5"),
    ],
)
def test_any_other_cell_is_text(tmp_path: Path, name: str, cell: str) -> None:
    assert _rows(tmp_path, ["id", name], ["1", cell]) == [{"id": "1", name: cell}]


@pytest.mark.parametrize("name", ["label", "kto_tag"])
def test_a_verdict_is_true_or_false(tmp_path: Path, name: str) -> None:
    rows = _rows(tmp_path, ["id", name], ["1", "true"], ["2", "False"])
    assert rows == [{"id": "1", name: True}, {"id": "2", name: False}]


def test_a_marked_cell_that_was_edited_is_text(tmp_path: Path) -> None:
    mark = '{"cells": {"n": "json", "gone": "json", "a": "other"}}'
    rows = _rows(tmp_path, ["n", "a", "_vault"], ["five", "b", mark])
    assert rows == [{"n": "five", "a": "b", "_vault": mark}]
