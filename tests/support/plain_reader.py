"""A second reader of repositories, written from docs/format and sharing no code with vault.

Imports json, hashlib, re, pathlib and pyarrow only: whoever has those can read a repository. Slow
and simple on purpose; every digest on the way is checked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?")
ESCAPES = dict(zip('"\\\b\t\n\f\r', ['\\"', r"\\", r"\b", r"\t", r"\n", r"\f", r"\r"], strict=True))
VERSIONS = {"commit": (1,), "manifest": (1, 2)}
OWN_LABELS = {"_group", "cluster"}
LEAST_RUNS, MOST_RUNS = 1_024, 8_192


class NumberText(str):
    """The text of a JSON number."""

    __slots__ = ()


# Canonical JSON (docs/format/examples.md)


def read_json(text: bytes) -> Any:
    """Return the value of a JSON text, numbers as their texts."""
    return json.loads(text, parse_int=NumberText, parse_float=NumberText)


def canonical(value: Any) -> str:
    """Return the canonical JSON of what `read_json` returned."""
    if isinstance(value, NumberText):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode())
        return "{" + ",".join(f"{string(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return {None: "null", True: "true", False: "false"}[value]


def string(text: str) -> str:
    """Return a string with the escapes that it needs and no others."""
    escaped = (
        ESCAPES.get(each) or (f"\\u{ord(each):04x}" if each < " " else each) for each in text
    )
    return '"' + "".join(escaped) + '"'


def number(text: str) -> str:
    """Return the canonical text of a number."""
    sign, whole, fraction, exponent = NUMBER.fullmatch(text).groups()  # type: ignore[union-attr]
    if fraction is None and exponent is None:
        return "0" if text == "-0" else text
    double = float(text)
    has_digits = re.search("[1-9]", whole + (fraction or "")) is not None
    if abs(double) == float("inf") or (double == 0 and has_digits):
        first, digits, power = scientific(whole, fraction or "", int(exponent or 0))
        return sign + first + (f".{digits}" if digits else "") + f"e{power:+d}"
    if double == 0:
        return sign + "0.0"
    shown = NUMBER.fullmatch(repr(abs(double)))
    assert shown is not None
    first, digits, power = scientific(shown[2], shown[3] or "", int(shown[4] or 0))
    if not -5 <= power <= 15:
        return sign + first + (f".{digits}" if digits else "") + f"e{power:+d}"
    digits = first + digits
    if power < 0:
        return sign + "0." + "0" * (-power - 1) + digits
    digits = digits.ljust(power + 1, "0")
    return sign + digits[: power + 1] + "." + (digits[power + 1 :] or "0")


def scientific(whole: str, fraction: str, exponent: int) -> tuple[str, str, int]:
    """Return first digit, further digits and power of ten of digits that are not all zero."""
    digits = (whole + fraction).lstrip("0")
    power = exponent + len(digits) - len(fraction) - 1
    digits = digits.rstrip("0")
    return digits[0], digits[1:], power


def example_id(text: bytes) -> bytes:
    """Return the id of a record."""
    return hashlib.sha256(canonical(read_json(text)).encode()).digest()[:16]


# Objects and the log (docs/format/objects.md, operations.md)


class PlainReader:
    """A repository's folder opened for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        said = json.loads((folder / "format").read_bytes())
        assert said["version"] in (1, 2) and set(said["requires"]) <= {"conflicts", "erased"}

    def object(self, digest: str) -> bytes:
        """Return the bytes of an object whose name is the digest of its bytes."""
        data = (self.folder / "objects" / digest[:2] / digest).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        return data

    def objects(self) -> list[str]:
        """Return the names of all objects, each checked."""
        names = sorted(path.name for path in (self.folder / "objects").glob("??/*"))
        for name in names:
            self.object(name)
        return names

    def json_object(self, digest: str, kind: str) -> Any:
        """Return a JSON object of the store."""
        value = json.loads(self.object(digest))
        assert value["type"] == kind and value["version"] in VERSIONS[kind]
        return value

    def table(self, digest: str) -> pa.Table:
        """Return a Parquet object of the store as a table."""
        return pq.ParquetFile(pa.BufferReader(self.object(digest))).read(use_threads=False)

    def rows(self, digest: str) -> list[dict[str, Any]]:
        """Return a Parquet object of the store as rows."""
        found: list[dict[str, Any]] = self.table(digest).to_pylist()
        return found

    def operations(self) -> list[Any]:
        """Return the entries of the log, oldest first, the chain checked."""
        entries: list[Any] = []
        previous = None
        for path in sorted((self.folder / "operations").iterdir()):
            data = path.read_bytes()
            body, checksum, rest = data.split(b"\n")
            assert checksum.decode() == hashlib.sha256(body).hexdigest() and rest == b""
            entry = json.loads(body)
            assert entry["type"] == "operation" and entry["version"] in (1, 2)
            before = entries[-1] if entries else None
            if entry["version"] == 2 and entry["changes"] is not None:
                assert before is not None
                view = changed(before["view"], entry["changes"])
                assert entry["view"] in (None, view)
                assert entry["view"] or entry["base"] == (before["base"] or before["number"])
                entry["view"] = view
            entry["base"] = entry.get("base")
            assert path.name == f"{entry['number']:010d}"
            # Entries before the first that is kept were given up.
            assert not before or entry["number"] == before["number"] + 1
            assert entry["previous"] == previous or (not before and entry["number"] > 1)
            previous = hashlib.sha256(data).hexdigest()
            entries.append(entry)
        number, checksum = (self.folder / "tip").read_bytes().removesuffix(b"\n").split(b" ")
        assert checksum.decode() == hashlib.sha256(number).hexdigest()[:16]
        assert int(number) <= entries[-1]["number"]
        assert entries[-1].get("first", 1) == entries[0]["number"]
        return entries

    def view(self) -> Any:
        """Return the newest view."""
        return self.operations()[-1]["view"]

    def commit(self, digest: str) -> Any:
        """Return a commit."""
        return self.json_object(digest, "commit")

    def dataset(self, manifest: str) -> PlainDataset:
        """Return the dataset of a manifest."""
        return PlainDataset(self, self.json_object(manifest, "manifest"))


