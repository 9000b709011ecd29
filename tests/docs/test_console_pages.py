"""What the tutorial and the how-to pages show is what the program prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import Typed, run_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(
    str(page.relative_to(DOCS))
    for page in (*DOCS.glob("tutorial/*.md"), *DOCS.glob("how-to/*.md"))
    if "```console" in page.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_what_it_shows(name: str, tmp_path: Path) -> None:
    typed = list(run_page((DOCS / name).read_text(encoding="utf-8"), tmp_path))
    assert len(typed) > 3
    wrong = [each for each in typed if not each.agrees]
    assert not wrong, "\n".join(
        f"$ {each.command}\n--- shown\n{each.expected}--- printed\n{each.printed}" for each in wrong
    )


def test_there_is_a_tutorial_and_a_page_for_each_task() -> None:
    assert PAGES[0].startswith("how-to/")
    assert "tutorial/first-hour.md" in PAGES
    assert "tutorial/generated-rounds.md" in PAGES


def test_a_difference_is_noticed() -> None:
    assert Typed("x", "1 example\n", "1 example\n").agrees
    assert Typed("x", "at 0123456789ab\n", "at ba9876543210\n").agrees
    assert not Typed("x", "1 example\n", "2 examples\n").agrees
    assert not Typed("x", "", "error: x\n").agrees
