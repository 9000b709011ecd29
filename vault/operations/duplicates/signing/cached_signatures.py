"""Signatures and band keys of the rows of chunks: kept in the catalogue, made where they lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xxhash

from vault.catalogue.index.array_files import Arrays
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.kept_columns import ChunkColumns, Make, Parted
from vault.dedupe.bands import BandKeys, BandPlan, band_keys
from vault.dedupe.scratch import Scratch
from vault.dedupe.signatures import Before, Signable, Signed, sign
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes

GROUP = "duplicates"
METHOD = 2
"""The version of how texts are read, signed and compared: what another one kept is not used."""

_TURNED_AT_ONCE = 1 << 14
_COLUMNS = ("identity", "own", "minima")


def name_of_part(part: Part) -> str:
    """Return the group of what is kept of a part of conversations."""
    return f"{GROUP}/{METHOD}-{part}"


def name_without(part: Part, without: Hashes) -> str:
    """Return the group of what is kept of a part of conversations, some boilerplate left out."""
    return f"{name_of_part(part)}/without/{xxhash.xxh3_128_hexdigest(without.tobytes())}"


@dataclass(frozen=True, slots=True)
class LessLeftOut:
    """The group that rows are signed in with less left out; `more` is left out now besides."""

    group: str
    more: Hashes

    def signed(self, columns: ChunkColumns) -> dict[str, Parted] | None:
        """Return the columns of signatures there, None unless all rows have them."""
        return columns.kept(_signatures(self.group), _COLUMNS)


def kept_signed(
    columns: ChunkColumns,
    group: str,
    texts: Callable[[Rows], Texts | Signable],
    plan: BandPlan,
    *,
    without: Hashes,
    scratch: Scratch,
    less: LessLeftOut | None = None,
) -> tuple[Signed, Parted]:
    """Return the signatures of rows and their band keys, making and keeping what is not there.

    `texts` is called once with the rows that are not signed, if there are any. What is kept of
    `less` is taken over for the rows that nothing more is left out of.
    """
    signed = kept_signatures(columns, group, texts, without=without, scratch=scratch, less=less)
    return signed, _kept_keys(columns, group, signed, plan, less)


def unsigned(columns: ChunkColumns, group: str) -> Rows:
    """Return the rows that are not signed, ordered by chunk."""
    return columns.lacking(_signatures(group), _COLUMNS)


def kept_signatures(
    columns: ChunkColumns,
    group: str,
    texts: Callable[[Rows], Texts | Signable],
    *,
    without: Hashes,
    scratch: Scratch,
    less: LessLeftOut | None = None,
) -> Signed:
    """Return the signatures of rows, making and keeping those that are not there."""

    def before(rows: Rows) -> Before | None:
        kept = None if less is None else less.signed(columns)
        if less is None or kept is None:
            return None
        own = Signed(kept["minima"].of(rows), kept["identity"][rows], kept["own"][rows])
        return Before(own, less.more)

    def make(rows: Rows) -> Arrays:
        made = sign(texts(rows), without=without, before=before(rows), scratch=scratch)
        every = np.arange(len(rows))
        minima = made.minima if isinstance(made.minima, np.ndarray) else made.minima[every]
        return {"identity": made.identity, "own": made.own, "minima": minima}

    found = signatures_by(columns, group, make)
    return Signed(found["minima"], found["identity"].whole(), found["own"].whole())


def signatures_by(columns: ChunkColumns, group: str, make: Make) -> dict[str, Parted]:
    """Return the columns of signatures: `identity`, `own` and `minima`."""
    return columns.columns(_signatures(group), _COLUMNS, make)


def _signatures(group: str) -> str:
    return f"{group}/signatures"


def _kept_keys(
    columns: ChunkColumns, group: str, signed: Signed, plan: BandPlan, less: LessLeftOut | None
) -> Parted:
    """Return the band keys of signatures, a row for each, making those that are not there."""

    def make(rows: Rows) -> Arrays:
        signed_before = keys_before = None
        if less is not None:
            signed_before = less.signed(columns)
            keys_before = columns.kept(_bands(less.group, plan), ("keys",))
        if signed_before is None or keys_before is None:
            return {"keys": band_keys(signed.minima, plan, rows).T}
        keys = keys_before["keys"][rows]
        changed = np.flatnonzero(signed.own[rows] != signed_before["own"][rows])
        keys[changed] = band_keys(signed.minima, plan, rows[changed]).T
        return {"keys": keys}

    return keys_by(columns, group, plan, make)


def keys_by(columns: ChunkColumns, group: str, plan: BandPlan, make: Make) -> Parted:
    """Return the column of band keys, a row for each example."""
    return columns.columns(_bands(group, plan), ("keys",), make)["keys"]


def _bands(group: str, plan: BandPlan) -> str:
    return f"{group}/bands-{plan.bands}x{plan.minima}"


def turned(kept: Parted, count: int, bands: slice) -> BandKeys:
    """Return some of the bands of `count` rows, a row for each band."""
    first, last = bands.start, bands.stop
    keys = np.empty((last - first, count), np.uint32)
    for at in range(0, count, _TURNED_AT_ONCE):
        rows = np.arange(at, min(at + _TURNED_AT_ONCE, count))
        keys[:, at : at + len(rows)] = kept[rows][:, bands].T
    return keys
