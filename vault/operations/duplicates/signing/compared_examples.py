"""What examples are compared by, kept in the catalogue: a round costs its own examples.

Three things are kept. Of each row of a chunk, for a part of conversations: a hash of the text, the
number of its short answer, and for a boilerplate its signature and band keys. Of a part: the texts
that shingles are counted in. Of a boilerplate: which pairs were compared, and at a threshold which
are candidates. All of it can be made again from the records and changes no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles, Arrays
from vault.dataset.reading.compared_texts import DIGEST_BYTES, Held, Part
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.kept_columns import ChunkColumns, Parted
from vault.dedupe.bands import BandPlan
from vault.dedupe.boilerplate import NONE_COUNTED, NOTHING, SAMPLE, Counted, sampled_rows
from vault.dedupe.comparisons import NOTHING_VERIFIED, Verified
from vault.dedupe.engine import Engine
from vault.dedupe.near import Apart, Known, NearDuplicates
from vault.dedupe.scratch import Scratch
from vault.dedupe.settled import Settled
from vault.dedupe.shingles import Shingles, mix
from vault.dedupe.signatures import Signed
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.digest import Digest, is_digest
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.cached_signatures import (
    GROUP,
    LessLeftOut,
    kept_signed,
    name_of_part,
    name_without,
)
from vault.operations.duplicates.signing.signing_work import ExampleWork, has
from vault.session.context import Context

MOST_KEPT = 4
"""Boilerplates that signatures are kept for, of each part: those used last."""

SETTLED = "settled"
"""What the candidates of `dedupe` are kept as."""

_MOST_VERIFIED = 1 << 22


def array_files(context: Context) -> ArrayFiles:
    """Return where a repository keeps arrays: nowhere if it has no folder.

    What is read there raises Corrupt (`foreign-file`) where links stand in the place of files.
    """
    return ArrayFiles.of_repository(context.folder)


def forget_unused(context: Context) -> None:
    """Forget what is kept of chunks that are gone, and what was set aside: for `gc`."""
    files = array_files(context)
    for name in files.names(GROUP):
        last = name.rpartition("/")[2]
        if is_digest(last) and not context.store.has(Digest(last)):
            files.delete(name)
    files.sweep(GROUP)


@dataclass(frozen=True, slots=True)
class ComparisonKey:
    """Settings that determine the outcome of a comparison, together with the examples."""

    without: Hashes
    apart: Apart
    threshold: float
    kept_as: str


@dataclass(frozen=True, slots=True)
class ComparedExamples:
    """What the rows of a dataset are compared by.

    `hashes` are those of their texts, `answers` the numbers of short answers, `held` the bits of
    `Held` of each; `media` and `tools` numbers of their media and declared tools, 0 for none.
    `prompts_and_answers` are numbers that differ where the text or its answer does: the same text
    may be cut elsewhere into the two, and where prompts are compared it is without the answer.
    """

    hashes: Hashes
    answers: Hashes
    held: NDArray[np.uint8]
    media: Hashes
    tools: Hashes
    prompts_and_answers: Hashes
    _digests: Parted
    _columns: ChunkColumns
    _part: Part
    _work: ExampleWork
    _sample: str = "counted"

    @property
    def is_filled(self) -> NDArray[np.bool_]:
        """Which examples have a text that is not empty."""
        return has(self.held, Held.TEXT)

    def digests(self, rows: Rows) -> NDArray[np.uint8]:
        """Return the digests of rows: of their conversations, or of the part that is compared."""
        return self._digests[rows].reshape(-1, DIGEST_BYTES)

    def counted(self) -> Counted:
        """Return the sample of the texts that shingles are counted in; reads those not kept."""
        name = f"{name_of_part(self._part)}/{self._sample}"
        rows = sampled_rows(self.hashes)
        wanted = self.hashes[rows]
        kept = _counted_of(self._columns.files.read(name))
        if not np.isin(wanted, kept.hash).all():
            # Twice as many as are counted, so that none need be read again when examples leave.
            rows = sampled_rows(self.hashes, 2 * SAMPLE)
            hashes = self.hashes[rows]
            kept = kept.only(hashes)
            fresh = np.flatnonzero(~np.isin(hashes, kept.hash))
            kept = kept.and_more(self._work.count(rows[fresh], hashes[fresh]))
            self._columns.files.write(name, _arrays_of(kept))
        return kept.only(wanted)

    @property
    def part(self) -> Part:
        """Which part of conversations is compared."""
        return self._part

    def templates(self, without: Hashes) -> Mapping[int, Hashes]:
        """Return the template of each cluster that was looked at by its number, perhaps empty."""
        kept = self._columns.files.read(self._name_of_templates(without))
        if kept is None:
            return {}
        shingles = np.split(kept["shingle"], np.cumsum(kept["size"])[:-1])
        return dict(zip(kept["cluster"].tolist(), shingles, strict=True))

    def read_templates(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return the template of each cluster of rows, read from its examples. Raises Corrupt."""
        return self._work.templates(clusters, without)

    def keep_templates(self, without: Hashes, found: Mapping[int, Hashes]) -> None:
        """Keep the templates of clusters, in place of others."""
        arrays = {
            "cluster": np.fromiter(found, np.uint64, len(found)),
            "size": np.fromiter(map(len, found.values()), np.int64, len(found)),
            "shingle": np.concatenate([NOTHING, *found.values()]),
        }
        self._columns.files.write(self._name_of_templates(without), arrays)

    def left_out_in_the_end(self, key: ComparisonKey) -> Hashes | None:
        """Return all that was left out when the same examples were compared so, if they were."""
        kept = self._columns.files.read(self._name_of_end(key))
        if kept is None or not np.array_equal(kept["fingerprint"], self._fingerprint(key)):
            return None
        return kept["shingle"]

    def keep_left_out(self, key: ComparisonKey, left_out: Hashes) -> None:
        """Keep all that was left out in the end: another time begins there."""
        arrays = {"fingerprint": self._fingerprint(key), "shingle": left_out}
        self._columns.files.write(self._name_of_end(key), arrays)

    def _name_of_end(self, key: ComparisonKey) -> str:
        return f"{name_of_part(self._part)}/{key.kept_as}-{key.threshold!r}-left-out"

    def _fingerprint(self, key: ComparisonKey) -> Hashes:
        arrays = (self.prompts_and_answers, key.apart.answers, key.apart.within, key.without)
        hashed = xxhash.xxh3_128()
        for each in arrays:
            hashed.update(b"-" if each is None else b"%d " % len(each) + each.tobytes())
        return np.frombuffer(hashed.digest(), np.uint64)

    def _name_of_templates(self, without: Hashes) -> str:
        return f"{name_without(self._part, without)}/templates"

    def engine(self, without: Hashes, threshold: float, before: Hashes | None = None) -> Engine:
        """Return what compares the examples, some boilerplate left out; signs those that are new.

        `before` is what was left out when the examples were compared last, all of it among
        `without`. Raises Corrupt, StorageFailed.
        """
        group = name_without(self._part, without)
        less = None
        if before is not None:
            more = np.setdiff1d(without, before, assume_unique=True)
            less = LessLeftOut(name_without(self._part, before), more)
        # While the texts are at hand: a later round needs their sample.
        found = self._work.engine(self._columns, group, without, threshold, self.counted, less)
        self._columns.files.keep_newest(group, MOST_KEPT)
        return found

    def signed(
        self, texts: Callable[[Rows], Texts], without: Hashes, plan: BandPlan, scratch: Scratch
    ) -> tuple[Signed, Parted]:
        """Return the signatures and band keys of the examples, some boilerplate left out.

        `texts` is called once with the rows that are not signed, if there are any. Raises Corrupt,
        StorageFailed.
        """
        group, columns = name_without(self._part, without), self._columns
        signed, keys = kept_signed(columns, group, texts, plan, without=without, scratch=scratch)
        columns.files.keep_newest(group, MOST_KEPT)
        return signed, keys

    def known(self, without: Hashes, threshold: float, kept_as: str = SETTLED) -> Known:
        """Return what is known of the examples from before; candidates were kept under a name."""
        group, files = name_without(self._part, without), self._columns.files
        verified = files.read(f"{group}/verified")
        settled = files.read(f"{group}/{kept_as}-{threshold!r}")
        return Known(
            None,
            None if settled is None else _settled_of(settled),
            NOTHING_VERIFIED if verified is None else _verified_of(verified),
        )

    def keep(
        self, found: NearDuplicates, before: Known, threshold: float, kept_as: str = SETTLED
    ) -> None:
        """Keep what was found out, for another time, the candidates under a name."""
        group, files = name_without(self._part, found.boilerplate), self._columns.files
        if before.settled is None or not _are_same(before.settled, found.settled):
            files.write(f"{group}/{kept_as}-{threshold!r}", _arrays_of(found.settled))
        every = found.comparisons.verified()
        if found.comparisons.is_more_known or len(every.pair) > len(before.verified.pair):
            # Pairs are ordered by a hash: the first ones are any.
            some = Verified(every.pair[:_MOST_VERIFIED], every.similarity[:_MOST_VERIFIED])
            files.write(f"{group}/verified", _arrays_of(some))


