"""What `dedupe` keeps in the catalogue: how little is read, signed and compared another time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.library import NOW, Library, chat
from tests.support.naive_dedupe import corpus
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part
from vault.dedupe import reference
from vault.dedupe.signatures import Signed, sign
from vault.dedupe.texts import Rows, Texts
from vault.objects.chunk import decode_facts
from vault.objects.digest import Digest, is_digest
from vault.operations.duplicates.minhashes import minhashes
from vault.operations.duplicates.plan.near_clusters import Comparing, near_clusters
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates
from vault.operations.duplicates.plan.reference import open_reference
from vault.operations.duplicates.plan.reference_matches import match_reference
from vault.operations.duplicates.signing import cached_signatures
from vault.operations.duplicates.signing.compared_examples import forget_unused
from vault.progress import Silent, silent
from vault.session.context import Context
from vault.store.local import LocalBackend
from vault.store.object_store import ObjectStore, object_name
from vault.store.operation_log import Intent, OperationLog

TEXTS = corpus(300, seed=7)
INSTRUCTION = " ".join(f"word{number}" for number in range(120))


class Watched(LocalBackend):
    """A folder that notes which names are read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.names_read: list[str] = []

    def read(self, name: str) -> bytes:
        self.names_read.append(name)
        return super().read(name)


