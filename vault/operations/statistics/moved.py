"""What moved between two versions: fields by how far their distributions are apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vault.dataset.comparing.count_by_field import ABSENT
from vault.objects.labels.label_name import shown_value
from vault.operations.statistics.figures import DISTRIBUTED, Figures
from vault.presentation.quantities import range_text

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MovedField:
    """How far a field moved: the Jensen-Shannon distance of its values, from 0 to 1.

    `value` is that whose share moved most, from `old_share` to `new_share`; of turns and tokens it
    is a bin, such as `96 to 127`.
    """

    field: str
    distance: float
    value: str
    old_share: float
    new_share: float


def moved_fields(
    old: Figures, new: Figures, further: tuple[str, Counts, Counts] | None = None
) -> tuple[MovedField, ...]:
    """Return every field that either side has, the one that moved most first.

    `further` is a field with its counts on both sides. Nothing where a side has no examples.
    """
    if not old.examples or not new.examples:
        return ()
    before, after = _distributions(old), _distributions(new)
    if further is not None:
        before[further[0]], after[further[0]] = further[1:]
    found = []
    for field in dict.fromkeys([*before, *after]):
        pair = before.get(field, {}), after.get(field, {})
        if not any(pair):
            continue
        # A field that only one side has: on the other all examples are without.
        sides = [own or {ABSENT: all_.examples} for own, all_ in zip(pair, (old, new), strict=True)]
        found.append(_moved(field, *sides))
    found.sort(key=lambda each: (-each.distance, each.field))
    return tuple(found)


def _moved(field: str, old: Counts, new: Counts) -> MovedField:
    from vault.statistics.divergence import jensen_shannon_distance

    all_old, all_new = sum(old.values()), sum(new.values())
    shares = {
        value: (old.get(value, 0) / all_old, new.get(value, 0) / all_new)
        for value in dict.fromkeys([*new, *old])
    }
    change = {value: round(after - before, 12) for value, (before, after) in shares.items()}
    # Of two values one rises as the other falls: then the one that rose.
    most = max(shares, key=lambda value: (abs(change[value]), change[value]))
    distance = jensen_shannon_distance(old, new)
    return MovedField(field, 0.0 if distance is None else distance, most, *shares[most])


def _distributions(figures: Figures) -> dict[str, Counts]:
    """Return the counts of each field of some examples, by the name that `--by` takes."""
    found: dict[str, Counts] = {
        "kind": figures.kinds,
        "source": figures.sources,
        "round": figures.rounds,
        "origin": figures.runs,
        "origin.model": figures.models,
        "split": figures.splits,
    }
    for name in DISTRIBUTED:
        bins = figures.histograms[name]
        found[name] = {range_text(each.least, each.most): each.examples for each in bins}
    found.update(_labels(figures))
    if figures.roles is not None:
        found["roles"] = figures.roles
    if figures.tools is not None:
        found["tools"] = figures.tools.names
    return found


def _labels(figures: Figures) -> Iterator[tuple[str, Counts]]:
    counts: dict[str, dict[str, int]] = {}
    for each in figures.labels:
        own = counts.setdefault(each.name, {})
        value = shown_value(each.value)
        own[value] = own.get(value, 0) + each.count
    for name, own in counts.items():
        without = figures.examples - sum(own.values())
        yield f"labels.{name}", {**own, ABSENT: without} if without else own
