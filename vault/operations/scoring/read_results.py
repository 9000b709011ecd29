"""Reading evaluation results from a file: which example each is about, and its value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from vault.errors import InvalidInput
from vault.objects.labels.label_name import shown_value, value_of
from vault.operations.labelling.label_file import key_text
from vault.operations.scoring.open_results import OpenedResults, open_results
from vault.operations.scoring.result_layouts import (
    ABSENT,
    ID,
    INDEX,
    INSPECT,
    LINE,
    PROMPT,
    PROMPTFOO,
    ResultLayout,
    cell,
    has_failed,
    known_values,
    value_cell,
)

_WORDS: Mapping[str, bool] = {"true": True, "false": False}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields of a result that count.

    `value` holds the result. `role` says what the key is: `id`, `prompt`, or a field of the
    examples; with `by_place` it is a place in an exported file. `mapping` has the path of a role,
    `only` the value that a field must have.
    """

    value: str
    role: str = ID
    by_place: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """One result: where it stands, what it is about, and its value.

    `key` is text, or for places in a file a number from 0; None where the result has none. `value`
    is None where it was not scored.
    """

    line: int
    key: str | int | None
    value: bool | int | float | None


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """The results of a file, and the tool that wrote them; `is_placed` tells that they say where
    in an exported file their example stands, else they are in its order."""

    path: str
    tool: str
    results: tuple[Result, ...]
    is_placed: bool = True


def read_results(path: str, wanted: Wanted, *, stdin: BinaryIO | None = None) -> ResultsFile:
    """Return the results of a file: of lm-evaluation-harness, Inspect, promptfoo, or any records.

    Cells of CSV are read as they are typed. Raises what reading a file raises, and InvalidInput
    (`one-file`, `results-unreadable`, `results-empty`, `results-mixed`, `result-invalid`,
    `metric-missing`, `result-key-missing`, `map-unknown`).
    """
    _check_roles(wanted)
    opened = open_results(path, stdin=stdin)
    layout = opened.layout
    if wanted.by_place and layout is PROMPTFOO and opened.repeats > 1:
        raise InvalidInput(
            f"{path} has every test {opened.repeats} times, and promptfoo numbers them all",
            code="results-mixed",
            hint="match by the prompt: --on prompt --map prompt=vars.NAME",
        )
    keys = _Keys(layout, wanted)
    variants = _Variants(path, layout)
    results: list[Result] = []
    first: Mapping[str, Any] | None = None
    is_met = False
    for line, record in opened.records:
        if not _is_wanted(record, wanted.only):
            continue
        first = record if first is None else first
        found = value_cell(layout, record, wanted.value)
        is_met = is_met or found is not ABSENT
        variants.note(record)
        is_unscored = found is ABSENT or has_failed(layout, record)
        value = None if is_unscored else _value(found, wanted.value, path, line, opened)
        results.append(Result(line, keys.of(record), value))
    if first is None:
        raise _nothing(path, wanted.only)
    if not is_met:
        raise _metric_missing(path, wanted.value, layout, first)
    if not keys.is_met and keys.paths:
        role = LINE if wanted.by_place else wanted.role
        raise _key_missing(path, keys, role, layout, first)
    return ResultsFile(path, layout.tool, tuple(results), bool(keys.paths))


class _Keys:
    """Takes the key of a result from the paths that were mapped, else from those of its tool."""

    def __init__(self, layout: ResultLayout, wanted: Wanted) -> None:
        self.is_met = False
        self._wanted = wanted
        role: str | None = wanted.role
        if wanted.by_place:
            role = next((each for each in (LINE, INDEX) if each in wanted.mapping), None)
            role = role or layout.numbering
        self._base = 1 if role == LINE else 0
        mapped = None if role is None else wanted.mapping.get(role)
        self.paths: Sequence[str] = (mapped,) if mapped else layout.paths_of(role) if role else ()

    def of(self, record: Mapping[str, Any]) -> str | int | None:
        """Return the key of a result."""
        for path in self.paths:
            found = cell(record, path)
            if found is ABSENT or found is None or found == "":
                continue
            key = self._key(found)
            if key is not None:
                self.is_met = True
                return key
        return None

    def _key(self, found: Any) -> str | int | None:
        if self._wanted.by_place:
            text = key_text(found) if not isinstance(found, bool) else ""
            return int(text) - self._base if text.isascii() and text.isdigit() else None
        if self._wanted.role == PROMPT:
            return prompt_text(found)
        return key_text(found) or None


