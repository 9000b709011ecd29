"""Load each side of a folder with axolotl's own loader and compare it with the files.

    python load_axolotl.py CONFIG

Runs in the folder that the configuration's path is relative to. Prints JSON: how many rows each
side has, and in how many the loader says something else than the file does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["AXOLOTL_DO_NOT_TRACK"] = "1"

import datasets
import yaml
from axolotl.utils.data.shared import load_dataset_with_config
from axolotl.utils.dict import DictDefault


def main(config: str) -> None:
    """Load and compare."""
    datasets.disable_progress_bars()
    read = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    rows: dict[str, int] = {}
    different = 0
    for entry in [*read["datasets"], *read.get("test_datasets", [])]:
        loaded = load_dataset_with_config(DictDefault(entry), use_auth_token=False, streaming=False)
        path = Path(entry["path"]) / f"{entry['split']}.jsonl"
        written = [json.loads(line) for line in path.read_bytes().splitlines()]
        rows[entry["split"]] = len(loaded)
        different += abs(len(loaded) - len(written))
        pairs = zip(loaded, written, strict=False)
        different += sum(_told(one) != _told(other) for one, other in pairs)
    print(json.dumps({"rows": rows, "different": different}))


def _told(row: Any) -> str:
    """Return a row as text, without columns that it does not have."""
    return json.dumps(
        {name: each for name, each in row.items() if each is not None}, sort_keys=True
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
