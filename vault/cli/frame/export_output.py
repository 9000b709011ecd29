"""What `export` and `checkout -o` share: their options, and writing to files or standard output."""

from __future__ import annotations

import codecs
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import click

from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint, warn
from vault.cli.show.subsets.mixture_text import mixture_lines
from vault.cli.show.terminal import short_id
from vault.errors import InvalidInput
from vault.presentation.escaping import escape, escape_json
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.exports.export_report import (
        ExportReport,
        RenderSummary,
        TrainerReport,
    )
    from vault.operations.exports.for_trainers.judgements import JudgedCounts
    from vault.operations.locks.rebuild import RebuildReport

_F = TypeVar("_F", bound=Callable[..., Any])
_SUBSET = ("where", "filters", "split", "sample", "shuffle", "seed", "fields", "extras", "mix")

mix_option = click.option(
    "--mix", metavar="FILE", help="Draw the training side from parts, as a file says."
)
"""The option that names the file of a mixture."""

_OPTIONS = (
    click.option("-o", "output", metavar="PATH", help="Where to write; `-` is standard output."),
    click.option("--split", metavar="NAME", help="Only examples on this side of the split."),
    click.option(
        "--sample",
        type=click.IntRange(min=0),
        metavar="N",
        help="N examples, the same ones for the same seed.",
    ),
    click.option("--shuffle", is_flag=True, help="In an order that follows from the seed."),
    click.option(
        "--seed", type=int, metavar="N", help="For --sample and --shuffle; 0 unless given."
    ),
    click.option("--fields", metavar="F,...", help="Only these fields of each record."),
    click.option(
        "--with", "extras", metavar="id,labels", help="Add `_vault` with the id, labels or both."
    ),
    click.option("--force", is_flag=True, help="Overwrite a file that vault did not write."),
)


_TRAINER_OPTIONS = (
    click.option(
        "--for", "trainer", metavar="TRAINER", help="A folder that this trainer or provider takes."
    ),
    click.option(
        "--reasoning",
        type=click.Choice(["field", "tags", "drop"]),
        help="With --for: where the reasoning before answers goes.",
    ),
    click.option(
        "--reasoning-key", metavar="NAME", help="With --for: the field for reasoning of a message."
    ),
    click.option(
        "--split-turns",
        is_flag=True,
        help="With --for: a prompt and completion for each answer that is trained on.",
    ),
    click.option(
        "--prompts-only", is_flag=True, help="With --for: prompts, without their answers."
    ),
    click.option(
        "--answer",
        metavar="FIELD",
        help="With --for verl or rlvr: the field with the true answer to a prompt.",
    ),
    click.option(
        "--verifier",
        metavar="NAME",
        help="With --for verl or rlvr: what checks answers, where a record does not say.",
    ),
    click.option(
        "--strict", is_flag=True, help="With --for: write nothing if anything would be lost."
    ),
    click.option(
        "--skip-unsupported",
        is_flag=True,
        help="With --for: leave out examples that the layout cannot hold.",
    ),
    click.option("--parents", is_flag=True, help="With --for: make missing folders above PATH."),
    click.option(
        "--pairs-from",
        metavar="LABEL",
        help="With --for: the best and the worst answer to each prompt, as preference pairs.",
    ),
    click.option(
        "--min-gap", type=float, metavar="X", help="With --pairs-from: only values so far apart."
    ),
    click.option(
        "--verdict",
        metavar="LABEL",
        help="With --for: answers with the verdict of a label, for KTO.",
    ),
)
OF_TRAINERS = (
    "trainer",
    "reasoning",
    "reasoning_key",
    "split_turns",
    "prompts_only",
    "answer",
    "verifier",
    "strict",
    "skip_unsupported",
    "parents",
    "pairs_from",
    "min_gap",
    "verdict",
)
"""Names of the options that are for trainers."""