def prompt_text(found: Any) -> str | None:
    """Return the text of a prompt: a text, or the messages before the answer, one below the other.

    Instructions are left out, as in the column `prompt` of expressions.
    """
    from vault.dataset.reading.conversations import BETWEEN_MESSAGES, message_text
    from vault.objects.conversation import SYSTEM_ROLES

    if isinstance(found, str):
        return found.strip() or None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    asked = [each for each in found if each.get("role") not in SYSTEM_ROLES]
    if asked and asked[-1].get("role") == "assistant":
        asked = asked[:-1]
    said = BETWEEN_MESSAGES.join(message_text(each) or "" for each in asked)
    return said.strip() or None


class _Variants:
    """Refuses results that are of several filters, models or prompts, and must not be mixed."""

    def __init__(self, path: str, layout: ResultLayout) -> None:
        self._path = path
        self._met: dict[str, list[str]] = {each: [] for each in layout.variants}

    def note(self, record: Mapping[str, Any]) -> None:
        """Take note of a result. Raises InvalidInput (`results-mixed`)."""
        for name, met in self._met.items():
            found = cell(record, name)
            shown = None if found is ABSENT else shown_value(found)
            if shown is None or shown in met:
                continue
            met.append(shown)
            if len(met) > 1:
                raise InvalidInput(
                    f"{self._path} has results with {name} {met[0]} and {met[1]}, which are not "
                    "of one evaluation",
                    code="results-mixed",
                    hint=f"take one of them: --only {name}={met[0]}",
                )


def _value(
    found: Any, name: str, path: str, line: int, opened: OpenedResults
) -> bool | int | float | None:
    """Return a value as a number or yes or no; None for no value. Raises InvalidInput."""
    value = found
    if opened.is_typed and isinstance(found, str):
        text = found.strip()
        value = _WORDS[text.lower()] if text.lower() in _WORDS else value_of(text)
    if isinstance(value, str) and opened.layout.letters:
        value = opened.layout.letters.get(value, value)
    if value is None or value == "" or (opened.layout is INSPECT and _is_nan(value)):
        return None
    if isinstance(value, bool | float | int) and _is_number(value):
        return value
    is_letter = bool(opened.layout.letters)
    if isinstance(value, dict):
        hint = f"name a part of it: --value {name}.{next(iter(value), 'PART')}"
    elif is_letter:
        hint = f"numbers, true and false, and {', '.join(opened.layout.letters)} are read"
    else:
        hint = "numbers, true and false are read; --value names another field"
    kinds = {"dict": "an object", "list": "a list"}
    kind = kinds.get(type(value).__name__) or _shown(value)
    raise InvalidInput(
        f"{path}, {_place(opened.layout)} {line}: {name} is {kind}, which is no score",
        code="result-invalid",
        hint=hint,
    )


def _is_number(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _place(layout: ResultLayout) -> str:
    return "sample" if layout is INSPECT else "line"


def _is_wanted(record: Mapping[str, Any], only: Mapping[str, str]) -> bool:
    found = {name: cell(record, name) for name in only}
    return all(
        each is not ABSENT and shown_value(each) == only[name] for name, each in found.items()
    )


def _check_roles(wanted: Wanted) -> None:
    roles = (LINE, INDEX) if wanted.by_place else (wanted.role,)
    for role in wanted.mapping:
        if role not in roles:
            raise InvalidInput(
                f"--map {role}=… names no role that results are matched by",
                code="map-unknown",
                hint=f"write --map {roles[0]}={wanted.mapping[role]}",
            )
    if len(wanted.mapping) > 1:
        raise InvalidInput(
            "--map says twice where an example stands",
            code="map-unknown",
            hint=f"keep --map {LINE}, which counts from 1, or --map {INDEX}, which counts from 0",
        )


def _nothing(path: str, only: Mapping[str, str]) -> InvalidInput:
    told = " ".join(f"--only {name}={value}" for name, value in only.items())
    return InvalidInput(
        f"{path} holds no result" + (f" with {told}" if told else ""),
        code="results-empty",
        hint=f"leave out {told}" if told else "name the file with one result for each example",
    )


def _metric_missing(
    path: str, name: str, layout: ResultLayout, first: Mapping[str, Any]
) -> InvalidInput:
    known = known_values(layout, first)
    return InvalidInput(
        f'no result of {path} ({layout.tool}) has "{name}"',
        code="metric-missing",
        hint=f"there is --value {known[0]}" + "".join(f", {each}" for each in known[1:6])
        if known
        else "name the field that holds the score: --value FIELD",
    )


def _key_missing(
    path: str, keys: _Keys, role: str, layout: ResultLayout, first: Mapping[str, Any]
) -> InvalidInput:
    inner = first.get(layout.fields)
    names = (
        [f"{layout.fields}.{each}" for each in inner] if isinstance(inner, dict) else list(first)
    )
    fields = ", ".join(names[:8])
    return InvalidInput(
        f"no result of {path} says its {role}: there is no {' and no '.join(keys.paths)}",
        code="result-key-missing",
        hint=f"say which field it is: --map {role}=FIELD; results have {fields}",
    )
