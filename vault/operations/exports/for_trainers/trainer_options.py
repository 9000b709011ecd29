"""Which options of an export for a trainer go together: checked before anything is read."""

from __future__ import annotations

import math
from pathlib import Path

from vault.errors import InvalidInput, NotFound
from vault.formats.trainers.output import Reasoning
from vault.formats.trainers.plain_records import RAW
from vault.formats.trainers.table import output_format, trainer_named
from vault.formats.trainers.trainer import Family, Trainer
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.targets import STANDARD_OUTPUT
from vault.presentation.shell_words import shown_word

_OF_MESSAGES = frozenset({"role", "content", "name", "weight", "tool_calls", "tool_call_id"})


def checked_trainer(options: ExportOptions) -> Trainer:
    """Return the trainer that files are written for, if the options go together.

    Raises InvalidInput (`trainer-unknown`, `trainer-needs-folder`, `trainer-writes-whole`,
    `option-not-for-trainer`, `reasoning-unknown`, `reasoning-key-invalid`,
    `output-format-unknown`, `options-exclude`, `min-gap-invalid`), NotFound (`folder-not-found`).
    """
    trainer = trainer_named(str(options.trainer))
    refuse_unknown_rendering(options)
    _require_folder(options)
    if options.extras:
        raise InvalidInput(
            f"--with adds a field that is none of {trainer.name}'s",
            code="trainer-writes-whole",
            hint="leave out --with: vault.lock knows each line, see `vault which FILE --line N`",
        )
    if options.fields and not options.prompts_only and trainer.prompts_format is None:
        raise fields_refused(trainer)
    if options.prompts_only and trainer.prompts_format is None:
        raise InvalidInput(
            f"{trainer.name} takes no prompts without answers",
            code="option-not-for-trainer",
            hint="leave out --prompts-only, or write them with --for trl",
        )
    if (options.answer or options.verifier) and not trainer.verifies:
        raise InvalidInput(
            f"--answer and --verifier fill fields that {trainer.name} does not read",
            code="option-not-for-trainer",
            hint="leave them out, or write prompts with --for verl or --for rlvr",
        )
    if options.split_turns and trainer.last_turn_format is None:
        raise InvalidInput(
            f"--split-turns writes prompts and completions, which are no layout of {trainer.name}",
            code="option-not-for-trainer",
            hint="leave out --split-turns, or write them with --for trl",
        )
    _check_judging(options, trainer)
    if options.split_turns and options.prompts_only:
        raise InvalidInput(
            "--prompts-only leaves out the answers that --split-turns would write",
            code="options-exclude",
            hint="leave out one of them",
        )
    return trainer


def _check_judging(options: ExportOptions, trainer: Trainer) -> None:
    named = {
        "--pairs-from": options.pairs_from,
        "--verdict": options.verdict,
        "--prompts-only": options.prompts_only or None,
        "--split-turns": options.split_turns or None,
    }
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1 and (options.pairs_from or options.verdict):
        raise InvalidInput(
            f"{given[0]} and {given[1]} make other records of the same examples",
            code="options-exclude",
            hint="leave out one of them",
        )
    for name, family, what in (
        (options.pairs_from, Family.PREFERENCE, "preference pairs"),
        (options.verdict, Family.KTO, "answers with a verdict"),
    ):
        # Records as they are can be of any family, and are never made of others.
        if name is not None and (trainer.name == RAW or family not in trainer.formats):
            raise InvalidInput(
                f"{trainer.name} takes no {what}",
                code="option-not-for-trainer",
                hint="write them with --for trl",
            )
    gap = options.min_gap
    if gap is not None and (options.pairs_from is None or not 0 <= gap < math.inf):
        raise InvalidInput(
            "--min-gap is a number of at least 0 that the values of --pairs-from differ by",
            code="min-gap-invalid",
            hint="`--pairs-from quality --min-gap 1`",
        )


def fields_refused(trainer: Trainer) -> InvalidInput:
    """Return the error for `--fields` where the layout says which fields there are."""
    return InvalidInput(
        f"the layout of {trainer.name} says which fields there are, and --fields would drop some",
        code="trainer-writes-whole",
        hint="leave out --fields, or write prompts alone with `--for trl --prompts-only`",
    )


def refuse_unknown_rendering(options: ExportOptions) -> None:
    """Refuse a trainer, a layout or a way of reasoning that there is not.

    Raises InvalidInput (`trainer-unknown`, `output-format-unknown`, `reasoning-unknown`,
    `reasoning-key-invalid`, `option-not-for-trainer`).
    """
    if options.trainer is None:
        return
    trainer = trainer_named(options.trainer)
    if options.layout is not None and options.layout not in trainer.layouts():
        raise InvalidInput(
            f'"{options.layout}" is no layout of {trainer.name}',
            code="output-format-unknown",
            hint=f"there are {', '.join(trainer.layouts())}",
        )
    key = options.reasoning_key
    if key is not None and (not key or key in _OF_MESSAGES):
        raise InvalidInput(
            f'"{key}" cannot be the name of the field for reasoning',
            code="reasoning-key-invalid",
            hint="name another one, such as --reasoning-key thinking",
        )
    if options.reasoning is None:
        return
    if options.reasoning not in list(Reasoning):
        raise InvalidInput(
            f'"{options.reasoning}" is no way to write reasoning',
            code="reasoning-unknown",
            hint=f"use {', '.join(Reasoning)}",
        )
    for name in trainer.layouts():
        ways = () if name == RAW else output_format(name).carries.reasoning
        if name == "text" or options.reasoning in ways:
            continue
        raise InvalidInput(
            f"{trainer.name} has no place for reasoning as {options.reasoning}",
            code="option-not-for-trainer",
            hint=f"use {' or '.join(ways)}" if ways else "leave out --reasoning",
        )


def _require_folder(options: ExportOptions) -> None:
    output = options.output
    if output == STANDARD_OUTPUT or Path(output).suffix:
        plain = "-" if output == STANDARD_OUTPUT else output
        folder = "data" if output == STANDARD_OUTPUT else str(Path(output).with_suffix(""))
        raise InvalidInput(
            f"--for writes a folder with a file for each side, and {output} is not one",
            code="trainer-needs-folder",
            hint=f"`-o {shown_word(folder)} --for {options.trainer}` writes it; "
            f"`vault export -o {shown_word(plain)}` writes records as they are",
        )
    if not Path(output).name or Path(output).name == "..":
        raise InvalidInput(
            f"{output} has other files in it: what is written for {options.trainer} needs a folder "
            "of its own, with a name",
            code="trainer-needs-folder",
            hint=f"name one, such as -o data --for {options.trainer}",
        )
    parent = Path(output).parent
    if not parent.exists() and not options.parents:
        raise NotFound(
            f"{parent} does not exist, so that {output} cannot be made in it",
            code="folder-not-found",
            hint="--parents makes it too",
        )