def trainer_options(function: _F) -> _F:
    """Add the options of an export for a trainer to a command."""
    for option in reversed(_TRAINER_OPTIONS):
        function = option(function)
    return function


def export_options(function: _F) -> _F:
    """Add the options of an export to a command."""
    for option in reversed(_OPTIONS[1:]):
        function = option(function)
    return _OPTIONS[0](condition_options(function))


def asks_for_part(wanted: Mapping[str, Any]) -> bool:
    """Tell whether options say which examples are wanted, or in what form."""
    names = (*_SUBSET, *(name for name in OF_TRAINERS if name in wanted))
    return any(wanted.get(name) not in (None, False, ()) for name in names)


def write_export(
    invocation: Invocation,
    revision: str | None,
    *,
    output: str | None,
    is_checkout: bool = False,
    force: bool,
    **subset: Any,
) -> None:
    """Write a version and report it; standard output gets either the data or the report."""
    output = _checked_output(invocation, revision, output, is_checkout, subset)
    repository = invocation.repository(writing=True)
    from vault.dataset.choosing.select import Selection

    wanted: dict[str, Any] = {
        "output": output,
        "where": subset["where"],
        "filters": subset["filters"],
        "selection": Selection(
            split=subset["split"],
            sample=subset["sample"],
            shuffle=subset["shuffle"],
            seed=subset["seed"] or 0,
        ),
        "fields": _words(subset["fields"]),
        "extras": _words(subset["extras"]),
        "force": force,
        "mix": subset.get("mix"),
        **{name: subset[name] for name in OF_TRAINERS if name in subset},
    }
    if output != "-":
        report = repository.export(
            revision, on_losses=lambda lost: _tell_losses(invocation, lost), **wanted
        )
        emit(invocation, report, lambda report: _text(report, invocation.verbose))
        _warn_of_files(invocation, report)
    else:
        invocation.emitted = True
        sys.stdout.flush()
        report = repository.export(revision, stdout=standard_output(), **wanted)
        sys.stdout.flush()
    if report.stage_differs:
        warn(invocation, f"{revision or 'HEAD'} was written, without what is staged since")
        hint(invocation, f"`vault export STAGE -o {shlex.quote(output)}` writes the stage")


def write_locked(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    output: str | None,
    force: bool,
    **subset: Any,
) -> None:
    """Write files of vault.lock again and report them."""
    if output is not None or asks_for_part(subset):
        raise InvalidInput(
            "the lock says what is written and where: --locked goes with names of files alone",
            code="options-exclude",
            hint="leave out the other options, or --locked",
        )
    report = invocation.repository(writing=True).export_locked(paths, force=force)

    def text(report: RebuildReport) -> Iterator[str]:
        for each in report.files:
            yield f"wrote {plural(each.examples, 'example')} to {escape(each.path)}"
            yield f"  sha256 {each.sha256}, as vault.lock has it"
        if report.unchanged:
            verb = "is" if report.unchanged == 1 else "are"
            yield f"{plural(report.unchanged, 'file')} {verb} there as vault.lock has it"

    emit(invocation, report, text)


def _checked_output(
    invocation: Invocation,
    revision: str | None,
    output: str | None,
    is_checkout: bool,
    subset: dict[str, Any],
) -> str:
    verb = "checkout" if is_checkout else "export"
    again = f"vault {verb} {revision or 'HEAD'} -o train.jsonl"
    if output is None:
        if asks_for_part(subset):
            raise InvalidInput(
                "part of a version can only be written to a file",
                code="subset-needs-output",
                hint=f"`{again}` says where",
            )
        raise InvalidInput(
            "an export needs a place to write to",
            code="output-missing",
            hint=f"`{again}` writes to a file, `-o -` to standard output",
        )
    if output == "-":
        refuse_json(invocation)
    return output


