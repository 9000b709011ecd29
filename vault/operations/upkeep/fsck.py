"""`fsck`: read everything again and tell what is not as it was written.

Damage never ends the check: every fault becomes a `Problem`, and what does not depend on it is
still checked. Nothing is written unless a repair was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vault.errors import Corrupt, StorageFailed
from vault.layout import FOLDER, FORMAT_FILE, OPERATIONS, TIP, repository_folder
from vault.objects.commit import decode_commit
from vault.objects.digest import Digest
from vault.objects.log.entry import Entry
from vault.objects.log.erasure import decode_erasures
from vault.objects.log.view import Stage, objects_named, stages_of
from vault.operations.upkeep.check_datasets import Claim, DatasetCheck
from vault.operations.upkeep.check_log import LogCheck
from vault.operations.upkeep.check_runs import RunClaims, check_run_folders
from vault.operations.upkeep.object_reader import ObjectReader
from vault.operations.upkeep.problems import Problem, Problems
from vault.plain_files import FOREIGN, PlainFolder
from vault.presentation.report_html import Displayed
from vault.session.context import Context, seconds_of
from vault.session.repository_format import format_text, parse_format
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
    the ids of all records, that no dataset has an example twice, fingerprints, and model runs,
    those under way included. Objects that nothing reaches are read only if something is wrong: what
    is damaged may have led to them.

    `repair` removes temporary files older than an hour, renews the hint at the newest operation and
    the name of the repository in the format file. It cannot bring damaged objects back, and says so
    of each. It does nothing where a link, pipe, socket or device lies below `.vault`
    (`foreign-file`).

    Costs about 1 s a core for 100 MB of records; takes 16 bytes of memory an example. Raises
    StorageFailed only if the log cannot be listed at all.
    """
    context.progress.start("checking objects")
    problems, log, reader = _check(context)
    while problems.all() and _was_collected(context, log):
        problems, log, reader = _check(context)
    is_foreign = any(each.code == FOREIGN for each in problems.all())
    repaired = _repair(context, log, problems.all()) if repair and not is_foreign else ()
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
        check_run_folders(repository_folder(context.folder), problems)
    log = LogCheck(context.log, problems)
    reached = _Reached.of(log, problems)
    _check_format(context, problems, log.last)
    reader = ObjectReader(context.store, problems, context.progress)
    _check_objects(reader, problems, reached)
    return problems, log, reader


def _was_collected(context: Context, log: LogCheck) -> bool:
    """Tell whether garbage was collected since a check began: then it missed what is gone."""
    try:
        return context.log.newest().first > log.first
    except (Corrupt, StorageFailed):
        return False


@dataclass(slots=True)
class _Reached:
    """What the entries of a log name: commits, for each manifest what is claimed of it, others."""

    commits: dict[Digest, None]
    manifests: dict[Digest, list[Claim]]
    others: dict[Digest, str]
    erasures: dict[Digest, None]
    runs: RunClaims

    @classmethod
    def of(cls, log: LogCheck, problems: Problems) -> _Reached:
        """Return what every entry of the log names, oldest first."""
        reached = cls({}, {}, {}, {}, RunClaims())
        seen: set[Stage] = set()
        try:
            for entry in log.run():
                with problems.caught(f"operation {entry.number}"):
                    reached._add(entry, f"operation {entry.number}", seen)
        except Corrupt as error:  # a link in the place of the folder
            problems.add(error.code, OPERATIONS, error.message)
        return reached

    def claim(self, manifest: Digest, claim: Claim) -> None:
        """Note that something was said of a manifest."""
        self.manifests.setdefault(manifest, []).append(claim)

    def _add(self, entry: Entry, name: str, seen: set[Stage]) -> None:
        if entry.arguments is not None:
            self.others[entry.arguments] = "the arguments of an operation"
        self.others.update(dict.fromkeys(objects_named(entry.told), "a note or run"))
        self.runs.add(entry.told, name)
        self.erasures.update(dict.fromkeys(entry.told.erased.values()))
        self.commits.update(dict.fromkeys(tips(entry.told)))
        for stage in stages_of(entry.told):
            # A stage stands in every view until it is committed; it is checked once.
            if stage not in seen:
                seen.add(stage)
                said = Claim(name, stage.examples, stage.quarantined, stage.fingerprint)
                self.claim(stage.manifest, said)


def _check_format(context: Context, problems: Problems, newest: Entry | None) -> None:
    """Check the format file against what the newest entry says of the repository."""
    with problems.caught(FORMAT_FILE):
        try:
            text = context.store.backend.read(FORMAT_FILE)
        except KeyError:
            problems.add("format-missing", FORMAT_FILE, "there is no such file")
            return
        found = parse_format(text)
        repository = found.repository if found else None
        if newest is not None and newest.repository is not None:
            repository = newest.repository
        if found is None or found.repository != repository:
            expected = format_text(repository, found.requires if found else ())
            problems.add(_DAMAGED, FORMAT_FILE, f"it should read {expected.decode()!r}")


def _check_objects(reader: ObjectReader, problems: Problems, reached: _Reached) -> None:
    _check_commits(reader, problems, reached)
    reached.runs.check(reader, problems)
    for digest, what in reached.others.items():
        reader.check(digest, what)
    for digest in reached.erasures:
        data = reader.read(digest, "a list of erased objects")
        if data is not None:
            with problems.caught(digest):
                for each in filter(None, decode_erasures(data).values()):
                    reader.check(each, "what stands for an erased object")
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


def _repair(context: Context, log: LogCheck, problems: Iterable[Problem]) -> tuple[str, ...]:
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
        if log.last is not None and _DAMAGED in {each.code for each in problems}:
            done.extend(_renew_format(context, log.last.repository))
    return tuple(done)


_DAMAGED = "format-damaged"
_RENEWED = "renewed tip"
_RENEWED_FORMAT = f"renewed {FORMAT_FILE}"
_RENEWALS = {TIP: _RENEWED, FORMAT_FILE: _RENEWED_FORMAT}


def _renew_format(context: Context, repository: str | None) -> Iterator[str]:
    """Write the name of the repository again; what the file requires is kept, if it says that."""
    backend = context.store.backend
    found = parse_format(backend.read(FORMAT_FILE))
    if repository is not None and found is not None:
        backend.replace(FORMAT_FILE, format_text(repository, found.requires))
        yield _RENEWED_FORMAT


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
    return _RENEWALS.get(problem.object, "") in repaired


def _still_there(problem: Problem) -> Problem:
    told = "" if problem.code == FOREIGN else _UNREPAIRED
    return Problem(problem.code, problem.object, problem.message + told)
