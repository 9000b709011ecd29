"""The README as a newcomer reads it."""

from __future__ import annotations

import re

from tests.contract.source import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Return the README's two commands."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return [block.rstrip("\n") for block in blocks[:2]]
