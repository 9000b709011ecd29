"""Another record in the place of an example: where it stands, and what of it stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidInput, NotFound, VaultError
from vault.objects.pairing import What

NUMBERS = '"big": 123456789012345678901234567890, "x": 1.0, "far": 1e400'


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Three examples of a round, committed; the second has a quality and a side."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one"), chat("two", topic="x"), chat("three")])
    made.run("a.jsonl", round="r1")
    made.label("two", quality="gold", split="train")
    made.repository.commit("first")
    return made


def edit(library: Library, question: str, record: Any, **options: Any) -> Any:
    return library.repository.edit(library.id_of(question), record, **options)


def said(library: Library) -> list[list[str]]:
    return [[each["content"] for each in record["messages"]] for record in library.records()]


def test_an_edited_example_stays_where_it_stood(library: Library) -> None:
    old = library.id_of("two")
    report = library.repository.edit(old[:8], chat("two", "No.", topic="x"))
    assert said(library) == [["one", "Yes."], ["two", "No."], ["three", "Yes."]]
    assert (report.old_id, report.id, report.what) == (old, library.ids()[1], What.RESPONSE)
    shown = library.repository.show(report.id)
    assert (shown.source, shown.line, shown.round) == ("a.jsonl", 2, "r1")  # type: ignore[union-attr]
    assert (report.staged.changed, report.staged.added, report.staged.removed) == (1, 0, 0)
    assert library.repository.operations().items[0].command == "python"


@pytest.mark.parametrize(
    ("record", "what", "kept", "left"),
    [
        (chat("two", topic="y"), What.METADATA, ("quality", "split"), ()),
        (chat("two", "No.", topic="x"), What.RESPONSE, ("split",), ("quality",)),
        (chat("twice", topic="x"), What.PROMPT, (), ("quality", "split")),
    ],
)
def test_labels_stay_as_far_as_they_are_still_true(
    library: Library, record: Any, what: What, kept: tuple[str, ...], left: tuple[str, ...]
) -> None:
    report = edit(library, "two", record)
    assert (report.what, report.labels_kept, report.labels_left) == (what, kept, left)
    assert set(next(iter(library.labels().values()), {})) == set(kept)


def test_labels_stay_as_they_do_when_a_file_is_edited(library: Library) -> None:
    edited = chat("two", "No.", topic="x")
    library.write("a.jsonl", [chat("one"), edited, chat("three")])
    library.run("a.jsonl", mode="update", key="topic")
    expected = library.labels()
    library.repository.undo()
    edit(library, "two", edited)
    assert library.labels() == expected


def test_the_same_record_records_nothing(library: Library) -> None:
    before = library.repository.operations().items
    report = edit(library, "two", json.dumps(chat("two", topic="x"), indent=4))
    assert report.is_unchanged
    assert not report.reordered
    assert library.repository.operations().items == before


def test_an_order_of_keys_that_counts_is_told(library: Library) -> None:
    call = {"name": "f", "arguments": {"a": 1, "b": 2}}
    message = {"role": "assistant", "tool_calls": [{"type": "function", "function": call}]}
    record = {"messages": [{"role": "user", "content": "tool"}, message]}
    library.write("tool.jsonl", [record])
    library.run("tool.jsonl")
    call["arguments"] = {"b": 2, "a": 1}
    report = edit(library, "tool", record)
    assert (report.is_unchanged, report.reordered) == (True, True)


@pytest.mark.parametrize("spaces", [None, 1])
def test_an_edit_of_one_text_changes_no_other_byte(library: Library, spaces: int | None) -> None:
    text = f'{{"messages": {json.dumps(chat("n")["messages"])}, {NUMBERS}, "kéy": "é"}}'
    (library.folder / "n.jsonl").write_text(text + "\n")
    library.run("n.jsonl")
    example = library.id_of("n")
    if spaces is None:
        report = library.repository.edit(example, "No.", field="messages.1.content")
    else:
        whole = library.repository.editable_text(example).text
        report = library.repository.edit(example, whole.replace('"Yes."', '"No."'))
    assert report.data.decode() == text.replace('"Yes."', '"No."')
    library.repository.export("STAGE", output=str(library.folder / "out.jsonl"))
    assert text.replace('"Yes."', '"No."') in (library.folder / "out.jsonl").read_text()


def test_what_was_edited_does_not_come_back_by_an_import(library: Library) -> None:
    edit(library, "two", chat("two", "No."))
    report = library.run("a.jsonl")
    assert (report.imported, report.duplicates) == (0, 3)
    library.run("a.jsonl", mode="replace")
    assert said(library)[1] == ["two", "No."]
    assert library.repository.diff().changed == 1


def test_an_edit_back_leaves_nothing_staged(library: Library) -> None:
    report = edit(library, "two", chat("other"))
    library.repository.edit(report.id, chat("two", topic="x"))
    library.label("two", quality="gold", split="train")
    assert not library.repository.diff().changed
    assert [each.id for each in library.repository.removed().items] == [report.id]


def test_the_old_record_is_in_history_and_can_be_restored(library: Library) -> None:
    report = edit(library, "two", chat("two", "No."))
    assert library.repository.restore([report.old_id]).exchanged == 1
    assert said(library)[1] == ["two", "Yes."]
    assert not library.repository.removed().items


def test_a_copy_stands_after_its_origin_without_labels(library: Library) -> None:
    report = edit(library, "two", "No.", field="messages[1].content", copy=True)
    assert said(library)[1:3] == [["two", "Yes."], ["two", "No."]]
    assert (report.copied, report.what, report.labels_kept) == (True, None, ())
    assert list(library.labels()) == ["two"]
    shown = library.repository.show(report.id)
    assert (shown.source, shown.line, shown.round) == ("a.jsonl", 2, "r1")  # type: ignore[union-attr]
    assert report.staged.added == 1
    library.run("a.jsonl", mode="replace")
    assert len(library.questions()) == 3


def test_an_edit_of_an_adopted_row_keeps_its_source(library: Library) -> None:
    library.write("b.jsonl", [chat("two", topic="x")])
    library.run("b.jsonl", mode="replace-all")
    edit(library, "two", chat("two", "No."))
    library.write("b.jsonl", [chat("four")])
    library.run("b.jsonl", mode="replace")
    assert library.questions() == ["four"]


def test_a_record_is_read_as_its_source_is(library: Library) -> None:
    library.write("m.jsonl", [{"ask": "five", "say": "Yes."}])
    library.run("m.jsonl", mapping={"user": "ask", "assistant": "say"})
    example = library.repository.head(9).items[-1].id
    with pytest.raises(InvalidInput, match=r"the record cannot be read: .*say"):
        library.repository.edit(example, {"ask": "five"})
    assert library.repository.check_record({"ask": "five"}).kind == "raw"
    assert not library.repository.check_record({"ask": "five"}, like=example).readable
    report = library.repository.edit(example, {"ask": "five", "say": "No."})
    assert (report.kind, report.what) == ("chat", What.RESPONSE)
    assert library.repository.query("prompt = 'five' AND response = 'No.'").examples == 1


def test_a_dry_run_tells_the_same_and_changes_nothing(library: Library) -> None:
    wanted = chat("two", "No.")
    before = library.repository.operations().items
    dry = edit(library, "two", wanted, dry_run=True)
    assert library.repository.operations().items == before
    real = edit(library, "two", wanted)
    assert dry.dry_run
    assert (dry.id, dry.staged, dry.findings) == (real.id, real.staged, real.findings)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "nothing was given"),
        (b"[1]", "the record is a list, not an object"),
        (b"3", "the record is a single value, not an object"),
        (b'{"a": 1, "a": 2}', 'the key "a" occurs twice'),
        (b'{\n "a": NaN}', "NaN is not a JSON number"),
        (b'{\n "a": 1,\n b: 2}', "line 3, column 2"),
        (b'{"a": "\xff"}', "invalid UTF-8 at byte 7"),
        ('{"a": "\ud800"}', "half of a surrogate pair"),
        ({"a": {1}}, "a is a value of type set"),
    ],
)
def test_a_record_that_cannot_be_read_changes_nothing(
    library: Library, record: Any, reason: str
) -> None:
    before = library.repository.operations().items
    with pytest.raises(InvalidInput, match=reason) as caught:
        edit(library, "two", record)
    assert caught.value.code == "record-invalid"
    assert library.repository.operations().items == before
    assert reason in str(library.repository.check_record(record).reason)


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("messages[1].contnt", "did you mean messages[1].content?"),
        ("messages.7.content", "did you mean messages["),
        ("topics", "did you mean topic?"),
        ("messages", "did you mean messages["),
        ("zzz", "there are messages[0].role, messages[0].content"),
    ],
)
def test_an_unknown_field_is_refused_with_a_near_one(
    library: Library, field: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        edit(library, "two", "x", field=field)
    assert caught.value.code == "text-not-found"
    assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize("field", ["topic", "data.topic"])
def test_a_field_may_be_named_as_in_expressions(library: Library, field: str) -> None:
    assert library.repository.editable_text(library.id_of("two"), field).text == "x"
    edit(library, "two", "y", field=field)
    assert library.records()[1]["topic"] == "y"


def test_half_a_character_is_refused_in_a_text(library: Library) -> None:
    with pytest.raises(InvalidInput, match="half of a surrogate pair"):
        edit(library, "two", "\udc80", field="topic")
    with pytest.raises(InvalidInput, match="not as str"):
        edit(library, "two", b"y", field="topic")


def test_what_is_there_or_was_taken_out_is_refused(library: Library) -> None:
    gone = library.id_of("three")
    library.repository.rm([gone])
    errors: list[tuple[type[VaultError], str, str, Any]] = [
        (Conflict, "example-exists", "two", chat("one")),
        (Conflict, "example-taken-out", "two", chat("three")),
    ]
    for kind, code, question, record in errors:
        with pytest.raises(kind) as caught:
            edit(library, question, record)
        assert caught.value.code == code
    with pytest.raises(Conflict) as caught:
        edit(library, "two", chat("two", topic="x"), copy=True)
    assert caught.value.code == "example-exists"
    with pytest.raises(NotFound):
        library.repository.edit(gone, chat("new"))


def test_the_rules_that_say_something_of_a_record_are_run(library: Library) -> None:
    own = '[validate.rules.TEAM001]\nname = "no-topic"\nwhere = "data.topic is null"\n'
    (library.folder / "vault.toml").write_text(own)
    check = library.repository.check_record(chat("two", ""))
    assert check.readable
    assert "FORM" in check.findings[0].code
    assert {"TEAM001", "SETS005"} <= set(check.not_run)
    report = edit(library, "two", chat("two", ""))
    assert [each.code for each in report.findings] == [each.code for each in check.findings]
    (library.folder / "vault.toml").write_text(f'[validate]\nignore = ["{check.findings[0].code}"]')
    assert check.findings[0].code not in {
        each.code for each in library.repository.check_record(chat("two", "")).findings
    }


def test_a_check_stores_nothing(library: Library) -> None:
    objects = sorted((library.folder / ".vault").rglob("*"))
    check = library.repository.check_record(json.dumps({**chat("new"), "_vault": {"id": "x"}}))
    assert (check.readable, check.kind) == (True, "chat")
    assert sorted((library.folder / ".vault").rglob("*")) == objects
    assert edit(library, "two", chat("new")).id == check.id
