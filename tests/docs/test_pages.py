"""Generated pages are fresh, links lead somewhere, and the glossary has one line a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.tools.reference import REGENERATE, pages
from vault.config import KNOWN_KEYS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)")
TERM = re.compile(r"- \*\*([a-z ]+)\*\*: \S.*\.")


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_fresh(name: str) -> None:
    page = DOCS / name
    written = page.read_text(encoding="utf-8") if page.exists() else ""
    assert written == pages()[name], f"run `{REGENERATE}`"


def test_the_command_that_regenerates_is_documented() -> None:
    assert REGENERATE in (ROOT / "README.md").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_glossary_explains_each_word_once_in_order() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    terms = [match[1] for line in lines if (match := TERM.fullmatch(line))]
    assert len(terms) == len(lines)
    assert terms == sorted(set(terms))


def test_every_setting_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    keys = [key for each in KNOWN_KEYS.values() for key in each]
    assert [key for key in keys if f"| `{key}` |" not in text] == []
