"""`vault label`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECORDS, Outcome

Run = Callable[..., Outcome]


def ids(run: Run) -> list[str]:
    items = json.loads(run("head", "100", "--json").out)["items"]
    return [each["id"] for each in items]


def test_examples_are_labelled_by_id(run: Run, committed: Path) -> None:
    first = ids(run)[0]
    outcome = run("label", "quality=gold", "stars=3", first[:8])
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "labelled 1 example: quality, stars"
    assert "`vault undo` takes this back" in outcome.err
    item = json.loads(run("head", "1", "--json").out)["items"][0]
    assert item["labels"] == {"quality": "gold", "stars": 3}


def test_what_is_so_already_is_said(run: Run, committed: Path) -> None:
    run("label", "quality=gold", ids(run)[0])
    outcome = run("label", "quality=gold", "--where", "turns > 0")
    count = len(RECORDS)
    assert f"labelled {count - 1} examples: quality (1 had it already)" in outcome.out
    outcome = run("label", "quality=gold", "--where", "turns > 0")
    assert outcome.out == f"{count} examples: nothing to change\n"
    assert outcome.err == ""
    assert "no example matches" in run("label", "a=b", "--where", "turns > 99").out


def test_a_dry_run_speaks_in_the_conditional(run: Run, committed: Path) -> None:
    outcome = run("label", "quality=gold", "--where", "turns > 0", "--dry-run")
    assert outcome.out.startswith("would be labelled")
    assert "would be staged" in outcome.out
    assert json.loads(run("label", "--list", "--json").out)["labels"] == []


@pytest.mark.parametrize("as_json", [False, True])
def test_ids_come_on_standard_input(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    lines = [json.dumps({"id": each}) if as_json else f"{each[:12]}  x" for each in ids(run)[:2]]
    text = "\n".join([*lines, "", lines[0], ""])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run("label", "quality=gold", "-").out.startswith("labelled 2 examples: quality\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert "there was no id to read" in run("label", "quality=gold", "-").err


def test_values_are_listed(run: Run, committed: Path) -> None:
    assert "none labelled" in run("label", "--list").out
    run("label", "quality=gold", "ok=true", ids(run)[0])
    lines = run("label", "--list").out.splitlines()
    assert lines[0].split() == ["ok", "true", "1", "yes", "or", "no"]
    assert lines[1].split() == ["quality", "gold", "1", "text"]
    assert "none labelled" in run("label", "--list", "HEAD").out


def test_yes_and_no_are_shown_as_they_are_typed(run: Run, committed: Path) -> None:
    first = ids(run)[0]
    run("label", "ok=true", first)
    assert "  ok=true" in run("query", "--where", "labels.ok").out
    assert "label:   ok = true" in run("show", first).out.splitlines()
    assert "{+true+}" in run("diff").out
    assert run("diff", "--by", "labels.ok").out.splitlines()[1].split()[0] == "true"


def test_a_file_of_labels_is_taken_over(run: Run, committed: Path) -> None:
    first, second, *_ = ids(run)
    (committed / "c.csv").write_text(f"id,grade,by\n{first},gold,ann\nffff,bad,ann\n{second},,\n")
    outcome = run("label", "quality=grade", "by", "--from", "c.csv")
    assert outcome.code == 0
    assert outcome.out.startswith("labelled 1 example: quality, by\n")
    assert '1 record of c.csv names no example of the stage, such as "ffff"' in outcome.err
    assert run("label", "quality=grade", "--from", "c.csv", "--strict").code == 1


def test_people_who_differ_wait_in_a_queue(run: Run, committed: Path) -> None:
    (committed / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    first = ids(run)[0]
    run("label", "quality=gold", first, "--as", "anna")
    outcome = run("label", "quality=bad", first, "--as", "ben")
    assert "people differ on 1 of them" in outcome.out
    outcome = run("label", "--queue", "conflicts")
    assert "quality.anna=gold  quality.ben=bad" in outcome.out
    assert "--resolve" in outcome.err
    assert "`vault label quality=VALUE" in run("label", "--queue").err
    run("label", "quality=gold", first, "--resolve")
    assert run("label", "--queue", "conflicts").out == "0 examples\n"
    outcome = run("label", "quality=bad", first, "--as", "anna")
    run("label", "quality=gold", "--where", "turns > 0", "--as", "anna")
    outcome = run("label", "quality=gold", "--where", "turns > 0", "--as", "ben")
    assert "enough people agree on" in outcome.out


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("label quality", "labels-missing", "nothing says which label"),
        ("label quality=gold", "examples-missing", "no example is named"),
        ("label quality= --where turns>0", "label-value-missing", "has no value"),
        ("label a=1 a=2 --where turns>0", "label-twice", '"a" is named twice'),
        ("label --list --queue", "modes-exclude", "exclude each other"),
        ("label --list v1 v2", "too-many-words", '"v1 v2"'),
        ("label --list --where turns>0", "options-exclude", "--where means nothing with --list"),
        ("label --queue a --note x", "options-exclude", "--note means nothing with --queue"),
        ("label a --from x --where turns>0", "options-exclude", "--where means nothing with"),
        ("label a=1 --strict --where turns>0", "options-exclude", "--strict means nothing here"),
        ("label --from x.csv", "labels-missing", "nothing says which label"),
        ("label split=train --where turns>0", "label-not-yours", "--remove split"),
        ("label Quality=gold --where turns>0", "label-name-invalid", '"Quality"'),
    ],
)
def test_what_means_nothing_is_refused(
    run: Run, committed: Path, line: str, code: str, told: str
) -> None:
    before = run("operations", "--json").out
    outcome = run(*line.split())
    assert outcome.code == 2
    assert f"code:  {code}\n" in outcome.err
    assert told in outcome.err
    assert "\nhint:  " in outcome.err
    assert run("operations", "--json").out == before


def test_annotate_leads_to_label(run: Run, committed: Path) -> None:
    assert "`vault label`" in run("annotate").err
