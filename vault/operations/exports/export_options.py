"""Options of an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Required, TypedDict

from vault.dataset.choosing.select import Selection
from vault.errors import InvalidInput
from vault.operations.exports.mixtures.mixture import Mixture


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where to write, which examples, and what of each.

    `output` is a file by its ending, a folder (no ending), or `-`. Only examples that satisfy all
    expressions of `where` are written, and of those the `selection`. `fields` keeps these top-level
    fields of each record; `extras` adds `_vault` with `id`, `labels` or both; `force` overwrites a
    file that was edited since vault wrote it, or that vault did not write.

    `pairs_from` names a label by which answers to one prompt become preference pairs, if their
    values are at least `min_gap` apart; `verdict` one that says which answers are good.

    `mixture` draws the training side from parts instead, and writes the other sides whole. Its own
    file says what of each, so that no other choice goes with it but a side.

    `trainer` writes a folder for a trainer instead, in the `layout` that the data ask for unless it
    is given. `reasoning` is `field`, `tags` or `drop`, and `reasoning_key` the name of the field.
    `split_turns` writes a prompt and completion for each answer that is trained on, `prompts_only`
    leaves the answers out. `strict` refuses an export that loses anything, `skip_unsupported`
    leaves out what the layout cannot hold. `parents` makes missing folders above the output.
    `template_arguments` gives every record arguments of the chat template, if only none: an export
    sets it where some record has them. `answer` is the field with the true answer to a prompt, and
    `verifier` the name of what checks answers, where a record does not name one.
    """

    output: str
    selection: Selection = field(default_factory=Selection)
    where: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    force: bool = False
    trainer: str | None = None
    layout: str | None = None
    reasoning: str | None = None
    reasoning_key: str | None = None
    split_turns: bool = False
    prompts_only: bool = False
    strict: bool = False
    skip_unsupported: bool = False
    parents: bool = False
    template_arguments: bool = False
    pairs_from: str | None = None
    min_gap: float | None = None
    verdict: str | None = None
    mixture: Mixture | None = None
    answer: str | None = None
    verifier: str | None = None


class ExportArguments(TypedDict, total=False):
    """Fields of `ExportOptions` but for the expressions."""

    output: Required[str]
    selection: Selection
    fields: tuple[str, ...]
    extras: tuple[str, ...]
    force: bool
    trainer: str | None
    layout: str | None
    reasoning: str | None
    reasoning_key: str | None
    split_turns: bool
    prompts_only: bool
    strict: bool
    skip_unsupported: bool
    parents: bool
    template_arguments: bool
    pairs_from: str | None
    min_gap: float | None
    verdict: str | None
    answer: str | None
    verifier: str | None


_OF_TRAINERS = (
    ("reasoning", "--reasoning"),
    ("reasoning_key", "--reasoning-key"),
    ("split_turns", "--split-turns"),
    ("prompts_only", "--prompts-only"),
    ("strict", "--strict"),
    ("skip_unsupported", "--skip-unsupported"),
    ("layout", "layout"),
    ("parents", "--parents"),
    ("pairs_from", "--pairs-from"),
    ("min_gap", "--min-gap"),
    ("verdict", "--verdict"),
    ("answer", "--answer"),
    ("verifier", "--verifier"),
)


def refuse_choices_beside_mixture(options: ExportOptions) -> None:
    """Refuse options that a mixture decides. Raises InvalidInput (`option-not-for-mix`)."""
    mixture, selection = options.mixture, options.selection
    if mixture is None:
        return
    given = {
        "--where or --filter": bool(options.where),
        "--sample": selection.sample is not None,
        "--shuffle": selection.shuffle,
        "--seed": selection.seed != 0,
        "--pairs-from": options.pairs_from is not None,
        "--verdict": options.verdict is not None,
    }
    shown = next((name for name, is_given in given.items() if is_given), None)
    if shown is not None:
        raise InvalidInput(
            f"{shown} says what is exported, and so does the file of the mixture",
            code="option-not-for-mix",
            hint=f"leave out {shown}, or --mix",
        )
    if "labels" in options.extras and any(each.revision for each in mixture.parts):
        raise InvalidInput(
            "an example can have other labels in each version that the mixture draws from",
            code="option-not-for-mix",
            hint="leave out `labels` of --with, or the revisions of parts",
        )


def refuse_trainer_options(options: ExportOptions) -> None:
    """Refuse options that need a trainer. Raises InvalidInput (`option-needs-trainer`)."""
    for name, shown in _OF_TRAINERS:
        if getattr(options, name):
            raise InvalidInput(
                f"{shown} says how records are rendered for a trainer, and none is named",
                code="option-needs-trainer",
                hint=f"add --for, such as `--for trl`, or leave out {shown}",
            )
