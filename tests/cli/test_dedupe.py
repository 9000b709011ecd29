"""What `vault dedupe` prints, and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]

ANSWER = "Hold the small red button on the back for ten seconds until the light turns green again"


def _import(run: Run, project: Path, *records: object) -> None:
    write_lines(project / "more.jsonl", records)
    assert run("import", "more.jsonl").code == 0


def test_clusters_are_shown_with_the_words_that_differ(run: Run, project: Path) -> None:
    _import(
        run,
        project,
        chat("How do I reset the router that you sent me?", f"{ANSWER}, then wait a minute"),
        chat("How do I reset the router that you sent me?", f"{ANSWER}, then wait one minute"),
        chat("How do I reset the router that you sent me?", f"{ANSWER}, then wait a minute", n=2),
        chat("Is it waterproof?", "Yes."),
        chat("Is it waterproof?", "No."),
    )
    outcome = run("dedupe")
    lines = outcome.out.splitlines()
    assert lines[0] == "cluster of 3"
    assert lines[1].startswith("  keeps  ") and lines[1].endswith("more.jsonl:1")
    assert "drops" in lines[4] and lines[4].endswith("more.jsonl:2  86 % alike")
    assert "wait [-a-]{+one+} minute" in "".join(lines[5:7]).replace("    ", " ")
    assert any(line.endswith("more.jsonl:3  equal") for line in lines)
    assert any(line.startswith("conflict: ") for line in lines)
    assert "took out 2 duplicates of 5 examples, in 1 cluster" in lines
    assert "1 exact and 1 near (at least 80 %); 3 examples left" in lines
    assert "`vault undo` takes this back" in outcome.err
    assert all(len(line) <= 80 for line in lines)
    assert run("dedupe").out.splitlines()[-1] == "no duplicates among 3 examples"


def test_a_removal_tells_keeper_and_neighbour(run: Run, project: Path) -> None:
    _import(run, project, chat("one", ANSWER), chat("one", ANSWER.upper()))
    run("dedupe")
    (item,) = json.loads(run("removed", "--json").out)["items"]
    assert item["reason"] == "near-duplicate"
    assert item["detail"]["keeper"] == item["detail"]["neighbour"]
    keeper = item["detail"]["keeper"][:12]
    shown = run("show", item["id"])
    assert f"the same words as {keeper}, which stays" in shown.out
    assert f"near-duplicate  of {keeper}" in run("removed").out
    outcome = run("restore", item["id"])
    assert "no duplicate of" in outcome.out
    assert run("dedupe").out.startswith("no duplicates among 2 examples")


def test_a_look_changes_nothing(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."), chat("one", "Yes.", n=2))
    outcome = run("dedupe", "--dry-run", "--exact")
    assert "would take out 1 duplicate of 2 examples" in outcome.out
    assert "the same without --dry-run takes them out" in outcome.err
    assert "2 examples" in run("status").out


def test_every_pair_is_a_line_of_json(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."), chat("one", "Yes.", n=2), chat("one", "No."))
    outcome = run("dedupe", "--jsonl", "--dry-run")
    pairs = [json.loads(line) for line in outcome.out.splitlines()]
    assert [each["reason"] for each in pairs] == ["exact-duplicate", "label-conflict"]
    assert set(pairs[0]) == {
        "reason",
        "id",
        "keeper",
        "similarity",
        "neighbour",
        "neighbour_similarity",
    }


def test_too_much_is_refused_with_the_way_on(run: Run, project: Path) -> None:
    _import(run, project, *(chat(f"question {n % 50}", "Yes.", n=n) for n in range(100)))
    outcome = run("dedupe")
    assert (outcome.code, outcome.out) == (4, "")
    assert "50 of 100 examples would go, more than 30 %; nothing was taken out" in outcome.err
    assert "dedupe-too-much" in outcome.err
    looked = run("dedupe", "--dry-run")
    assert (looked.code, "unless with --yes" in looked.err) == (0, True)
    assert run("dedupe", "--yes").code == 0


def test_marking_says_where_to_look(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."), chat("one", "Yes.", n=2))
    outcome = run("dedupe", "--mark")
    assert "marked 2 examples in 1 cluster" in outcome.out
    assert "labels.cluster IS NOT NULL" in outcome.err
    shown = run("query", "--where", "labels.cluster IS NOT NULL", "--json")
    assert json.loads(shown.out)["examples"] == 2


def test_nothing_to_compare_is_no_error(run: Run, project: Path) -> None:
    assert run("dedupe").out.splitlines()[0] == "no duplicates among 0 examples"


def test_what_an_evaluation_set_has_is_shown_beside_it(run: Run, project: Path) -> None:
    _import(run, project, chat("one", ANSWER), chat("two", "Yes."))
    write_lines(project / "eval.jsonl", [chat("One", f"{ANSWER}!"), "{broken"])
    outcome = run("dedupe", "--against", "eval.jsonl")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("  there  ") and lines[0].endswith("eval.jsonl:1")
    assert "took out 1 of 2 examples, found in eval.jsonl" in lines
    assert "1 line of eval.jsonl could not be read" in outcome.err
    (item,) = json.loads(run("removed", "--json").out)["items"]
    assert ", in eval.jsonl" in run("show", item["id"]).out
    again = run("dedupe", "--against", "eval.jsonl")
    assert again.out == "none of 1 example is in eval.jsonl\ncompared 1 by conversation\n"
    assert "--on prompt compares prompts alone" in again.err


def test_records_of_an_evaluation_set_beyond_the_limit_are_counted(run: Run, project: Path) -> None:
    texts = [f"{ANSWER} {each}" for each in ("one", "two", "three")]
    _import(run, project, *(chat(each, "Yes.") for each in texts))
    write_lines(project / "eval.jsonl", [chat(each, "Yes.") for each in texts])
    outcome = run("dedupe", "--against", "eval.jsonl", "--on", "prompt", "--limit", "1")
    assert "… and 2 more of eval.jsonl" in outcome.out.splitlines()


def test_what_was_not_compared_is_counted_on_both_sides(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."), {"task": "two"})
    write_lines(project / "eval.jsonl", [{"question": "nine", "answer": "No."}, {"n": 1}])
    outcome = run("dedupe", "--against", "eval.jsonl")
    assert outcome.out.splitlines() == [
        "none of 1 example is in eval.jsonl",
        "compared 1 by conversation and by prompt alone",
        "1 example was not compared: raw, or without text",
        "1 record of eval.jsonl was not compared: no text by a known name",
    ]
    report = json.loads(run("dedupe", "--against", "eval.jsonl", "--json").out)
    assert (report["not_compared"], report["reference_not_compared"]) == (1, 1)
    assert report["reference"] == {
        "part": "conversation",
        "by_part": 0,
        "prompts": 0,
        "answers": 0,
        "texts": 0,
        "both": 1,
    }


def test_plain_dedupe_counts_raw_examples_and_says_the_way_on(run: Run, project: Path) -> None:
    _import(run, project, {"task": "one"}, {"task": "one."})
    outcome = run("dedupe")
    assert outcome.out.splitlines() == [
        "no duplicates among 0 examples",
        "2 examples were not compared: raw, or without text",
    ]
    assert "--map user=FIELD" in outcome.err


def test_a_file_of_which_nothing_can_be_compared_is_an_error(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."))
    write_lines(project / "eval.jsonl", [{"task": "one"}, {"task": "two"}])
    outcome = run("dedupe", "--against", "eval.jsonl")
    assert (outcome.code, outcome.out) == (2, "")
    assert "none of the 2 records of eval.jsonl has text to compare" in outcome.err
    assert "--map user=task" in outcome.err
    assert "reference-not-compared" in outcome.err
    mapped = run("dedupe", "--against", "eval.jsonl", "--map", "user=task")
    assert "took out 1 of 1 example, found in eval.jsonl" in mapped.out


def test_each_line_of_plain_text_is_compared(run: Run, project: Path) -> None:
    _import(run, project, chat("one", "Yes."), chat("three", "No."))
    (project / "seeds.txt").write_text("one\ntwo\n")
    outcome = run("dedupe", "--against", "seeds.txt")
    assert outcome.code == 0
    assert "took out 1 of 2 examples, found in seeds.txt" in outcome.out
