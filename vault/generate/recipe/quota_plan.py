"""A plan: how many examples to generate for each value of a field. TOML that people may edit."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.errors import InvalidInput

MAX_SIZE_BYTES = 1_000_000
MOST_EXAMPLES = 10_000_000
"""The examples of a plan, at most."""

_FIELD, _QUOTA = "field", "quota"


@dataclass(frozen=True, slots=True)
class QuotaPlan:
    """The number of examples to generate for each value of a field, as text."""

    field: str
    quotas: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of examples of all values."""
        return sum(self.quotas.values())


def plan_text(plan: QuotaPlan, about: Sequence[str], why: Mapping[str, str]) -> str:
    """Return the text of a plan: `about` are comments before it, `why` one for each value."""
    return "\n".join(_lines(plan, about, why)) + "\n"


def _lines(plan: QuotaPlan, about: Sequence[str], why: Mapping[str, str]) -> Iterator[str]:
    yield from (f"# {_in_one_line(each)}" for each in about)
    yield f"{_FIELD} = {_quoted(plan.field)}"
    yield ""
    yield f"[{_QUOTA}]"
    for value, quota in plan.quotas.items():
        told = why.get(value)
        yield f"{_quoted(value)} = {quota}" + (f"  # {_in_one_line(told)}" if told else "")


def _quoted(text: str) -> str:
    # A text of JSON is a basic string of TOML, but for the character that only TOML forbids.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _in_one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)


def read_plan(data: bytes, name: str) -> QuotaPlan:
    """Return the plan that a file holds; `name` is the file's. Values of 0 are left out.

    Raises InvalidInput (`plan-invalid`).
    """
    if len(data) > MAX_SIZE_BYTES:
        raise _invalid(name, f"it is longer than {MAX_SIZE_BYTES:,} bytes")
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(name, f"it is no TOML: {error}") from None
    unknown = next((each for each in found if each not in (_FIELD, _QUOTA)), None)
    if unknown is not None:
        raise _invalid(name, f'it has "{unknown}", and a plan has {_FIELD} and [{_QUOTA}] alone')
    about, quotas = found.get(_FIELD), found.get(_QUOTA)
    if not isinstance(about, str) or not about:
        raise _invalid(name, f'it has no field, such as {_FIELD} = "category"')
    if not isinstance(quotas, dict):
        raise _invalid(name, f"it has no table [{_QUOTA}]")
    for value, quota in quotas.items():
        if not _is_count(quota):
            raise _invalid(name, f'the quota of "{value}" is no whole number from 0 on')
    plan = QuotaPlan(about, {value: quota for value, quota in quotas.items() if quota})
    if not 0 < plan.total <= MOST_EXAMPLES:
        raise _invalid(name, f"it asks for {plan.total:,} examples, not 1 to {MOST_EXAMPLES:,}")
    return plan


def _is_count(quota: Any) -> bool:
    return isinstance(quota, int) and not isinstance(quota, bool) and quota >= 0


def _invalid(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{name} is no plan that can be used: {why}",
        code="plan-invalid",
        hint="`vault plan --by FIELD -n 200 -o plan.toml` writes one",
    )
