"""The README of an export for a trainer: what the files are, for people and for `datasets`.

The same export gives the same bytes: there is no time, no tag and no path of a machine in it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from vault.formats.trainers.output import LOSSES, Column, Loss, OutputFormat
from vault.formats.trainers.trainer import Produced, Trainer, split_word
from vault.operations.exports.rendered_lines import LIST_OF_TEXTS, RenderCounts
from vault.presentation.markdown import inline

if TYPE_CHECKING:
    from vault.operations.exports.mixtures.mixed_rows import PartFigures

_SHOWN = 50
"""Sources that are listed; there may be one for each example."""

_TYPES = {Column.TEXT: "dtype: string", Column.YES_NO: "dtype: bool", Column.JSON: "dtype: json"}


@dataclass(frozen=True, slots=True)
class Card:
    """What the README says. `sides` counts examples by side."""

    trainer: Trainer
    layout: OutputFormat | None
    produced: Produced
    commit: str | None
    fingerprint: str | None
    repository: str | None
    command: str
    sides: Mapping[str, int]
    sources: Mapping[str, int]
    removals: Mapping[str, int]
    unassigned: int
    counts: RenderCounts
    parts: Sequence[PartFigures] = ()


def version_name(digests: Mapping[str, str]) -> str:
    """Return a name that says what is in files, by the digests of all sides: for caches."""
    told = "".join(f"{side} {digest}\n" for side, digest in sorted(digests.items()))
    return f"sha256-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def card_text(card: Card) -> str:
    """Return the text of the README."""
    lines = [*_features(card), f"# Training data for {card.trainer.name}", ""]
    lines += [*_origin(card), "", *_sides(card), "", *_parts(card), *_contents(card), ""]
    usage = card.trainer.usage(card.produced)
    if usage:
        lines += ["## Training", "", usage, ""]
    return "\n".join(lines)


def _features(card: Card) -> Iterator[str]:
    """Yield the head for `datasets`, which would guess otherwise, and add nulls or fail."""
    if card.layout is None or not card.trainer.declares_features:
        return
    yield "---"
    # `datasets` caches by this head alone, not by the files: the name of the configuration changes
    # with them, or an old version would be loaded.
    yield "dataset_info:"
    yield f"  config_name: {card.produced.version}"
    yield "  features:"
    # A column that no record has would be null in all of them.
    columns = {
        name: column
        for name, column in card.layout.columns.items()
        if name not in card.layout.optional or name in card.counts.met
    }
    for name, column in columns.items():
        yield f"  - name: {name}"
        is_json = column is Column.TEXT and not card.counts.is_text(name)
        yield f"    {_TYPES.get(Column.JSON if is_json else column, 'list: json')}"
    for name, types in sorted(card.counts.types.items()):
        yield f"  - name: {json.dumps(name)}"
        yield f"    {_type_told(types, is_text=card.counts.is_text(name))}"
    yield "configs:"
    yield f"- config_name: {card.produced.version}"
    yield "  data_files:"
    for side, name in card.produced.files.items():
        yield f"  - split: {split_word(side)}"
        yield f"    path: {json.dumps(name)}"
    yield "---"
    yield ""


def _type_told(types: Collection[str], *, is_text: bool) -> str:
    (only, *others) = [*types, "json"]
    if only == "string" and not is_text:
        only = "json"
    if only == LIST_OF_TEXTS and others == ["json"]:
        return "list: string"
    return f"dtype: {only if others == ['json'] else 'json'}"


def _origin(card: Card) -> Iterator[str]:
    version = "a stage that was not committed" if card.commit is None else f"`{card.commit}`"
    yield f"- commit: {version}"
    if card.fingerprint is not None:
        yield f"- fingerprint of examples and labels: `{card.fingerprint}`"
    if card.repository is not None:
        yield f"- repository: `{card.repository}`"
    yield f"- layout: {card.produced.layout}"
    yield "- written by:"
    yield ""
    yield f"      {card.command}"


def _sides(card: Card) -> Iterator[str]:
    yield "| file | examples |"
    yield "|---|---|"
    for side, count in card.sides.items():
        yield f"| {inline(card.produced.files[side])} | {count:,} |"
    if card.unassigned:
        yield ""
        yield f"Examples on no side, not written: {card.unassigned:,}."


def _parts(card: Card) -> Iterator[str]:
    if not card.parts:
        return
    yield "Parts of the mixture:"
    yield ""
    yield "| part | written | different examples | out of | tokens, about |"
    yield "|---|---|---|---|---|"
    for each in card.parts:
        numbers = (each.examples, each.distinct, each.available, each.tokens)
        yield f"| {inline(each.name)} | " + " | ".join(f"{number:,}" for number in numbers) + " |"
    yield ""


def _contents(card: Card) -> Iterator[str]:
    yield from _counted("Sources", _most(card.sources))
    yield from _counted("Left out before, by reason", card.removals)
    lost = {LOSSES[each]: card.counts.losses[each] for each in Loss}
    yield from _counted("Not in these files, in so many examples", lost)
    refused = {f"each because {name}": n for name, n in card.counts.unsupported.most_common()}
    yield from _counted("Examples that the layout cannot hold, skipped", refused)
    if card.counts.lines != card.counts.examples and card.counts.lines:
        yield f"The files have {card.counts.lines:,} records, one for each answer to train on."


def _most(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return the first of many counts, and the others as one."""
    if len(counts) <= _SHOWN:
        return counts
    others = [*counts.values()][_SHOWN - 1 :]
    first = dict(islice(counts.items(), _SHOWN - 1))
    return {**first, f"{len(others):,} others": sum(others)}


def _counted(title: str, counts: Mapping[str, int] | Counter[str]) -> Iterator[str]:
    if not any(counts.values()):
        return
    yield f"{title}:"
    yield ""
    for name, count in counts.items():
        if count:
            yield f"- {inline(name)}: {count:,}"
    yield ""
