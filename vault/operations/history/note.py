"""`note`: facts about a commit that arrive later, beside it and not in its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vault.errors import Conflict, InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.objects.log.view import View
from vault.objects.note import Fact, decode_note, encode_note
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.recording import record, writing
from vault.session.revisions import resolve

_MOST_KEY = 100


@dataclass(frozen=True, slots=True)
class NotedFact:
    """One fact about a commit: who noted it, and when."""

    key: str
    value: str
    author: str
    time: str


@dataclass(frozen=True, slots=True)
class NoteReport(Displayed):
    """All that is noted of a commit, by key."""

    commit: Digest
    items: tuple[NotedFact, ...]


def note(
    context: Context, revision: str, facts: Mapping[str, str], *, remove: Sequence[str] = ()
) -> NoteReport:
    """Note facts about a commit, and take those named by `remove` off it; with neither, list them.

    A key that is noted already gets the new value. Raises NotFound (`revision-not-found`,
    `note-not-found`), InvalidInput (`commit-needed`, `note-invalid`), Conflict (`note-foreign`).
    """
    for key, value in facts.items():
        _check(key, value)
    if not facts and not remove:
        view = context.log.tip().view
        commit = _commit(context, view, revision)
        return _report(commit, _facts(context, view, commit))

    def change(view: View) -> tuple[View, NoteReport]:
        commit = _commit(context, view, revision)
        known = _facts(context, view, commit)
        for key in remove:
            if known.pop(key, None) is None:
                raise NotFound(
                    f'"{key}" is not noted of {commit[:12]}',
                    code="note-not-found",
                    hint=f"`vault note {revision}` lists what is",
                )
        known = _with(context, known, facts)
        return _noted(context, view, commit, known), _report(commit, known)

    with writing(context):
        return record(context, change)


def with_facts(context: Context, view: View, commit: Digest, facts: Mapping[str, str]) -> View:
    """Return the view with facts about a commit noted, for an operation that does more.

    Raises InvalidInput (`note-invalid`), Conflict (`note-foreign`).
    """
    for key, value in facts.items():
        _check(key, value)
    return _noted(context, view, commit, _with(context, _facts(context, view, commit), facts))


def _with(context: Context, known: Mapping[str, Fact], facts: Mapping[str, str]) -> dict[str, Fact]:
    """Return known facts and new ones; one that is known already stays who noted it, and when."""
    author, time = context.intent.author, context.intent.time
    new = {
        key: Fact(value, author, time)
        for key, value in facts.items()
        if key not in known or known[key].value != value
    }
    return {**known, **new}


def _noted(context: Context, view: View, commit: Digest, known: Mapping[str, Fact]) -> View:
    notes = {each: digest for each, digest in view.notes.items() if each != commit}
    if known:
        notes[commit] = context.store.put(encode_note(known))
    return replace(view, notes=notes)


def _commit(context: Context, view: View, revision: str) -> Digest:
    commit = resolve(context, view, revision).commit
    if commit is None:
        raise InvalidInput(
            "the stage is no commit, and notes are about commits",
            code="commit-needed",
            hint='`vault commit -m "..."` first',
        )
    return commit


def _facts(context: Context, view: View, commit: Digest) -> dict[str, Fact]:
    found = view.notes.get(commit)
    if found is None:
        return {}
    facts = decode_note(context.store.get(found))
    if facts is None:
        raise Conflict(
            f"the notes on {commit[:12]} are of a later vault, and this one would lose them",
            code="note-foreign",
            hint="update vault",
        )
    return facts


def _report(commit: Digest, facts: Mapping[str, Fact]) -> NoteReport:
    items = (NotedFact(key, each.value, each.author, each.time) for key, each in facts.items())
    return NoteReport(commit, tuple(sorted(items, key=lambda each: each.key)))


def _check(key: str, value: str) -> None:
    is_plain = key.isprintable() and key.strip() == key and 0 < len(key) <= _MOST_KEY
    if not is_plain or "=" in key or not value.strip():
        raise InvalidInput(
            f"{key!r} = {value!r} cannot be noted",
            code="note-invalid",
            hint="write KEY=VALUE, such as model=support-small-3",
        )