class PlainDataset:
    """The examples of one manifest: `places` are (chunk, row), in order."""

    def __init__(self, reader: PlainReader, manifest: Any) -> None:
        self.reader = reader
        self.manifest = manifest
        self.places = list(self._places())
        chunks = dict.fromkeys(chunk for chunk, _ in self.places)
        self.columns = {chunk: reader.rows(chunk) for chunk in chunks}
        self.facts = {chunk: self._facts(chunk) for chunk in chunks}
        self.records = {
            chunk: [each["data"].encode() for each in reader.rows(self.facts[chunk]["records"])]
            for chunk in chunks
        }

    def _places(self) -> Iterator[tuple[str, int]]:
        for reference in self.manifest["pages"]:
            runs = self.reader.rows(reference["page"])
            assert sum(run["rows"] for run in runs) == reference["examples"]
            for run in runs:
                for row in range(run["first"], run["first"] + run["rows"]):
                    yield run["chunk"].hex(), row

    def _facts(self, chunk: str) -> Any:
        metadata = pq.read_metadata(pa.BufferReader(self.reader.object(chunk)))
        facts = json.loads(metadata.metadata[b"vault.chunk"])
        check_parts(self.reader.object(facts["records"]), facts.get("parts", []))
        assert facts["version"] == 1 and facts["examples"] == metadata.num_rows <= 32_768
        return facts

    def texts(self) -> list[bytes]:
        """Return the records, in order."""
        return [self.records[chunk][row] for chunk, row in self.places]

    def rows(self) -> list[dict[str, Any]]:
        """Return the columns of each example, in order."""
        return [self.columns[chunk][row] for chunk, row in self.places]

    def ids(self) -> list[bytes]:
        """Return the ids, in order; each follows from its record."""
        ids = [each["id"] for each in self.rows()]
        assert ids == [example_id(text) for text in self.texts()]
        return ids

    def labels(self) -> list[dict[str, Any]]:
        """Return name to JSON text of value for each example, in order."""
        said: dict[tuple[str, int], dict[str, Any]] = {}
        for chunk, sets in self.manifest["labels"].items():
            layers = [sets] if self.manifest["version"] == 1 else sets
            assert 1 <= len(layers) <= 9
            for row, own in overlaid([self.reader.rows(each) for each in layers]).items():
                said[chunk, row] = {name: read_json(value.encode()) for name, value in own.items()}
        return [said.get(place, {}) for place in self.places]

    def sources(self) -> list[str]:
        """Return the source that each example belongs to, in order."""
        owners: dict[tuple[str, int], str] = {}
        if self.manifest["adopted"] is not None:
            for each in self.reader.rows(self.manifest["adopted"]):
                for row in range(each["first"], each["first"] + each["rows"]):
                    owners[each["chunk"].hex(), row] = each["source"]
        return [
            owners.get(place, row["source"])
            for place, row in zip(self.places, self.rows(), strict=True)
        ]

    def fingerprint(self) -> str:
        """Return the fingerprint (docs/format/commits.md)."""
        labels = dict(zip(self.ids(), self.labels(), strict=True))
        return fingerprint(labels)

    def quarantine(self) -> list[dict[str, Any]]:
        """Return the quarantine entries, each id checked."""
        entries = [row for each in self.manifest["quarantine"] for row in self.reader.rows(each)]
        for each in entries:
            named = each["source"].encode() + b"\0" + str(each["line"]).encode() + b"\0"
            assert each["id"] == hashlib.sha256(named + each["sha256"]).digest()[:16]
            assert len(each["raw"]) == each["size_bytes"]
            assert each["sha256"] == hashlib.sha256(each["raw"]).digest()
        assert len(entries) == self.manifest["quarantined"]
        return entries

    def removals(self) -> list[dict[str, Any]]:
        """Return the removals."""
        removals = [row for each in self.manifest["removals"] for row in self.reader.rows(each)]
        assert len(removals) == self.manifest["removed"]
        return removals

    def export(
        self,
        split: str | None = None,
        sample: int | None = None,
        seed: int = 0,
        shuffle: bool = False,
    ) -> bytes:
        """Return an export as JSON Lines (docs/format/export.md)."""
        whole = zip(self.ids(), self.texts(), self.labels(), strict=True)
        chosen = [(i, text) for i, text, said in whole if split in (None, said.get("split"))]
        if sample is not None:
            ranked = sorted(chosen, key=lambda each: rank(b"", seed, each[0]))
            kept = {each[0] for each in ranked[:sample]}
            chosen = [each for each in chosen if each[0] in kept]
        if shuffle:
            chosen.sort(key=lambda each: rank(b"shuffle", seed, each[0]))
        return b"".join(text + b"\n" for _, text in chosen)


