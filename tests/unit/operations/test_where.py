"""Which examples satisfy an expression: columns, types of paths, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.drafting import context_of, dataset_of, ids, label, remove
from tests.support.library import Library, chat
from vault.dataset.choosing.where import matching_keys, matching_mask
from vault.errors import Corrupt, InvalidExpression
from vault.objects.digest import Digest
from vault.operations.queries.sql import sql
from vault.repository import Repository
from vault.store.object_store import object_name

RECORDS: list[dict[str, Any]] = [
    chat(
        "a",
        "yes",
        metadata={
            "topic": "billing",
            "score": 0.5,
            "shout": "true",
            "ok": True,
            "tags": ["x", "y"],
        },
    ),
    chat(
        "b",
        "no",
        metadata={"topic": "account", "score": "7", "ok": "false", "tags": []},
    ),
    chat(
        "c",
        "yes",
        metadata={"topic": None, "score": "high", "ok": 1, "tags": [1, None]},
    ),
    chat("d", "maybe so"),
    {"question": "e", "score": 3, "parts": [{"n": 1}, {"n": "2"}]},
    {"prompt": "f", "chosen": "good", "rejected": "bad", "metadata": {"score": 1e400 and 2**70}},
    {"text": "g", "flags": ["true", "TRUE", " true", "false"]},
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "h"},
            {"role": "assistant", "content": "One."},
            {"role": "user", "content": [{"type": "text", "text": "more"}]},
            {"role": "assistant", "content": "Two."},
        ],
        "source": "web",
    },
]
LABELS: dict[int, dict[str, Any]] = {
    0: {"q": "gold", "n": 3, "checked": True},
    1: {"q": "5", "split": "train"},
    3: {"n": "4"},
}

CASES: list[tuple[str, list[int]]] = [
    # what every example has
    ("kind = 'chat'", [0, 1, 2, 3, 7]),
    ("kind IN ('raw', 'text')", [4, 6]),
    ("turns > 2", [7]),
    ("line <= 2", [0, 1]),
    ("source = 'all.jsonl' AND round = 'r1'", list(range(8))),
    ("id = id AND length(id) = 32", list(range(8))),
    ("chars = 8 + 1", [3]),
    ("tokens >= 2", [3, 5, 7]),
    # the conversation
    ("prompt = 'a'", [0]),
    ("response = 'yes'", [0, 2]),
    ("system = 'Be brief.'", [7]),
    ("prompt = e'h\\nOne.\\nmore' AND response = 'Two.'", [7]),
    ("chosen = 'good' AND response = chosen AND rejected = 'bad'", [5]),
    ("chosen IS NULL", [0, 1, 2, 3, 4, 6, 7]),
    ("response IS NULL AND messages IS NULL", [4, 6]),
    ("len(messages) = 5", [7]),
    ("messages[1].role = 'system' OR messages[-1].content = 'maybe so'", [3, 7]),
    ("messages[9].role IS NULL", list(range(8))),
    ("'system' IN messages.role", [7]),
    ("contains(messages.content, 'more')", [7]),
    # fields, by what they are compared with
    ("data.metadata.topic = 'billing'", [0]),
    ("data.metadata.topic != 'billing'", [1]),
    ("data.metadata.topic IS NULL", [2, 3, 4, 5, 6, 7]),
    ("data.metadata.score < 1", [0]),
    ("data.metadata.score > 1", [1, 5]),
    ("data.metadata.score = '7'", [1]),
    ("data.metadata.score = '0.5'", [0]),
    ("data.metadata.score IN (7, 0.5)", [0, 1]),
    ("data.metadata.score BETWEEN 0 AND 10", [0, 1]),
    ("data.metadata.score + 1 > 5", [1, 5]),
    ("CAST(data.metadata.score AS BIGINT) = 7", [1]),
    ("data.metadata.ok", [0]),
    ("NOT data.metadata.ok", [1]),
    ("data.metadata.ok = true", [0]),
    ("data.metadata.ok IS NOT TRUE", [1, 2, 3, 4, 5, 6, 7]),
    ("data.metadata.ok = 'true'", [0]),
    ('data.metadata.tags = \'["x","y"]\'', [0]),
    ("data.metadata.tags[1] = 'x'", [0]),
    ("data.metadata.tags[-1] = 'y' OR data.metadata.tags[1] = 1", [0, 2]),
    ("list_contains(data.metadata.tags, '1') OR 'y' IN data.metadata.tags", [0, 2]),
    ("list_length(data.metadata.tags) = 0", [1]),
    ("data.score = 3", [4]),
    ("data.parts[2].n = 2 AND data['parts'][1]['n'] = '1'", [4]),
    ("data.messages[1].content = 'Be brief.' OR data.messages[2].content = 'no'", [1, 7]),
    ("data.text = 'g' OR data.rejected = 'bad'", [5, 6]),
    ("data.source = 'web'", [7]),
    # labels
    ("labels.q = 'gold'", [0]),
    ("labels.q != 'gold'", [1, 2, 3, 4, 5, 6, 7]),
    ("labels.q NOT IN ('gold', '5')", [2, 3, 4, 5, 6, 7]),
    ("NOT (labels.q = 'gold')", [1]),
    ("labels.q = 5", [1]),
    ("labels.q != 5", [0, 2, 3, 4, 5, 6, 7]),
    ("labels.n >= 3", [0, 3]),
    ("labels.checked", [0]),
    ("labels.checked IS NULL AND labels.q IS NOT NULL", [1]),
    ("split = 'train'", [1]),
    ("split != 'train'", [0, 2, 3, 4, 5, 6, 7]),
    ("labels.q = labels.n", []),
    ("round(data.metadata.score * 1.011, 2) = 0.51", [0]),
    ("data.flags[1] AND NOT data.flags[4]", [6]),
    ("data.flags[2] OR data.flags[3] OR NOT data.flags[2] OR NOT data.flags[3]", []),
    ("round(data.metadata.score, 1e300) = 0.5", [0]),
    ("split NOT IN ('train', 'test')", [0, 2, 3, 4, 5, 6, 7]),
    ("split NOT IN ('test', NULL)", list(range(8))),
    ("labels.q NOT IN ('gold', NULL)", list(range(1, 8))),
    ("'train' != split", [0, 2, 3, 4, 5, 6, 7]),
    ("NOT split = 'train'", []),
    # nothing to read
    ("true", list(range(8))),
    ("1 > 2 OR NULL", []),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    library = Library(tmp_path_factory.mktemp("where"))
    library.write("all.jsonl", RECORDS)
    library.run("all.jsonl", round="r1")
    label(library.repository, LABELS)
    return library.repository


def positions(repository: Repository, expression: str) -> list[int]:
    dataset = dataset_of(repository)
    mask = matching_mask(context_of(repository), dataset, dataset.keys(), expression)
    return [int(each) for each in np.flatnonzero(mask)]


@pytest.mark.parametrize("expression, expected", CASES, ids=[case for case, _ in CASES])
def test_an_expression_finds_the_examples_that_satisfy_it(
    filled: Repository, expression: str, expected: list[int]
) -> None:
    assert positions(filled, expression) == expected
    # Once more, from what is kept.
    assert positions(filled, expression) == expected


@pytest.mark.parametrize("expression, expected", CASES, ids=[case for case, _ in CASES])
def test_a_statement_finds_the_same_examples(
    filled: Repository, expression: str, expected: list[int]
) -> None:
    everything = sql(context_of(filled), "SELECT id FROM examples").rows
    found = sql(context_of(filled), f"SELECT id FROM examples WHERE {expression}").rows
    assert sorted(everything.index(each) for each in found) == expected


def test_keys_come_in_dataset_order_and_a_mask_in_the_order_asked_for(filled: Repository) -> None:
    context, dataset = context_of(filled), dataset_of(filled)
    keys = dataset.keys()
    found = matching_keys(context, dataset, "response = 'yes'")
    assert found.tolist() == keys[[0, 2]].tolist()
    mask = matching_mask(context, dataset, keys[::-1], "response = 'yes'")
    assert mask.tolist() == [False, False, False, False, False, True, False, True]


@pytest.mark.parametrize(
    "expression, hint",
    [
        ("data.metadata.topik = 'x'", "did you mean data.metadata.topic?"),
        ("data.topic = 'x'", "did you mean data.metadata.topic?"),
        ("labels.checkd", "did you mean labels.checked?"),
        ("labels.topic", "there are labels.checked, labels.n, labels.q, labels.split"),
        ("data.metadata.tags[9] = 'x'", None),
    ],
)
def test_a_name_that_occurs_nowhere_is_an_error_with_the_nearest_one(
    filled: Repository, expression: str, hint: str | None
) -> None:
    with pytest.raises(InvalidExpression) as caught:
        positions(filled, expression)
    assert caught.value.code == "name-unknown"
    assert hint is None or caught.value.hint == hint


def test_a_name_that_occurs_only_beyond_the_examples_asked_for_is_no_error(
    filled: Repository,
) -> None:
    context, dataset = context_of(filled), dataset_of(filled)
    mask = matching_mask(context, dataset, dataset.keys()[3:], "data.metadata.ok OR labels.q = '1'")
    assert not mask.any()


def test_an_empty_dataset_has_no_examples_whatever_is_asked(library: Library) -> None:
    assert positions(library.repository, "data.x = 1 AND labels.y AND turns > 1") == []


def test_rows_that_left_the_dataset_are_not_looked_at(library: Library) -> None:
    library.write("a.jsonl", [chat(str(each), n=each) for each in range(10)])
    library.run("a.jsonl")
    remove(library.repository, [0, 4, 9])
    assert positions(library.repository, "data.n IN (0, 3, 4, 5, 9)") == [2, 3]
    library.write("b.jsonl", [chat("x", lost=1)])
    library.run("b.jsonl")
    remove(library.repository, [7])
    with pytest.raises(InvalidExpression):
        positions(library.repository, "data.lost = 1")


def test_mapped_fields_are_found_though_the_record_holds_them_under_other_names(
    library: Library,
) -> None:
    library.write("a.jsonl", [{"q": "one", "a": "two", "meta": {"n": 1}}])
    library.run("a.jsonl", mapping={"user": "q", "assistant": "a"})
    for expression in ("prompt = 'one'", "data.q = 'one'", "response = 'two'", "data.meta.n = 1"):
        assert positions(library.repository, expression) == [0]


def test_columns_of_the_dataset_need_no_record(library: Library) -> None:
    library.write("a.jsonl", [chat("one", metadata={"n": 1})])
    library.run("a.jsonl")
    dataset = dataset_of(library.repository)
    read: list[Digest] = []
    real = dataset.store.get
    dataset.store.get = lambda digest: (read.append(digest), real(digest))[1]  # type: ignore[method-assign, func-returns-value]
    context = context_of(library.repository)
    assert len(matching_keys(context, dataset, "data.metadata.n = 1 AND turns = 2")) == 1
    pages = 1
    assert len(read) == pages + 1
    read.clear()
    assert len(matching_keys(context, dataset, "data.metadata.n = 1 AND turns < 3")) == 1
    assert len(read) == pages
    read.clear()
    assert len(matching_keys(context, dataset, "response = 'Yes.'")) == 1
    assert len(read) == pages + 2


def test_records_are_read_only_of_examples_that_the_other_conditions_leave(
    library: Library,
) -> None:
    library.write("a.jsonl", [chat("one", metadata={"n": 1})])
    library.write("b.jsonl", [chat("two", metadata={"n": 2})])
    library.run("a.jsonl")
    library.run("b.jsonl")
    dataset = dataset_of(library.repository)
    read: list[Digest] = []
    real = dataset.store.get
    dataset.store.get = lambda digest: (read.append(digest), real(digest))[1]  # type: ignore[method-assign, func-returns-value]
    context = context_of(library.repository)
    expression = "contains(prompt, 'o') AND data.metadata.n = 2 AND data.messages[1].role = 'user'"
    assert len(matching_keys(context, dataset, expression)) == 1
    pages, chunks, again, records = 1, 2, 1, 1
    assert len(read) == pages + chunks + again + records


def test_a_damaged_chunk_is_told_not_skipped(library: Library) -> None:
    library.write("a.jsonl", [chat("one", metadata={"n": 1})])
    library.run("a.jsonl")
    dataset = dataset_of(library.repository)
    chunk = dataset.numbers.digest(int(dataset.runs().chunk[0]))
    path = library.folder / ".vault" / object_name(chunk)
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(Corrupt):
        positions(library.repository, "data.metadata.n = 1")


def test_ids_are_the_ids_that_are_shown(filled: Repository) -> None:
    wanted = ids(filled)[3]
    assert positions(filled, f"id = '{wanted}'") == [3]
    assert positions(filled, f"id LIKE '{wanted[:12]}%'") == [3]
