"""`[labels.NAME]` of `vault.toml`: the values a label may have, and how many people give it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vault.config import TEAM_FILE, read_team_section
from vault.errors import InvalidInput
from vault.objects.labels.label_name import check_writable_name, shown_value, value_of
from vault.objects.labels.label_set import LabelValue, is_label_value

SECTION = "labels"
_KEYS = ("values", "keys", "raters")
_MOST_RATERS = 100


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What `vault.toml` says of one label.

    `values` are in their order, worst or best first as the team wrote them; None allows any.
    `keys[i]` is the key of the explorer that gives `values[i]`; () leaves that to it. With
    `raters` above 1 a person's label is `NAME.PERSON`, and so many that agree make `NAME`.
    """

    name: str
    values: tuple[LabelValue, ...] | None = None
    keys: tuple[str, ...] = ()
    raters: int = 1

    def typed(self, text: str) -> LabelValue:
        """Return the value that a text means: one of `values`, else as `value_of` reads it.

        Raises what `check` raises.
        """
        for each in self.values or ():
            if shown_value(each) == text:
                return each
        return self.check(value_of(text))

    def check(self, value: LabelValue) -> LabelValue:
        """Return a value that the label may have.

        Raises InvalidInput: `label-value-invalid`, or `label-value-unknown` with the nearest one.
        """
        if not is_label_value(value) or value == "":
            raise InvalidInput(
                f"{value!r} cannot be a label",
                code="label-value-invalid",
                hint="a label is text, a number of 64 bits, or true or false",
            )
        if self.values is None or any(same_value(value, each) for each in self.values):
            return value
        shown = [shown_value(each) for each in self.values]
        near = difflib.get_close_matches(shown_value(value), shown, n=1)
        raise InvalidInput(
            f'"{shown_value(value)}" is no value of {self.name}',
            code="label-value-unknown",
            hint=f'did you mean "{near[0]}"?' if near else f"{TEAM_FILE} has {', '.join(shown)}",
        )


def vocabularies(folder: Path | None) -> dict[str, Vocabulary]:
    """Return what `vault.toml` says of labels, by name, in its order.

    A name with dots may be one key or tables in one another. Raises InvalidInput
    (`config-invalid`, `config-key-unknown`, `label-name-invalid`, `label-not-yours`).
    """
    if folder is None:
        return {}
    table = read_team_section(folder, SECTION).table(SECTION)
    return {name: _vocabulary(name, own) for name, own in _tables("", table)}


def vocabulary(folder: Path | None, name: str) -> Vocabulary:
    """Return what `vault.toml` says of one label; any value, by one person, if it says nothing."""
    return vocabularies(folder).get(name, Vocabulary(name))


def same_value(one: LabelValue | None, other: LabelValue | None) -> bool:
    """Tell whether two values are one: 1 and 1.0 are, 1 and true are not."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _tables(before: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in table.items():
        name = f"{before}{key}"
        if not isinstance(value, Mapping):
            raise _invalid(f"{SECTION}.{name}", "a table", f"write [{SECTION}.{name}]")
        own = {each: inside for each, inside in value.items() if not isinstance(inside, Mapping)}
        if own or not value:
            yield name, own
        deeper = {each: inside for each, inside in value.items() if isinstance(inside, Mapping)}
        yield from _tables(f"{name}.", deeper)


def _vocabulary(name: str, table: Mapping[str, Any]) -> Vocabulary:
    check_writable_name(name)
    place = f"{SECTION}.{name}"
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            raise InvalidInput(
                f"{TEAM_FILE}: unknown key {place}.{key}",
                code="config-key-unknown",
                hint=f"did you mean {place}.{near[0]}?" if near else f"known: {', '.join(_KEYS)}",
            )
    values = _values(f"{place}.values", table.get("values"))
    keys = _one_character_each(f"{place}.keys", table.get("keys", []))
    if len(set(keys)) < len(keys) or (keys and (values is None or len(keys) != len(values))):
        raise _invalid(f"{place}.keys", "one key for each value", f"change {place}.keys")
    raters = table.get("raters", 1)
    if type(raters) is not int or not 1 <= raters <= _MOST_RATERS:
        expected = f"a whole number from 1 to {_MOST_RATERS}"
        raise _invalid(f"{place}.raters", expected, f"change {place}.raters")
    return Vocabulary(name, values, keys, raters)


def _values(place: str, found: Any) -> tuple[LabelValue, ...] | None:
    if found is None:
        return None
    expected = "a list of different texts, numbers, true or false"
    if not isinstance(found, list) or not found:
        raise _invalid(place, expected, f"change {place} in {TEAM_FILE}")
    if not all(is_label_value(each) and each != "" for each in found):
        raise _invalid(place, expected, f"change {place} in {TEAM_FILE}")
    if len({(type(each) is bool, each) for each in found}) < len(found):
        raise _invalid(place, expected, f"a value is there twice in {place}")
    return tuple(found)


def _one_character_each(place: str, found: Any) -> tuple[str, ...]:
    if isinstance(found, list) and all(map(_is_key, found)):
        return tuple(found)
    raise _invalid(place, 'a list of single characters, such as ["1", "2"]', f"change {place}")


def _is_key(found: Any) -> bool:
    return isinstance(found, str) and len(found) == 1 and found.isprintable() and found != " "


def _invalid(place: str, expected: str, hint: str) -> InvalidInput:
    return InvalidInput(f"{TEAM_FILE}: {place} is not {expected}", code="config-invalid", hint=hint)
