"""Labelling examples: what is written, what stays, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.library import Library, chat
from vault.dataset.listed import open_revision
from vault.dataset.reading.labels import labels_of_rows
from vault.errors import AnswerIsNo, InvalidInput, NotFound, VaultError
from vault.objects.labels.label_set import Label
from vault.operations.labelling.list_labels import LabelCount

QUESTIONS = ["one", "two", "three", "four"]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    made.write("a.jsonl", [chat(each, topic=each[0]) for each in QUESTIONS])
    made.run("a.jsonl")
    made.repository.commit("first")
    return made


def said_of(library: Library, place: int) -> dict[str, Label]:
    """Return what is said of an example, by whom and when included."""
    _, dataset = open_revision(library.repository._context(), None)
    key = dataset.keys()[place]
    return labels_of_rows(dataset, np.array([key])).get(int(key), {})


def test_a_label_says_what_who_when_and_why(library: Library) -> None:
    two = library.id_of("two")
    report = library.repository.label({"quality": "gold", "stars": 3}, [two[:6]], note="checked")
    assert (report.examples, report.labelled, report.unchanged) == (1, 1, 0)
    assert report.names == ("quality", "stars")
    assert (report.staged.relabelled, report.staged.changed) == (1, 0)
    assert said_of(library, 1) == {
        "quality": Label("quality", "gold", "ada", "2026-01-02T03:04:05Z", "checked"),
        "stars": Label("stars", 3, "ada", "2026-01-02T03:04:05Z", "checked"),
    }
    assert library.labels() == {"two": {"quality": "gold", "stars": 3}}


def test_an_expression_labels_all_that_satisfy_it(library: Library) -> None:
    report = library.repository.label({"quality": "bad"}, where=["data.topic = 't'", "line > 1"])
    assert report.labelled == 2
    assert list(library.labels()) == ["two", "three"]
    assert library.repository.label({"quality": "x"}, where="turns > 9").examples == 0


def test_what_is_so_already_is_not_written_again(library: Library) -> None:
    library.repository.label({"quality": "gold"}, where="turns > 0", person="ben")
    before = library.repository.operations().items
    report = library.repository.label({"quality": "gold"}, where="turns > 0")
    assert (report.examples, report.labelled, report.unchanged) == (4, 0, 4)
    assert library.repository.operations().items == before
    assert said_of(library, 0)["quality"].author == "ben"
    # A note is something new to say, and 1 is not true.
    assert library.repository.label({"quality": "gold"}, where="line=1", note="n").labelled == 1
    assert library.repository.label({"ok": 1}, where="line = 1").labelled == 1
    assert library.repository.label({"ok": True}, where="line = 1").labelled == 1
    assert library.repository.label({"ok": 1.0}, where="line = 1").labelled == 1
    assert library.repository.label({"ok": 1}, where="line = 1").labelled == 0


def test_a_label_is_taken_off_and_undone(library: Library) -> None:
    library.repository.label({"quality": "gold", "stars": 1}, where="line < 3")
    report = library.repository.label({}, where="turns > 0", remove=["quality"])
    assert (report.examples, report.labelled) == (4, 2)
    assert library.labels() == {"one": {"stars": 1}, "two": {"stars": 1}}
    library.repository.undo()
    assert library.labels()["one"] == {"quality": "gold", "stars": 1}
    library.repository.label({}, where="turns > 0", remove=["quality", "stars"])
    with pytest.raises(AnswerIsNo, match="nothing"):
        library.repository.commit("labels came and went")


def test_labels_are_versioned_and_diffed(library: Library) -> None:
    library.repository.label({"quality": "gold"}, where="line = 1")
    commit = library.repository.commit("labels")
    assert (commit.relabelled, commit.examples) == (1, 4)
    assert library.labels("HEAD~1") == {}
    assert library.labels("HEAD") == {"one": {"quality": "gold"}}
    (item,) = library.repository.diff("HEAD~1", "HEAD").items
    assert (item.change, item.id) == ("relabelled", library.id_of("one"))


def test_a_label_that_nobody_has_is_not_taken_off(library: Library) -> None:
    library.repository.label({"quality": "gold"}, where="line = 1")
    with pytest.raises(NotFound) as caught:
        library.repository.label({}, where="line = 1", remove=["qualty"])
    assert caught.value.code == "label-not-found"
    assert caught.value.hint == "did you mean quality? `vault label --list` lists labels"


def test_a_dry_run_tells_the_same_and_changes_nothing(library: Library) -> None:
    before = library.repository.operations().items
    wanted: dict[str, Any] = {"where": "line < 4"}
    tried = library.repository.label({"quality": "gold"}, **wanted, dry_run=True)
    assert library.repository.operations().items == before
    done = library.repository.label({"quality": "gold"}, **wanted)
    assert tried.dry_run and not done.dry_run
    assert (tried.labelled, tried.staged) == (done.labelled, done.staged)


def test_dotted_names_are_read_by_expressions(library: Library) -> None:
    library.repository.label({"help.tone.score": 0.5}, where="line = 1")
    library.repository.label({"help.tone.score": 0.25}, where="line = 2")
    assert library.repository.query("labels.help.tone.score > 0.3").examples == 1
    assert library.repository.query('labels."help.tone.score" > 0.1').examples == 2
    rows = library.repository.sql("SELECT labels.help.tone.score AS s FROM examples ORDER BY s")
    assert rows.rows[:2] == (("0.25",), ("0.5",))
    with pytest.raises(VaultError) as caught:
        library.repository.query("labels.help.score > 0")
    assert caught.value.code == "name-unknown"
    assert "labels.help.tone.score" in str(caught.value.hint)


def test_counts_are_listed_by_name_and_value(library: Library) -> None:
    library.repository.label({"quality": "gold", "ok": True}, where="line < 4")
    library.repository.label({"quality": "bad"}, where="line = 4")
    library.repository.label({"ok": 1}, where="line = 4")
    report = library.repository.labels()
    assert report.examples == 4
    assert report.labels == (
        LabelCount("ok", True, 3, "yes or no"),
        LabelCount("ok", 1, 1, "number"),
        LabelCount("quality", "gold", 3, "text"),
        LabelCount("quality", "bad", 1, "text"),
    )
    assert library.repository.labels("HEAD").labels == ()


@pytest.mark.parametrize(
    ("values", "options", "code"),
    [
        ({}, {"where": "turns > 0"}, "labels-missing"),
        ({"quality": "gold"}, {}, "examples-missing"),
        ({"quality": "gold"}, {"examples": ["abcd"], "where": "turns > 0"}, "examples-or-where"),
        ({"Quality": "gold"}, {"where": "turns > 0"}, "label-name-invalid"),
        ({"split": "train"}, {"where": "turns > 0"}, "label-not-yours"),
        ({"_group": "x"}, {"where": "turns > 0"}, "label-not-yours"),
        ({"a": 1}, {"where": "turns > 0", "remove": ["a"]}, "label-twice"),
        ({"a": 1}, {"where": "turns > 0", "note": "agreed"}, "note-reserved"),
        ({"a": float("inf")}, {"where": "turns > 0"}, "label-value-invalid"),
        ({"a": 2**64}, {"where": "turns > 0"}, "label-value-invalid"),
        ({"a": [1]}, {"where": "turns > 0"}, "label-value-invalid"),
        ({"a": ""}, {"where": "turns > 0"}, "label-value-invalid"),
        ({"a": 1}, {"where": "turns > 0", "person": " "}, "person-invalid"),
        ({"a": 1}, {"where": "turns > "}, "expression-invalid"),
        ({"a": 1}, {"examples": ["xyz"]}, "example-invalid"),
        ({"quality": "godl"}, {"where": "turns > 0"}, "label-value-unknown"),
        ({"size": "2"}, {"where": "turns > 0"}, "label-value-unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    library: Library, values: dict[str, Any], options: dict[str, Any], code: str
) -> None:
    (library.folder / "vault.toml").write_text(
        '[labels.quality]\nvalues = ["gold", "ok"]\n[labels.size]\nvalues = [1, 2]\n'
    )
    before = library.repository.operations().items
    with pytest.raises(InvalidInput) as caught:
        library.repository.label(values, **options)
    assert caught.value.code == code
    assert caught.value.hint
    assert library.repository.operations().items == before


def test_a_value_outside_the_vocabulary_is_refused_with_the_nearest(library: Library) -> None:
    (library.folder / "vault.toml").write_text(
        '[labels.quality]\nvalues = ["gold", "ok", "1"]\n[labels.a.b]\nvalues = [true, 0.5]\n'
    )
    with pytest.raises(InvalidInput, match='"godl" is no value of quality') as caught:
        library.repository.label({"quality": "godl"}, where="turns > 0")
    assert caught.value.hint == 'did you mean "gold"?'
    with pytest.raises(InvalidInput) as caught:
        library.repository.label({"a.b": 7}, where="turns > 0")
    assert caught.value.hint == "vault.toml has true, 0.5"
    # What was typed is taken as the vocabulary has it: 1 is text here.
    library.repository.label({"quality": "1", "a.b": "true"}, where="line = 1", typed=True)
    assert library.labels() == {"one": {"quality": "1", "a.b": True}}


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("[labels]\nquality = 3", "config-invalid", "labels.quality is not a table"),
        ("[labels.quality]\nvalus = ['a']", "config-key-unknown", "labels.quality.valus"),
        ("[labels.quality]\nvalues = 'a'", "config-invalid", "labels.quality.values"),
        ("[labels.quality]\nvalues = []", "config-invalid", "labels.quality.values"),
        ("[labels.quality]\nvalues = ['a', 'a']", "config-invalid", "labels.quality.values"),
        ("[labels.quality]\nvalues = [['a']]", "config-invalid", "labels.quality.values"),
        ("[labels.quality]\nvalues = [inf, 1]", "config-invalid", "labels.quality.values"),
        ("[labels.quality]\nvalues = [18446744073709551616]", "config-invalid", "quality.values"),
        ("[labels.quality]\nkeys = ['1']", "config-invalid", "labels.quality.keys"),
        ("[labels.q]\nvalues = ['a']\nkeys = ['10']", "config-invalid", "labels.q.keys"),
        ("[labels.q]\nvalues = ['a','b']\nkeys = ['1','1']", "config-invalid", "labels.q.keys"),
        ("[labels.quality]\nraters = 0", "config-invalid", "labels.quality.raters"),
        ("[labels.quality]\nraters = true", "config-invalid", "labels.quality.raters"),
        ("[labels.split]\nvalues = ['a']", "label-not-yours", "split"),
        ("[labels.Quality]\nraters = 2", "label-name-invalid", "Quality"),
    ],
)
def test_a_vocabulary_that_means_nothing_is_refused(
    library: Library, text: str, code: str, told: str
) -> None:
    (library.folder / "vault.toml").write_text(text + "\n")
    with pytest.raises(InvalidInput) as caught:
        library.repository.label({"a": 1}, where="turns > 0")
    assert caught.value.code == code
    assert told in caught.value.message


def test_an_example_that_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(NotFound) as caught:
        library.repository.label({"a": 1}, ["abcdef01"])
    assert caught.value.code == "example-not-there"
