"""A table of a TOML file that is read key by key, while every fault is collected."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from vault.config import nearest_key

MAX_SIZE_BYTES = 1_000_000
"""Bytes of a file that is read, at most."""


def parse_toml(data: bytes) -> dict[str, Any]:
    """Return the table that a file holds. Raises ValueError with what is wrong."""
    if len(data) > MAX_SIZE_BYTES:
        raise ValueError(f"it is longer than {MAX_SIZE_BYTES:,} bytes")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError(str(error)) from None


class CheckedTable:
    """A table: gives values by key, with a fault for each that is missing or of another type.

    `path` is the table's name in the file, empty for the file itself. Faults name the place, such
    as `model.max_tokens`, and go to the list that is shared by all tables of a file.
    """

    def __init__(self, values: Mapping[str, Any], path: str, faults: list[str]) -> None:
        self._values = values
        self._path = path
        self._faults = faults
        self._asked: list[str] = []

    def place(self, key: str) -> str:
        """Return the name of a key in the file."""
        return f"{self._path}.{key}" if self._path else key

    def fault(self, key: str, told: str) -> None:
        """Add a fault at a key."""
        self._faults.append(f"{self.place(key)} {told}")

    def has(self, key: str) -> bool:
        """Return whether the key is there."""
        return key in self._values

    def text(self, key: str, default: str | None = None, *, required: bool = False) -> str | None:
        """Return a text that is not blank, or the default."""
        value = self._value(key, required)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.fault(key, "has to be a text that is not empty")
            return default
        return value

    def whole(self, key: str, default: int, *, least: int, required: bool = False) -> int:
        """Return a whole number of at least `least`, or the default."""
        value = self._value(key, required)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.fault(key, f"has to be a whole number of at least {least}, not {shown(value)}")
            return default
        return value

    def share(self, key: str, default: float) -> float:
        """Return a number from 0 to 1, or the default."""
        value = self._value(key, False)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.fault(key, f"has to be a number from 0 to 1, not {shown(value)}")
            return default
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false, or the default."""
        value = self._value(key, False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"has to be true or false, not {shown(value)}")
            return default
        return value

    def word(self, key: str, default: str, known: tuple[str, ...]) -> str:
        """Return one of some words, or the default."""
        value = self._value(key, False)
        if value is None:
            return default
        if value not in known:
            self.fault(key, f"has to be one of {', '.join(known)}, not {shown(value)}")
            return default
        return str(value)

    def table(self, key: str, *, required: bool = False) -> CheckedTable:
        """Return a table, empty where there is none."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, dict):
            self.fault(key, f"has to be a table: write [{self.place(key)}]")
            value = None
        return CheckedTable(value or {}, self.place(key), self._faults)

    def tables(self, key: str, *, required: bool = False) -> list[CheckedTable]:
        """Return the tables of a list, such as all `[[judge]]`; none where there is none."""
        value = self._value(key, required)
        if value is not None and not (
            isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
        ):
            self.fault(key, f"has to be tables: write [[{self.place(key)}]]")
            value = None
        place = self.place(key)
        return [
            CheckedTable(each, f"{place}[{at}]", self._faults)
            for at, each in enumerate(value or (), 1)
        ]

    def mapping(self, key: str, *, required: bool = False) -> Mapping[str, Any]:
        """Return a table as it stands, empty where there is none."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, dict):
            self.fault(key, "has to be a table")
            value = None
        return value or {}

    def rest(self) -> Mapping[str, Any]:
        """Return what no call has asked for."""
        return {key: value for key, value in self._values.items() if key not in self._asked}

    def finish(self, later: Mapping[str, str] | None = None) -> None:
        """Add a fault for each key that nobody asked for; `later` has reasons for some of them."""
        for key in self.rest():
            if later and key in later:
                self.fault(key, later[key])
                continue
            near = nearest_key(key, self._asked)
            meant = f": did you mean {near}?" if near else f"; known are {', '.join(self._asked)}"
            self.fault(key, f"is unknown{meant}")

    def _value(self, key: str, required: bool) -> Any:
        self._asked.append(key)
        value = self._values.get(key)
        if value is None and required:
            self.fault(key, "is missing")
        return value


def is_json(value: Any) -> bool:
    """Return whether a value of a TOML file can be sent: dates, nan and inf cannot."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def shown(value: Any) -> str:
    """Return a value as a fault shows it: short, and as it stands in the file."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
