"""Which examples count as changed: a partner needs evidence, and a place is none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.drafting import label, labels_of
from tests.support.edits import FILES, Score, data_folder, edited, score, texts_of
from tests.support.library import Library, chat
from vault.catalogue.index.array_files import ArrayFiles
from vault.dataset.comparing import alike_rows, pair_rows
from vault.objects.commit import MOST_UNPAIRED
from vault.operations.queries.diff import DiffReport

FOX = "The quick brown fox jumps over the lazy dog near the old river bank"
TAX = "Which documents must a freelancer hand in with the annual tax declaration"
SEA = "Describe how tides come about and why their height differs between two coasts"


def counts(report: DiffReport) -> tuple[int, int, int]:
    return report.added, report.removed, report.changed


def changed(library: Library, old: str, new: str = "STAGE") -> dict[str, tuple[str, str]]:
    """Return what each changed example asks now: what it asked before, and what changed."""
    found: dict[str, tuple[str, str]] = {}
    for each in library.repository.iterate_diff(old, new):
        if each.change == "changed":
            data = each.to_json()
            texts = [data[name]["messages"][0]["content"] for name in ("data", "old_data")]
            found[texts[0]] = texts[1], str(each.what)
    return found


def commit(library: Library, records: Sequence[Any], name: str = "a.jsonl") -> str:
    library.write(name, records)
    library.run(name, mode="replace-all")
    return library.repository.commit(name, allow_empty=True).commit


def two_sides(library: Library, base: Sequence[Any], *sides: Sequence[Any]) -> None:
    """Make the branches A and B, each with a dataset of its own after a common one."""
    commit(library, base)
    for name, records in zip("AB", sides, strict=True):
        library.repository.branch(name)
        library.repository.switch(name)
        commit(library, records)
        library.repository.switch("main")


def test_what_two_sides_removed_is_no_change(library: Library) -> None:
    base = [chat("one", "x"), chat("two", "y"), chat("three", "z")]
    two_sides(library, base, base[1:], [base[0], base[2]])

    assert counts(library.repository.diff("A", "B")) == (1, 1, 0)
    assert counts(library.repository.diff("B", "A")) == (1, 1, 0)


def test_what_two_sides_removed_is_none_however_alike(library: Library) -> None:
    base = [chat(f"{FOX} {n}", "Yes.") for n in range(4)]
    base += [chat("the same prompt", f"{SEA} {n}") for n in range(4)]
    two_sides(library, base, base[1:-1], [base[0], *base[2:-2], base[-1]])

    assert counts(library.repository.diff("A", "B")) == (2, 2, 0)


def test_examples_of_two_imports_that_were_together_are_none_of_each_other(
    library: Library,
) -> None:
    one, two, three = chat(f"{FOX} one"), chat(f"{FOX} two"), chat(f"{FOX} three")
    library.write("one.jsonl", [one, three])
    library.write("two.jsonl", [two])
    library.run("one.jsonl")
    library.run("two.jsonl")
    library.repository.commit("both")
    commit(library, [one, three])
    commit(library, [two, three])

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 1, 0)
    assert counts(library.repository.diff("HEAD", "HEAD~1")) == (1, 1, 0)


def test_rows_at_one_place_that_share_no_words_are_no_change(library: Library) -> None:
    commit(library, [chat(FOX, "a"), chat(TAX, "b")])
    commit(library, [chat(SEA, "c"), chat(TAX, "b")])

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 1, 0)


def test_half_of_the_words_make_a_change_wherever_it_stands(library: Library) -> None:
    commit(library, [chat("a b c d", "e f"), chat(TAX), chat(SEA)])
    commit(library, [chat(SEA), chat(TAX), chat("a b x y", "e z")], "b.jsonl")

    assert changed(library, "HEAD~1", "HEAD") == {"a b x y": ("a b c d", "prompt")}


def test_less_than_half_of_the_words_make_none(library: Library) -> None:
    commit(library, [chat("a b c d", "e f")])
    commit(library, [chat("a b w x", "y z")], "b.jsonl")

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 1, 0)


def test_a_third_of_the_words_is_enough_at_the_same_line(library: Library) -> None:
    commit(library, [chat(TAX), chat("a b c d", "e f")])
    commit(library, [chat(TAX), chat("a b w x", "y z")])

    assert changed(library, "HEAD~1", "HEAD") == {"a b w x": ("a b c d", "prompt")}

    commit(library, [chat(TAX), chat("a 1 2 3", "4 5")])
    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 1, 0)


def test_edits_are_found_under_shuffle_and_removal(library: Library) -> None:
    rng = random.Random(3)
    words = [f"word{n}" for n in range(400)]
    base = [chat(" ".join(rng.choices(words, k=12)), "Fine.") for _ in range(200)]
    edited: dict[str, tuple[str, str]] = {}
    after = []
    for each in base[50:]:
        asked = str(each["messages"][0]["content"]).split()
        if len(edited) < 60:
            asked[rng.randrange(12)] = "another"
            edited[" ".join(asked)] = each["messages"][0]["content"], "prompt"
        after.append(chat(" ".join(asked), "Fine."))
    commit(library, base)
    rng.shuffle(after)
    commit(library, after)

    assert changed(library, "HEAD~1", "HEAD") == edited
    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (0, 50, 60)


def test_of_several_answers_to_a_prompt_the_most_alike_are_paired(library: Library) -> None:
    commit(library, [chat("say something", FOX), chat("say something", SEA), chat("hm", "x")])
    commit(library, [chat("say something", f"{SEA} today"), chat("hm", "x")])

    (item,) = (each for each in library.repository.diff("HEAD~1", "HEAD").items if each.what)

    assert str(item.what) == "response"
    assert item.old_data is not None and b"tides" in item.old_data and b"tides" in item.data
    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (0, 1, 1)


def test_what_was_taken_out_is_no_partner_of_what_came(library: Library) -> None:
    commit(library, [chat(FOX, "a long first answer"), chat(TAX)])
    library.repository.rm([library.id_of(FOX)])
    library.write("more.jsonl", [chat(FOX, "a long second answer")])
    library.run("more.jsonl")

    assert counts(library.repository.diff()) == (1, 1, 0)
    assert library.repository.status().staged.changed == 0
    assert counts(library.repository.diff("STAGE", "HEAD")) == (1, 1, 0)
    assert library.repository.commit("next").changed == 0


def test_what_nobody_can_tell_apart_is_not_paired(library: Library) -> None:
    commit(library, [chat(f"card payment was declined in {city}") for city in ("rome", "oslo")])
    commit(library, [chat("card payment was declined twice today")], "b.jsonl")

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 2, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"note": f"{FOX}"}, {"note": f"{FOX} again"}),
        ({"text": f"{FOX}"}, {"text": f"{FOX} again"}),
        (chat("今天天气很好我们去公园散步"), chat("今天天气不好我们去公园散步")),
        ({"n": 3, "city": "Graz", "rain": True}, {"n": 4, "city": "Graz", "rain": True}),
    ],
)
def test_records_of_every_kind_are_compared(library: Library, before: Any, after: Any) -> None:
    commit(library, [before, chat("other", "words"), {"unlike": "everything"}])
    commit(library, [{"unlike": "everything"}, chat("other", "words"), after], "b.jsonl")

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (0, 0, 1)


def test_a_key_pairs_what_has_no_word_in_common(library: Library) -> None:
    commit(library, [chat(FOX, "a", n=1), chat(TAX, "b", n=2)])
    commit(library, [chat("now", "else", n=2), chat("it", "is", n=1)], "b.jsonl")

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (2, 2, 0)
    assert counts(library.repository.diff("HEAD~1", "HEAD", key="n")) == (0, 0, 2)


def test_past_the_limit_it_is_told_that_texts_were_not_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dataset.comparing.pair_rows", "operations.queries.diff"):
        monkeypatch.setattr(f"vault.{module}.MOST_UNPAIRED", 2)
    commit(library, [chat(f"{FOX} {n}") for n in range(3)])
    report = library.run(library.write("a.jsonl", [chat(f"{FOX} {n} {n}{n}") for n in range(2)]))
    assert report.staged is not None and report.staged.compared_texts
    report = library.run("a.jsonl", mode="replace-all")

    assert report.staged is not None and not report.staged.compared_texts
    for limit in (0, 20):
        found = library.repository.diff(limit=limit)
        assert (counts(found), found.compared_texts) == ((2, 3, 0), False)
    assert not library.repository.iterate_diff().compared_texts


def test_within_the_limit_nothing_is_said(library: Library) -> None:
    commit(library, [chat(f"{FOX} {n}") for n in range(3)])
    commit(library, [chat(f"{SEA} {n}") for n in range(3)])

    assert library.repository.diff("HEAD~1", "HEAD").compared_texts
    assert MOST_UNPAIRED == 100_000


def test_a_split_stays_with_the_answer_that_was_edited(library: Library) -> None:
    commit(library, [chat("say something", FOX), chat("say something", SEA)])
    label(library.repository, {0: {"split": "train"}, 1: {"split": "test"}})
    library.repository.commit("split")
    library.write("a.jsonl", [chat("say something", f"{SEA} today")])
    library.run("a.jsonl", mode="replace")

    assert labels_of(library.repository) == [{"split": "test"}]


def test_restoring_a_removed_answer_leaves_another_one_in_place(library: Library) -> None:
    commit(library, [chat(FOX, "first"), chat(TAX)])
    removed = library.id_of(FOX)
    library.repository.rm([removed])
    library.write("more.jsonl", [chat(FOX, "second")])
    library.run("more.jsonl")

    report = library.repository.restore([removed])

    assert (report.restored, report.exchanged) == (1, 0)
    answers = [each["messages"][1]["content"] for each in library.records()]
    assert sorted(answers) == ["Yes.", "first", "second"]


@pytest.mark.skipif(not data_folder().exists(), reason="the data is not beside the checkout")
@pytest.mark.parametrize(
    ("share", "recall"),
    [pytest.param(0.01, 0.99, marks=pytest.mark.slow), (0.05, 0.99), (0.3, 0.9)],
)
@pytest.mark.parametrize("name", FILES[:4])
def test_edits_of_real_texts_are_found(
    tmp_path: Path, name: str, share: float, recall: float
) -> None:
    texts = texts_of(data_folder() / name)[:1_500]
    parts = []
    for seed in (5, 6, 7):
        folder = tmp_path / str(seed)
        folder.mkdir()
        parts.append(score(Library(folder), edited(texts, share, seed)))

    found = Score(*(sum(each) for each in zip(*map(astuple, parts), strict=True)))

    assert found.edited > 600
    assert found.precision >= 0.99
    assert found.recall >= recall


@pytest.mark.skipif(not data_folder().exists(), reason="the data is not beside the checkout")
def test_nothing_is_invented_of_what_two_sides_removed(library: Library) -> None:
    texts = [text for name in FILES[:4] for text in texts_of(data_folder() / name)[:225]]
    random.Random(1).shuffle(texts)
    base = [chat(text, "Fine.") for text in texts]
    two_sides(library, base, base[250:], [*base[:250], *base[500:]])

    assert counts(library.repository.diff("A", "B")) == (250, 250, 0)


@pytest.fixture
def remembering(library: Library, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Remember pairs of any number; return a list that grows each time texts are compared."""
    asked: list[int] = []
    real = alike_rows.pair_alike

    def counted(*given: Any) -> None:
        asked.append(1)
        real(*given)

    monkeypatch.setattr(pair_rows, "LEAST_REMEMBERED", 1)
    monkeypatch.setattr(pair_rows, "pair_alike", counted)
    commit(library, [chat(f"{FOX} {n}") for n in range(5)] + [chat(TAX)])
    library.write("a.jsonl", [chat(f"{FOX} {n} indeed") for n in range(4)] + [chat(TAX)])
    return asked


