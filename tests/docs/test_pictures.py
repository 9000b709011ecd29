"""Every picture of the docs is a small PNG, shown somewhere, and told in words.

Whether it still looks like the page is for people to see: `python -m docs.tools.pictures`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.tools.pictures import PICTURES, VIEWS
from tests.contract.source import ROOT

SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
MOST_BYTES = 120_000
LEAST_WORDS = 5


def shown() -> list[tuple[Path, str]]:
    """Return the file and the alternative text of every picture in the docs."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return [
        ((page.parent / target).resolve(), told)
        for page in pages
        for told, target in SHOWN.findall(page.read_text(encoding="utf-8"))
    ]


def test_every_picture_is_shown_and_told_in_words() -> None:
    found = shown()
    assert {path for path, _ in found} == set(PICTURES.glob("*"))
    assert {path.stem for path, _ in found} == set(VIEWS)
    assert [path.name for path, told in found if len(told.split()) < LEAST_WORDS] == []


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_picture_is_a_small_png(name: str) -> None:
    data = (PICTURES / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(data) < MOST_BYTES
    (width, height), _ = VIEWS[name]
    assert data[16:24] == width.to_bytes(4, "big") + height.to_bytes(4, "big")