def refuse_json(invocation: Invocation) -> None:
    """Raise InvalidInput (`output-taken`) where data go to standard output and JSON is due."""
    if invocation.json:
        raise InvalidInput(
            "standard output cannot hold both the data and a JSON report",
            code="output-taken",
            hint="write to a file with `-o PATH`, or leave out --json",
        )


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _text(report: ExportReport, verbose: bool) -> Iterator[str]:
    version = "the stage" if report.commit is None else short_id(report.commit, verbose)
    for each in report.files:
        yield f"wrote {plural(each.examples, 'example')} of {version} to {escape(each.path)}"
        yield f"  sha256 {each.sha256}"
    if report.mixture is not None:
        yield from mixture_lines(report.mixture)
    if not hasattr(report, "trainer"):
        return
    yield from _trainer_text(cast("TrainerReport", report))


def _trainer_text(report: TrainerReport) -> Iterator[str]:
    yield f"layout {report.layout}" + (
        f", {plural(report.lines, 'record')}" if report.lines != report.examples else ""
    )
    if report.beside:
        yield f"beside them {', '.join(map(escape, report.beside))}"
    if report.judged is not None:
        yield from _judged_lines(report.judged)
    if report.unassigned:
        yield f"{plural(report.unassigned, 'example')} on no side, not written"
    for path in report.removed:
        yield f"removed {escape(path)}, which an earlier export wrote"


def _judged_lines(counts: JudgedCounts) -> Iterator[str]:
    if counts.pairs:
        yield f"{plural(counts.pairs, 'pair')} of answers to one prompt"
    for count, what, told in (
        (counts.single, "prompt", "with one labelled answer, no pair"),
        (counts.ties, "prompt", "with answers of one value, no pair"),
        (counts.close, "prompt", "with answers closer than --min-gap, no pair"),
        (counts.turned, "pair", "turned round: the label says that the rejected side is better"),
        (counts.undecided, "pair", "left out as ties"),
        (counts.unlabelled, "example", "without the label, not written"),
    ):
        if count:
            yield f"{plural(count, what)} {told}"


def _warn_of_files(invocation: Invocation, report: ExportReport) -> None:
    """Say which files were left alone, will not load, or are not in the lock."""
    for path in getattr(report, "kept", ()):
        warn(invocation, f"{escape(path)} was edited, and stays as it is; --force replaces it")
    for path, name in report.late_members.items():
        warn(
            invocation,
            f'{escape(path)} has "{name}" only after its first 8 MB, where load_dataset has '
            "decided on columns: it will fail",
        )
        hint(invocation, "`vault export -o FOLDER --for hf` (or trl) writes what it loads")
    if report.outside:
        hint(invocation, "files outside the repository's folder are not in vault.lock")
    elif not report.locked:
        warn(invocation, "vault.lock may not be written here: it does not tell of this export")


def _tell_losses(invocation: Invocation, lost: RenderSummary) -> None:
    """Say what an export for a trainer leaves out."""
    for name, count in lost.losses.items():
        warn(invocation, f"in {plural(count, 'example')} {lost.meanings[name]}")
    for reason, count in lost.unsupported.items():
        each = "each " if count > 1 else ""
        warn(invocation, f"{plural(count, 'example')} skipped, {each}because {escape(reason)}")


def standard_output() -> BinaryIO:
    """Return standard output for bytes of data: as they are, or escaped where a person looks."""
    stream = cast(BinaryIO, sys.stdout.buffer)
    return cast(BinaryIO, EscapedOutput(stream)) if sys.stdout.isatty() else stream


class EscapedOutput:
    """A binary stream of JSON that is shown on a terminal: what could act on it is escaped."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: Any) -> int:
        """Write bytes of JSON lines; a character may be split between two calls."""
        text = self._decoder.decode(bytes(data))
        # The line ends of JSON Lines are the only control characters outside of strings.
        self._stream.write("\n".join(map(escape_json, text.split("\n"))).encode())
        return len(data)

    def flush(self) -> None:
        """Flush the stream beneath."""
        self._stream.flush()
