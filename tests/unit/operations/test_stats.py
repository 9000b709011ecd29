"""`stats`: figures against plain Python, what moved, and what is read for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support.edits import data_folder
from tests.support.labelling import label_in_order
from tests.support.library import Library, chat
from vault.dataset.reading.examples import Example
from vault.errors import AlreadyExists, InvalidInput, NotFound
from vault.objects.chunk import decode_facts
from vault.operations.statistics.figures import TRAINER_LENGTHS, Figures
from vault.operations.statistics.report import StatsReport
from vault.repository import Repository
from vault.store.local import LocalBackend

RAW = {"question_text": "no conversation", "metadata": {"topic": "raw"}}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def mixed(library: Library) -> Library:
    """Examples of several kinds, sources and rounds, some with labels and some without fields."""
    library.write(
        "a.jsonl",
        [chat(f"q{n}", "word " * (n * 37), metadata={"topic": f"t{n % 3}"}) for n in range(40)],
    )
    library.write(
        "b.jsonl",
        [
            {"prompt": "Why?", "completion": "x" * 5000},
            {"text": "plain " * 20},
            RAW,
            chat("again", "Yes.", metadata={"topic": 7}),
            {"instruction": "Say é", "input": "", "output": "é" * 30},
        ],
    )
    library.run("a.jsonl", round="1")
    library.run("b.jsonl")
    quality = ["gold", None, "poor", True, "true"] * 8
    split = ["train", "train", "test", None] * 10
    label_in_order(library.repository, {"quality": quality, "split": split, "_own": [1] * 5})
    return library


def check(figures: Figures, examples: Iterable[Example]) -> None:
    """Hold figures against what plain Python counts."""
    rows = list(examples)
    assert figures.examples == len(rows)
    for name in ("turns", "chars", "tokens"):
        assert getattr(figures, name) == sum(getattr(each, name) for each in rows)
    for name in ("turns", "tokens"):
        values = sorted(getattr(each, name) for each in rows)
        bins = figures.histograms[name]
        told = [sum(one.least <= each <= one.most for each in values) for one in bins]
        assert [each.examples for each in bins] == told and sum(told) == len(rows)
        if rows:
            found = figures.quantiles[name]
            assert (found["min"], found["max"]) == (values[0], values[-1])
            assert found["50"] == values[(len(values) + 1) // 2 - 1]
    assert figures.kinds == Counter(each.kind for each in rows)
    assert figures.sources == Counter(each.source for each in rows)
    for told_counts, asked in (
        (figures.rounds, [each.round for each in rows]),
        (figures.splits, [each.labels.get("split") for each in rows]),
    ):
        if told_counts:
            assert told_counts == Counter("(none)" if each is None else each for each in asked)
    assert list(figures.kinds.values()) == sorted(figures.kinds.values(), reverse=True)
    labels = Counter(
        (name, type(value), value)
        for each in rows
        for name, value in each.labels.items()
        if name != "split" and not name.startswith("_")
    )
    assert {(each.name, type(each.value), each.value): each.count for each in figures.labels} == (
        labels
    )
    for cut in figures.cut:
        assert cut.length == TRAINER_LENGTHS[cut.trainer]
        assert cut.examples == sum(each.tokens > cut.length for each in rows)
        assert cut.share == (cut.examples / len(rows) if rows else 0)


def staged(library: Library) -> list[Example]:
    return list(library.repository.snapshot("STAGE"))


def test_figures_are_what_plain_python_counts(mixed: Library) -> None:
    report = mixed.repository.stats()
    check(report, staged(mixed))
    assert report.rounds == {"1": 40, "(none)": 5}
    assert report.cut[0].examples > 0
    assert (report.roles, report.tools, report.findings) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "value_of"),
    [
        ("kind", lambda each: each.kind),
        ("round", lambda each: each.round),
        ("split", lambda each: each.labels.get("split")),
        ("turns", lambda each: each.turns),
        ("labels.split", lambda each: each.labels.get("split")),
        ("data.metadata.topic", lambda each: each.data.get("metadata", {}).get("topic")),
        ("metadata.topic", lambda each: each.data.get("metadata", {}).get("topic")),
        ("data.text", lambda each: each.data.get("text")),
    ],
)
def test_each_value_has_figures_of_its_own(
    mixed: Library, field: str, value_of: Callable[[Example], object]
) -> None:
    groups: dict[str, list[Example]] = {}
    for each in staged(mixed):
        value = value_of(each)
        groups.setdefault("(none)" if value is None else str(value), []).append(each)
    report = mixed.repository.stats(by=field)
    assert report.by.keys() == groups.keys()
    assert report.values == len(groups)
    for value, figures in report.by.items():
        check(figures, groups[value])
    sizes = [each.examples for each in report.by.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_only_the_values_of_most_examples_have_figures(
    mixed: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.operations.statistics.stats.MOST_GROUPS", 2)
    report = mixed.repository.stats(by="data.metadata.topic", full=True)
    assert (list(report.by), report.values) == (["t0", "t1"], 6)
    for topic in report.by:
        own = [
            each for each in staged(mixed) if each.data.get("metadata", {}).get("topic") == topic
        ]
        check(report.by[topic], own)
        assert report.by[topic].roles == {"assistant": len(own), "user": len(own)}
    moved = [each.field for each in mixed.repository.stats("STAGE", "STAGE", by="line").moved]
    assert "line" not in moved and "tokens" in moved


def test_a_field_that_nothing_has_is_refused(mixed: Library) -> None:
    for name in ("data.metdata.topic", "labels.qualty", "messages", "nothing"):
        with pytest.raises(InvalidInput) as caught:
            mixed.repository.stats(by=name)
        assert caught.value.code == "field-unknown" and caught.value.hint


def test_expressions_choose_what_is_counted(mixed: Library) -> None:
    where = "tokens > 100 AND round = '1'"
    report = mixed.repository.stats(where=where, by="kind")
    check(report, (each for each in staged(mixed) if each.tokens > 100 and each.round == "1"))
    assert report.is_part and report.by["chat"].examples == report.examples
    nothing = mixed.repository.stats(where="tokens > 100000", by="data.metadata.topic")
    assert (nothing.examples, nothing.by, nothing.quantiles["tokens"]) == (0, {}, {})


@pytest.mark.parametrize("records", [[], [chat("one")]])
def test_nothing_and_one_example_have_figures(library: Library, records: list[Any]) -> None:
    library.write("a.jsonl", records or [chat("one")])
    if records:
        library.run("a.jsonl")
    report = library.repository.stats(full=True, by="kind")
    check(report, staged(library))
    assert len(report.by) == len(records)
    assert report.same_conversation == 0


def test_examples_with_one_conversation_are_counted(library: Library) -> None:
    library.write("a.jsonl", [chat("Hi", topic=n) for n in range(3)] + [chat("Ho"), RAW])
    library.run("a.jsonl")
    assert library.repository.stats().same_conversation == 2


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
OTHER = {"type": "function", "function": {"name": "time", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
CALLING = [
    {"role": "user", "content": "Rain?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "c2"}]},
    {"role": "tool", "tool_call_id": "c1", "content": "no"},
    {"role": "tool", "tool_call_id": "c2", "content": "no"},
    {"role": "assistant", "content": "No."},
]


def test_roles_and_tools_are_read_from_records(library: Library) -> None:
    library.write(
        "a.jsonl",
        [
            {"messages": CALLING, "tools": [TOOL, OTHER], "topic": "a"},
            {**chat("Hi"), "tools": [OTHER], "topic": "a"},
            {"messages": CALLING[:-1], "topic": "b"},
            {"prompt": "p", "chosen": "c", "rejected": "r", "topic": "b"},
        ],
    )
    library.run("a.jsonl")
    report = library.repository.stats(full=True, by="topic")
    assert report.roles == {"assistant": 6, "tool": 4, "user": 4}
    assert report.tools is not None
    assert (report.tools.declared, report.tools.called) == (2, 2)
    assert report.tools.names == {"time": 2, "weather": 2}
    second = report.by["b"]
    assert second.tools is not None and second.roles is not None
    assert second.tools.names == {"weather": 1}
    assert second.roles["user"] == 2


def test_languages_are_told_where_a_label_says_them(library: Library) -> None:
    library.write("a.jsonl", [chat(f"q{n}") for n in range(3)])
    library.run("a.jsonl")
    assert library.repository.stats().languages is None
    label_in_order(library.repository, {"language": ["de", "de"]})
    assert library.repository.stats().languages == {"de": 2, "(none)": 1}


def test_two_versions_stand_beside_each_other(mixed: Library) -> None:
    repository = mixed.repository
    first = repository.commit("one").commit
    mixed.write("c.jsonl", [chat(f"more {n}", "word " * 900) for n in range(45)])
    mixed.run("c.jsonl")
    report = repository.stats("HEAD", "STAGE", by="kind")
    assert report.before is not None
    assert (report.before.commit, report.commit) == (first, None)
    assert (report.before.examples, report.examples) == (45, 90)
    check(report.before, repository.snapshot(str(first)))
    moved = {each.field: each for each in report.moved}
    assert {"kind", "source", "round", "split", "turns", "tokens", "labels.quality"} <= set(moved)
    distances = [each.distance for each in report.moved]
    assert distances == sorted(distances, reverse=True) and distances[0] > 0
    assert (moved["round"].value, moved["source"].value) == ("(none)", "c.jsonl")
    assert moved["round"].old_share == pytest.approx(5 / 45)
    assert moved["round"].new_share == pytest.approx(50 / 90)
    ranged = repository.stats(f"{first}..HEAD")
    assert all(each.distance == 0 for each in ranged.moved)
    with pytest.raises(NotFound):
        repository.stats("nothing")


def test_a_field_of_one_side_moved_from_none(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    library.repository.commit("one")
    label_in_order(library.repository, {"quality": ["gold", "gold"]})
    [quality] = [
        each
        for each in library.repository.stats("HEAD", "STAGE").moved
        if each.field == "labels.quality"
    ]
    assert quality.distance == pytest.approx(1)
    assert library.repository.stats("HEAD", "STAGE", where="turns > 9").moved == ()


def test_findings_are_told_where_somebody_validated(library: Library) -> None:
    library.write("a.jsonl", [{"messages": []}, chat("Hi")])
    library.run("a.jsonl")
    repository = library.repository
    assert repository.stats().findings is None
    validated = repository.validate()
    found = repository.stats().findings
    assert found is not None and found.errors == validated.errors > 0
    assert repository.stats(where="turns > 0").findings is None
    repository.commit("one", verify=False)
    kept = library.repository.stats("HEAD").findings
    assert kept is not None and kept.items == found.items


def test_tokens_are_exact_once_they_are_counted(library: Library) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(library.folder / "tokenizer.json"))
    library.write("a.jsonl", [chat("Hi", "word " * 900), {"text": "one two"}, RAW])
    library.run("a.jsonl")
    (library.folder / "vault.toml").write_text('[validate]\ntokenizer = "tokenizer.json"\n')
    estimated = library.repository.stats()
    assert (estimated.tokenizer, estimated.tokens > 1000) == (None, True)
    counted = library.repository.stats(full=True)
    assert (counted.tokenizer, counted.tokens) == ("tokenizer.json", 903)
    assert counted.quantiles["tokens"] == {
        **dict.fromkeys(["min", "5", "25"], 0),
        "50": 2,
        **dict.fromkeys(["75", "95", "max"], 901),
    }
    assert library.repository.stats() == library.repository.stats()
    assert library.repository.stats().tokens == 903
    library.repository.commit("one")
    library.write("b.jsonl", [chat("one more")])
    library.run("b.jsonl")
    assert library.repository.stats().tokenizer is None
    both = library.repository.stats("HEAD", "STAGE")
    assert both.before is not None and both.before.tokenizer is None
    library.repository.gc(undo_days=0)
    assert library.repository.stats("HEAD").tokens == 903


class _Watched(LocalBackend):
    """Notes the names that are read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.read_names: list[str] = []

    def read(self, name: str) -> bytes:
        self.read_names.append(name)
        return super().read(name)


