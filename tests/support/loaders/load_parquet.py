"""Read Parquet as verl and open-instruct do, and compare it with itself and with JSON.

    python load_parquet.py FILE

Prints JSON: the rows as pandas reads them with Arrow's types, which is verl's way for SFT, and
whether `datasets` reads the same.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import datasets
import pandas


def main(path: str) -> None:
    """Read and compare."""
    datasets.disable_progress_bars()
    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    rows = [_plain(row) for row in frame.to_dict("records")]
    loaded = datasets.load_dataset("parquet", data_files=path, split="train")
    print(json.dumps({"rows": rows, "same": rows == [_plain(row) for row in loaded]}))


def _plain(value: Any) -> Any:
    """Return nested values as lists, objects and null."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if value is pandas.NA else value


if __name__ == "__main__":
    main(*sys.argv[1:])
