"""How well and how fast `diff` pairs: `pytest -m benchmark -s tests/benchmarks/test_pairing.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.edits import FILES, data_folder, edited, score, texts_of
from tests.support.library import Library

pytestmark = pytest.mark.benchmark


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    """Folders that are empty yet."""
    return (tmp_path / str(number) for number in range(1_000))


@pytest.mark.parametrize("name", FILES)
def test_pairs_are_those_that_were_edited(name: str, folders: Iterator[Path]) -> None:
    path = data_folder() / name
    if not path.exists():
        pytest.skip("the data is not beside the checkout")
    texts = texts_of(path)
    print(f"\n{name}: {len(texts):,} texts")
    for share in (0.01, 0.05, 0.3):
        found = [score(_library(folders), edited(texts, share, seed)) for seed in (1, 2)]
        shown = [f"{each.precision:.4f} {each.recall:.4f}" for each in found]
        print(f"  {share:4.0%} of the words: precision and recall {', '.join(shown)}")
        for each in found:
            assert each.precision >= 0.99
            assert each.recall >= (0.9 if share > 0.1 else 0.99)


def _library(folders: Iterator[Path]) -> Library:
    folder = next(folders)
    folder.mkdir()
    return Library(folder)
