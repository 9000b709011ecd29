"""Files of a folder that stand beside data, and files with data that are not read."""

from __future__ import annotations

import os
from dataclasses import dataclass

SIDECARS = {
    "dataset_info.json": "describes a dataset",
    "dataset_infos.json": "describes a dataset",
    "dataset_dict.json": "names the splits of a dataset",
    "state.json": "lists the files of a dataset",
    "package.json": "belongs to a Node.js project",
    "package-lock.json": "belongs to a Node.js project",
    "tsconfig.json": "belongs to a TypeScript project",
    "config.json": "belongs to a model",
    "generation_config.json": "belongs to a model",
    "adapter_config.json": "belongs to a model",
    "tokenizer.json": "belongs to a tokenizer",
    "tokenizer_config.json": "belongs to a tokenizer",
    "special_tokens_map.json": "belongs to a tokenizer",
    "vocab.json": "belongs to a tokenizer",
    "trainer_state.json": "belongs to a training run",
}
"""Files that stand beside data, by name, with what they are; one that is named itself is read."""

_UNREAD = {
    ".feather": "pandas.read_feather(FILE).to_json(…, orient='records', lines=True) writes records",
    ".xlsx": "save it as CSV",
    ".xls": "save it as CSV",
    ".ods": "save it as CSV",
    ".pkl": "write it as JSON Lines where it was made",
    ".pickle": "write it as JSON Lines where it was made",
    ".zip": "unpack it",
    ".tar": "unpack it",
    ".tgz": "unpack it",
    ".7z": "unpack it",
    ".bz2": "unpack it",
    ".xz": "unpack it",
    ".avro": "write it as Parquet or JSON Lines",
    ".orc": "write it as Parquet or JSON Lines",
    ".tfrecord": "write it as Parquet or JSON Lines",
    ".db": "write its tables as CSV or JSON Lines",
    ".sqlite": "write its tables as CSV or JSON Lines",
    ".yaml": "write it as JSON Lines",
    ".yml": "write it as JSON Lines",
}
"""Endings of files that may hold data and are not read, with a way to have them read."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of a folder that was not read, and why."""

    path: str
    why: str


def is_sidecar(path: str) -> bool:
    """Return whether a file in a folder stands beside data and is none."""
    return os.path.basename(path) in SIDECARS


def left_out(path: str) -> LeftOut | None:
    """Return why a file of a folder is not read, if it is a sidecar or may hold data."""
    name = os.path.basename(path)
    if name in SIDECARS:
        return LeftOut(path, SIDECARS[name])
    way_on = _UNREAD.get(os.path.splitext(name)[1].lower())
    return None if way_on is None else LeftOut(path, way_on)
