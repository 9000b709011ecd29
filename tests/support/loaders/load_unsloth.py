"""Load a folder by the script of `export --for unsloth`: all of it that runs without a GPU.

    python load_unsloth.py SCRIPT

Prints JSON: the rows of each side, and the first one.
"""

from __future__ import annotations

import json
import runpy
import sys

import datasets


def main(script: str) -> None:
    """Load."""
    datasets.disable_progress_bars()
    sides = runpy.run_path(script)["load"]()
    first = {name: each[0] for name, each in sides.items()}
    print(json.dumps({"rows": {name: len(each) for name, each in sides.items()}, "first": first}))


if __name__ == "__main__":
    main(*sys.argv[1:])
