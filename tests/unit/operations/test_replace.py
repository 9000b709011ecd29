"""`import --replace` and `--replace-all`: what a source is exchanged for, and what stays."""

from __future__ import annotations

from tests.support.library import Library, chat


def test_a_file_that_took_everything_over_is_replaced_as_a_whole(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b"), chat("c")])
    library.write("two.jsonl", [chat("a"), chat("b"), chat("d")])
    library.run("one.jsonl")
    library.run("two.jsonl", mode="replace-all")

    library.write("two.jsonl", [chat("a"), chat("d")])
    library.run("two.jsonl", mode="replace")

    assert library.questions() == ["a", "d"]


def test_rows_of_other_sources_keep_their_places(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.write("two.jsonl", [chat("x")])
    library.run("one.jsonl")
    library.run("two.jsonl")

    library.write("one.jsonl", [chat("b"), chat("c"), chat("a")])
    library.run("one.jsonl", mode="replace")

    assert library.questions() == ["b", "c", "a", "x"]


def test_a_source_that_is_new_is_appended(library: Library) -> None:
    library.write("one.jsonl", [chat("a")])
    library.write("two.jsonl", [chat("b")])
    library.run("one.jsonl")
    library.run("two.jsonl", mode="replace")

    assert library.questions() == ["a", "b"]
