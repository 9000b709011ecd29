"""docs/reference/trainers.md: targets of `export --for`, from what each declares to carry."""

from __future__ import annotations

from collections.abc import Iterator

from vault.formats.trainers.output import LOSSES, Carried, Loss, OutputFormat, Weights
from vault.formats.trainers.plain_records import RAW
from vault.formats.trainers.table import OUTPUT_FORMATS, TRAINERS
from vault.formats.trainers.trainer import FAMILIES, Family, Produced, Trainer

_EXAMPLE = {"train": "train.jsonl", "validation": "validation.jsonl"}
_MANY = """\
A folder has a file for each side of the split, called as the side is (`train.jsonl`,
`validation.jsonl`, `test.jsonl`); without a split everything is `train.jsonl`. Beside them is a
`README.md`."""


def trainer_page(*, note: str) -> str:
    """Return the page: a table of targets by kind, one of layouts, and what losses mean."""
    return "\n".join([note, "", "# Targets of `export --for`", "", *_lines()]).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield from _MANY.splitlines()
    yield ""
    yield "| target | kinds of records | layout | beside the files |"
    yield "|---|---|---|---|"
    for trainer in TRAINERS.values():
        yield from _rows(trainer)
    yield ""
    yield "## Layouts"
    yield ""
    yield "What a layout does not carry is lost and counted, or the example is refused. The name of"
    yield "a layout is also what `Snapshot.to_hf` and `Snapshot.losses` take."
    yield ""
    yield "| layout | columns | weights | reasoning | roles | also carried | may lose |"
    yield "|---|---|---|---|---|---|---|"
    for layout in OUTPUT_FORMATS.values():
        yield _layout_row(layout)
    yield ""
    yield "Of reasoning, the usual way is first; `--reasoning` chooses another."
    yield ""
    yield "## Losses"
    yield ""
    yield "| loss | meaning |"
    yield "|---|---|"
    for loss, meaning in LOSSES.items():
        yield f"| `{loss}` | {meaning} |"


def _rows(trainer: Trainer) -> Iterator[str]:
    if trainer.name == RAW:
        yield f"| `{RAW}` | all, also mixed | the record as it was imported | |"
        return
    for family, name in trainer.formats.items():
        kinds = ", ".join(f"`{kind}`" for kind, each in FAMILIES.items() if each is family)
        if family is Family.CHAT and trainer.last_turn_format is not None:
            only = f"{kinds}, where only the last answer is trained on"
            yield _row(trainer, only, trainer.last_turn_format)
            kinds += ", else"
        yield _row(trainer, kinds, name)
    if trainer.prompts_format is not None:
        yield _row(trainer, "any with messages, by `--prompts-only`", trainer.prompts_format)


def _row(trainer: Trainer, kinds: str, layout: str) -> str:
    produced = Produced(layout, _EXAMPLE, 0, "FOLDER")
    beside = [f"`{name}`" for name in trainer.beside(produced)]
    if trainer.declares_features:
        beside.append("features in the README")
    if trainer.writes_parquet:
        beside.append("all files are Parquet (`train.parquet`)")
    if trainer.has_mark:
        beside.append("a byte order mark in each file")
    return f"| `{trainer.name}` | {kinds} | `{layout}` | {', '.join(beside)} |"


def _layout_row(layout: OutputFormat) -> str:
    columns = ", ".join(
        f"`{name}`?" if name in layout.optional else f"`{name}`" for name in layout.columns
    )
    carries = layout.carries
    cells = (
        f"`{layout.name}`",
        columns + (", all other fields" if carries.fields and layout.name != "data" else ""),
        _weights(carries),
        ", ".join(map(str, carries.reasoning)),
        "any" if carries.roles is None else ", ".join(sorted(carries.roles)),
        ", ".join(_also(carries)),
        ", ".join(f"`{loss}`" for loss in Loss if loss in carries.may_lose()),
    )
    return f"| {' | '.join(cells)} |"


def _weights(carries: Carried) -> str:
    return "each message" if carries.weights is Weights.PER_MESSAGE else carries.weights.value


def _also(carries: Carried) -> Iterator[str]:
    for told, is_carried in {
        "tools": carries.tools,
        "parallel_tool_calls": carries.parallel_tool_calls,
        "template arguments": carries.template_arguments or carries.fields,
        "content in parts": carries.parts,
        "media": carries.media,
    }.items():
        if is_carried:
            yield told
    if carries.members is None:
        yield "all members of messages"
    else:
        yield from sorted(carries.members)
