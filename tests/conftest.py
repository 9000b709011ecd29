"""Fixtures that tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import Library


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the benchmarks be told how large they are; options must be known before folders are."""
    parser.addoption(
        "--sizes", default="10000", help="examples in each benchmark, such as 10000,1000000"
    )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty repository in a folder of its own."""
    return Library(tmp_path)
