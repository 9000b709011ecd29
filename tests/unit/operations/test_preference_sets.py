"""`--pairs-from`, `--verdict` and the label `choice`: what people said is what is trained on."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.drafting import label
from tests.support.library import Library, chat
from vault.dataset.choosing.select import Selection
from vault.errors import InvalidInput, NotFound
from vault.operations.exports.export_report import TrainerReport
from vault.operations.exports.for_trainers.judgements import JudgedCounts


def export(library: Library, **options: Any) -> tuple[TrainerReport, list[Any]]:
    """Export the stage for TRL; return the report and the lines of the training side."""
    options = {"trainer": "trl", "force": True, **options}
    output = library.folder / "data"
    report = library.repository.export("STAGE", output=str(output), **options)
    assert isinstance(report, TrainerReport)
    return report, [json.loads(line) for line in (output / "train.jsonl").read_bytes().splitlines()]


def filled(library: Library, records: list[Any], labels: dict[int, dict[str, Any]]) -> Library:
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    label(library.repository, labels)
    return library


def sides(lines: list[Any]) -> list[tuple[str, str, str]]:
    return [
        (each["prompt"][0]["content"], each["chosen"][0]["content"], each["rejected"][0]["content"])
        for each in lines
    ]


ANSWERS = [
    chat("a?", "poor"),
    chat("b?", "one"),
    chat("a?", "good"),
    chat("a?", "fair"),
    chat("b?", "two"),
    chat("c?", "alone"),
    chat("d?", "unsaid"),
]
SCORES = {0: 1, 2: 5, 3: 3, 1: 2, 4: 2, 5: 4}


def test_the_best_and_the_worst_answer_become_a_pair(library: Library) -> None:
    filled(library, ANSWERS, {at: {"score": value} for at, value in SCORES.items()})
    report, lines = export(library, pairs_from="score")
    assert sides(lines) == [("a?", "good", "poor")]
    assert report.layout == "trl-preference"
    assert report.judged == JudgedCounts(pairs=1, single=1, ties=1, unlabelled=1)


def test_a_gap_leaves_out_what_is_too_close(library: Library) -> None:
    filled(library, ANSWERS, {at: {"score": value} for at, value in SCORES.items()})
    report, _ = export(library, pairs_from="score", min_gap=4)
    assert report.examples == 1
    with pytest.raises(InvalidInput) as caught:
        export(library, pairs_from="score", min_gap=4.5)
    assert caught.value.code == "label-not-usable"
    for gap in (-1, float("nan"), float("inf")):
        with pytest.raises(InvalidInput) as caught:
            export(library, pairs_from="score", min_gap=gap)
        assert caught.value.code == "min-gap-invalid"


def test_yes_is_better_than_no(library: Library) -> None:
    filled(library, ANSWERS[:3], {0: {"preferred": False}, 2: {"preferred": True}})
    _, lines = export(library, pairs_from="preferred")
    assert sides(lines) == [("a?", "good", "poor")]


def test_tools_and_reasoning_of_both_answers_stay(library: Library) -> None:
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    records = [{**chat("a?", answer), "tools": [tool]} for answer in ("x", "y")]
    records[1]["messages"][1]["reasoning_content"] = "Think."
    filled(library, [*records, chat("a?", "z")], {n: {"score": n} for n in range(3)})
    report, lines = export(library, pairs_from="score")
    # Without its tools a prompt is another one.
    assert [each["chosen"][0]["reasoning_content"] for each in lines] == ["Think."]
    assert lines[0]["tools"] == [tool]
    assert report.judged == JudgedCounts(pairs=1, single=1)


def test_the_same_answer_twice_is_no_pair(library: Library) -> None:
    records = [chat("a?", "x", n=n) for n in range(2)]
    filled(library, [*records, *ANSWERS[:3]], {n: {"score": n} for n in range(5)})
    report, lines = export(library, pairs_from="score")
    assert sides(lines) == [("a?", "good", "x")]
    assert report.judged is not None
    label(library.repository, {2: {"score": 9.0}, 4: {"score": 9.5}, 0: {"score": 1.0}})
    with pytest.raises(NotFound):
        export(library, pairs_from="scores")


def test_answers_of_two_sides_are_never_paired(library: Library) -> None:
    named = {0: {"score": 1, "split": "train"}, 2: {"score": 5, "split": "validation"}}
    named[3] = {"score": 3, "split": "train"}
    filled(library, ANSWERS, named)
    _, lines = export(library, pairs_from="score")
    assert sides(lines) == [("a?", "fair", "poor")]


def test_samples_are_of_pairs(library: Library) -> None:
    records = [chat(f"q{n}?", f"{n} {side}") for n in range(20) for side in ("bad", "good")]
    filled(library, records, {n: {"score": n % 2} for n in range(40)})
    _, all_ = export(library, pairs_from="score")
    report, some = export(library, pairs_from="score", selection=Selection(sample=5, shuffle=True))
    assert report.judged is not None
    assert report.judged.pairs == 5
    assert len(all_) == 20
    assert len(some) == 5
    assert all(each in all_ for each in some)


def test_counts_are_of_the_sides_that_are_written(library: Library) -> None:
    records = [chat(f"q{n}?", f"{n} {side}") for n in range(4) for side in ("bad", "good")]
    named = {
        n: {"score": n % 2, "split": "train" if n < 2 else "test"}
        for n in range(8)
        if n not in (5,)
    }
    filled(library, records, named)
    report, lines = export(library, pairs_from="score", selection=Selection(split="train"))
    assert report.judged == JudgedCounts(pairs=1)
    assert len(lines) == 1
    report, _ = export(library, pairs_from="score")
    assert report.judged == JudgedCounts(pairs=3, single=1, unlabelled=1)


def test_a_tie_that_is_held_out_leaves_a_mixture_alone(library: Library) -> None:
    sides_ = {at: {"split": "train" if at < 2 else "test"} for at in range(len(PAIRS))}
    sides_[2] = {"split": "test", "choice": "tie"}
    filled(library, PAIRS, sides_)
    library.repository.commit("one")
    mix = library.folder / "mix.toml"
    mix.write_text('[[part]]\nname = "all"\nepochs = 2\n')
    report, lines = export(library, mix=str(mix))
    assert len(lines) == 4
    assert [each.examples for each in report.files] == [4, len(PAIRS) - 3]
    assert report.judged == JudgedCounts(undecided=1)


def test_fields_of_the_chosen_answer_stay_where_there_is_a_place(library: Library) -> None:
    records = [chat("a?", "poor", who="x"), chat("a?", "good", who="y")]
    filled(library, records, {0: {"score": 0}, 1: {"score": 1}})
    report, lines = export(library, pairs_from="score", trainer="hf")
    assert lines[0]["who"] == "y"
    assert report.losses == {"fields": 1}


def test_text_says_no_order(library: Library) -> None:
    filled(library, ANSWERS, {0: {"score": "good"}, 2: {"score": "bad"}})
    with pytest.raises(InvalidInput) as caught:
        export(library, pairs_from="score")
    assert caught.value.code == "label-not-usable"
    assert '"good"' in caught.value.message or '"bad"' in caught.value.message


PAIRS = [
    {"prompt": f"q{n}?", "chosen": f"chosen {n}", "rejected": f"rejected {n}"} for n in range(4)
]


@pytest.mark.parametrize("name", ["choice", "judge.help.choice"])
def test_a_choice_turns_pairs_round_or_leaves_them_out(library: Library, name: str) -> None:
    filled(library, PAIRS, {0: {name: "rejected"}, 1: {name: "chosen"}, 2: {name: "tie"}})
    options = {} if name == "choice" else {"pairs_from": name}
    report, lines = export(library, **options)
    assert sides(lines) == [
        ("q0?", "rejected 0", "chosen 0"),
        ("q1?", "chosen 1", "rejected 1"),
        ("q3?", "chosen 3", "rejected 3"),
    ]
    assert report.judged == JudgedCounts(turned=1, undecided=1)
    label(library.repository, {3: {name: "both"}})
    with pytest.raises(InvalidInput) as caught:
        export(library, **options)
    assert caught.value.code == "label-not-usable"


def test_records_as_they_were_imported_are_never_turned(library: Library) -> None:
    filled(library, PAIRS, {0: {"choice": "rejected"}, 2: {"choice": "tie"}})
    assert library.records() == PAIRS
    report, lines = export(library, trainer="raw")
    assert (lines, report.judged) == (PAIRS, None)


def test_a_verdict_is_read_from_a_label(library: Library) -> None:
    filled(library, ANSWERS, {0: {"ok": False}, 2: {"ok": True}, 3: {"ok": 1}, 4: {"ok": 0}})
    report, lines = export(library, verdict="ok")
    told = [(each["completion"][0]["content"], each["label"]) for each in lines]
    assert told == [("poor", False), ("good", True), ("fair", True), ("two", False)]
    assert report.layout == "trl-kto"
    assert report.judged == JudgedCounts(unlabelled=3)
    label(library.repository, {5: {"ok": "yes"}})
    with pytest.raises(InvalidInput) as caught:
        export(library, verdict="ok")
    assert caught.value.code == "label-not-usable"


def test_a_verdict_that_came_with_the_record_stays(library: Library) -> None:
    records = [{"prompt": "a?", "completion": each, "label": True} for each in ("x", "y")]
    filled(library, [*records, chat("b?", "z")], {0: {"ok": False}, 2: {"ok": True}})
    _, lines = export(library, verdict="ok")
    assert [each["label"] for each in lines] == [False, True, True]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"pairs_from": "ok", "verdict": "ok"}, "options-exclude"),
        ({"pairs_from": "ok", "prompts_only": True}, "options-exclude"),
        ({"verdict": "ok", "split_turns": True}, "options-exclude"),
        ({"verdict": "ok", "trainer": "openai"}, "option-not-for-trainer"),
        ({"pairs_from": "ok", "trainer": "text"}, "option-not-for-trainer"),
        ({"pairs_from": "ok", "trainer": "raw"}, "option-not-for-trainer"),
        ({"verdict": "ok", "trainer": "raw"}, "option-not-for-trainer"),
        ({"pairs_from": "ok", "trainer": None}, "option-needs-trainer"),
        ({"min_gap": 1}, "min-gap-invalid"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    library: Library, options: dict[str, Any], code: str
) -> None:
    filled(library, ANSWERS, {0: {"ok": True}})
    with pytest.raises(InvalidInput) as caught:
        export(library, **options)
    assert caught.value.code == code


@pytest.mark.parametrize("options", [{"pairs_from": "score", "min_gap": 1}, {"verdict": "ok"}, {}])
def test_the_lock_writes_them_again(library: Library, options: dict[str, Any]) -> None:
    if options:
        own = {at: {"score": value, "ok": value > 2} for at, value in SCORES.items()}
        filled(library, ANSWERS, own)
    else:
        filled(library, PAIRS, {0: {"choice": "rejected"}, 2: {"choice": "tie"}})
    library.repository.commit("one")
    path = library.folder / "data" / "train.jsonl"
    library.repository.export(output=str(path.parent), trainer="trl", **options)
    before = path.read_bytes()
    found = library.repository.which(str(path), line=1)
    assert found.line is not None
    path.unlink()
    library.repository.export_locked()
    assert path.read_bytes() == before


def test_ties_of_a_mixture_are_told(library: Library) -> None:
    filled(library, PAIRS, {0: {"choice": "rejected"}, 2: {"choice": "tie"}})
    library.repository.commit("one")
    mix = library.folder / "mix.toml"
    mix.write_text('[[part]]\nname = "all"\nepochs = 2\n')
    with pytest.raises(InvalidInput) as caught:
        export(library, mix=str(mix))
    assert caught.value.code == "option-not-for-mix"
    mix.write_text('[[part]]\nname = "a"\nepochs = 2\nwhere = "labels.choice != \'tie\'"\n')
    _, lines = export(library, mix=str(mix))
    assert sorted(sides(lines))[:2] == [("q0?", "rejected 0", "chosen 0")] * 2
    assert len(lines) == 6
    mix.write_text('[[part]]\nname = "a"\nepochs = 2\nrevision = "HEAD"\n')
    with pytest.raises(InvalidInput):
        export(library, mix=str(mix))


answers = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 5), st.none() | st.integers(-2, 2)),
    min_size=1,
    max_size=40,
    unique_by=lambda each: each[:2],
)


@settings(max_examples=8)
@given(answers, st.none() | st.integers(0, 3))
def test_pairs_are_those_that_counting_gives(
    tmp_path_factory: Any, rows: list[tuple[int, int, int | None]], gap: int | None
) -> None:
    library = Library(tmp_path_factory.mktemp("pairs"))
    records = [chat(f"q{prompt}?", f"a{answer}") for prompt, answer, _ in rows]
    labels = {at: {"s": value} for at, (_, _, value) in enumerate(rows) if value is not None}
    filled(library, records, labels)
    groups: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for at, (prompt, answer, value) in enumerate(rows):
        if value is not None:
            groups[prompt].append((at, answer, value))
    wanted = []
    for prompt, own in groups.items():
        best = max(own, key=lambda each: (each[2], -each[0]))
        worst = min(own, key=lambda each: (each[2], each[0]))
        if best[2] - worst[2] >= max(gap or 0, 1):
            wanted.append((best[0], (f"q{prompt}?", f"a{best[1]}", f"a{worst[1]}")))
    if not wanted:
        with pytest.raises((InvalidInput, NotFound)):
            export(library, pairs_from="s", min_gap=gap)
        return
    _, lines = export(library, pairs_from="s", min_gap=gap)
    assert sides(lines) == [each for _, each in sorted(wanted)]
