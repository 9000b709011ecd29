"""How many examples the benchmarks use: each size that `--sizes` names."""

from __future__ import annotations

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every benchmark once for each size."""
    if "size" in metafunc.fixturenames:
        sizes = [int(each) for each in metafunc.config.getoption("--sizes").split(",")]
        metafunc.parametrize("size", sizes, scope="module")