def test_an_import_pays_for_comparing_and_the_diff_after_it_does_not(
    library: Library, remembering: list[int]
) -> None:
    report = library.run("a.jsonl", mode="replace-all", dry_run=True)
    assert len(remembering) == 1
    assert report == replace(library.run("a.jsonl", mode="replace-all"), dry_run=True)
    staged = list(library.repository.iterate_diff())
    library.repository.commit("next")
    compared = list(library.repository.iterate_diff("HEAD~1", "HEAD"))

    assert len(remembering) == 1
    assert staged == compared
    assert sum(each.change == "changed" for each in compared) == 4
    # Another direction is another question.
    assert counts(library.repository.diff("HEAD", "HEAD~1")) == (1, 0, 4)
    assert len(remembering) == 2


@pytest.mark.parametrize("damage", ["torn", "others", "out of range", "twice", "gone"])
def test_what_is_remembered_wrongly_changes_no_answer(
    library: Library, remembering: list[int], damage: str
) -> None:
    library.run("a.jsonl", mode="replace-all")
    expected = list(library.repository.iterate_diff())
    (path,) = (library.folder / ".vault" / "catalogue" / "pairs").glob("*.arrays")
    files = ArrayFiles(library.folder / ".vault" / "catalogue")
    name = f"pairs/{path.stem}"
    match damage:
        case "torn":
            path.write_bytes(path.read_bytes()[:-1])
        case "others":
            files.write(name, {"old": np.arange(2)})
        case "out of range":
            files.write(name, {"old": np.arange(2), "new": np.arange(90, 92)})
        case "twice":
            files.write(name, {"old": np.zeros(2, np.int64), "new": np.arange(2)})
        case "gone":
            path.unlink()

    assert list(library.repository.iterate_diff()) == expected
    assert len(remembering) == 2


