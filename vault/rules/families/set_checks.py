"""Checks of sets as a whole; `sets` makes rules of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from vault.rules.kernel.rule import shown
from vault.rules.kernel.set_facts import SetPart
from vault.rules.kernel.set_rule import SetFault

_FEWEST = {"openai": 10, "azure": 10, "mistral": 10, "fireworks": 3}
_ADVISED = {"openai": 50, "azure": 50, "gemini": 100}
_MOST = {"gemini": 1_000_000, "fireworks": 3_000_000, "mistral": 10_000_000}
_MOST_BYTES = {
    "openai": 512 * 10**6,
    "azure": 512 * 10**6,
    "gemini": 10**9,
    "mistral": 10 * 10**9,
    "together": 50_100 * 10**6,
}
_LEAST_JUDGED = 50
"""Fewer examples are too few to speak of shares."""

_LEAST_LABELS = 0.9
_MOST_CLASSES = 200
_RARE = 0.1
_RARE_SHOWN = 20
_LEAST_LABELED = 10
_FEW_UNLISTED = 0.05
_LEAST_SPELLED = 5
_LEAST_USUAL = 3
_NO_LETTERS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_MOST_ALIKE = 0.2
_LEAST_OPENINGS = 100
_MOST_LONGER = 0.8
_LEAST_RATIO = 1.2
_LEAST_SIDE = 0.05
_FEW = 0.02


def too_few(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets that a provider refuses as too small."""
    yield from _fewer(facts, target, _FEWEST, "takes no fewer than")


