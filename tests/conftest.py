"""Fixtures that tests of several rooms share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.laws import register_profiles
from tests.support.library import Library

register_profiles()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the benchmarks be told how large they are; options must be known before folders are."""
    parser.addoption(
        "--sizes", default="10000", help="examples in each benchmark, such as 10000,1000000"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the cluster, before markers choose what runs."""
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.ray)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty repository in a folder of its own."""
    return Library(tmp_path)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Ray, connected to a cluster of two workers on this machine, which ends with the tests."""
    ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")
    ray.init(
        address="local",
        num_cpus=2,
        object_store_memory=100 << 20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="CRITICAL",
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
    )
    yield ray
    ray.shutdown()
