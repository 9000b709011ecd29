"""Reading a rubric: TOML to values, and every fault of the file told at once, with its place."""

from __future__ import annotations

import re
from typing import Any

from vault.errors import InvalidInput, InvalidText
from vault.generate.checked_table import CheckedTable, parse_toml, shown
from vault.generate.model import Model, read_model
from vault.generate.rubric.rubric import Criterion, Rubric
from vault.objects.labels.label_name import slug

USUAL_TOKENS = 1_000
"""Tokens of an answer of a judge, at most, unless the rubric says otherwise."""

MOST_CRITERIA = 20
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_RESERVED = ("score", "by", "choice")
"""Names that labels of a judge have beside those of criteria."""


def read_rubric(data: bytes, file: str) -> Rubric:
    """Return the rubric that a file holds; `file` is its name, for people.

    Raises InvalidInput (`rubric-unreadable`), InvalidText (`rubric-invalid`) with every fault and
    its place; nothing is sent for it.
    """
    faults: list[str] = []
    top = CheckedTable(_parsed(data, file), "", faults)
    name = top.text("name", required=True) or ""
    if name and not _NAME.fullmatch(name):
        top.fault("name", f"has to be of a-z, 0-9 and _, not {shown(name)}")
    rubric = Rubric(
        file=file,
        name=name,
        reference=top.text("reference"),
        instructions=top.text("instructions"),
        repeat=top.share("repeat", 0.05),
        scrub=top.flag("scrub", True),
        criteria=tuple(_criterion(each) for each in top.tables("criterion", required=True)),
        judges=tuple(_judge(each) for each in top.tables("judge", required=True)),
    )
    if len(rubric.criteria) > MOST_CRITERIA:
        top.fault("criterion", f"has more than {MOST_CRITERIA} questions")
    _refuse_twice(top, "criterion", "id", [each.id for each in rubric.criteria])
    # Labels of a panel are named by its models.
    _refuse_twice(top, "judge", "model", [slug(each.name) for each in rubric.judges])
    top.finish()
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InvalidText(
            f"{file} cannot be used: it has {count}",
            excerpt=tuple(faults),
            code="rubric-invalid",
            hint="correct it; `vault judge --dry-run` checks a rubric and sends nothing",
        )
    return rubric


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    try:
        return parse_toml(data)
    except ValueError as error:
        raise InvalidInput(
            f"{file} is no TOML file that can be read: {error}",
            code="rubric-unreadable",
            hint="`vault judge --new FILE` writes a rubric to begin with",
        ) from None


def _criterion(table: CheckedTable) -> Criterion:
    name = table.text("id", required=True) or ""
    if name and (not _NAME.fullmatch(name) or name in _RESERVED):
        table.fault("id", f"has to be of a-z, 0-9 and _, and none of {', '.join(_RESERVED)}")
    criterion = Criterion(
        name,
        table.text("question", required=True) or "",
        table.whole("weight", 1, least=1),
    )
    table.finish()
    return criterion


def _judge(table: CheckedTable) -> Model:
    return read_model(table, name_key="model", max_tokens=USUAL_TOKENS)


def _refuse_twice(top: CheckedTable, key: str, name: str, values: list[str]) -> None:
    for each in dict.fromkeys(value for value in values if values.count(value) > 1):
        top.fault(key, f"has the {name} {shown(each)} twice")
