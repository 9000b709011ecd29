"""Laws of the operation log: whatever becomes of its names, what was told is what is read."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.plain_reader import changed
from tests.support.repositories import INTENT, REPOSITORY
from vault.objects.digest import Digest, digest_of
from vault.objects.log.view import RefName, Run, Tag, View, Workspace, view_to_json
from vault.objects.log.view_change import ViewChange, applied, change_to_json, difference
from vault.store.memory import MemoryBackend
from vault.store.operation_log import OperationLog

digests = st.integers(0, 5).map(lambda n: digest_of(b"%d" % n))
names = st.sampled_from(["a", "b", "c", "round/1"])
# Long messages, so that few names make a view too long to be told whole.
tags = st.builds(Tag, digests, st.none() | st.sampled_from(["x" * 2_500, "y" * 2_500]))
workspaces = st.builds(Workspace, names.map(RefName))
views = st.builds(
    View,
    st.dictionaries(names.map(RefName), digests),
    st.dictionaries(names.map(RefName), tags),
    st.dictionaries(st.just("default"), workspaces),
    st.dictionaries(digests, digests, max_size=2),
    st.dictionaries(
        names, st.builds(Run, st.none() | digests, names, st.tuples(digests)), max_size=2
    ),
    st.dictionaries(names, digests, max_size=2),
)


@given(views, views)
def test_a_difference_leads_there_and_back(old: View, new: View) -> None:
    change = difference(old, new)
    assert applied(old, change) == new
    assert applied(new, ViewChange(change.new, change.old)) == old


@given(views, views)
def test_another_reader_goes_the_same_way(old: View, new: View) -> None:
    assert changed(view_to_json(old), change_to_json(difference(old, new))) == view_to_json(new)


@given(st.lists(views, min_size=1, max_size=12))
def test_the_log_reads_back_every_view(told: list[View]) -> None:
    backend = MemoryBackend()
    log = OperationLog(backend)
    after = None
    for view in told:
        after = log.append(after, view, INTENT, repository=REPOSITORY)
    fresh = OperationLog(backend)
    assert fresh.tip().view == told[-1]
    assert [fresh.read(number).view for number in range(1, len(told) + 1)] == told
    seen: dict[Digest, None] = {}
    for entry in fresh.newest_first():
        seen.update(dict.fromkeys(entry.told.branches.values()))
    wanted: set[Any] = {each for view in told for each in view.branches.values()}
    assert set(seen) == wanted
