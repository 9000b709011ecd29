"""Views, what changes in them, and entries of the log as bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from vault.errors import Corrupt
from vault.objects.digest import Digest, digest_of
from vault.objects.log.arguments import decode_arguments, encode_arguments
from vault.objects.log.entry import MOST_FULL_BYTES, decode_entry, encode_entry, tells_all
from vault.objects.log.view import (
    RefName,
    Run,
    Tag,
    View,
    Workspace,
    objects_named,
    view_from_json,
    view_to_json,
)
from vault.objects.log.view_change import (
    applied,
    change_from_json,
    change_to_json,
    difference,
)


def digest(text: str) -> Digest:
    """Return a digest that stands for something."""
    return digest_of(text.encode())


FULL = View(
    branches={RefName("main"): digest("a")},
    tags={RefName("v1"): Tag(digest("a"), "first")},
    workspaces={"default": Workspace(RefName("main"))},
    notes={digest("a"): digest("scores")},
    runs={"r1": Run(digest("answers"), "finished", (digest("seeds"),)), "r2": Run(None, "open")},
    erased={"e1": digest("list")},
)

HEADER = {
    "arguments": digest("typed"),
    "author": "ada",
    "command": "tag",
    "first": 1,
    "nonce": "0" * 32,
    "number": 7,
    "previous": digest("6"),
    "redoes": None,
    "repository": "0" * 32,
    "time": "2026-01-02T03:04:05Z",
    "undoes": None,
}


def test_a_view_comes_back_from_its_json() -> None:
    assert view_from_json(json.loads(json.dumps(view_to_json(FULL)))) == FULL


def test_a_view_of_version_1_has_no_notes_and_no_runs() -> None:
    said = view_to_json(FULL)
    del said["notes"], said["runs"], said["erased"]
    assert view_from_json(said) == View(FULL.branches, FULL.tags, FULL.workspaces)


def test_notes_and_runs_name_what_is_kept() -> None:
    assert set(objects_named(FULL)) == {
        digest("scores"),
        digest("answers"),
        digest("seeds"),
        digest("list"),
    }


def test_a_change_holds_what_differs_and_nothing_else() -> None:
    tags = {**FULL.tags, RefName("v2"): Tag(digest("b"))}
    change = difference(FULL, FULL.with_tags(tags))
    assert change.old == View()
    assert change.new == View(tags={RefName("v2"): Tag(digest("b"))})
    assert change.is_undoable()
    assert not difference(FULL, replace(FULL, runs={})).is_undoable()


def test_a_change_of_what_was_not_there_is_refused() -> None:
    change = difference(FULL, FULL.with_tags({}))
    with pytest.raises(ValueError, match="v1"):
        applied(View(), change)


def test_an_entry_comes_back_with_a_view_or_a_change() -> None:
    whole = decode_entry(7, encode_entry(HEADER, FULL))
    assert (whole.view, whole.change, whole.base, whole.told) == (FULL, None, None, FULL)
    assert (whole.arguments, whole.repository) == (digest("typed"), "0" * 32)
    change = difference(View(), FULL)
    partial = decode_entry(7, encode_entry(HEADER, None, change, 3))
    assert (partial.view, partial.change, partial.base) == (None, change, 3)
    assert partial.told == FULL
    both = decode_entry(7, encode_entry(HEADER, FULL, change))
    assert (both.view, both.change, both.base, both.told) == (FULL, change, None, FULL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base", 7),
        ("base", None),
        ("changes", None),
        ("view", view_to_json(FULL)),
        ("changes", {"branches": {}}),
        ("changes", {**change_to_json(difference(View(), FULL)), "tags": {"v1": [None, None]}}),
        ("repository", 3),
        ("arguments", "x"),
        ("version", 3),
    ],
)
def test_an_entry_that_contradicts_itself_is_damaged(name: str, value: Any) -> None:
    said = json.loads(encode_entry(HEADER, None, difference(View(), FULL), 3).splitlines()[0])
    body = json.dumps({**said, name: value}).encode()
    with pytest.raises(Corrupt) as caught:
        decode_entry(7, body + b"\n" + digest_of(body).encode() + b"\n")
    assert caught.value.code == "operation-damaged"


def test_a_view_is_told_whole_while_it_is_short() -> None:
    """The number of names decides early; a long workspace is seen all the same."""
    many = {RefName(f"v{n}"): Tag(digest(str(n))) for n in range(100)}
    few = {RefName(f"v{n}"): Tag(digest(str(n)), "x" * 2_000) for n in range(3)}
    assert tells_all(FULL)
    assert not tells_all(FULL.with_tags(many))
    assert not tells_all(FULL.with_tags(few))
    assert len(json.dumps(view_to_json(FULL))) < MOST_FULL_BYTES


def test_changes_come_back_from_their_json() -> None:
    change = difference(FULL, View(tags={RefName("v1"): Tag(digest("b"))}))
    assert change_from_json(json.loads(json.dumps(change_to_json(change)))) == change


def test_arguments_come_back() -> None:
    words = ("rm", "--where", "text LIKE '%Zürich%'")
    assert decode_arguments(encode_arguments(words)) == words


@pytest.mark.parametrize("data", [b"", b"{}", b'{"argv":[1],"type":"arguments","version":1}'])
def test_arguments_that_are_none_are_told(data: bytes) -> None:
    with pytest.raises(Corrupt) as caught:
        decode_arguments(data)
    assert caught.value.code == "arguments-unreadable"
