"""`export --for`: a folder that a trainer takes, with a README and what configures the training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from vault.dataset.reading.removals import removals_of
from vault.dataset.reading.sources import counts_of_sources
from vault.errors import InvalidInput
from vault.formats.trainers.output import LOSSES, REASONING_KEY, Loss
from vault.formats.trainers.table import OUTPUT_FORMATS
from vault.formats.trainers.trainer import Produced, Trainer
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.export_report import (
    ExportedFile,
    RenderSummary,
    TrainerReport,
    mixture_figures,
)
from vault.operations.exports.for_trainers.card import Card, card_text, version_name
from vault.operations.exports.for_trainers.companions import Companions, companions_of
from vault.operations.exports.for_trainers.judgements import JudgedCounts
from vault.operations.exports.for_trainers.loaded_values import TextKind
from vault.operations.exports.for_trainers.trainer_options import checked_trainer
from vault.operations.exports.for_trainers.trainer_plan import TrainerPlan, plan_for_trainer
from vault.operations.exports.lock_entry import LockEntry, request_of
from vault.operations.exports.lock_file import (
    Lock,
    check_unedited,
    digest_of,
    is_outside,
    key_of,
    read_whole_lock,
)
from vault.operations.exports.open_export import OpenedExport, lock_entry, open_export
from vault.operations.exports.place_files import Placement, place_files
from vault.operations.exports.rendered_lines import RenderCounts
from vault.operations.exports.writable_place import check_place
from vault.operations.exports.write_target import check_fields, write_target
from vault.operations.exports.written import Written
from vault.presentation.quantities import plural
from vault.presentation.shell_words import shown_words
from vault.session.context import Context
from vault.session.revisions import Revision

README = "README.md"


def export_for_trainer(
    context: Context,
    revision: str | None,
    options: ExportOptions,
    on_losses: Callable[[RenderSummary], None] | None = None,
) -> tuple[TrainerReport, Revision]:
    """Write a revision (HEAD) as a trainer takes it; return the report and the revision.

    Everything is rendered and counted, and `on_losses` called with what is lost, before any file is
    in place. Raises what `export` does but for `extras-unknown`, what `checked_trainer` and
    `plan_for_trainer` raise, and InvalidInput (`format-unsupported`, `format-loses`).
    """
    check_place(context.folder, options.output)
    trainer = checked_trainer(options)
    opened = open_export(context, revision, options)
    plan = plan_for_trainer(opened, options, trainer)
    targets = list(plan.targets.values())
    check_fields(opened.dataset, targets, options.fields)
    for target in targets:
        check_unedited(context.folder, target.path, force=options.force)
    context.progress.start("writing", sum(len(each.keys) for each in targets))
    work = _Work(context, opened, plan, trainer, on_losses)
    writers = {
        each.path: partial(
            write_target, context, opened.dataset, each, plan.options, judged=opened.judged
        )
        for each in targets
    }
    written, is_locked = place_files(context.folder, writers, work.placement)
    context.progress.finish()
    return work.report(written, is_locked=is_locked), opened.revision


class _Work:
    """What goes with the files of one export, decided once all of them are written aside."""

    def __init__(
        self,
        context: Context,
        opened: OpenedExport,
        plan: TrainerPlan,
        trainer: Trainer,
        on_losses: Callable[[RenderSummary], None] | None,
    ) -> None:
        self._on_losses = on_losses
        self._context = context
        self._opened = opened
        self._plan = plan
        self._trainer = trainer
        self._options = plan.options
        self._counts = RenderCounts()
        self._companions = Companions({}, (), ())
        self._gone: tuple[str, ...] = ()
        self._left: tuple[str, ...] = ()

    def placement(self, written: Mapping[str, Written]) -> Placement:
        """Return what goes with the files, or refuse the export for what it loses."""
        for each in written.values():
            if each.rendering is not None:
                self._counts.add(each.rendering)
        self._check_losses()
        if self._on_losses is not None:
            self._on_losses(self._summary())
        folder, output = self._context.folder, self._options.output
        lock = Lock({}, {}) if folder is None else read_whole_lock(folder)
        key = None if folder is None else key_of(folder, output)
        before = lock.companions.get(key, ()) if key is not None else ()
        texts = self._texts(written)
        self._companions = companions_of(output, texts, before, force=self._options.force)
        if folder is not None and key is not None:
            self._find_stale(folder, key, lock, written)
        return Placement(
            {
                each.path: lock_entry(
                    self._context, self._opened, each, self._options, written[each.path]
                )
                for each in self._plan.targets.values()
            },
            self._companions.texts,
            (*self._gone, *self._companions.gone),
            {output: sorted(texts)},
        )

    def report(self, written: Mapping[str, Written], *, is_locked: bool) -> TrainerReport:
        """Return what was written."""
        files = tuple(
            ExportedFile(path, each.examples, each.sha256) for path, each in written.items()
        )
        counts, lost = self._counts, self._summary()
        return TrainerReport(
            commit=self._opened.revision.commit,
            examples=sum(each.examples for each in files),
            output=self._options.output,
            format=next(iter(self._plan.targets.values())).layout.value,
            sha256=files[0].sha256 if len(files) == 1 else None,
            files=files,
            locked=is_locked,
            outside=is_outside(self._context.folder, self._options.output),
            trainer=self._trainer.name,
            layout=str(self._options.layout),
            lines=counts.lines or sum(each.examples for each in files),
            losses=lost.losses,
            meanings=lost.meanings,
            unsupported=lost.unsupported,
            first_unsupported=counts.first_unsupported,
            unassigned=self._plan.unassigned,
            mixture=mixture_figures(self._opened.mixed),
            judged=self._judged(),
            beside=tuple(self._companions.texts),
            kept=(*self._companions.kept, *self._left),
            removed=(*self._gone, *self._companions.gone),
        )

    def _judged(self) -> JudgedCounts | None:
        judged = self._opened.judged
        if judged is None:
            return None
        keys = [each.keys for each in self._plan.targets.values()]
        return judged.counts_of(np.concatenate(keys))

    def _summary(self) -> RenderSummary:
        counts = self._counts
        losses = {str(each): counts.losses[each] for each in Loss if counts.losses[each]}
        meanings = {name: LOSSES[Loss(name)] for name in losses}
        return RenderSummary(losses, meanings, dict(counts.unsupported.most_common()))

    def _check_losses(self) -> None:
        counts, options = self._counts, self._options
        refused = counts.unsupported.total()
        if refused and (not options.skip_unsupported or not counts.examples):
            reason = counts.unsupported.most_common(1)[0][0]
            raise InvalidInput(
                f"{refused:,} of {refused + counts.examples:,} examples cannot be written as "
                f"{options.layout}, most often because {reason}; the first is "
                f"{(counts.first_unsupported or '')[:12]}",
                code="format-unsupported",
                hint=f"`vault show {(counts.first_unsupported or '')[:12]}` shows it; "
                "--skip-unsupported leaves such examples out",
            )
        self._check_texts()
        lost = [each for each in Loss if counts.losses[each]]
        if options.strict and (lost or refused):
            told = [f"in {plural(counts.losses[each], 'example')} {LOSSES[each]}" for each in lost]
            told += [f"{plural(refused, 'example')} would be skipped"] if refused else []
            raise InvalidInput(
                f"{options.layout} does not hold all that the examples say: {'; '.join(told)}",
                code="format-loses",
                hint="leave out --strict to write them without it",
            )

    def _check_texts(self) -> None:
        """Refuse columns of texts that `datasets` would change, however they are declared."""
        counts = self._counts
        for name in sorted(name for name, kinds in counts.texts.items() if TextKind.JSON in kinds):
            if len(counts.types.get(name, ())) > 1:
                raise InvalidInput(
                    f'the field "{name}" holds texts and other values: `datasets` would read a '
                    'text such as "1" as a number',
                    code="format-unsupported",
                    hint="write the same type everywhere and import it again, or leave the field "
                    "out with `--prompts-only --fields OTHERS`",
                )
            if name in counts.dates_alone:
                raise InvalidInput(
                    f'all texts of "{name}" on one side of the split are dates, and others are '
                    "JSON: `datasets` would write the dates anew, or read the others as JSON",
                    code="format-unsupported",
                    hint="write each side into its own folder, one with --split NAME",
                )

    def _texts(self, written: Mapping[str, Written]) -> dict[str, str]:
        """Return README and configuration by name."""
        targets = self._plan.targets
        produced = Produced(
            str(self._options.layout),
            {side: Path(each.path).name for side, each in targets.items()},
            self._counts.longest,
            self._place(),
            version_name({side: written[each.path].sha256 for side, each in targets.items()}),
            self._options.reasoning_key or REASONING_KEY,
            {
                side: 0 if made is None else made.lines
                for side, each in targets.items()
                for made in (written[each.path].rendering,)
            },
        )
        dataset, revision = self._opened.dataset, self._opened.revision
        keys = np.concatenate([each.keys for each in targets.values()])
        sources = counts_of_sources(dataset, keys)
        removals = Counter(
            each.reason for each in removals_of(self._context.store, dataset.manifest)
        )
        commit = revision.commit
        card = Card(
            trainer=self._trainer,
            layout=OUTPUT_FORMATS.get(produced.layout),
            produced=produced,
            commit=commit,
            fingerprint=None if commit is None else self._context.commit(commit).fingerprint,
            repository=self._context.log.tip().entry.repository,
            command=self._command(),
            sides={side: written[each.path].examples for side, each in targets.items()},
            sources=dict(sorted(sources.items(), key=lambda each: (-each[1], each[0]))),
            removals=dict(sorted(removals.items(), key=lambda each: (-each[1], each[0]))),
            unassigned=self._plan.unassigned,
            counts=self._counts,
            parts=() if self._opened.mixed is None else self._opened.mixed.parts,
        )
        return {README: card_text(card), **self._trainer.beside(produced)}

    def _place(self) -> str:
        """Return the folder as the repository's folder sees it, its name alone outside of that."""
        folder, output = self._context.folder, self._options.output
        return (None if folder is None else key_of(folder, output)) or Path(output).name

    def _command(self) -> str:
        """Return the command that writes the folder again, in words that stay true."""
        if self._opened.mixed is not None:
            names = [Path(each.path).name for each in self._plan.targets.values()]
            places = [f"{self._place()}/{name}" for name in names]
            return shown_words(["vault", "export", "--locked", *places])
        entry = LockEntry("", self._opened.revision.commit, request=request_of(self._options, None))
        # The command of an entry is that of a file in the folder.
        words = entry.command(f"{self._place()}/{README}")
        side = self._options.selection.split
        return shown_words(["vault", *words, *(("--split", side) if side else ())])

    def _find_stale(
        self, folder: Path, key: str, lock: Lock, written: Mapping[str, Written]
    ) -> None:
        """Find files of an earlier export for a trainer that this one does not write."""
        now = {key_of(folder, path) for path in written}
        gone: list[str] = []
        left: list[str] = []
        for name, entry in sorted(lock.files.items()):
            path = Path(self._options.output) / Path(name).name
            is_ours = str(Path(name).parent) == key and "trainer" in entry.request
            if not is_ours or name in now or path.is_symlink() or not path.is_file():
                continue
            (gone if digest_of(path) == entry.sha256 else left).append(str(path))
        self._gone, self._left = tuple(gone), tuple(left)
