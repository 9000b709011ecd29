"""What an export for a trainer tells people: other targets, next steps, and where data are from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import export
from vault.errors import InvalidInput

VERDICT = {"prompt": "a", "completion": "b", "label": True}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.mark.parametrize(
    ("record", "hint"),
    [
        (VERDICT, "`--for trl` takes them, and so do llamafactory, hf, raw"),
        ({"text": "a"}, "`--for trl` takes them, and so do axolotl, unsloth, mlx, hf, text, raw"),
        ({"value": 1}, "`--for raw` takes them"),
    ],
)
def test_targets_that_take_the_records_are_named(
    library: Library, record: dict[str, Any], hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        export(library, "mistral", record)
    assert (caught.value.code, caught.value.hint) == ("format-unsupported", hint)


@pytest.mark.parametrize("trainer", ["openai", "together", "mistral"])
def test_uploads_name_files_as_training_commands_do(library: Library, trainer: str) -> None:
    export(library, trainer, chat("a"))
    text = (library.folder / "data/README.md").read_text(encoding="utf-8")
    assert "data/train.jsonl\n" in text
    assert "where the path of the folder begins" in text


@pytest.mark.parametrize("trainer", ["azure", "fireworks"])
def test_every_provider_has_a_next_step(library: Library, trainer: str) -> None:
    export(library, trainer, chat("a"))
    text = (library.folder / "data/README.md").read_text(encoding="utf-8")
    assert "## Training\n\n" in text


@pytest.mark.parametrize(("count", "told"), [(50, "49.jsonl: 1"), (51, "2 others: 2")])
def test_of_many_sources_the_readme_lists_some(library: Library, count: int, told: str) -> None:
    for number in range(count):
        library.write(f"{number:02}.jsonl", [chat(f"q{number}")])
    library.run(*(f"{number:02}.jsonl" for number in range(count)))
    export(library, "trl")
    text = (library.folder / "data/README.md").read_text(encoding="utf-8")
    listed = text.partition("Sources:\n\n")[2].partition("\n\n")[0].splitlines()
    assert len(listed) == 50
    assert listed[-1].endswith(told)