class Heard(Silent):
    """A progress that notes how much each piece of work was."""

    def __init__(self) -> None:
        self.work: list[tuple[str, int | None]] = []

    def start(self, what: str, total: int | None = None) -> None:
        self.work.append((what, total))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository without examples."""
    return Library(tmp_path)


def given(library: Library, texts: list[str], name: str) -> None:
    """Import texts as answers, a file and so a chunk of its own."""
    library.write(name, [chat("why", each, at=at) for at, each in enumerate(texts)])
    library.run(name)


def context_of(library: Library) -> Context:
    backend = Watched(library.folder / ".vault")
    return Context(
        ObjectStore(backend), OperationLog(backend), library.folder, Intent("ada", NOW, "t"), silent
    )


def plan(
    library: Library, comparing: Comparing | None = None
) -> tuple[DuplicatePlan, int, list[int | None]]:
    """Return a plan, how many objects with records were read, and how many rows at a time."""
    context, heard = context_of(library), Heard()
    context = replace(context, progress=heard)
    _, dataset = open_revision(context, None)
    numbers = np.unique(dataset.runs().chunk).tolist()
    facts = [decode_facts(context.store.get(dataset.numbers.digest(each))) for each in numbers]
    records = {object_name(each.records) for each in facts}
    backend = context.store.backend
    assert isinstance(backend, Watched)
    backend.names_read.clear()
    found = plan_duplicates(context, dataset, comparing or Comparing())
    read = [each for each in backend.names_read if each in records]
    return found, len(read), [total for what, total in heard.work if what == "reading"]


def clusters(library: Library) -> tuple[Rows, int]:
    """Return the clusters that a split keeps together, and how many objects were read for it."""
    context = context_of(library)
    _, dataset = open_revision(context, None)
    keys = dataset.keys()
    facts = [
        decode_facts(context.store.get(dataset.numbers.digest(each))).records
        for each in np.unique(dataset.runs().chunk).tolist()
    ]
    backend = context.store.backend
    assert isinstance(backend, Watched)
    backend.names_read.clear()
    found = near_clusters(context, dataset, keys, Comparing())
    names = {object_name(each) for each in facts}
    return found.cluster, len([each for each in backend.names_read if each in names])


def test_planning_again_reads_no_record(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    first, objects, rows = plan(library)
    assert len(first.removed) > 10
    assert (objects, rows) == (1, [300])
    again, objects, rows = plan(library)
    assert (objects, rows) == (0, [])
    assert again.removed.tolist() == first.removed.tolist()
    assert again.neighbour.tolist() == first.neighbour.tolist()


def test_planning_again_reads_no_record_where_short_answers_differ(library: Library) -> None:
    answers = ["yes", "no", f"no, and this is why: {TEXTS[0]}"]
    library.write("a.jsonl", [chat(each, answers[at % 3]) for at, each in enumerate(TEXTS)])
    library.run("a.jsonl")
    first, _, _ = plan(library)
    assert len(first.conflicts.first) > 5
    again, objects, _ = plan(library)
    assert objects == 0
    assert again.conflicts.first.tolist() == first.conflicts.first.tolist()


def test_a_split_and_a_dedupe_keep_what_each_has_found(library: Library) -> None:
    """A split puts questions together whose short answers differ, so it has other candidates."""
    library.write("a.jsonl", [chat(each, ("yes", "no")[at % 2]) for at, each in enumerate(TEXTS)])
    library.run("a.jsonl")
    first, objects, rows = plan(library)
    together = [clusters(library) for _ in range(2)]
    assert together[0][0].tolist() == together[1][0].tolist() != list(range(len(TEXTS)))
    assert together[0][1] <= 1, "only texts of pairs that were not compared are read"
    assert together[1][1] == 0
    again, objects, rows = plan(library)
    assert (objects, rows) == (0, [])
    assert again.keeper.tolist() == first.keeper.tolist()


def test_a_round_of_nothing_known_reads_its_own_records_alone(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    library.repository.dedupe()
    plan(library)
    given(library, corpus(40, seed=8), "b.jsonl")
    _, objects, rows = plan(library)
    assert rows == [40]
    assert objects == 1


def test_another_threshold_signs_nothing(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    plan(library, Comparing(threshold=0.7))
    assert plan(library, Comparing(threshold=0.95))[2] == []
    assert plan(library, Comparing(exact=True))[2] == []


def test_another_part_is_another_text(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    plan(library)
    found, _, rows = plan(library, Comparing(on=Part.RESPONSE))
    assert rows == [300]
    again, objects, _ = plan(library, Comparing(on=Part.RESPONSE))
    assert objects == 0
    assert again.removed.tolist() == found.removed.tolist()


def test_a_damaged_file_costs_what_it_held(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    given(library, corpus(40, seed=8), "b.jsonl")
    first, _, _ = plan(library)
    folder = library.folder / ".vault" / "catalogue" / "duplicates"
    signatures = sorted(folder.rglob("signatures/*.arrays"), key=lambda each: each.stat().st_size)
    data = bytearray(signatures[0].read_bytes())
    data[-1] ^= 1
    signatures[0].write_bytes(data)
    again, _, rows = plan(library)
    assert rows == [40]
    assert again.removed.tolist() == first.removed.tolist()


def test_only_rows_that_a_dataset_has_are_signed(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    gone = library.ids()[100:]
    library.repository.rm(gone)
    _, _, rows = plan(library)
    assert rows == [100]
    library.repository.restore(gone[:50])
    _, _, rows = plan(library)
    assert rows == [50]
    assert plan(library)[2] == []


def test_without_a_place_to_keep_anything_the_plan_is_the_same(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    (library.folder / ".vault" / "catalogue").write_text("a file where a folder should be")
    found, _, _ = plan(library)
    context = replace(context_of(library), folder=None)
    _, dataset = open_revision(context, None)
    assert plan_duplicates(context, dataset, Comparing()).removed.tolist() == found.removed.tolist()


def test_a_round_with_a_template_is_not_collapsed(library: Library) -> None:
    given(library, corpus(1_500, seed=9), "a.jsonl")
    library.repository.dedupe(yes=True)
    kept = len(library.ids())
    library.repository.commit("one round")
    # 120 words that all of them share, and 12 of their own: 86 % alike.
    own = [" ".join(f"own{number}x{at}" for at in range(12)) for number in range(500)]
    given(library, [f"{INSTRUCTION} {each}" for each in own], "b.jsonl")
    report = library.repository.dedupe()
    assert report.removed == 0
    assert len(library.ids()) == kept + 500


def test_a_few_more_examples_leave_signatures_as_they_are(library: Library) -> None:
    given(library, corpus(1_500, seed=9), "a.jsonl")
    library.repository.dedupe(yes=True)
    for number in range(3):
        given(library, corpus(30, seed=20 + number), f"{number}.jsonl")
        _, _, rows = plan(library)
        assert rows == [30]


def against(
    library: Library, name: str, comparing: Comparing | None = None, containment: int | None = None
) -> tuple[list[int], list[tuple[str, int | None]]]:
    """Return what of the stage matches a version or a file, and which work was done."""
    heard = Heard()
    context = replace(context_of(library), progress=heard)
    _, dataset = open_revision(context, None)
    other = open_reference(context, name)
    found = match_reference(context, dataset, other, comparing or Comparing(), containment)
    return found.found.row.tolist(), heard.work


@pytest.fixture
def versions(library: Library) -> Library:
    """A tagged version of 300 examples, and 150 on the stage of which 50 are new."""
    given(library, TEXTS, "a.jsonl")
    library.repository.commit("one")
    library.repository.tag("v1")
    library.repository.rm(library.ids()[100:])
    given(library, [f"{each} or so" for each in TEXTS[150:200]], "b.jsonl")
    return library


def test_what_is_compared_with_a_version_again_is_neither_read_nor_signed(
    versions: Library, signed: list[int]
) -> None:
    first, work = against(versions, "v1")
    assert sum(each >= 0 for each in first) > 120
    assert signed == [150, 200]  # a hundred are in both
    assert [total for what, total in work if what == "reading"] == [150, 200]
    signed.clear()
    again, work = against(versions, "v1")
    assert (again, work, signed) == (first, [], [])
    # Another part of the same versions, and a threshold with other bands.
    against(versions, "v1", Comparing(on=Part.RESPONSE))
    signed.clear()
    assert against(versions, "v1", Comparing(on=Part.RESPONSE))[1] == []
    against(versions, "v1", Comparing(threshold=0.6))
    assert signed == []


def test_what_dedupe_signed_is_not_signed_to_compare_with_a_version(
    versions: Library, signed: list[int]
) -> None:
    plan(versions)
    signed.clear()
    _, work = against(versions, "v1")
    # The stage is known, and so are those of its examples that the version has.
    assert sum(signed) == 200
    assert [total for what, total in work if what == "reading"] == [200]
    signed.clear()
    assert plan(versions)[2] == []
    assert signed == []


def test_a_file_is_signed_each_time_and_the_stage_once(
    versions: Library, signed: list[int]
) -> None:
    path = versions.write("eval.jsonl", [chat("why", each) for each in TEXTS[:30]])
    against(versions, path)
    kept = files(versions)
    signed.clear()
    against(versions, path)
    assert signed == [len(set(TEXTS[:30]))]
    assert files(versions) == kept


def test_runs_of_words_and_equal_conversations_need_no_signature(
    versions: Library, signed: list[int]
) -> None:
    found, _ = against(versions, "v1", containment=13)
    assert sum(each >= 0 for each in found) == 150
    _, work = against(versions, "v1", Comparing(exact=True))
    assert (work, signed) == ([], [])


def held(library: Library, *, keep: bool = True) -> list[list[int]]:
    """Return what the minhashes of the stage hold."""
    context = context_of(library) if keep else replace(context_of(library), folder=None)
    _, dataset = open_revision(context, None)
    return [each.hashvalues.tolist() for each in minhashes(context, dataset, dataset.keys())]


def test_minhashes_are_kept_and_the_same(library: Library, signed: list[int]) -> None:
    given(library, TEXTS[:100], "a.jsonl")
    library.write("raw.jsonl", [{"raw": 1}])
    library.run("raw.jsonl")
    wanted = held(library, keep=False)
    assert len(wanted) == 101
    assert wanted[-1] == [0xFFFF_FFFF] * 128
    signed.clear()
    assert held(library) == wanted
    assert held(library) == wanted
    assert signed == [101]
    given(library, TEXTS[100:120], "b.jsonl")
    assert held(library)[:101] == wanted
    assert signed == [101, 20]


def test_minhashes_are_the_signatures_that_count_what_is_shared(
    library: Library, signed: list[int]
) -> None:
    given(library, [f"{INSTRUCTION} {each}" for each in TEXTS], "a.jsonl")
    wanted = held(library, keep=False)
    signed.clear()
    plan(library, Comparing(count_shared=True))
    assert held(library) == wanted
    assert signed == [300]
    # Where what many share is left out the signatures are others.
    plan(library)
    assert signed == [300, 300]
    assert held(library) == wanted
    assert signed == [300, 300]


def test_to_change_a_minhash_changes_nothing_that_is_kept(library: Library) -> None:
    given(library, TEXTS[:20], "a.jsonl")
    wanted = held(library)
    for _ in range(2):
        snapshot = library.repository.snapshot("STAGE")
        some = snapshot[5:9].minhashes()
        assert [each.hashvalues.tolist() for each in some] == wanted[5:9]
        for each in some:
            each.update(7)
    assert held(library) == wanted


def test_an_emptied_stage_has_no_minhashes(library: Library) -> None:
    assert held(library) == []


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts were signed, each time that some were."""
    counts: list[int] = []

    def counting(texts: Texts, **options: Any) -> Signed:
        counts.append(len(texts))
        return sign(texts, **options)

    for module in (cached_signatures, reference):
        monkeypatch.setattr(module, "sign", counting)
    return counts


def files(library: Library) -> list[Path]:
    return sorted((library.folder / ".vault" / "catalogue").rglob("*.arrays"))


def test_what_is_kept_of_chunks_that_are_gone_is_forgotten(library: Library) -> None:
    given(library, TEXTS, "a.jsonl")
    plan(library)
    before = files(library)
    chunk = next(each.stem for each in before if is_digest(each.stem))
    context = context_of(library)
    forget_unused(context)
    assert files(library) == before
    context.store.delete(Digest(chunk))
    forget_unused(context)
    left = files(library)
    assert left
    assert left == [each for each in before if each.stem != chunk]


def test_an_emptied_stage_has_no_duplicates_whatever_is_kept(library: Library) -> None:
    library.write("a.jsonl", [chat(text) for text in TEXTS])
    library.run("a.jsonl")
    assert library.repository.dedupe(dry_run=True, yes=True).near > 0
    library.repository.discard()
    assert library.repository.dedupe(dry_run=True).examples == 0
