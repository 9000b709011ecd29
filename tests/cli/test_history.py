"""What the commands that move branches, take back and bring back say, and how they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]


def _first_id(run: Run, folder: Path) -> str:
    run("export", "STAGE", "-o", "ids.jsonl", "--with", "id", "--force")
    text = (folder / "ids.jsonl").read_text().splitlines()[0]
    return str(json.loads(text)["_vault"]["id"])


def _commit(run: Run) -> str:
    return str(json.loads(run("status", "--json").out)["commit"])[:12]


def test_branches_are_listed_with_what_is_staged_on_them(run: Run, committed: Path) -> None:
    at = _commit(run)
    assert run("branch", "other").out == f"made the branch other at {at}\n"
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    outcome = run("switch", "other")
    assert outcome.out.splitlines() == [
        "now on branch other",
        f'at commit {at} "round 1"',
        "what is staged on main stays there until you come back",
    ]
    assert run("branch").out.splitlines() == [f"  main   {at}  changes staged", f"* other  {at}"]
    assert "changes are parked on main" in run("status").out
    assert run("switch", "main").out.splitlines()[-1] == "staged here: 1 added"


def test_deleting_a_branch_says_how_to_take_it_back(run: Run, committed: Path) -> None:
    run("branch", "other")
    outcome = run("branch", "-d", "other")
    assert outcome.out == f"deleted the branch other, which was at {_commit(run)}\n"
    assert outcome.err == "hint:  `vault undo` brings it back\n"
    assert run("undo").code == 0
    assert "other" in run("branch").out
    assert run("branch", "-m", "other", "another").out == "the branch is now called another\n"


def test_checkout_moves_head_and_says_that_no_file_was_written(run: Run, committed: Path) -> None:
    run("tag", "v1")
    outcome = run("checkout", "v1")
    assert outcome.out == f'HEAD is now at commit {_commit(run)} "round 1"\n'
    assert "no file was written; `vault checkout v1 -o train.jsonl` writes one" in outcome.err
    assert "nothing can be staged here" in run("status").out
    assert run("branch").out.startswith(f"* on no branch, at {_commit(run)}\n")
    outcome = run("commit", "-m", "x")
    assert outcome.code == 4
    assert "`vault switch -c NAME`" in outcome.err
    assert run("checkout", "main").out.startswith("now on branch main\n")


def test_taking_out_and_bringing_back(run: Run, committed: Path) -> None:
    example = _first_id(run, committed)
    outcome = run("rm", example[:12])
    assert outcome.out.startswith("took out 1 example\nstaged: 1 removed; ")
    assert "`vault undo` takes this back" in outcome.err
    assert f"{example[:12]}  rm  by `rm {example[:12]}`" in run("removed").out
    outcome = run("restore", example[:12])
    assert outcome.out.splitlines()[0] == "brought back 1 example"
    assert outcome.out.splitlines()[1].startswith("nothing is staged any more; ")
    assert run("removed").out == "nothing was taken out\n"


def test_what_was_typed_is_shown_and_kept_out_of_the_log(run: Run, committed: Path) -> None:
    outcome = run("rm", "--where", "turns >= 0")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("took out ")
    done = json.loads(run("operations", "--json").out)["items"][0]
    removed = json.loads(run("removed", "--json").out)["items"][0]
    assert done["command"] == removed["command"] == "rm --where 'turns >= 0'"
    entries = b"".join(each.read_bytes() for each in (committed / ".vault/operations").iterdir())
    assert b"turns" not in entries
    # Without the object that holds what was typed, the name of the command is left.
    kept = committed / ".vault/objects" / removed["detail"]["arguments"][:2]
    (kept / removed["detail"]["arguments"]).unlink()
    assert json.loads(run("operations", "--json").out)["items"][0]["command"] == "rm"
    assert json.loads(run("removed", "--json").out)["items"][0]["command"] == "rm"
    assert run("rm", "--where=turns < 0").out == "no example matches; nothing was taken out\n"


def test_a_commit_is_reverted(run: Run, committed: Path) -> None:
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    run("commit", "-m", "bad round")
    bad = _commit(run)
    outcome = run("revert", "HEAD")
    assert outcome.out.splitlines()[:2] == [
        f'reverted {bad} "bad round" on the stage',
        "  1 example taken out, that had come with it",
    ]
    assert run("removed", "--reason", "revert").code == 0
    assert run("revert", "HEAD").code == 1


def test_undo_redo_and_the_list_of_operations(run: Run, committed: Path) -> None:
    outcome = run("undo")
    assert outcome.out.splitlines()[0] == "took back operation 3: commit -m 'round 1'"
    assert outcome.out.splitlines()[2].startswith("main is at no commit, ")
    assert " (undone)" in run("operations", "-n", "2").out
    assert run("redo").out.splitlines()[0] == "did again operation 3: commit -m 'round 1'"
    assert run("redo").code == 1
    assert run("undo", "1").code == 4
    for _ in range(2):
        assert run("undo").code == 0
    outcome = run("undo")
    assert (outcome.code, "nothing-to-undo" in outcome.err) == (1, True)


def test_discard_and_reset_say_what_they_did(run: Run, committed: Path) -> None:
    assert run("discard").out == "nothing was staged\n"
    first = _commit(run)
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    run("commit", "-m", "two")
    second = _commit(run)
    outcome = run("reset", "HEAD~1")
    assert outcome.out.splitlines() == [
        f"main is now at {first}, before at {second}",
        "staged: 1 added",
    ]
    assert run("discard").out == "discarded 1 added\n"
    assert run("reset", "--hard", second).out.splitlines()[1] == "nothing staged"


def test_collecting_garbage_says_what_it_would_do(run: Run, committed: Path) -> None:
    outcome = run("gc", "--dry-run")
    assert outcome.out == "would remove 0 objects, 0 bytes\n"
    assert run("gc").out == "removed 0 objects, 0 bytes\n"


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["branch", "-d"], 2, "branch-name-missing"),
        (["branch", "-d", "a", "b"], 2, "branch-delete-alone"),
        (["branch", "a", "nope"], 3, "revision-not-found"),
        (["branch", "a..b"], 2, "ref-name-invalid"),
        (["switch", "nope"], 3, "branch-not-found"),
        (["switch"], 2, "usage"),
        (["checkout", "nope"], 3, "revision-not-found"),
        (["reset"], 2, "usage"),
        (["reset", "--soft", "--hard", "HEAD"], 2, "reset-ways-exclude"),
        (["rm"], 2, "examples-missing"),
        (["rm", "0000000000"], 3, "example-not-there"),
        (["rm", "--where", "nonsense = 1"], 2, "column-unknown"),
        (["restore"], 2, "examples-missing"),
        (["restore", "0000000000"], 3, "example-not-found"),
        (["revert", "nope"], 3, "revision-not-found"),
        (["undo", "x"], 2, "operation-invalid"),
        (["undo", "99"], 3, "operation-not-found"),
        (["removed", "--reason", "x"], 3, "reason-not-found"),
        (["gc", "--older-than", "-1"], 2, "usage"),
    ],
)
def test_what_cannot_be_done_is_refused_in_three_lines(
    words: list[str], exit_code: int, code: str, run: Run, committed: Path
) -> None:
    outcome = run(*words)
    assert outcome.code == exit_code
    lines = outcome.err.splitlines()
    assert [line[:6] for line in (lines[0], *lines[-2:])] == ["error:", "hint: ", "code: "]
    assert lines[-1] == f"code:  {code}"
    assert outcome.out == ""
