"""The tables of output formats and of targets for `export --for`, by name.

A new target is one more module, with its formats and its `Trainer`, and its rows here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from vault.errors import InvalidInput
from vault.formats.trainers import (
    axolotl,
    hugging_face,
    llamafactory,
    mistral,
    mlx,
    openai,
    openai_variants,
    plain_records,
    rlvr,
    trl,
    unsloth,
    verl,
)
from vault.formats.trainers.output import OutputFormat
from vault.formats.trainers.trainer import Trainer

OUTPUT_FORMATS: Mapping[str, OutputFormat] = {
    each.name: each
    for each in (
        *trl.FORMATS,
        *axolotl.FORMATS,
        *verl.FORMATS,
        *rlvr.FORMATS,
        *openai.FORMATS,
        *openai_variants.FORMATS,
        *llamafactory.FORMATS,
        *mlx.FORMATS,
        *mistral.FORMATS,
        *hugging_face.FORMATS,
        *plain_records.FORMATS,
    )
}
"""All formats that records can be rendered in."""

TRAINERS: Mapping[str, Trainer] = {
    each.name: each
    for each in (
        trl.TRL,
        axolotl.AXOLOTL,
        unsloth.UNSLOTH,
        verl.VERL,
        rlvr.RLVR,
        openai.OPENAI,
        openai.OPENAI_DPO,
        openai.AZURE,
        openai_variants.TOGETHER,
        openai_variants.FIREWORKS,
        llamafactory.LLAMAFACTORY,
        mlx.MLX,
        mistral.MISTRAL,
        hugging_face.HUGGING_FACE,
        plain_records.TEXT_TRAINER,
        plain_records.RAW_TRAINER,
    )
}
"""All targets of `export --for`."""


def output_format(name: str) -> OutputFormat:
    """Return a format by its name. Raises InvalidInput (`output-format-unknown`)."""
    found = OUTPUT_FORMATS.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, OUTPUT_FORMATS, n=1, cutoff=0.5)
    raise InvalidInput(
        f'"{name}" is not a format that records can be rendered in',
        code="output-format-unknown",
        hint=f"did you mean {near[0]}?" if near else f"there are {', '.join(OUTPUT_FORMATS)}",
    )


def trainer_named(name: str) -> Trainer:
    """Return a target by its name. Raises InvalidInput (`trainer-unknown`)."""
    found = TRAINERS.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, TRAINERS, n=1, cutoff=0.5)
    raise InvalidInput(
        f'"{name}" is not a trainer that files can be written for',
        code="trainer-unknown",
        hint=f"did you mean {near[0]}?" if near else f"there are {', '.join(TRAINERS)}",
    )
