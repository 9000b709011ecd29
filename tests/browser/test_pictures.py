"""The script that takes the pictures of the docs still finds its way through the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from docs.tools.pictures import VIEWS, take_pictures

pytestmark = pytest.mark.browser


def test_the_pictures_of_the_docs_can_be_taken_anew(tmp_path: Path, browser: Browser) -> None:
    take_pictures(tmp_path, browser)
    assert {each.stem for each in tmp_path.glob("*.png")} == set(VIEWS)
    assert all(each.stat().st_size > 10_000 for each in tmp_path.glob("*.png"))
