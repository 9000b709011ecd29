"""Laws of model runs: what was appended is replayed up to any cut, and damage never passes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from tests.support.model_runs import RUN, about, clock, new_folder, planned, vault_in
from vault.errors import Corrupt, VaultError
from vault.objects.model_run.request import RequestState, RunRow
from vault.objects.model_run.run_object import decode_request, decode_run, encode_run
from vault.store.request_lines import (
    PlannedRequest,
    answered_line,
    decided_line,
    planned_line,
    sent_line,
    state_line,
)
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_answers = st.binary(max_size=12) | _texts.map(str.encode) | st.just(b'} "\n')
_costs = st.none() | st.decimals(0, 99, places=4).map(str)
_numbers = st.integers(1, 5)
_states = st.sampled_from(list(RequestState))
_usage = st.none() | st.builds(
    lambda prompt, known, flag: {
        "prompt": prompt,
        "cached": known,
        "reasoning": None,
        "completion": 1,
        "estimated": flag,
    },
    st.integers(0, 9),
    st.none() | st.integers(0, 9),
    st.booleans(),
)
_bodies = _texts.map(lambda text: '{"t": "' + text.encode("unicode_escape").hex() + '"}')
_lines = st.one_of(
    st.builds(PlannedRequest, _numbers, st.integers(0, 3), _bodies).map(planned_line),
    st.builds(sent_line, _numbers, _costs),
    st.builds(
        answered_line, _numbers, _states, st.none() | _answers, reason=st.none() | _texts,
        usage=_usage, cost=_costs,
    ),
    st.builds(decided_line, _numbers, _states, st.none() | _texts),
    _texts.map(state_line),
)  # fmt: skip
_appends = st.lists(st.lists(_lines, min_size=1, max_size=3), max_size=8)


def seen(ledger: RunLedger) -> Any:
    """Return all that a ledger says."""
    return ledger.state, list(ledger.rows()), ledger.about


def written(vault: Path, appends: list[list[dict[str, Any]]]) -> list[tuple[int, Any]]:
    """Append what a ledger takes; return the size of the journal and its ledger after each line."""
    with new_folder(vault) as folder:
        ledger = RunLedger(folder)
        sizes = [(folder.path / "journal").stat().st_size]
        for lines in [[planned_line(each) for each in planned(1, 2, 3, 4)], *appends]:
            before = seen(ledger)
            try:
                ledger.append(lines)
            except VaultError:
                assert seen(ledger) == before
        with RunFolder.read(vault, RUN) as reading:
            assert seen(RunLedger(reading)) == seen(ledger)
            sizes = [sum(each.place) for each in reading.lines()]
    return [(size, read_back(vault, size)) for size in sizes]


def read_back(vault: Path, size: int, flip: int | None = None) -> Any:
    """Return what a ledger says of a journal of which only some bytes are left."""
    path = vault / "runs" / RUN / "journal"
    whole = path.read_bytes()
    data = bytearray(whole[:size])
    if flip is not None:
        data[flip // 8] ^= 1 << flip % 8
    path.write_bytes(data)
    try:
        with RunFolder.read(vault, RUN) as reading:
            return seen(RunLedger(reading))
    finally:
        path.write_bytes(whole)


@given(appends=_appends, data=st.data())
@share_of_examples(0.25)
def test_a_journal_cut_anywhere_replays_a_prefix(
    appends: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vault = vault_in(Path(folder))
        steps = written(vault, appends)
        cut = data.draw(st.integers(0, steps[-1][0]))
        whole = [said for size, said in steps if size <= cut]
        if not whole:
            with pytest.raises(Corrupt) as damaged:
                read_back(vault, cut)
            assert damaged.value.code == "run-damaged"
            return
        assert read_back(vault, cut) == whole[-1]
        path = vault / "runs" / RUN / "journal"
        path.write_bytes(path.read_bytes()[:cut])
        with RunFolder.open(vault, RUN, clock=clock) as going_on:
            assert going_on.append([state_line("stopped")])[0].number == len(whole) + 1
        with RunFolder.read(vault, RUN) as reading:
            assert seen(RunLedger(reading)) == ("stopped", *whole[-1][1:])


@given(appends=_appends.filter(bool), data=st.data())
@share_of_examples(0.25)
def test_a_flipped_bit_before_the_last_line_is_damage(
    appends: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vault = vault_in(Path(folder))
        sizes = [size for size, _ in written(vault, [[state_line("open")], *appends])]
        # The line feed of the line before the last, too: without it both look like a torn one.
        at = data.draw(st.integers(0, sizes[-2] * 8 - 1) | st.integers(-8, -1)) % (sizes[-2] * 8)
        with pytest.raises(Corrupt) as damaged:
            read_back(vault, sizes[-1], at)
        assert damaged.value.code == "run-damaged"


@given(appends=_appends)
@share_of_examples(0.25)
def test_rows_of_any_ledger_can_be_stored_and_come_back(
    appends: list[list[dict[str, Any]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vault = vault_in(Path(folder))
        written(vault, appends)
        with RunFolder.open(vault, RUN, clock=clock) as going_on:
            ledger = RunLedger.open(going_on)
            data = encode_run(ledger.about, ledger.rows())
            assert decode_run(data) == (ledger.about, list(ledger.rows()))


_rows = st.builds(
    RunRow,
    request=st.integers(1, 2**32 - 1),
    sample=st.integers(0, 2**32 - 1),
    state=st.just("received"),
    body=_bodies,
    answer=_answers,
    usage=_usage,
    cost=_costs,
    origin_id=st.none() | st.binary(min_size=16, max_size=16),
    drawn=st.none() | st.just('{"seeds":[],"values":{}}'),
    examples=st.none() | st.lists(st.just("0" * 32), max_size=3).map(tuple),
)


@share_of_examples(0.5)
@given(st.lists(_rows, max_size=6, unique_by=lambda row: row.request), st.integers(1, 6))
def test_rows_come_back_whole_and_one_by_one(rows: list[RunRow], asked: int) -> None:
    rows = sorted(rows, key=lambda row: row.request)
    data = encode_run(about(), rows)
    assert decode_run(data) == (about(), rows)
    found = {each.request: each for each in rows}
    for number in [asked, *found]:
        assert decode_request(data, number) == found.get(number)
