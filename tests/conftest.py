"""Fixtures that tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty repository in a folder of its own."""
    return Library(tmp_path)
