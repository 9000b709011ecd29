"""Values that `datasets` changes as it loads what was exported: declared otherwise, or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import calls, export, result, said, user
from vault.errors import InvalidInput
from vault.operations.exports.for_trainers.loaded_values import TextKind, text_kind


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def declared(library: Library, name: str) -> str:
    """Return what the README declares of a column."""
    lines = (library.folder / "data/README.md").read_text(encoding="utf-8").splitlines()
    place = next(at for at, line in enumerate(lines) if line in (f"  - name: {name}", named(name)))
    return lines[place + 1].strip()


def named(name: str) -> str:
    """Return the line that names a column of a record's own."""
    return f'  - name: "{name}"'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2024-05-01", TextKind.DATE),
        ("2024-05-01T10:00", TextKind.DATE),
        ("2024-05-01 10:00:00+0200", TextKind.DATE),
        ("2024-05-01T10:00:00.5", TextKind.PLAIN),
        ("2024-05-01 ", TextKind.PLAIN),
        ("2024", TextKind.JSON),
        (" 01\n", TextKind.JSON),
        ("5.", TextKind.JSON),
        ("-", TextKind.JSON),
        ("NaN", TextKind.JSON),
        ("-Infinity", TextKind.JSON),
        ('{"a":1,"a":2}', TextKind.JSON),
        ("[1, 2]", TextKind.JSON),
        ("null", TextKind.JSON),
        ("", TextKind.PLAIN),
        (" ", TextKind.PLAIN),
        ("1 2", TextKind.PLAIN),
        (".5", TextKind.PLAIN),
        ("{name}", TextKind.PLAIN),
        ("[" * 100_000, TextKind.PLAIN),
    ],
)
def test_a_text_is_what_datasets_would_take_it_for(text: str, kind: TextKind) -> None:
    assert text_kind(text) is kind


def test_texts_that_are_dates_are_declared_as_json(library: Library) -> None:
    export(library, "hf", chat("a", day="2024-05-01", tags=["2024-05-01"], word="x"))
    assert declared(library, "day") == "dtype: json"
    assert declared(library, "tags") == "dtype: json"
    assert declared(library, "word") == "dtype: string"


def test_dates_beside_json_texts_are_declared_as_texts(library: Library) -> None:
    export(library, "hf", chat("a", day="2024-05-01"), chat("b", day="2024"))
    assert declared(library, "day") == "dtype: string"


@pytest.mark.parametrize(("second", "told"), [("June", "json"), ("2024", "string")])
def test_plain_texts_that_are_dates_are_declared_too(
    library: Library, second: str, told: str
) -> None:
    export(library, "trl", {"text": "2024-05-01"}, {"text": second})
    assert declared(library, "text") == f"dtype: {told}"


def test_dates_alone_on_a_side_and_json_on_another_are_refused(library: Library) -> None:
    library.write("a.jsonl", [chat("a", day="2024-05-01"), chat("b", day="2024")])
    library.run("a.jsonl")
    library.label("a", split="validation")
    library.label("b", split="train")
    with pytest.raises(InvalidInput) as caught:
        export(library, "hf")
    assert caught.value.code == "format-unsupported"
    assert '"day" on one side' in caught.value.message
    assert export(library, "openai").examples == 2


@pytest.mark.parametrize("text", ["NaN", "01", '{"a":1,"a":2}'])
def test_what_only_datasets_takes_for_json_is_not_mixed(library: Library, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        export(library, "hf", chat("a", score=0.5), chat("b", score=text))
    assert '"score" holds texts and other values' in caught.value.message


def calling(**arguments: Any) -> dict[str, Any]:
    """Return a chat that calls a tool."""
    return {"messages": [user(), calls("f", **arguments), result("f", "ok"), said()]}


@pytest.mark.parametrize("number", [1 << 64, -(1 << 63) - 1])
@pytest.mark.parametrize("trainer", ["trl", "axolotl", "unsloth", "hf"])
def test_integers_that_stop_the_loading_are_refused(
    library: Library, trainer: str, number: int
) -> None:
    records = [calling(n=number), calling(n=(1 << 64) - 1), calling(n=-(1 << 63))]
    report = export(library, trainer, *records, skip_unsupported=True)
    assert report.examples == 2
    (reason,) = report.unsupported
    assert "beyond 64 bits" in reason


def test_integers_of_any_size_go_to_other_trainers(library: Library) -> None:
    assert export(library, "mlx", calling(n=1 << 64)).unsupported == {}


@pytest.mark.parametrize(("number", "lost"), [(1e-12, 1), (0.12345678901, 1), (1e300, 0), (2.5, 0)])
def test_decimals_that_are_rounded_are_counted(library: Library, number: float, lost: int) -> None:
    report = export(library, "trl", calling(n=number), chat("1e-12 and 0.12345678901"))
    assert report.losses == ({"decimals": lost} if lost else {})
    if lost:
        with pytest.raises(InvalidInput) as caught:
            export(library, "trl", strict=True)
        assert caught.value.code == "format-loses"