def overlaid(layers: list[list[dict[str, Any]]]) -> dict[int, dict[str, str]]:
    """Return row to name to JSON text of what a base label set and overlays say."""
    said: dict[int, dict[str, str]] = {}
    for entries in layers:
        for each in entries:
            own = said.setdefault(each["row"], {})
            own.pop(each["name"], None)
            if each["value"] is not None:
                own[each["name"]] = each["value"]
    return {row: own for row, own in said.items() if own}


def check_parts(data: bytes, parts: list[Any]) -> None:
    """Check that the parts of a records object tile it, each with its digest."""
    end = 0
    for offset, length, digest in parts:
        assert offset == end and length > 0
        assert hashlib.sha256(data[offset : offset + length]).hexdigest() == digest
        end += length
    assert not parts or end == len(data)


def rank(word: bytes, seed: int, example: bytes) -> bytes:
    """Return what examples are sampled and shuffled by."""
    return hashlib.sha256(word + str(seed).encode() + example).digest()


def position(seed: int, key: bytes) -> bytes:
    """Return where a group stands among the shares of a split, as 8 bytes."""
    return hashlib.sha256(b"split" + str(seed).encode() + key).digest()[:8]


def fingerprint(labels: dict[bytes, dict[str, Any]]) -> str:
    """Return the fingerprint of some ids and the labels of each."""
    whole = hashlib.sha256()
    for bucket in range(4_096):
        ids = sorted(each for each in labels if int.from_bytes(each[:2], "big") >> 4 == bucket)
        part = hashlib.sha256(len(ids).to_bytes(8, "big") + b"".join(ids))
        for each in ids:
            said = {name: value for name, value in labels[each].items() if name not in OWN_LABELS}
            if said:
                part.update(each + canonical(said).encode() + b"\n")
        whole.update(part.digest())
    return whole.hexdigest()


def changed(view: Any, changes: Any) -> Any:
    """Return the view after what an entry changed (docs/format/operations.md, section 2)."""
    result = {part: dict(view.get(part, {})) for part in changes}
    for part, names in changes.items():
        for name, (old, new) in names.items():
            assert result[part].pop(name, None) == old
            if new is not None:
                result[part][name] = new
    return result


# Pages (docs/format/manifests.md)


def ends_page(chunk: str, first: int) -> bool:
    """Tell whether a page may end after a run."""
    mixed = (int(chunk[:16], 16) ^ first) * 0x9E3779B97F4A7C15 % 2**64
    return (mixed >> 40) % 2_048 == 0


def page_lengths(runs: list[tuple[str, int]]) -> list[int]:
    """Return how many runs each page of some runs (chunk, first row) has."""
    lengths = []
    length = 0
    for chunk, first in runs:
        length += 1
        if (length >= LEAST_RUNS and ends_page(chunk, first)) or length == MOST_RUNS:
            lengths.append(length)
            length = 0
    return [*lengths, length] if length else lengths
