"""`vault fsck`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_a_sound_repository_is_told_so(run: Run, committed: Path) -> None:
    outcome = run("fsck")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith("everything is as it was written\n")
    report = json.loads(run("fsck", "--json").out)
    assert (report["ok"], report["problems"]) == (True, [])
    assert report["objects"] > 0


def test_damage_is_named_and_is_the_answer_no(run: Run, committed: Path) -> None:
    damaged = next(each for each in (committed / ".vault/objects").rglob("*") if each.is_file())
    damaged.chmod(0o644)
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    outcome = run("fsck")
    assert outcome.code == 1
    assert outcome.out.startswith("damaged  ")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "--repair" not in outcome.err
    assert "written anew when the same bytes are stored" in outcome.err
    report = json.loads(run("fsck", "--json").out)
    assert not report["ok"]
    assert all(each["code"] and each["object"] and each["message"] for each in report["problems"])
    assert run("fsck", "--repair").code == 1


def test_the_hint_at_a_repair_is_for_what_can_be_repaired(run: Run, committed: Path) -> None:
    (committed / ".vault/tip").write_text("nonsense")
    outcome = run("fsck")
    assert outcome.code == 1
    assert outcome.err == "hint:  `vault fsck --repair` puts right what can be put right\n"
    assert run("fsck", "--repair").code == 0
