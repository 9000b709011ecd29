"""Reading the file of a mixture: TOML that people write, checked with plain messages."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from vault.config import MAX_SIZE_BYTES, nearest_key
from vault.dataset.choosing.saved_filters import named_filters
from vault.dataset.choosing.where import check_setting
from vault.errors import InvalidInput, NotFound
from vault.operations.exports.mixtures.mixture import Mixture, Order, Part, fault_of

_PART = ("name", "epochs", "count", "share", "max_repeat", "where", "filter", "revision", "split")
_MIX = ("seed", "order", "total", "tokens", "allow_overlap", "skip_held_out")
_EXAMPLE = '[[part]] with name = "support", where = "source = \'support\'", epochs = 1.0'


def read_mixture(folder: Path | None, path: str) -> Mixture:
    """Return the mixture that a file describes; filters are looked up in the folder's `vault.toml`.

    Raises NotFound (`file-not-found`, `filter-not-found`), InvalidInput (`mix-invalid`,
    `config-invalid`), InvalidExpression (`expression-invalid`).
    """
    document = _document(path)
    reader = _Reader(path, folder)
    reader.require_known(document, ("part", "mix"), "the file")
    parts = document.get("part", [])
    if not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
        raise reader.invalid("`part` is no list of tables", "each begins with [[part]]")
    whole = document.get("mix", {})
    if not isinstance(whole, dict):
        raise reader.invalid("`mix` is no table", "it begins with [mix]")
    mixture = replace(reader.mixture(whole), parts=tuple(map(reader.part, parts)))
    fault = fault_of(mixture)
    if fault is not None:
        raise reader.invalid(fault, f"such as {_EXAMPLE}")
    return mixture


def _document(path: str) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(
            f"{path} does not exist", code="file-not-found", hint=f"it describes {_EXAMPLE}"
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}",
            code="mix-invalid",
            hint="name a file of TOML",
        ) from None
    if len(data) > MAX_SIZE_BYTES:
        raise InvalidInput(
            f"{path} is larger than {MAX_SIZE_BYTES:,} bytes, which no mixture is",
            code="mix-invalid",
            hint="name a file of TOML that describes parts",
        )
    try:
        return tomllib.loads(data.decode("utf-8-sig"), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        fault = str(error)
    except (ValueError, InvalidOperation):
        # What Python says of such a number is advice for programmers.
        fault = "a number in it has too many digits"
    raise InvalidInput(
        f"{path} is not TOML: {fault}", code="mix-invalid", hint=f"such as {_EXAMPLE}"
    )


class _Reader:
    """Members of tables of one file, checked."""

    def __init__(self, path: str, folder: Path | None) -> None:
        self._path = path
        self._folder = folder

    def invalid(self, what: str, hint: str) -> InvalidInput:
        """Return the error for something wrong in the file."""
        return InvalidInput(f"{self._path}: {what}", code="mix-invalid", hint=hint)

    def require_known(self, table: Mapping[str, Any], known: Collection[str], where: str) -> None:
        """Refuse members that have no meaning."""
        unknown = next((each for each in table if each not in known), None)
        if unknown is not None:
            near = nearest_key(unknown, known)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise self.invalid(f'{where} has "{unknown}", which means nothing', hint)

    def mixture(self, table: Mapping[str, Any]) -> Mixture:
        """Return a mixture without its parts."""
        self.require_known(table, _MIX, "[mix]")
        order = self._text(table, "order", "[mix]") or Order.SHUFFLE
        if order not in list(Order):
            near = nearest_key(order, Order)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(Order)}"
            raise self.invalid(f'[mix] has the order "{order}"', hint)
        return Mixture(
            parts=(),
            seed=self._integer(table, "seed", "[mix]") or 0,
            order=Order(order),
            total=self._integer(table, "total", "[mix]"),
            tokens=self._integer(table, "tokens", "[mix]"),
            allow_overlap=self._boolean(table, "allow_overlap"),
            skip_held_out=self._boolean(table, "skip_held_out"),
        )

    def part(self, table: Mapping[str, Any]) -> Part:
        """Return one part."""
        name = self._text(table, "name", "a part") or ""
        shown = f'the part "{name}"' if name else "a part without a name"
        self.require_known(table, _PART, shown)
        where = self._text(table, "where", shown)
        named = self._text(table, "filter", shown)
        if where is not None:
            check_setting(f'{self._path}: where of "{name}"', where)
        filters = named_filters(self._folder, [] if named is None else [named])
        return Part(
            name=name,
            epochs=self._decimal(table, "epochs", shown),
            count=self._integer(table, "count", shown),
            share=self._decimal(table, "share", shown),
            max_repeat=self._decimal(table, "max_repeat", shown, Decimal(1)) or Decimal(0),
            where=(*([] if where is None else [where]), *filters),
            revision=self._text(table, "revision", shown),
            split=self._text(table, "split", shown),
        )

    def _text(self, table: Mapping[str, Any], name: str, shown: str) -> str | None:
        value = table.get(name)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.invalid(f"`{name}` of {shown} is not text", f'write {name} = "…"')
        return value

    def _integer(self, table: Mapping[str, Any], name: str, shown: str) -> int | None:
        value = table.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.invalid(f"`{name}` of {shown} is no whole number", f"write {name} = 1000")
        return value

    def _decimal(
        self, table: Mapping[str, Any], name: str, shown: str, default: Decimal | None = None
    ) -> Decimal | None:
        value = table.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if value is not None and not (isinstance(value, Decimal) and value.is_finite()):
            raise self.invalid(f"`{name}` of {shown} is no number", f"write {name} = 2.0")
        return value

    def _boolean(self, table: Mapping[str, Any], name: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            raise self.invalid(
                f"`{name}` of [mix] is neither true nor false", f"write {name} = true"
            )
        return value
