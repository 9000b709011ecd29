"""`vault doctor` tells how things stand, what needs to be done, and no secret."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import vault
from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_a_sound_repository_needs_nothing(run: Run, committed: Path) -> None:
    outcome = run("doctor")
    assert outcome.code == 0
    assert outcome.out.startswith(f"vault {vault.__version__}, Python 3.")
    assert f"repository {committed}/.vault" in outcome.out
    assert "catalogue: absent" in outcome.out
    assert outcome.out.endswith("nothing needs to be done\n")
    assert "to report a bug, send what `vault doctor --json` prints" in outcome.err
    assert all(len(line) <= 80 or str(committed) in line for line in outcome.out.splitlines())


def test_it_works_outside_of_a_repository(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("doctor")
    assert outcome.code == 0
    assert "there is no repository in this folder or above it" in outcome.out
    assert json.loads(run("doctor", "--json").out)["repository"] is None


def test_it_leaves_no_trace(run: Run, committed: Path) -> None:
    before = sorted(committed.rglob("*"))
    assert run("doctor").code == 0
    assert sorted(committed.rglob("*")) == before


def test_settings_are_shown_if_they_are_known_and_values_of_others_never(
    run: Run, committed: Path
) -> None:
    (committed / ".vault/config.toml").write_text('[user]\nname = "Ada"\nnmae = "hunter2"\n')
    (committed / "vault.toml").write_text('[remote]\ntoken = "hunter2"\n"\\u001b[31m" = 1\n')
    outcome = run("doctor")
    assert '.vault/config.toml: user.name = "Ada"' in outcome.out
    assert 'user.nmae is not read by this version, perhaps meant for "user.name"' in outcome.out
    assert "vault.toml: remote.token is not read by this version" in outcome.out
    assert "\x1b" not in outcome.out
    assert "hunter2" not in outcome.out + run("doctor", "--json").out
    assert outcome.code == 0


def test_settings_that_cannot_be_read_are_a_problem(run: Run, committed: Path) -> None:
    (committed / "vault.toml").write_text("= 1\n")
    outcome = run("doctor")
    assert outcome.code == 1
    assert "(config-invalid)" in outcome.out
    assert "nothing needs to be done" not in outcome.out


def test_a_damaged_log_or_format_is_a_problem_and_not_the_end(run: Run, committed: Path) -> None:
    newest = max((committed / ".vault/operations").iterdir())
    newest.write_bytes(b"{}")
    document = json.loads(run("doctor", "--json").out)
    assert document["repository"]["operations"] is None
    assert document["repository"]["objects"] > 0
    assert len(document["problems"]) == 1
    (committed / ".vault/format").write_text('{"requires": ["more"], "version": 9}\n')
    outcome = run("doctor")
    assert (outcome.code, "(format-too-new)" in outcome.out) == (1, True)


def test_the_catalogue_is_told_and_a_damaged_one_is_left_alone(run: Run, committed: Path) -> None:
    run("export", "-o", "ids.jsonl", "--with", "id")
    name = json.loads((committed / "ids.jsonl").read_text().splitlines()[0])["_vault"]["id"]
    assert run("show", name).code == 0
    assert "catalogue: generation 1 of " in run("doctor").out
    (file,) = (committed / ".vault/catalogue").glob("*.duckdb")
    file.write_bytes(b"rubbish" * 1000)
    outcome = run("doctor")
    assert "catalogue: damaged of 7.0 kB" in outcome.out
    assert (outcome.code, file.exists()) == (0, True)


def test_a_file_system_without_hard_links_is_a_problem(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    outcome = run("doctor")
    assert (outcome.code, "(no-hard-links)" in outcome.out) == (1, True)
    assert not list((committed / ".vault/tmp").iterdir())


def test_a_disk_that_is_nearly_full_is_a_problem(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(committed)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    outcome = run("doctor")
    assert (outcome.code, "(disk-nearly-full)" in outcome.out) == (1, True)


def test_a_program_gets_the_same_report(run: Run, committed: Path) -> None:
    report = vault.doctor(committed)
    assert report.ok and report.repository is not None
    assert json.loads(run("doctor", "--json").out)["libraries"] == [
        {"name": each.name, "version": each.version, "required": each.required}
        for each in report.libraries
    ]
    assert "duckdb" in report._repr_html_()