class Sampled(Protocol):
    """Texts that shingles can be counted in."""

    @property
    def hashes(self) -> Hashes:
        """The hashes of all of them."""
        ...

    def counted(self) -> Counted:
        """Return a sample of them."""
        ...


def counted_together(one: Sampled, other: Sampled) -> Counted:
    """Return the sample of the texts of both that shingles are counted in.

    A text of it has one of the smallest hashes of all, so of its own side as well.
    """
    hashes = np.concatenate([one.hashes, other.hashes])
    wanted = hashes[sampled_rows(hashes)]
    found, more = one.counted().only(wanted), other.counted().only(wanted)
    return found.and_more(more.only(np.setdiff1d(more.hash, found.hash, assume_unique=True)))


def read_compared_examples(
    context: Context,
    dataset: Dataset,
    keys: RowKeys,
    part: Part,
    work: ExampleWork,
    *,
    files: ArrayFiles | None = None,
    sample: str = "counted",
) -> ComparedExamples:
    """Return what rows are compared by; `work` reads the records of those that nothing is kept of.

    What is made is kept in `files`, those of the repository if that is None; the texts that
    shingles are counted in under the name of `sample`, which has room for one dataset at a time.
    Raises Corrupt, StorageFailed.
    """
    columns = ChunkColumns(array_files(context) if files is None else files, dataset, keys)
    names = ("hash", "answer", "held", "digest", "media", "tools", "given")
    found = columns.columns(f"{name_of_part(part)}/texts", names, work.read)
    hashes = found["hash"].whole()
    return ComparedExamples(
        hashes,
        found["answer"].whole(),
        found["held"].whole().astype(np.uint8, copy=False),
        found["media"].whole(),
        found["tools"].whole(),
        mix(hashes + mix(found["given"].whole())),
        found["digest"],
        columns,
        part,
        work,
        sample,
    )


def _arrays_of(value: Counted | Settled | Verified) -> Arrays:
    result: dict[str, NDArray[Any]] = {}
    for each in fields(value):
        held = getattr(value, each.name)
        if isinstance(held, Shingles):
            result["shingles"], result["offsets"] = held.hashes, held.offsets
        else:
            result[each.name] = held
    return result


def _counted_of(arrays: Arrays | None) -> Counted:
    if arrays is None:
        return NONE_COUNTED
    sets = Shingles(arrays["shingles"], arrays["offsets"])
    return Counted(arrays["hash"], arrays["identity"], sets)


def _settled_of(arrays: Arrays) -> Settled:
    return Settled(*(arrays[each.name] for each in fields(Settled)))


def _verified_of(arrays: Arrays) -> Verified:
    return Verified(arrays["pair"], arrays["similarity"])


def _are_same(one: Settled, other: Settled) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)
    )
