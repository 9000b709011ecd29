"""The catalogue can be deleted, damaged or out of date at any time: no answer changes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.support.drafting import ids, remove
from tests.support.library import Library, chat
from vault.catalogue.index.examples import MOST_GENERATIONS, Catalogue
from vault.catalogue.index.generation import open_generation
from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest, digest_of
from vault.operations.history.show import ExampleShown
from vault.operations.imports.import_options import ImportMode


def folder_of(library: Library) -> Path:
    return library.folder / ".vault" / "catalogue"


def databases(library: Library) -> list[Path]:
    return sorted(folder_of(library).glob("*.duckdb"))


def delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def truncate(folder: Path) -> None:
    for each in folder.glob("*.duckdb"):
        os.truncate(each, each.stat().st_size // 2)


def empty(folder: Path) -> None:
    for each in folder.glob("*.duckdb"):
        os.truncate(each, 0)


def no_database(folder: Path) -> None:
    for each in folder.glob("*.duckdb"):
        each.write_bytes(b"something else entirely" * 1_000)


def older_version(folder: Path) -> None:
    for each in folder.glob("*.duckdb"):
        with duckdb.connect(str(each)) as connection:
            connection.execute("UPDATE catalogue SET version = 0")


def other_tables(folder: Path) -> None:
    for each in folder.glob("*.duckdb"):
        with duckdb.connect(str(each)) as connection:
            connection.execute("DROP TABLE examples")


def a_file_instead(folder: Path) -> None:
    delete(folder)
    folder.write_text("in the way")


def a_folder_instead(folder: Path) -> None:
    delete(folder)
    (folder / "00000001.duckdb").mkdir(parents=True)


def strange_names(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "².duckdb").write_text("x")
    (folder / "draft-1-abc").write_text("left by a process that was killed")


DAMAGES = [
    delete,
    truncate,
    empty,
    no_database,
    older_version,
    other_tables,
    a_file_instead,
    a_folder_instead,
    strange_names,
]


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"q{n}") for n in range(200)])
    library.run("a.jsonl")
    library.repository.commit("one")
    return library


def answer(library: Library, name: str) -> ExampleShown:
    """Return what is known of an example, but for whether it is staged."""
    shown = library.repository.show(name)
    assert isinstance(shown, ExampleShown)
    return replace(shown, staged=False)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("growing", [False, True])
def test_damage_changes_no_answer(
    filled: Library, damage: Callable[[Path], None], growing: bool
) -> None:
    wanted = ids(filled.repository)[17]
    expected = answer(filled, wanted)
    damage(folder_of(filled))
    if growing:  # the database lacks a chunk, so it is copied and brought up to date
        filled.write("b.jsonl", [chat("another")])
        filled.run("b.jsonl")
        newest = ids(filled.repository)[-1]
        assert answer(filled, newest).id == newest

    assert answer(filled, wanted) == expected
    assert answer(filled, wanted[:12]) == expected


@pytest.mark.parametrize("count", [5, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("growing", [False, True])
def test_flipped_bits_change_no_answer(filled: Library, growing: bool, count: int) -> None:
    wanted = ids(filled.repository)[17]
    expected = answer(filled, wanted)
    (database,) = databases(filled)
    whole = database.read_bytes()
    generator = np.random.default_rng(1)
    places = [*range(0, 64, 13), *generator.integers(0, len(whole), count).tolist()]
    for number, place in enumerate(places):
        delete(folder_of(filled))
        folder_of(filled).mkdir()
        damaged = bytearray(whole)
        damaged[place] ^= 1 << number % 8
        database.write_bytes(damaged)
        if growing:
            filled.write("b.jsonl", [chat(f"another {number}")])
            filled.run("b.jsonl")
        assert answer(filled, wanted) == expected, place


def test_a_folder_that_cannot_be_written_changes_no_answer(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ids(filled.repository)[17]
    expected = answer(filled, wanted)
    before = [each.read_bytes() for each in databases(filled)]
    folder_of(filled).chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.access(folder_of(filled), os.W_OK):  # a superuser may write anywhere
        refused = PermissionError(13, "Permission denied")
        monkeypatch.setattr(shutil, "copyfile", _raising(refused))
        monkeypatch.setattr(os, "replace", _raising(refused))
    filled.write("b.jsonl", [chat("another")])
    try:
        with monkeypatch.context() as patched:
            patched.undo()
            filled.run("b.jsonl")
        newest = ids(filled.repository)[-1]
        assert answer(filled, newest).id == newest
        assert answer(filled, wanted) == expected
    finally:
        folder_of(filled).chmod(0o755)
    assert [each.read_bytes() for each in databases(filled)] == before


def _raising(error: OSError) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


def test_a_catalogue_that_has_every_chunk_is_not_written_again(filled: Library) -> None:
    wanted = ids(filled.repository)[17]
    filled.repository.show(wanted)
    before = [(each.name, each.stat().st_mtime_ns) for each in databases(filled)]
    filled.repository.show(wanted[:10])
    assert [(each.name, each.stat().st_mtime_ns) for each in databases(filled)] == before
    assert len(before) == 1
    assert {each.name for each in folder_of(filled).iterdir()} == {before[0][0]}


def test_the_beginning_of_an_id_finds_the_example(filled: Library) -> None:
    everything = ids(filled.repository)
    for wanted in everything[::20]:
        length = next(
            n for n in range(4, 33) if sum(each.startswith(wanted[:n]) for each in everything) == 1
        )
        for text in (wanted[:length], wanted):
            assert filled.repository.show(text).id == wanted  # type: ignore[union-attr]


def test_the_beginning_of_several_ids_is_ambiguous(library: Library) -> None:
    library.write("a.jsonl", [{"n": n} for n in range(2_000)])
    library.run("a.jsonl")
    everything = ids(library.repository)
    starts = [each[:4] for each in everything]
    shared = next(each for each in starts if starts.count(each) > 1)

    with pytest.raises(InvalidInput) as caught:
        library.repository.show(shared)

    assert caught.value.code == "example-ambiguous"
    assert str(starts.count(shared)) in caught.value.message


@pytest.mark.parametrize("text", ["0000000000", "f" * 32, "0" * 32, "abc", "ABCD"])
def test_an_example_that_is_not_there_is_told(filled: Library, text: str) -> None:
    with pytest.raises(NotFound):
        filled.repository.show(text)


def test_the_commits_that_hold_an_example_are_told(library: Library) -> None:
    clock = iter(f"2026-01-02T03:04:{second:02d}Z" for second in range(60))
    repository = library.repository
    repository._clock = lambda: next(clock)
    commits = []
    for name, records in {"a": [chat("x")], "b": [chat("y")], "c": [chat("x"), chat("y")]}.items():
        library.write("a.jsonl", records)
        repository.import_files([str(library.folder / "a.jsonl")], mode=ImportMode.REPLACE_ALL)
        commits.append(repository.commit(name).commit)
    wanted = ids(library.repository)[0]

    shown = repository.show(wanted)

    assert shown.commits == (commits[2], commits[0])  # type: ignore[union-attr]
    assert not shown.staged  # type: ignore[union-attr]
    assert (shown.data, shown.source, shown.line) == (chat("x"), "a.jsonl", 1)  # type: ignore[union-attr]


def test_a_removed_example_says_why_it_is_gone(filled: Library) -> None:
    wanted = ids(filled.repository)[17]
    remove(filled.repository, [17], "near-duplicate")

    shown = filled.repository.show(wanted)

    assert [(each.revision, each.reason) for each in shown.removals] == [  # type: ignore[union-attr]
        ("STAGE", "near-duplicate")
    ]
    assert len(shown.commits) == 1  # type: ignore[union-attr]


def test_places_are_found_between_any_two_ids(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    stored = {
        digest_of(bytes([number])): generator.integers(0, 256, (50, 16), np.uint8)
        for number in range(4)
    }

    def read_ids(chunk: Digest) -> pa.Array:
        return pa.array([each.tobytes() for each in stored[chunk]], pa.binary(16))

    catalogue = Catalogue(tmp_path / "catalogue")
    chunks = list(stored)
    flat = [(row.tobytes(), c, at) for c in chunks for at, row in enumerate(stored[c])]
    for first, last in [(b"\0" * 16, b"\xff" * 16), (b"\x40" * 16, b"\x7f" * 16)]:
        for some in (chunks[:1], chunks[1:3], chunks):
            found = catalogue.locate(first, last, some, read_ids)
            expected = sorted(
                (id_, some.index(c), at)
                for id_, c, at in flat
                if c in some and first <= id_ <= last
            )
            assert [(each.id, some.index(each.chunk), each.row) for each in found] == expected
    assert Catalogue(None).locate(b"\0" * 16, b"\xff" * 16, chunks, read_ids) == catalogue.locate(
        b"\0" * 16, b"\xff" * 16, chunks, read_ids
    )


def test_one_chunk_more_does_not_write_all_others_again(tmp_path: Path) -> None:
    """The large generation stays as it is until the other has an eighth of its examples."""
    stored: dict[Digest, pa.Array] = {}
    generator = np.random.default_rng(4)
    written: list[int] = []
    catalogue = Catalogue(tmp_path / "catalogue")
    reads: list[Digest] = []

    def read_ids(chunk: Digest) -> pa.Array:
        reads.append(chunk)
        return stored[chunk]

    for number in range(24):
        rows = generator.integers(0, 256, (10, 16), np.uint8)
        stored[digest_of(bytes([number]))] = pa.array(
            [each.tobytes() for each in rows], pa.binary(16)
        )
        before = {each.name for each in (tmp_path / "catalogue").glob("*.duckdb")}
        wanted = rows[3].tobytes()
        (found,) = catalogue.locate(wanted, wanted, list(stored), read_ids)
        assert (found.id, found.row) == (wanted, 3)
        files = sorted((tmp_path / "catalogue").glob("*.duckdb"))
        assert len(files) <= MOST_GENERATIONS
        (new,) = [each for each in files if each.name not in before]
        generation = open_generation(new)
        written.append(generation.examples)
        generation.connection.close()
    assert len(reads) == len(stored)
    whole = range(10, 241, 10)
    assert written[:8] == [*whole[:8]]
    assert written[8:12] == [10, 100, 10, 120]
    assert sum(written) < sum(whole) / 2
    assert len(catalogue.locate(b"\0" * 16, b"\xff" * 16, list(stored), read_ids)) == 240


def test_two_generations_of_one_chunk_tell_each_place_once(tmp_path: Path) -> None:
    """Two programs at once may both add a chunk."""
    ids_of_chunk = pa.array([bytes(16), b"\x01" * 16], pa.binary(16))
    chunk = digest_of(b"chunk")
    folder = tmp_path / "catalogue"
    Catalogue(folder).locate(bytes(16), bytes(16), [chunk], lambda _: ids_of_chunk)
    shutil.copy(folder / "00000001.duckdb", folder / "00000002.duckdb")
    found = Catalogue(folder).locate(bytes(16), bytes(16), [chunk], lambda _: ids_of_chunk)
    assert [(each.chunk, each.row) for each in found] == [(chunk, 0)]


def test_a_catalogue_that_cannot_be_built_on_disk_is_built_in_memory(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ids(filled.repository)[17]
    connect = duckdb.connect

    def full(path: str, **settings: object) -> duckdb.DuckDBPyConnection:
        if path != ":memory:":
            raise duckdb.IOException("No space left on device")
        return connect(path, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(duckdb, "connect", full)

    assert answer(filled, wanted).id == wanted
    assert databases(filled) == []
