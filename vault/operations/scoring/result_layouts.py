"""The layouts of evaluation results, by tool: where a result says what it is about. Pure.

Read in the tools' own sources: lm-evaluation-harness 0.4.13 (`evaluator.py`,
`loggers/evaluation_tracker.py`), Inspect AI 0.3.285 (`log/_log.py`, `scorer/_metric.py`), promptfoo
0.123 (`src/types/index.ts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ABSENT = object()
"""What a path finds where a record has nothing; null is a value."""

ID, PROMPT, LINE, INDEX = "id", "prompt", "line", "index"
"""Roles of fields: the id of an example, its prompt, and its place in an exported file, which
`line` counts from 1 and `index` from 0."""

LETTERS: Mapping[str, int | float] = {"C": 1, "I": 0, "P": 0.5, "N": 0}
"""Inspect's letters for correct, incorrect, partial and no answer, as it counts them."""


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """The shape of one tool's results.

    `roles` has the paths of each role, of which the first that a result has counts, and `fields`
    the object that holds fields of the example. `numbering` is the role of the place in a file.
    `variants` are fields that tell apart several results for one example that must not be mixed.
    """

    tool: str
    roles: Mapping[str, Sequence[str]]
    fields: str = ""
    numbering: str | None = None
    variants: Sequence[str] = ()
    letters: Mapping[str, int | float] = field(default_factory=dict)

    def paths_of(self, role: str) -> Sequence[str]:
        """Return the paths at which a result says a role: of a field of the example its own."""
        if role in self.roles or role in (LINE, INDEX):
            return self.roles.get(role, ())
        name = role.removeprefix("data.")
        return (f"{self.fields}.{name}" if self.fields else name,)


LM_EVAL = ResultLayout(
    "lm-evaluation-harness",
    {ID: ("doc._vault.id", "doc.id"), PROMPT: ("doc.prompt",), INDEX: ("doc_id",)},
    fields="doc",
    numbering=INDEX,
    variants=("filter",),
)
INSPECT = ResultLayout(
    "Inspect",
    # Samples that the data set gives no id are numbered from 1.
    {ID: ("id",), PROMPT: ("input",), LINE: ("id",)},
    fields="metadata",
    numbering=LINE,
    letters=LETTERS,
)
PROMPTFOO = ResultLayout(
    "promptfoo",
    {ID: ("vars._vault.id", "vars.id"), PROMPT: ("vars.prompt",), INDEX: ("testIdx",)},
    fields="vars",
    numbering=INDEX,
    variants=("provider.id", "promptIdx"),
)
RECORDS = ResultLayout("records", {ID: ("id", "_vault.id"), PROMPT: ("prompt",)})


def layout_of(record: Mapping[str, Any]) -> ResultLayout:
    """Return the layout of a file of results, by the keys of its first one."""
    keys = set(record)
    if {"doc_id", "doc", "filtered_resps"} <= keys:
        return LM_EVAL
    if {"testIdx", "promptIdx", "success"} <= keys:
        return PROMPTFOO
    return RECORDS


def inner_results(document: Mapping[str, Any]) -> tuple[ResultLayout, list[Any]] | None:
    """Return the results of a log that is one object, None for an object of another kind."""
    samples = document.get("samples")
    if isinstance(document.get("eval"), dict) and (samples is None or isinstance(samples, list)):
        return INSPECT, samples or []
    results = document.get("results")
    inner = results.get("results") if isinstance(results, dict) else None
    return (PROMPTFOO, inner) if isinstance(inner, list) else None


def repeats_of(document: Mapping[str, Any]) -> int:
    """Return how often promptfoo ran each test: it numbers repeats as tests of their own."""
    found = 1
    for name in ("runtimeOptions", "config"):
        options = document.get(name)
        for each in (options, options.get("evaluateOptions") if isinstance(options, dict) else 0):
            repeat = each.get("repeat") if isinstance(each, dict) else None
            found = max(found, repeat if isinstance(repeat, int) else 1)
    return found


def cell(record: Any, path: str) -> Any:
    """Return what stands at a name, else at a dotted path, else ABSENT.

    A name may hold dots itself: the longest that is there counts.
    """
    if not isinstance(record, dict):
        return ABSENT
    if path in record:
        return record[path]
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:end])
        if name in record:
            return cell(record[name], ".".join(parts[end:]))
    return ABSENT


def value_cell(layout: ResultLayout, record: Mapping[str, Any], name: str) -> Any:
    """Return what a result says in a field: of Inspect the value of that score."""
    if layout is INSPECT:
        scores = record.get("scores")
        score = cell(scores, name)
        if isinstance(score, dict) and "value" in score:
            return score["value"]
        scorer, _, part = name.rpartition(".")
        value = cell(cell(scores, scorer), "value") if scorer else ABSENT
        if isinstance(value, dict):
            return value.get(part, ABSENT)
    return cell(record, name)


def known_values(layout: ResultLayout, record: Mapping[str, Any]) -> list[str]:
    """Return the fields of a result that may be its value, for a hint."""
    if layout is INSPECT:
        return list(record.get("scores") or {})
    if layout is LM_EVAL and isinstance(record.get("metrics"), list):
        return [str(each) for each in record["metrics"]]
    if layout is PROMPTFOO:
        named = record.get("namedScores")
        own = list(named) if isinstance(named, dict) else []
        return ["success", "score", *(f"namedScores.{each}" for each in own)]
    return [name for name, each in record.items() if isinstance(each, bool | int | float)]


def has_failed(layout: ResultLayout, record: Mapping[str, Any]) -> bool:
    """Tell whether a result is that of a broken request, which says nothing of the model.

    promptfoo writes `failureReason` 2 and a score of 0 where the provider failed, Inspect an
    `error`.
    """
    if layout is PROMPTFOO:
        return record.get("failureReason") == 2
    return layout is INSPECT and bool(record.get("error"))
