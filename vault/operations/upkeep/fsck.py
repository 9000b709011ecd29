"""`fsck`: read everything again and tell what is not as it was written.

Damage never ends the check: every fault becomes a `Problem`, and what does not depend on it is
still checked. Nothing is written unless a repair was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vault.errors import Corrupt, StorageFailed
from vault.layout import FOLDER, FORMAT_FILE, OPERATIONS, TIP, repository_folder
from vault.objects.commit import decode_commit
from vault.objects.digest import Digest
from vault.objects.view import Stage, View
from vault.operations.upkeep.check_datasets import Claim, DatasetCheck
from vault.operations.upkeep.check_log import LogCheck, stages_of
from vault.operations.upkeep.object_reader import ObjectReader
from vault.operations.upkeep.problems import Problem, Problems
from vault.plain_files import FOREIGN, PlainFolder
from vault.presentation.report_html import Displayed
from vault.session.context import Context, seconds_of
from vault.session.open_repository import FORMAT_TEXT
from vault.session.revisions import tips

LEFTOVER_SECONDS = 3_600
"""Age from which a temporary file belongs to no writer that is still at work."""

_UNREPAIRED = "; fsck cannot repair this: take it from a copy of the repository"


@dataclass(frozen=True, slots=True)
class FsckReport(Displayed):
    """What a check found.

    `objects` were read, `problems` are left, and `repaired` says what was done about others.
    """

    ok: bool
    objects: int
    problems: tuple[Problem, ...]
    repaired: tuple[str, ...] = ()


def fsck(context: Context, *, repair: bool = False) -> FsckReport:
    """Check the format file, the operation log, and every object that any view in the log reaches.

    Every entry that the log keeps counts: garbage collection gives up old ones, and if it does so
    meanwhile, what is wrong is looked at again. Checked are digests, decoding, counts, references,
    the ids of all records, that no dataset has an example twice, and fingerprints. Objects that
    nothing reaches are read only if something is wrong: what is damaged may have led to them.

    `repair` removes temporary files older than an hour and renews the hint at the newest operation.
    It cannot bring damaged objects back, and says so of each. It does nothing where a link, pipe,
    socket or device lies below `.vault` (`foreign-file`).

    Costs about 1 s a core for 100 MB of records; takes 16 bytes of memory an example. Raises
    StorageFailed only if the log cannot be listed at all.
    """
    context.progress.start("checking objects")
    problems, log, reader = _check(context)
    while problems.all() and _was_collected(context, log):
        problems, log, reader = _check(context)
    is_foreign = any(each.code == FOREIGN for each in problems.all())
    repaired = _repair(context, log) if repair and not is_foreign else ()
    context.progress.finish()
    left = problems.all()
    if repair:
        left = tuple(_still_there(each) for each in left if not _is_repaired(each, repaired))
    return FsckReport(not left, reader.count, left, repaired)


def _check(context: Context) -> tuple[Problems, LogCheck, ObjectReader]:
    problems = Problems()
    if context.folder is not None:
        with problems.caught(FOLDER):
            for name, error in PlainFolder(repository_folder(context.folder)).foreign():
                problems.add(error.code, name, f"{error.message}: {error.hint}")
    _check_format(context, problems)
    log = LogCheck(context.log, problems)
    reader = ObjectReader(context.store, problems, context.progress)
    _check_objects(reader, problems, _Reached.of(log, problems))
    return problems, log, reader


def _was_collected(context: Context, log: LogCheck) -> bool:
    """Tell whether garbage was collected since a check began: then it missed what is gone."""
    try:
        return context.log.tip().first > log.first
    except (Corrupt, StorageFailed):
        return False


@dataclass(slots=True)
class _Reached:
    """What the views of a log name: commits, and for each manifest what is claimed of it."""

    commits: dict[Digest, None]
    manifests: dict[Digest, list[Claim]]

    @classmethod
    def of(cls, log: LogCheck, problems: Problems) -> _Reached:
        """Return what every view in the log names, oldest first."""
        reached = cls({}, {})
        seen: set[Stage] = set()
        try:
            for operation in log.run():
                with problems.caught(f"operation {operation.number}"):
                    reached._add(operation.view, f"operation {operation.number}", seen)
        except Corrupt as error:  # a link in the place of the folder
            problems.add(error.code, OPERATIONS, error.message)
        return reached

    def claim(self, manifest: Digest, claim: Claim) -> None:
        """Note that something was said of a manifest."""
        self.manifests.setdefault(manifest, []).append(claim)

    def _add(self, view: View, name: str, seen: set[Stage]) -> None:
        self.commits.update(dict.fromkeys(tips(view)))
        for stage in stages_of(view):
            # A stage stands in every view until it is committed; it is checked once.
            if stage not in seen:
                seen.add(stage)
                said = Claim(name, stage.examples, stage.quarantined, stage.fingerprint)
                self.claim(stage.manifest, said)


def _check_format(context: Context, problems: Problems) -> None:
    try:
        text = context.store.backend.read(FORMAT_FILE)
    except KeyError:
        problems.add("format-missing", FORMAT_FILE, f"it should read {FORMAT_TEXT.decode()!r}")
        return
    except (Corrupt, StorageFailed) as error:
        problems.add(error.code, FORMAT_FILE, error.message)
        return
    if text not in (FORMAT_TEXT, FORMAT_TEXT.rstrip()):
        problems.add("format-damaged", FORMAT_FILE, f"it should read {FORMAT_TEXT.decode()!r}")


def _check_objects(reader: ObjectReader, problems: Problems, reached: _Reached) -> None:
    _check_commits(reader, problems, reached)
    datasets = DatasetCheck(reader, problems)
    for manifest, claims in reached.manifests.items():
        datasets.check(manifest, claims)
    if problems.all():
        reader.check_others()


def _check_commits(reader: ObjectReader, problems: Problems, reached: _Reached) -> None:
    """Check all commits, parents included, and note what they say of their manifests."""
    pending = list(reached.commits)
    seen = set(pending)
    while pending:
        digest = pending.pop()
        data = reader.read(digest, "a commit")
        if data is None:
            continue
        with problems.caught(digest):
            commit = decode_commit(data)
            said = Claim(digest, commit.examples, commit.quarantined, commit.fingerprint)
            reached.claim(commit.manifest, said)
            if commit.settings is not None:
                reader.check(commit.settings, "the settings of a commit")
            fresh = [parent for parent in commit.parents if parent not in seen]
            seen.update(fresh)
            pending.extend(fresh)


def _repair(context: Context, log: LogCheck) -> tuple[str, ...]:
    backend = context.store.backend
    done: list[str] = []
    with backend.writing():
        now = seconds_of(context.intent.time)
        if now is not None:
            removed = backend.remove_leftovers(now - LEFTOVER_SECONDS)
            done.extend(f"removed {name}" for name in removed)
        # A hint that is ahead of the log is the only trace of what has vanished: it stays.
        if log.last is not None and not log.is_truncated and _renew_hint(context, log.last.number):
            done.append(_RENEWED)
    return tuple(done)


_RENEWED = "renewed tip"


def _renew_hint(context: Context, number: int) -> bool:
    try:
        hinted = context.log.read_hint()
    except Corrupt:
        hinted = None
    if hinted is not None and hinted >= number:
        return False
    context.log.renew_hint(number)
    return True


def _is_repaired(problem: Problem, repaired: Iterable[str]) -> bool:
    return problem.object == TIP and _RENEWED in repaired


def _still_there(problem: Problem) -> Problem:
    told = "" if problem.code == FOREIGN else _UNREPAIRED
    return Problem(problem.code, problem.object, problem.message + told)
