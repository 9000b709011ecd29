"""Laws of exchanging texts within JSON: what is exchanged is there, and all else is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vault.objects.json.strings import Steps, with_strings

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | st.just('a"\\{[,:'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """Yield where the texts of a value stand, in order."""
    if isinstance(value, str):
        yield steps
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*steps, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from places(each, (*steps, at))


def exchanged(value: Any, wanted: dict[Steps, str], steps: Steps = ()) -> Any:
    if isinstance(value, dict):
        return {name: exchanged(each, wanted, (*steps, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [exchanged(each, wanted, (*steps, at)) for at, each in enumerate(value)]
    return wanted.get(steps, value) if isinstance(value, str) else value


@given(VALUES, st.data(), st.sampled_from([None, 2]), st.booleans())
def test_only_the_named_texts_are_exchanged(
    value: Any, data: st.DataObject, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()
    every = list(places(value))
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    wanted = {steps: data.draw(TEXTS) for steps in chosen}
    after = with_strings(text, wanted)
    assert json.loads(after) == exchanged(value, wanted)
    assert not is_ascii or after.isascii()


@given(VALUES, st.sampled_from([None, 1]))
def test_without_a_change_every_byte_stays(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    assert with_strings(text, {("not", "there", 3): "x"}) == text
