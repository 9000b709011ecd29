"""Gone: what was taken out and kept out, page by page, and each beside what stayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import NOW, Library, chat
from vault.dataset.changing.stage import change_stage
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.removals import with_removals
from vault.errors import NotFound
from vault.objects.manifest import Manifest
from vault.objects.quarantine import Removal
from vault.operations.quarantine.gone import UNREADABLE
from vault.session.context import Draft

_TIPS = "Sleep well, walk every day, eat slowly, call a friend, read a book, drink water and rest."


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"Question {n}?", f"answer {n}") for n in range(300)]
    rows += [chat("How do I relax?", f"{_TIPS} It helps {each}.") for each in ("soon", "often")]
    path = Path(library.write("a.jsonl", rows))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"messages": oh\n')
    library.run("a.jsonl")
    library.repository.dedupe(threshold=0.6)
    library.repository.rm(library.ids()[:250])
    return library


def test_pages_hold_all_that_is_gone(filled: Library) -> None:
    gone = filled.repository.gone()
    assert dict(gone.reasons) == {"rm": 250, "near-duplicate": 1, UNREADABLE: 1}
    rows = [row for offset in range(0, 252, 90) for row in gone.page(offset, 90)]
    removed = [each.id for each in filled.repository.removed().items]
    (entry,) = filled.repository.quarantine().quarantined
    assert [each.id for each in rows] == [*removed[::-1], entry.id]
    questions = [each.row.question for each in rows if each.row is not None]
    assert questions[:2] == ["Question 249?", "Question 248?"]
    assert rows[-1].beginning.startswith('{"messages": oh')
    assert [each.reason for each in gone.page(0, 9, "near-duplicate")] == ["near-duplicate"]
    assert gone.page(0, 9, "boredom") == ()
    assert (gone.total(), gone.total("rm"), gone.total("boredom")) == (252, 250, 0)


def test_a_duplicate_is_shown_beside_what_stayed(filled: Library) -> None:
    shown = filled.repository.gone().shown(0, "near-duplicate")
    assert shown.other is not None and shown.diff is not None
    assert shown.other.id == shown.detail["keeper"]
    words = [each for each in shown.diff.turns[-1].pieces if each.kind != "same"]
    assert [(each.kind, each.text) for each in words] == [("removed", "soon"), ("added", "often")]
    assert "chunk" not in shown.detail


def test_what_a_fix_became_is_beside_it(library: Library) -> None:
    library.write("a.jsonl", [chat("Question?", "answer")])
    library.run("a.jsonl")
    library.repository.edit(library.ids()[0], chat("Question?", "reply"))
    shown = library.repository.gone().shown(0)
    assert shown.reason == "fixed"
    assert shown.other is not None and shown.other.id == library.ids()[0]


def test_input_is_shown_with_what_is_wrong(filled: Library) -> None:
    shown = filled.repository.gone().shown(0, UNREADABLE)
    assert shown.unread is not None and shown.example is None
    assert (shown.unread.source, shown.unread.line) == ("a.jsonl", 303)
    assert shown.unread.raw == '{"messages": oh'


@pytest.mark.parametrize("place", [-1, 252])
def test_what_is_not_gone_is_not_found(filled: Library, place: int) -> None:
    with pytest.raises(NotFound) as told:
        filled.repository.gone().shown(place)
    assert told.value.code == "gone-not-there"


@pytest.mark.parametrize(
    "detail",
    [
        None,
        "{}",
        '{"chunk": "%s", "row": 0}' % ("0" * 64),
        '{"chunk": "HERE", "row": 0}',
        '{"chunk": "HERE", "row": 9999}',
        '{"keeper": "zz", "into": 7}',
    ],
)
def test_places_that_are_none_hide_nothing_of_others(filled: Library, detail: str | None) -> None:
    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        here = next(iter(dataset.runs().triples()))[0]
        said = None if detail is None else detail.replace("HERE", here)
        added = [Removal(b"\x07" * 16, "rm", said, "rm", NOW)]
        return with_removals(dataset.store, dataset.manifest, added), None

    change_stage(filled.repository._context(), change)
    gone = filled.repository.gone()
    first, second = gone.page(0, 2)
    assert first.row is None
    assert second.row is not None
    assert gone.shown(0).example is None