def test_few_comparisons_are_remembered(
    library: Library, remembering: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.dataset.comparing.past._MOST_KEPT", 3)
    for number in range(6):
        commit(library, [chat(f"{FOX} {n} {number}") for n in range(4)])

    assert len(list((library.folder / ".vault" / "catalogue" / "pairs").iterdir())) == 3


def test_short_answers_to_one_prompt_are_paired_line_by_line(library: Library) -> None:
    prompt = "Rate the film Heat for me please"
    commit(library, [chat(prompt, each) for each in ("good", "bad", "fine", "awful")])
    commit(library, [chat(prompt, each) for each in ("great", "poor", "okay", "terrible")])

    assert answers(library) == [
        ("good", "great"),
        ("bad", "poor"),
        ("fine", "okay"),
        ("awful", "terrible"),
    ]


def test_what_is_as_alike_is_paired_in_order(library: Library) -> None:
    prompt = "Rate the film Heat for me please"
    base = [chat(prompt, each) for each in ("good", "bad", "fine", "awful")]
    commit(library, [chat(TAX), *base])
    commit(library, [chat(prompt, "great"), chat(prompt, "poor"), *base[3:]], "b.jsonl")

    assert answers(library) == [("good", "great"), ("bad", "poor")]


def answers(library: Library) -> list[tuple[str, str]]:
    """Return the answers of what was changed between the last two commits, old and new."""
    found = []
    for each in library.repository.iterate_diff("HEAD~1", "HEAD"):
        if each.change == "changed":
            data = each.to_json()
            old, new = (data[name]["messages"][1]["content"] for name in ("old_data", "data"))
            found.append((old, new))
    return found


def test_mapped_fields_are_compared_and_not_messages_beside_them(library: Library) -> None:
    def mapped(asked: str) -> dict[str, Any]:
        return {"q": asked, "a": "Fine.", "messages": [{"role": "user", "content": FOX}]}

    roles = {"user": "q", "assistant": "a"}
    for name, asked in (("a", TAX), ("b", SEA)):
        library.write(f"{name}.jsonl", [mapped(asked)])
        library.run(f"{name}.jsonl", mode="replace-all", mapping=roles)
        library.repository.commit(name)

    assert counts(library.repository.diff("HEAD~1", "HEAD")) == (1, 1, 0)
