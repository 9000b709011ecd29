"""A version becomes a dataset of Hugging Face by a named format, and says what that left out."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import vault
from tests.support.library import Library, chat
from vault import Snapshot

PAIR = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
CALLING = {
    "messages": [
        {"role": "user", "content": "1+1?"},
        {"role": "assistant", "tool_calls": [{"name": "add", "arguments": {"a": 1, "b": None}}]},
        {"role": "tool", "content": "2"},
    ]
}


def snapshot_of(library: Library, *records: dict[str, Any]) -> Snapshot:
    """Stage records and open them."""
    library.repository.import_records(records, source="test")
    return library.repository.snapshot("STAGE")


def test_losses_are_told_without_any_library(library: Library) -> None:
    snapshot = snapshot_of(library, chat("a?", topic="x"), chat("b?"), PAIR, {"raw": 1})
    report = snapshot.losses("trl-chat")
    assert (report.examples, report.rendered) == (4, 2)
    assert report.losses == {"fields": 1}
    assert report.unsupported == {"it is a preference pair": 1, "it has no conversation": 1}
    assert report.first_unsupported == snapshot[2].id
    assert "table" in report._repr_html_()


def test_a_missing_library_is_told_with_the_line_that_installs_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(vault.InvalidInput) as missing:
        snapshot_of(library, chat("a?")).to_hf("trl-chat")
    assert missing.value.code == "library-missing"
    assert missing.value.hint == "`pip install 'dataset-vault[hf]'` installs it"


def test_an_unknown_format_is_refused_before_anything_is_read(library: Library) -> None:
    with pytest.raises(vault.InvalidInput) as unknown:
        snapshot_of(library, chat("a?")).to_hf("chat")
    assert unknown.value.code == "output-format-unknown"


def test_plain_chats_are_lists_of_role_and_content(library: Library) -> None:
    datasets = pytest.importorskip("datasets")
    snapshot = snapshot_of(library, *(chat(f"{n}?", topic=n) for n in range(5)))
    made = snapshot.to_hf("trl-chat")
    assert isinstance(made, datasets.Dataset)
    assert made.features["messages"] == datasets.List(
        {"role": datasets.Value("string"), "content": datasets.Value("string")}
    )
    assert [row["messages"] for row in made] == [each.data["messages"] for each in snapshot]
    assert snapshot.fingerprint in made.info.description
    assert "In 5 of them, fields beside the conversation are left out." in made.info.description


def test_messages_that_say_more_keep_exactly_what_they_say(library: Library) -> None:
    pytest.importorskip("datasets")
    made = snapshot_of(library, chat("a?"), CALLING).to_hf("trl-chat")
    assert made[0]["messages"] == chat("a?")["messages"]
    assert made[1]["messages"][1] == {
        "role": "assistant",
        "tool_calls": [
            {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": None}}}
        ],
    }


def test_what_cannot_be_rendered_is_counted_or_left_out(library: Library) -> None:
    pytest.importorskip("datasets")
    snapshot = snapshot_of(library, chat("a?"), PAIR, {"raw": 1}, chat("b?"))
    with pytest.raises(vault.InvalidInput) as refused:
        snapshot.to_hf("trl-chat")
    assert refused.value.code == "format-unsupported"
    assert refused.value.message.startswith("2 of 4 examples cannot be rendered as trl-chat")
    assert refused.value.message.endswith(f"the first is {snapshot[1].id[:12]}")
    made = snapshot.to_hf("trl-chat", skip_unsupported=True)
    assert len(made) == 2
    assert "1 are not in it, each because it is a preference pair." in made.info.description
    assert snapshot[1:2].to_hf("trl-preference")[0]["rejected"][0]["content"] == "No."


def test_the_records_themselves_come_out_as_text_whatever_they_are(library: Library) -> None:
    pytest.importorskip("datasets")
    snapshot = snapshot_of(library, chat("a?"), PAIR, {"raw": 1})
    assert snapshot.to_hf("data")["data"][2] == '{"raw":1}'


def test_equal_versions_have_equal_caches_and_others_do_not(library: Library) -> None:
    pytest.importorskip("datasets")
    snapshot = snapshot_of(library, chat("a?"), chat("b?"), chat("c?"))
    known = snapshot.to_hf("trl-chat")._fingerprint
    assert snapshot[:].to_hf("trl-chat")._fingerprint == known
    others = [snapshot[1:], snapshot[::-1], snapshot[:0]]
    assert len({known, *(each.to_hf("trl-chat")._fingerprint for each in others)}) == 4
