"""A repository from a stranger: no link, pipe or device in it reaches the files of the user."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import Outcome, write_lines

Run = Callable[..., Outcome]

LONG_AGO = 10_000


def record(number: int) -> dict[str, object]:
    """Return an example that is long enough to be compared."""
    question = f"question number {number} about many words and things that are long {number}"
    answer = f"answer {number} which is rather long as well and has words {number}"
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The user's folder, with folders and old files in it."""
    folder = tmp_path / "home"
    for name in ("docs", "mail", "music", "src", "work", "pictures"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("precious")
    for each in (*folder.rglob("*"), folder):
        os.utime(each, (LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture
def place(committed: Path, run: Run) -> Path:
    """The folder of a repository that has everything below `.vault`."""
    write_lines(committed / "more.jsonl", map(record, range(40)))
    assert run("import", "more.jsonl").code == 0
    assert run("dedupe").code == 0
    assert run("validate").code in (0, 1)
    run("export", "--with", "id", "-o", "ids.jsonl")
    assert run("show", id_of(committed)).code == 0
    return committed


def id_of(folder: Path) -> str:
    """Return the id of an example that was exported."""
    first = json.loads((folder / "ids.jsonl").read_text().splitlines()[0])
    return str(first["_vault"]["id"])


def contents(folder: Path) -> dict[str, tuple[float, str]]:
    """Return everything in a folder: its time, and its text."""
    return {
        str(each.relative_to(folder)): (
            each.stat().st_mtime,
            each.read_text() if each.is_file() else "",
        )
        for each in (*folder.rglob("*"), folder)
    }


def replaced_by_link(path: Path, target: Path) -> None:
    """Put a link in the place of a file or folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    path.symlink_to(target)


WITHOUT = "catalogue/duplicates/2-conversation/without"

COMMANDS = [
    ("gc",),
    ("fsck", "--repair"),
    ("dedupe",),
    ("dedupe", "--dry-run"),
    ("validate",),
    ("doctor",),
    ("commit", "-m", "two"),
    ("import", "more.jsonl", "--replace"),
    ("export", "-o", "new.jsonl"),
    ("init",),
]


@pytest.mark.parametrize(
    "name", ["", "tmp", "objects", "operations", "catalogue", "catalogue/duplicates", WITHOUT]
)
def test_no_command_follows_a_link_in_the_place_of_a_folder(
    name: str, place: Path, home: Path, run: Run
) -> None:
    replaced_by_link(place / ".vault" / name, home)
    if not name:
        (home / "format").write_text('{"requires": [], "version": 1}\n')
    before = contents(home)
    for command in COMMANDS:
        outcome = run(*command)
        assert contents(home) == before, command
        assert outcome.code in (0, 1, 6), (command, outcome)
    for name in ("gc", "fsck", "doctor"):
        outcome = run(name)
        assert outcome.code != 0
        assert "foreign-file" in outcome.out + outcome.err
        assert "is a symbolic link" in " ".join((outcome.out + outcome.err).split())


@pytest.mark.parametrize(
    "name",
    ["format", "lock", "tip", "operations/0000000001", "validated.json", "catalogue/9.duckdb"],
)
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_no_command_opens_what_is_no_file(
    kind: str, name: str, place: Path, home: Path, run: Run
) -> None:
    path = place / ".vault" / name
    path.unlink(missing_ok=True)
    path.symlink_to(home / "docs/file") if kind == "link" else os.mkfifo(path)
    before = contents(home)
    for command in (*COMMANDS, ("show", id_of(place)), ("log",)):
        outcome = run(*command)  # a pipe that is opened waits for ever
        assert (outcome.code in (0, 1, 6), contents(home)) == (True, before), (command, outcome)
    assert path.is_symlink() or path.is_fifo()
    outcome = run("gc")
    assert (outcome.code, "foreign-file" in outcome.err) == (6, True)


def test_the_hint_can_be_typed_and_then_everything_works(place: Path, home: Path, run: Run) -> None:
    replaced_by_link(place / ".vault/tmp", home)
    hint = run("gc").err.splitlines()[1]
    assert os.system(hint.split("`")[1]) == 0
    assert run("gc").code == 0
    assert run("fsck").code == 0


def test_gc_removes_only_what_vault_could_have_made(place: Path, run: Run) -> None:
    aside = place / ".vault/tmp"
    for name in ("4711-abcdef0123456789", "thesis.txt", "validated.json.17"):
        (aside / name).write_text("x")
        os.utime(aside / name, (LONG_AGO, LONG_AGO))
    (aside / "folder").mkdir()
    assert run("gc").code == 0
    assert sorted(each.name for each in aside.iterdir()) == ["folder", "thesis.txt"]


def test_folders_beside_those_of_dedupe_stay(place: Path, run: Run) -> None:
    for name in ("mine", "0ff1ce", "5", "6", "7", "8"):
        folder = place / ".vault" / WITHOUT / name
        folder.mkdir()
        (folder / "letter.txt").write_text("precious")
        os.utime(folder, (LONG_AGO, LONG_AGO))
    assert run("dedupe", "--dry-run").code == 0
    assert len(list((place / ".vault").rglob("letter.txt"))) == 6


def test_links_under_foreseeable_names_are_not_written_through(
    place: Path, home: Path, run: Run
) -> None:
    target = home / "docs/file"
    for name in (".vault.lock.{}.tmp", ".new.jsonl.{}.tmp", ".vault/tmp/validated.json.{}"):
        (place / name.format(os.getpid())).symlink_to(target)
    assert run("export", "-o", "new.jsonl").code == 0
    assert run("validate").code in (0, 1)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("forced", [(), ("--force",)])
def test_no_export_writes_through_a_link_to_a_start_up_file(
    forced: tuple[str, ...], place: Path, home: Path, run: Run
) -> None:
    (home / ".bashrc").write_text("export A=1\n")
    (place / "train.jsonl").symlink_to(home / ".bashrc")
    outcome = run("export", "-o", "train.jsonl", *forced)
    assert (outcome.code, "output-unknown" in outcome.err) == (2, True)
    outcome = run("quarantine", "export", "-o", "train.jsonl", *forced)
    assert outcome.code == 2
    assert (home / ".bashrc").read_text() == "export A=1\n"


def test_an_export_makes_no_folder_behind_a_link(place: Path, home: Path, run: Run) -> None:
    (place / "out").symlink_to(home / "autostart")
    before = contents(home)
    outcome = run("export", "-o", "out/train.jsonl", "--force")
    assert (outcome.code, "file-exists" in outcome.err) == (4, True)
    assert contents(home) == before


def test_names_that_no_terminal_should_see_are_told(place: Path, home: Path, run: Run) -> None:
    for name in (b"\x1b]0;title\x07", b"\xff\xfe", b"a\nb"):
        os.symlink(os.fsencode(home), os.fsencode(place / ".vault") + b"/" + name)
    for command in ("fsck", "doctor", "gc"):
        for forms in ((), ("--json",)):
            outcome = run(command, *forms)
            assert outcome.code in (1, 6), outcome
            assert "\x1b" not in outcome.out + outcome.err
            assert "foreign-file" in outcome.out + outcome.err


def test_the_lock_does_not_vouch_for_what_a_link_leads_to(
    place: Path, home: Path, run: Run
) -> None:
    outside = home / "settings.json"
    outside.write_text("{}")
    assert run("export", "-o", str(outside), "--force").code == 0
    assert run("export", "-o", str(outside)).code == 4, "the lock is silent on what is outside"
    (place / "train.json").symlink_to(outside)
    before = contents(home)
    outcome = run("export", "-o", "train.json")
    assert (outcome.code, "file-exists" in outcome.err) == (4, True)
    assert str(outside) in outcome.err
    assert contents(home) == before


@pytest.mark.parametrize(
    "key",
    ["$(touch PWNED)", "../home/file.jsonl", "a//b.jsonl", "./a.jsonl", "a\nb.jsonl", "", "a.sh"],
)
def test_a_lock_with_a_name_that_no_export_writes_is_refused(
    key: str, place: Path, run: Run
) -> None:
    entry = {"commit": None, "examples": 1, "sha256": "x"}
    lock = place / "vault.lock"
    lock.write_text(json.dumps({"files": {key: entry}, "version": 1}))
    outcome = run("export", "-o", "new.jsonl")
    assert (outcome.code, "lock-damaged" in outcome.err) == (2, True)
    assert not (place / "new.jsonl").exists()


@pytest.mark.parametrize("files", [[], {"a.jsonl": 1}, {"a.jsonl": {"sha256": []}}, None])
def test_a_lock_of_another_shape_is_refused(files: object, place: Path, run: Run) -> None:
    (place / "vault.lock").write_text(json.dumps({"files": files, "version": 1}))
    outcome = run("export", "-o", "new.jsonl")
    assert (outcome.code, "lock-damaged" in outcome.err) == (2, True)


@pytest.mark.parametrize("name", ["vault.lock", "vault.toml"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_files_beside_the_repository_are_no_links(
    name: str, kind: str, place: Path, home: Path, run: Run
) -> None:
    secret = home / "credentials.toml"
    secret.write_text('token = "hunter2"\n')
    (place / name).unlink(missing_ok=True)
    (place / name).symlink_to(secret) if kind == "link" else os.mkfifo(place / name)
    outcome = run("export", "-o", "new.jsonl") if name == "vault.lock" else run("commit", "-m", "x")
    assert outcome.code != 0
    assert "hunter2" not in outcome.out + outcome.err
    objects = (each for each in (place / ".vault/objects").rglob("*") if each.is_file())
    assert not any(b"hunter2" in each.read_bytes() for each in objects)


@pytest.fixture
def canary(home: Path) -> Path:
    """A file of the user's that a view reads."""
    path = home / "canary.txt"
    path.write_text("secret")
    return path


def catalogues(secret: Path) -> dict[str, list[str]]:
    """Return what a stranger may put into the catalogue, by what it is."""
    tables = [
        "CREATE TABLE chunks (number INTEGER, digest VARCHAR, examples INTEGER)",
        "CREATE TABLE examples (high UBIGINT, low UBIGINT, chunk INTEGER, place INTEGER)",
    ]
    version = ["CREATE TABLE catalogue (version INTEGER)", "INSERT INTO catalogue VALUES (1)"]
    reading = f"SELECT CASE WHEN content = 'secret' THEN 1 ELSE error('x') END AS version FROM read_text('{secret}')"  # noqa: E501
    endless = "SELECT count(*)::INTEGER AS version FROM range(10000000000) a(x), range(10000000000) b(y) WHERE x + y = -1"  # noqa: E501
    return {
        "view that reads": [f"CREATE VIEW catalogue AS {reading}", *tables],
        "view without end": [f"CREATE VIEW catalogue AS {endless}", *tables],
        "macro": [*version, *tables, "CREATE MACRO count() AS error('ran')"],
        "computed": [
            *version,
            *tables[:1],
            tables[1].replace("chunk INTEGER", "chunk INTEGER DEFAULT (1)"),
        ],
    }


@pytest.mark.parametrize("what", ["view that reads", "view without end", "macro", "computed"])
def test_a_database_of_a_stranger_runs_nothing(
    what: str, place: Path, canary: Path, run: Run
) -> None:
    before = run("show", id_of(place)).out
    for each in (place / ".vault/catalogue").glob("*.duckdb"):
        each.unlink()
    with duckdb.connect(str(place / ".vault/catalogue/00000009.duckdb")) as connection:
        for statement in catalogues(canary)[what]:
            connection.execute(statement)
    assert "catalogue: generation 9" in run("doctor").out
    outcome = run("show", id_of(place))
    assert (outcome.code, outcome.out) == (0, before)
    assert (place / ".vault/catalogue/00000009.damaged").exists()


def test_a_log_beside_a_database_is_not_run(place: Path, run: Run) -> None:
    (generation,) = (place / ".vault/catalogue").glob("*.duckdb")
    generation.with_name(f"{generation.name}.wal").write_bytes(b"anything")
    assert run("show", id_of(place)).code == 0
    assert run("show", id_of(place)).code == 0
    names = sorted(each.name for each in (place / ".vault/catalogue").glob("*.duckdb"))
    assert names == ["00000002.duckdb"]


def test_a_repository_that_is_a_link_says_where_it_leads(
    place: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".vault").symlink_to(place / ".vault")
    monkeypatch.chdir(elsewhere)
    outcome = run("status")
    assert outcome.code == 6
    assert f"cd {shlex.quote(str(place))}" in outcome.err
