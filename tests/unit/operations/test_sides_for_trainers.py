"""Sides of a split in configurations for trainers: their names, and what is trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import export
from vault.errors import InvalidInput


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def fill(library: Library, *sides: str) -> None:
    """Put one example on each side."""
    library.write("a.jsonl", [chat(f"q{n}") for n in range(len(sides))])
    library.run("a.jsonl")
    for number, side in enumerate(sides):
        library.label(f"q{number}", split=side)


def beside(library: Library, trainer: str, name: str) -> list[str]:
    """Export, and return the lines of what stands beside the files."""
    export(library, trainer)
    return (library.folder / "data" / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("side", "told"), [("fold-1", '"fold_1"'), ("1", '"1"'), ("null", '"null"'), ("test", "test")]
)
@pytest.mark.parametrize(
    ("trainer", "name", "line"),
    [
        ("trl", "sft.yaml", "dataset_train_split: {}"),
        ("axolotl", "axolotl.yaml", "  split: {}"),
        ("trl", "README.md", "  - split: {}"),
    ],
)
def test_a_configuration_calls_a_side_as_the_readme_does(
    library: Library, side: str, told: str, trainer: str, name: str, line: str
) -> None:
    fill(library, side)
    assert line.format(told) in beside(library, trainer, name)


def test_a_script_calls_a_side_as_the_readme_does(library: Library) -> None:
    fill(library, "fold-1")
    lines = beside(library, "unsloth", "train.py")
    assert '        train_dataset=sides["fold_1"],' in lines


def test_sides_that_datasets_would_call_the_same_are_refused(library: Library) -> None:
    fill(library, "fold-1", "fold.1")
    with pytest.raises(InvalidInput) as caught:
        export(library, "trl")
    assert caught.value.code == "split-name-invalid"
    assert export(library, "mlx").examples == 2


@pytest.mark.parametrize(
    ("trainer", "name", "start", "is_said"),
    [
        ("trl", "sft.yaml", 'eval_strategy: "no"', True),
        ("unsloth", "train.py", "        eval_dataset=None,", True),
        ("axolotl", "axolotl.yaml", "test_datasets:", False),
        ("llamafactory", "sft.yaml", "eval_dataset:", False),
    ],
)
def test_nothing_is_validated_on_the_side_that_is_trained_on(
    library: Library, trainer: str, name: str, start: str, is_said: bool
) -> None:
    fill(library, "validation")
    found = [each for each in beside(library, trainer, name) if each.startswith(start)]
    assert bool(found) == is_said