def reads(library: Library, **options: Any) -> tuple[int, int]:
    """Return how many chunk objects and how many records objects `stats` reads."""
    backend = _Watched(library.folder / ".vault")
    Repository(backend, folder=library.folder).stats(**options)
    repository = library.repository
    dataset = repository.snapshot("STAGE")._dataset
    chunks = {dataset.numbers.digest(int(each)) for each in dataset.runs().chunk}
    records = {decode_facts(dataset.store.get(each)).records for each in chunks}
    assert len(chunks) > 1

    def count(digests: Iterable[str]) -> int:
        return sum(
            each.rpartition("/")[2] in name.replace("/", "")
            for each in digests
            for name in backend.read_names
        )

    return count(chunks), count(records)


def test_records_are_read_only_for_what_they_alone_tell(mixed: Library) -> None:
    assert reads(mixed) == (2, 0)
    chunks, records = reads(mixed, by="labels.quality")
    assert records == 0 and chunks <= 4
    # Fields are a column of the chunk, but for kinds of which the path is in the conversation.
    assert reads(mixed, by="data.metadata.topic")[1] <= 1
    assert reads(mixed, full=True)[1] >= 2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("page", "output-unknown"),
        ("page.jsonl", "output-unknown"),
        ("-", "output-unknown"),
        ("", "output-unknown"),
        (".vault/page.html", "output-inside-repository"),
        ("there.html", "file-exists"),
        ("folder.html", "file-exists"),
        ("link.html", "output-unknown"),
    ],
)
def test_a_page_is_written_only_where_it_may_be(
    library: Library, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    monkeypatch.chdir(library.folder)
    Path("there.html").write_text("mine")
    Path("folder.html").mkdir()
    Path("link.html").symlink_to(".bashrc")
    with pytest.raises((InvalidInput, AlreadyExists)) as caught:
        library.repository.stats(html=name)
    assert caught.value.code == code and caught.value.hint
    assert Path("there.html").read_text() == "mine"


def test_force_overwrites_a_page(library: Library) -> None:
    path = library.folder / "page.html"
    path.write_text("mine")
    report = library.repository.stats(html=str(path), force=True)
    assert report.html == str(path) and path.read_text().startswith("<!DOCTYPE html>")
    assert [each.name for each in library.folder.iterdir() if "page" in each.name] == ["page.html"]


REAL = sorted(data_folder().glob("llama-factory/*.json"))


@pytest.mark.skipif(not REAL, reason="the data is not beside the checkout")
def test_figures_of_real_data_are_what_plain_python_counts(library: Library) -> None:
    library.repository.import_files([str(each) for each in REAL])
    report: StatsReport = library.repository.stats(by="source", full=True)
    examples = staged(library)
    check(report, examples)
    for value, figures in report.by.items():
        check(figures, [each for each in examples if each.source == value])
    said = Counter(
        message["role"]
        for each in examples
        if (told := each.conversation) is not None
        for message in (*told.prompt, *told.response, *(told.rejected or ()))
    )
    assert report.roles == said
    assert json.dumps(dict(report.sources))
