"""Reasoning in `<think>` before a call of ShareGPT, where LLaMA-Factory lets it stand."""

from __future__ import annotations

from typing import Any

_BEGINS, _ENDS = "<think>", "</think>"


def split_thought(value: Any) -> tuple[str | None, Any]:
    """Return the reasoning before a call, and the call; None and the value where there is none."""
    if type(value) is not str or not value.lstrip().startswith(_BEGINS):
        return None, value
    thought, ends, called = value.lstrip().removeprefix(_BEGINS).partition(_ENDS)
    return (thought.strip(), called) if ends else (None, value)
