"""`vault doctor`: versions, settings and state, for whoever looks for a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.terminal import paint
from vault.cli.show.wrapped_text import Piece, hanging
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural, size_text

if TYPE_CHECKING:
    from vault.operations.upkeep.doctor import DoctorReport, RepositoryState, SettingShown


@options.command(example="vault doctor\nvault doctor --json")
def command(invocation: Invocation) -> int:
    """Tell versions, paths, settings and state, and what needs to be done.

    Works outside of a repository too. Changes nothing; shows no setting that it does not know.
    Exits with 1 when something needs to be done.
    """
    from vault.repository.entrance import doctor

    report = doctor()
    emit(invocation, report, _text)
    hint(invocation, f"to report a bug, {report.reporting}")
    return 0 if report.ok else 1


def _text(report: DoctorReport) -> Iterator[str]:
    yield f"vault {report.vault}, Python {report.python}, {escape(report.platform)}"
    have = [f"{each.name} {each.version}" for each in report.libraries if each.version]
    lack = [each.name for each in report.libraries if not each.version and not each.required]
    yield from hanging([Piece(f"libraries: {', '.join(have)}")], deeper=" " * 11)
    if lack:
        yield f"not installed, and needed by some: {', '.join(lack)}"
    if report.repository is None:
        yield "there is no repository in this folder or above it"
    else:
        yield from _repository(report.repository)
    for setting in report.settings:
        yield _setting(setting)
    for problem in report.problems:
        told = f"  {escape(problem.message)}  ({problem.code})"
        yield from hanging([Piece("problem", "red"), Piece(told)], deeper=" " * 9)
        if problem.hint:
            yield f"         {escape(problem.hint)}"
    if report.ok:
        yield paint("nothing needs to be done", "green")


def _repository(state: RepositoryState) -> Iterator[str]:
    yield f"repository {escape(state.path)}"
    operations = "unreadable" if state.operations is None else plural(state.operations, "operation")
    yield f"  {operations}, {plural(state.objects, 'object')} of {size_text(state.object_bytes)}"
    size = f" of {size_text(state.catalogue_bytes)}" if state.catalogue_bytes else ""
    yield f"  catalogue: {escape(state.catalogue)}{size}"
    links = {True: "has hard links", False: "has no hard links", None: "may not be written to"}
    yield f"  the file system {links[state.hard_links]}; {size_text(state.free_bytes)} are free"


def _setting(setting: SettingShown) -> str:
    place = f"{setting.file}: {escape(setting.key)}"
    if setting.known:
        return f'{place} = "{escape(setting.value or "")}"'
    meant = f', perhaps meant for "{setting.nearest}"' if setting.nearest else ""
    return f"{place} is not read by this version{meant}"
