"""Load a folder of `export --for` with `datasets`, and compare it with the files.

    python load_folder.py FOLDER

Prints JSON: the rows of each split, and how many differ from the line that they are from. A column
that a line does not have may be null.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import datasets


def main(folder: str) -> None:
    """Load and compare."""
    datasets.disable_progress_bars()
    rows, different = {}, 0
    for name, split in datasets.load_dataset(folder).items():
        with open(Path(folder) / f"{name}.jsonl", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        rows[name] = len(split)
        different += abs(len(split) - len(lines))
        for row, line in zip(split, lines, strict=False):
            shown = {key: each for key, each in row.items() if each is not None or key in line}
            different += shown != line
    print(json.dumps({"rows": rows, "different": different}))


if __name__ == "__main__":
    main(*sys.argv[1:])
