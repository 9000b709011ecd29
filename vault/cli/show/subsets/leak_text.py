"""Leaks as text: which examples of one side another side gives away, and what was compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vault.cli.show.duplicate_text import share_text
from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.splitting.leak_report import Leak, LeakItem, LeakReport

_EVERY = "the examples"


def report_lines(report: LeakReport, verbose: bool) -> Iterator[str]:
    """Yield the leaks of each kind with their examples, then what was compared."""
    for leak in report.leaks:
        yield paint(f"{leak.kind}: {_headline(leak)}", bold=True)
        for item in leak.items:
            yield from _item(leak, item, verbose)
        if len(leak.items) < leak.examples:
            yield f"  … and {leak.examples - len(leak.items):,} more"
        yield ""
    yield from _checked(report)


def next_step(report: LeakReport) -> str | None:
    """Return what can be typed next, or None where nothing leaks."""
    for leak in report.leaks:
        if leak.items:
            item = leak.items[0]
            a = short_id(item.a)
            return (
                f"`vault show {a}` shows where {short_id(item.b)} is, `vault rm {a}` takes it out"
            )
    return None


def _headline(leak: Leak) -> str:
    other = "one of the examples" if leak.a is None else f"one in {escape(leak.a)}"
    is_one = leak.examples == 1
    examples = plural(leak.examples, "example")
    match leak.kind:
        case "seed":
            first = "" if leak.a is None else f" of {escape(leak.a)}"
            verb = "was" if is_one else "were"
            return f"{examples}{first} {verb} generated from {escape(leak.b)}"
        case "example":
            what = f"{'is' if is_one else 'are'} the same as {other}"
        case "conversation":
            what = f"{'has' if is_one else 'have'} the conversation of {other}"
        case "prompt":
            what = f"{'has' if is_one else 'have'} the prompt of {other}, with another answer"
        case "near-duplicate":
            what = f"{'is' if is_one else 'are'} nearly the same as {other}"
        case _:
            what = f"{'asks' if is_one else 'ask'} what {other} holds"
    return f"{examples} of {escape(leak.b)} {what}"


def _item(leak: Leak, item: LeakItem, verbose: bool) -> Iterator[str]:
    a, b = (paint(short_id(each, verbose), "yellow") for each in (item.a, item.b))
    match leak.kind:
        case "near-duplicate":
            how = f"{share_text(item.similarity or 0.0)} like {a}"
        case "contamination":
            long = ", with 13 words in a row" if item.long_run else ""
            how = f"{share_text(item.coverage or 0.0)} covered by {a}{long}"
        case "seed":
            how = f"seed of {a}"
        case "prompt":
            how = f"asked by {a}"
        case _:
            how = f"same as {a}"
    yield f"  {b}  {how}"
    if item.excerpt:
        yield f"    {paint(shorten(item.excerpt, max(20, terminal_width() - 4)), dim=True)}"


def _checked(report: LeakReport) -> Iterator[str]:
    checked = report.checked
    sides = [f"{escape(name)} ({count:,})" for name, count in checked.sides.items()]
    sets = [f"{escape(each.name)} ({each.examples:,})" for each in checked.against]
    if len(sides) > 1:
        found = _found(report, list(checked.sides))
        yield f"{found} between {_listed(sides)}"
    if sets:
        first = sides[0] if sides else f"{_EVERY} ({checked.examples:,})"
        found = _found(report, [each.name for each in checked.against])
        yield f"{found} between {first} and {_listed(sets)}"
    questions = plural(checked.questions, "question")
    near = share_text(checked.threshold)
    yield f"searched for {questions}; near-duplicates are at least {near} alike"
    yield from _not_compared(report)


def _found(report: LeakReport, names: Sequence[str]) -> str:
    return "leaks" if any(leak.b in names for leak in report.leaks) else "no leaks"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _not_compared(report: LeakReport) -> Iterator[str]:
    told = report.checked.not_compared
    reasons = (
        (told.unassigned, "on no side: not checked"),
        (told.without_text, "raw or without text: compared by id alone"),
        (told.without_question, "without a question: not searched for"),
        (told.only_shared_text, "asking nothing but what many prompts hold: not searched for"),
    )
    for count, reason in reasons:
        if count:
            yield f"{plural(count, 'example')} {reason}"