def fewer_than_advised(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets that a provider calls too small to learn from."""
    if len(facts) >= _FEWEST.get(target or "", 0):
        yield from _fewer(facts, target, _ADVISED, "advises at least")


def _fewer(
    facts: SetPart, target: str | None, limits: Mapping[str, int], what: str
) -> Iterator[SetFault]:
    limit = limits.get(target or "", 0)
    if len(facts) < limit:
        yield SetFault(f"{len(facts):,} examples, and {target} {what} {limit:,}")


def too_many(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets that a provider refuses as too large."""
    limit = _MOST.get(target or "")
    if limit is not None and len(facts) > limit:
        yield SetFault(f"{len(facts):,} examples, and {target} takes {limit:,}")


def too_large(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets whose file is larger than a provider takes."""
    limit = _MOST_BYTES.get(target or "")
    if limit is not None and facts.size_bytes > limit:
        megabytes = facts.size_bytes / 10**6
        yield SetFault(f"{megabytes:,.0f} MB of JSON Lines, and {target} takes {limit // 10**6:,}")


def layouts_differ(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets with examples of several layouts."""
    if len(facts.kinds) > 1:
        listed = [f"{count:,} {kind}" for kind, count in facts.kinds.most_common()]
        yield SetFault(f"examples of several layouts: {', '.join(listed)}")


def answers_contradict(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report examples whose question has another short answer elsewhere, the first of each."""
    rows = np.flatnonzero((facts.answers != 0) & (facts.prompts != 0))
    order = rows[np.lexsort((rows, facts.answers[rows], facts.prompts[rows]))]
    prompts, answers = facts.prompts[order], facts.answers[order]
    is_answer = np.ones(len(order), np.bool_)
    is_answer[1:] = (prompts[1:] != prompts[:-1]) | (answers[1:] != answers[:-1])
    _, group, counts = np.unique(prompts[is_answer], return_inverse=True, return_counts=True)
    differs = counts[group] > 1
    for at, others in sorted(
        zip(order[is_answer][differs].tolist(), (counts[group][differs] - 1).tolist(), strict=True)
    ):
        said = facts.texts.get(int(facts.answers[at]))
        what = "the answer here" if said is None else shown(said)
        more = "another answer" if others == 1 else f"{others:,} other answers"
        yield SetFault(f"{what}, and the same question has {more} elsewhere", at)


def rare_classes(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report labels that are much rarer than others, where nearly all answers are labels."""
    labels = facts.answers[facts.answers != 0]
    if len(labels) < max(_LEAST_JUDGED, _LEAST_LABELS * len(facts)):
        return
    values, counts = np.unique(labels, return_counts=True)
    # Numbers and names are short answers too, and no classes.
    if not 1 < len(values) <= min(_MOST_CLASSES, len(labels) // 10):
        return
    even = len(labels) / len(values)
    rare = [at for at in np.argsort(counts, kind="stable").tolist() if counts[at] < _RARE * even]
    for at in rare[:_RARE_SHOWN]:
        first = int(np.argmax(facts.answers == values[at]))
        said = facts.texts.get(int(values[at]))
        what = "the answer here" if said is None else shown(said)
        times = "once" if counts[at] == 1 else f"{counts[at]:,} times"
        share = f"an even share of {len(values):,} answers would be {even:,.0f}"
        yield SetFault(f"{what} occurs {times}, and {share}", first)


def near_labels(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report labels that are written as others are, but for a letter, a sign or their case."""
    counts = _labels(facts)
    if not counts:
        return
    names = {number: facts.texts.get(number) for number in counts}
    by_count = sorted(counts, key=lambda number: (-counts[number], names[number] or ""))
    for at, rarer in enumerate(by_count):
        spelled = names[rarer]
        for other in by_count[:at] if spelled is not None else ():
            usual = names[other]
            if (
                usual is not None
                and spelled is not None
                and _is_near(usual, spelled, counts[other])
            ):
                told = f"{shown(spelled)} occurs {_times(counts[rarer])}, and {shown(usual)}"
                rows = np.flatnonzero(facts.spellings == rarer)[:_RARE_SHOWN]
                for row in rows.tolist():
                    yield SetFault(f"{told} {_times(counts[other])}", row)
                break


def unlisted_labels(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report labels that are not among those that the prompt lists, where nearly all are."""
    if not _labels(facts):
        return
    is_label = facts.answers != 0
    strange = np.flatnonzero(is_label & ~facts.offered)
    if not 0 < len(strange) <= _FEW_UNLISTED * np.count_nonzero(is_label):
        return
    for row in strange.tolist():
        said = facts.texts.get(int(facts.spellings[row]))
        what = "the answer here" if said is None else shown(said)
        listed = _share(int(np.count_nonzero(is_label)) - len(strange), len(facts))
        yield SetFault(f"{what} is not in the prompt, as {listed} labels are", row)


def _labels(facts: SetPart) -> dict[int, int]:
    """Return how often each label is spelled so; empty where most answers are no labels."""
    spellings = facts.spellings[facts.spellings != 0]
    if len(spellings) < max(_LEAST_LABELED, _LEAST_LABELS * len(facts)):
        return {}
    values, counts = np.unique(spellings, return_counts=True)
    if not 1 < len(values) <= min(_MOST_CLASSES, max(2, len(spellings) // 3)):
        return {}
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _is_near(usual: str, rarer: str, count: int) -> bool:
    one, other = (_NO_LETTERS.sub("", each.casefold()) for each in (usual, rarer))
    if one == other and one:
        return True
    # Numbers that differ mean something else; so do short words, and those with "un" before.
    if min(len(one), len(other)) < _LEAST_SPELLED or count < _LEAST_USUAL or one[:1] != other[:1]:
        return False
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    return _is_one_slip(one, other)


def _is_one_slip(one: str, other: str) -> bool:
    """Tell whether a letter was left out, added, exchanged, or two of them changed places."""
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if first is None:
        return abs(len(one) - len(other)) == 1
    rest, others = one[first:], other[first:]
    return (
        rest[1:] == others[1:]
        or rest[1:] == others
        or rest == others[1:]
        or (rest[:2] == others[1::-1] and rest[2:] == others[2:])
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def opening_repeated(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report first words that a large share of the long answers begin with."""
    openings = facts.openings[facts.openings != 0]
    if len(openings) < _LEAST_OPENINGS:
        return
    values, counts = np.unique(openings, return_counts=True)
    for at in np.argsort(-counts, kind="stable").tolist():
        if counts[at] < _MOST_ALIKE * len(openings):
            return
        first = int(np.argmax(facts.openings == values[at]))
        said = shown(facts.texts.get(int(values[at]), ""))
        yield SetFault(f"{_share(int(counts[at]), len(openings))} long answers begin {said}", first)


def instructions_sometimes(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report sets in which some examples have a system message and a good part has none."""
    count = facts.with_instruction + facts.without_instruction
    fewer = min(facts.with_instruction, facts.without_instruction)
    if count >= _LEAST_JUDGED and fewer >= max(1, _FEW * count):
        yield SetFault(
            f"{facts.with_instruction:,} examples have a system message, and "
            f"{facts.without_instruction:,} have none"
        )


def chosen_longer(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report pairs that differ in length before all."""
    pairs = facts.pairs
    if (
        pairs.pairs >= _LEAST_JUDGED
        and pairs.chosen_longer > _MOST_LONGER * pairs.pairs
        and pairs.chosen_chars > _LEAST_RATIO * pairs.rejected_chars
    ):
        chosen, rejected = (
            round(side / pairs.pairs) for side in (pairs.chosen_chars, pairs.rejected_chars)
        )
        yield SetFault(
            f"the chosen side is longer in {_share(pairs.chosen_longer, pairs.pairs)} pairs: "
            f"{chosen:,} characters on average, and the rejected one {rejected:,}"
        )


def verdicts_one_sided(facts: SetPart, target: str | None) -> Iterator[SetFault]:
    """Report verdicts that are nearly all the same."""
    good, bad = facts.verdicts[True], facts.verdicts[False]
    if good + bad >= _LEAST_JUDGED and min(good, bad) < _LEAST_SIDE * (good + bad):
        yield SetFault(f"{good:,} verdicts are good and {bad:,} are bad")


def _share(count: int, whole: int) -> str:
    return f"{count:,} of {whole:,} ({count / whole:.0%})"
