"""`vault diff --format markdown`: gathers what a review needs and prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import write
from vault.cli.show.diff_markdown import KINDS, SHOWN_OF_EACH, Review, lock_lines, review_text
from vault.errors import InvalidInput

if TYPE_CHECKING:
    from vault.operations.queries.diff import ChangedExample, DiffReport
    from vault.operations.splitting.leak_report import LeakReport
    from vault.repository import Repository

_NOTHING = "nothing"
_NOTHING_SPLIT = frozenset({"nothing-split", "leaks-not-compared"})


def print_review(
    invocation: Invocation,
    old: str | None,
    new: str | None,
    narrowed: dict[str, Any],
    before: Sequence[str] = (),
) -> int:
    """Print the comparison of two versions as Markdown; return how many changes there are."""
    repository = invocation.repository()
    report = repository.diff(old, new, limit=0, **narrowed)
    versions = [_name(each) for each in (report.from_, report.to)]
    conditions = {name: narrowed[name] for name in ("where", "filters")}
    stats = None
    if report.from_ is not None:
        stats = repository.stats(*versions, **conditions)
    review = Review(
        old=_short(versions[0]),
        new=_short(versions[1]),
        typed=_typed(old, new),
        conditions=_conditions(narrowed),
        command=_command(versions, narrowed),
        diff=report,
        stats=stats,
        leaks=_leaks(repository, versions[1]),
        old_leaks=None if report.from_ is None else _leaks(repository, versions[0]),
        examples=_examples(repository, report, old, new, narrowed),
    )
    _print(invocation, review_text(review, before=before))
    return report.added + report.removed + report.changed + report.relabelled


def print_lock_review(invocation: Invocation, old: str, new: str) -> bool:
    """Print what two locks differ in, and the versions behind the first file that changed."""
    report = invocation.repository().compare_locks(old, new)
    lines = list(lock_lines(report))
    for each in report.items:
        if each.old is None or each.new is None or each.unknown is not None:
            continue
        then, now = each.old.commit, each.new.commit
        if then is not None and now is not None and then != now:
            narrowed: dict[str, Any] = {"key": None, "where": (), "filters": ()}
            print_review(invocation, then, now, narrowed, lines)
            return True
    _print(invocation, "\n".join([*lines, ""]))
    return bool(report.items)


def _conditions(narrowed: dict[str, Any]) -> tuple[str, ...]:
    return (*narrowed["where"], *(f"filter {each}" for each in narrowed["filters"]))


def _command(versions: Sequence[str], narrowed: dict[str, Any]) -> list[str]:
    """Return the words of the command that shows all that the report is of."""
    # Before the first commit there is no older version to name.
    named = [] if versions[0] == _NOTHING else [_short(each) for each in versions]
    words = ["vault", "diff", *named]
    if narrowed["key"] is not None:
        words += ["--key", str(narrowed["key"])]
    for name, option in (("where", "--where"), ("filters", "--filter")):
        for each in narrowed[name]:
            words += [option, each]
    return words


def _name(version: str | None) -> str:
    return version or _NOTHING


def _typed(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Return the names of both versions as they were typed."""
    if old is not None and new is None and ".." in old:
        first, _, second = old.partition("..")
        return first or None, second or None
    return old, new


def _short(version: str) -> str:
    return version if version.isupper() or version == _NOTHING else version[:12]


def _leaks(repository: Repository, version: str) -> LeakReport | None:
    """Return the leaks of a version, None where there are no two sides to compare."""
    try:
        return repository.split_leaks(version)
    except InvalidInput as error:
        if error.code in _NOTHING_SPLIT:
            return None
        raise


def _examples(
    repository: Repository,
    report: DiffReport,
    old: str | None,
    new: str | None,
    narrowed: dict[str, Any],
) -> dict[str, list[ChangedExample]]:
    """Return the first changes of each kind; reads changes until there are enough."""
    wanted = {kind: min(SHOWN_OF_EACH, getattr(report, kind)) for kind in KINDS}
    found: dict[str, list[ChangedExample]] = {kind: [] for kind in KINDS}
    missing = sum(wanted.values())
    for each in repository.iterate_diff(old, new, **narrowed) if missing else ():
        if len(found[each.change]) < wanted[each.change]:
            found[each.change].append(each)
            missing -= 1
            if not missing:
                break
    return found


def _print(invocation: Invocation, text: str) -> None:
    invocation.clear_progress()
    invocation.emitted = True
    write(text.rstrip("\n"))
