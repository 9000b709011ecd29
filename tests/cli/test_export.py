"""`vault export` and `vault checkout -o`."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RECORDS, Outcome, write_lines
from vault.cli.frame.export_output import EscapedOutput

Run = Callable[..., Outcome]
VERBS = ("export", "checkout")


@pytest.mark.parametrize("verb", VERBS)
def test_a_version_comes_out_as_it_went_in(verb: str, run: Run, committed: Path) -> None:
    run("tag", "v1")
    data = (committed / "data.jsonl").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    commit = json.loads(run("status", "--json").out)["commit"]
    assert run(verb, "v1", "-o", "out.jsonl") == Outcome(
        0, f"wrote 3 examples of {commit[:12]} to out.jsonl\n  sha256 {sha256}\n", ""
    )
    assert (committed / "out.jsonl").read_bytes() == data
    report = json.loads(run(verb, "v1", "-o", "out.jsonl", "--json").out)
    assert (report["commit"], report["examples"], report["sha256"]) == (commit, 3, sha256)
    assert report["format"] == "jsonl"
    assert report["files"] == [{"path": "out.jsonl", "examples": 3, "sha256": sha256}]


@pytest.mark.parametrize("verb", VERBS)
def test_standard_output_holds_only_data(verb: str, run: Run, committed: Path) -> None:
    outcome = run(verb, "-o", "-")
    assert outcome == Outcome(0, (committed / "data.jsonl").read_text(), "")
    refused = run(verb, "-o", "-", "--json")
    assert (refused.code, json.loads(refused.out)["error"]["code"]) == (2, "output-taken")


def test_a_path_without_ending_is_a_folder(run: Run, committed: Path) -> None:
    outcome = run("export", "-o", "out")
    assert outcome.out.splitlines()[0].endswith(" to out/examples.jsonl")
    assert (committed / "out/examples.jsonl").read_bytes() == (
        committed / "data.jsonl"
    ).read_bytes()


@pytest.mark.parametrize("ending", [".json", ".csv", ".parquet", ".jsonl.gz", ".jsonl.zst"])
def test_the_ending_says_the_format(ending: str, run: Run, committed: Path) -> None:
    report = json.loads(run("export", "-o", f"out{ending}", "--json").out)
    written = (committed / f"out{ending}").read_bytes()
    assert report["sha256"] == hashlib.sha256(written).hexdigest()
    assert run("import", "--replace-all", f"out{ending}").code == 0
    staged = json.loads(run("status", "--json").out)
    assert staged["examples"] == 3


def test_samples_nest_and_fields_are_chosen(run: Run, committed: Path) -> None:
    small = run("export", "-o", "-", "--sample", "1", "--seed", "3").out.splitlines()
    large = run("export", "-o", "-", "--sample", "2", "--seed", "3").out.splitlines()
    assert set(small) < set(large)
    assert run("export", "-o", "-", "--shuffle").out.count("\n") == 3
    lines = run("export", "-o", "-", "--fields", "topic", "--with", "id,labels").out.splitlines()
    first = json.loads(lines[0])
    assert first["topic"] == RECORDS[0]["topic"]
    assert set(first) == {"topic", "_vault"} and set(first["_vault"]) == {"id", "labels"}


def test_what_vault_did_not_write_is_not_overwritten(run: Run, committed: Path) -> None:
    write_lines(committed / "mine.jsonl", ["mine"])
    outcome = run("export", "-o", "mine.jsonl")
    assert outcome.code == 4
    assert "--force" in outcome.err
    assert run("export", "-o", "mine.jsonl", "--force").code == 0


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["checkout", "--force"], 2, "output-missing"),
        (["checkout", "v1", "--sample", "3"], 2, "subset-needs-output"),
        (["export"], 2, "output-missing"),
        (["export", "--split", "train"], 2, "subset-needs-output"),
        (["export", "-o", "a.xyz"], 2, "output-unknown"),
        (["export", "-o", "a.jsonl", "--with", "colour"], 2, "extras-unknown"),
        (["export", "-o", "a.jsonl", "--split", "train"], 3, "split-not-found"),
        (["export", "nope", "-o", "a.jsonl"], 3, "revision-not-found"),
    ],
)
def test_what_cannot_be_written_is_refused(
    words: list[str], exit_code: int, code: str, run: Run, committed: Path
) -> None:
    outcome = run(*words)
    assert (outcome.code, outcome.err.splitlines()[2]) == (exit_code, f"code:  {code}")
    assert len(outcome.err.splitlines()) == 3


def test_data_on_a_terminal_is_escaped_wherever_it_is_cut() -> None:
    data = '{"a":"\u202e\x9bé"}\n'.encode()
    for cut in range(len(data)):
        stream = io.BytesIO()
        escaped = EscapedOutput(stream)
        escaped.write(data[:cut])
        escaped.write(data[cut:])
        assert stream.getvalue().decode() == '{"a":"\\u202e\\u009bé"}\n'


@pytest.mark.parametrize(
    ("output", "exit_code", "code"),
    [
        ("", 2, "output-unknown"),
        (".vault/x.jsonl", 2, "output-inside-repository"),
        (".vault", 2, "output-inside-repository"),
        ("/dev/null", 4, "file-exists"),
        ("data.jsonl/x.jsonl", 4, "file-exists"),
        ("data.jsonl/x/y", 4, "file-exists"),
        ("plain", 4, "file-exists"),
        ("dangling.jsonl", 4, "file-exists"),
    ],
)
def test_a_place_that_no_export_may_write_is_refused(
    output: str, exit_code: int, code: str, run: Run, committed: Path
) -> None:
    (committed / "plain").write_text("mine")
    (committed / "dangling.jsonl").symlink_to("nowhere.jsonl")
    outcome = run("export", "-o", output)
    assert (outcome.code, outcome.err.splitlines()[2]) == (exit_code, f"code:  {code}")
    assert (committed / "plain").read_text() == "mine"
    assert not (committed / "nowhere.jsonl").exists()


def test_a_link_is_written_through(run: Run, committed: Path) -> None:
    (committed / "real").mkdir()
    (committed / "link.jsonl").symlink_to("real/out.jsonl")
    assert run("export", "-o", "link.jsonl", "--force").code == 0
    assert run("export", "-o", "link.jsonl").code == 0
    assert (committed / "link.jsonl").is_symlink()
    assert (committed / "real/out.jsonl").read_bytes() == (committed / "data.jsonl").read_bytes()


def test_whoever_may_not_write_beside_the_repository_can_export(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: Any, flags: int, *others: Any, **named: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent == committed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, flags, *others, **named)

    monkeypatch.setattr(os, "open", refuse)
    target = committed / "data" / "out.jsonl"
    target.parent.mkdir()
    outcome = run("export", "-o", str(target))
    assert (outcome.code, target.exists()) == (0, True)
    assert "warning: vault.lock may not be written here" in outcome.err
    assert not (committed / "vault.lock").exists()


def test_an_export_whose_lock_cannot_be_written_leaves_no_file(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: Any, flags: int, *others: Any, **named: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent == committed:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return opened(path, flags, *others, **named)

    monkeypatch.setattr(os, "open", refuse)
    target = committed / "data" / "out.jsonl"
    target.parent.mkdir()
    assert run("export", "-o", str(target)).code == 5
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("revision", [(), ("HEAD",), ("main",)])
@pytest.mark.parametrize("verb", ["export", "checkout"])
def test_an_export_of_head_says_that_the_stage_differs(
    run: Run, committed: Path, verb: str, revision: tuple[str, ...]
) -> None:
    assert "staged" not in run(verb, *revision, "-o", "before.jsonl").err
    write_lines(committed / "more.jsonl", [{"text": "one more"}])
    run("import", "more.jsonl")

    for place in ("my file.jsonl", "-"):
        outcome = run("-q", verb, *revision, "-o", place)
        name = revision[0] if revision else "HEAD"
        assert outcome.code == 0
        assert f"warning: {name} was written, without what is staged since" in outcome.err
    assert "`vault export STAGE -o 'my file.jsonl'`" in run(verb, "-o", "my file.jsonl").err
    report = json.loads(run(verb, "--json", "-o", "other.jsonl").out)
    assert report["stage_differs"] is True


def test_an_export_that_names_a_version_says_nothing_of_the_stage(
    run: Run, committed: Path
) -> None:
    run("tag", "v1")
    write_lines(committed / "more.jsonl", [{"text": "one more"}])
    run("import", "more.jsonl")

    for revision in ("v1", "STAGE"):
        assert "staged" not in run("export", revision, "-o", f"{revision}.jsonl").err


def test_plain_text_is_read_and_not_written(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    run("commit", "-m", "one")
    outcome = run("export", "-o", "out.txt")
    assert (outcome.code, "output-unknown" in outcome.err) == (2, True)
    assert not (project / "out.txt").exists()
