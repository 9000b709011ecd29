"""What a trainer sees of an example: exactly what its export writes, and what the loss is of."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import ONE_OF_EACH, said, user
from vault.errors import InvalidInput, NotFound, VaultError
from vault.formats.trainers.table import TRAINERS
from vault.operations.exports.for_trainers.trainer_view import TrainerView
from vault.operations.statistics.figures import TRAINER_LENGTHS
from vault.rules.codes import RULES


def view(library: Library, record: dict[str, Any], target: str) -> TrainerView:
    library.write("a.jsonl", [record])
    library.run("a.jsonl")
    return library.repository.browse().seen_by(0, target)


def exported(library: Library, target: str) -> list[Any]:
    """Return the records that an export of the stage writes."""
    folder = library.folder / target
    library.repository.export("STAGE", output=str(folder), trainer=target)
    (path,) = [each for each in folder.iterdir() if each.match("train.[jp]*[lt]")]
    if path.suffix == ".parquet":
        return [_without_nulls(each) for each in pq.read_table(path).to_pylist()]
    return [json.loads(line) for line in path.read_text("utf-8-sig").splitlines()]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_view_is_what_the_export_writes(library: Library, name: str) -> None:
    view(library, ONE_OF_EACH[name], "raw")
    listing = library.repository.browse()
    for target in TRAINERS:
        seen = listing.seen_by(0, target)
        try:
            written = exported(library, target)
        except InvalidInput as refused:
            assert (seen.records, seen.layout) == ((), None)
            reason = str(seen.unsupported).rpartition("it: ")[2]
            assert reason in refused.message
        else:
            assert seen.unsupported is None
            assert [_without_nulls(each) for each in seen.records] == [
                _without_nulls(each) for each in written
            ]


@pytest.mark.parametrize(
    ("target", "record", "learnt"),
    [
        ("openai", "weights", [False, False, False, True]),
        ("axolotl", "weights", [False, False, False, True]),
        ("trl", "several turns", [False, True, False, True]),
        ("trl", "weights", [False, False, False, True]),
        ("mlx", "several turns", [True] * 4),
        ("mlx", "one turn", [False, True]),
        ("llamafactory", "tools", [False, True, False, True]),
        ("trl", "pair", [False, True, True]),
        ("trl", "verdict", [False, True]),
        ("trl", "text", [True]),
        ("hf", "one turn", [None, None]),
        ("rlvr", "prompt", [False]),
        ("openai", "text", [False]),
    ],
)
def test_turns_are_learnt(library: Library, target: str, record: str, learnt: list[bool]) -> None:
    assert [each.is_learnt for each in view(library, ONE_OF_EACH[record], target).turns] == learnt


def test_a_turn_says_what_it_loses(library: Library) -> None:
    seen = view(library, ONE_OF_EACH["reasoning"], "openai")
    assert [each.losses for each in seen.turns] == [(), ("reasoning",)]
    assert seen.losses == {"reasoning": "the reasoning before answers is left out"}


def test_the_layout_is_that_of_all_examples(library: Library) -> None:
    both = [ONE_OF_EACH["weights"], ONE_OF_EACH["several turns"], ONE_OF_EACH["raw"]]
    library.write("a.jsonl", both)
    library.run("a.jsonl")
    seen = library.repository.browse().seen_by(0, "trl")
    assert seen.layout == "trl-chat"
    # TRL knows no weights: what was not meant to be learnt is.
    assert [each.is_learnt for each in seen.turns] == [False, True, False, True]
    assert seen.turns[1].losses == ("weights",)
    alone = library.repository.browse(["turns = 4", "response = 'Yes.'"]).seen_by(0, "trl")
    assert alone.layout == "trl-prompt-completion"


def test_a_long_example_says_where_it_is_cut(library: Library) -> None:
    messages = [user("q" * 4_000), said("€" * 1_000, reasoning_content="r" * 30)]
    seen = view(library, {"messages": messages}, "trl")
    (cut,) = seen.cuts
    # 1,024 tokens are 4,096 bytes: 4,000 of the question, 30 of thoughts, 66 of three each.
    assert (seen.length, seen.setting) == (1_024, "max_length")
    assert (cut.turn, cut.member, cut.kept) == (1, "content", 22)


def test_both_sides_of_a_pair_are_cut(library: Library) -> None:
    pair = {"prompt": "p" * 4_000, "chosen": "c" * 200, "rejected": "😀" * 200}
    cuts = [(each.turn, each.kept) for each in view(library, pair, "trl").cuts]
    assert cuts == [(1, 96), (2, 48)]


def test_lengths_are_those_that_rules_and_statistics_tell() -> None:
    known = {name: each.cuts.tokens for name, each in TRAINERS.items() if each.cuts is not None}
    assert {"trl", "llamafactory", "mlx", "openai", "azure"} == set(known)
    assert known["trl"] == TRAINER_LENGTHS["TRL"]
    assert known["llamafactory"] == TRAINER_LENGTHS["LLaMA-Factory"]
    assert known["mlx"] == TRAINER_LENGTHS["mlx"]
    for code in ("SIZE001", "SIZE002", "SIZE003", "SIZE004"):
        for target in RULES[code].targets:
            assert f"{known[target]:,}" in RULES[code].why


def test_the_reason_of_an_export_is_told(library: Library) -> None:
    seen = view(library, ONE_OF_EACH["text"], "openai")
    assert "they are text" in str(seen.unsupported)
    assert "--for trl" in str(seen.hint)


def test_the_reason_of_a_layout_is_told(library: Library) -> None:
    seen = view(
        library,
        {"messages": [user(), said([{"type": "image_url", "image_url": {"url": "x"}}])]},
        "trl",
    )
    assert "list of parts" in str(seen.unsupported)


def test_what_is_not_there_is_refused(library: Library) -> None:
    view(library, ONE_OF_EACH["text"], "trl")
    listing = library.repository.browse()
    for place, target, code in ((5, "trl", "example-not-there"), (0, "tlr", "trainer-unknown")):
        with pytest.raises((NotFound, InvalidInput)) as caught:
            listing.seen_by(place, target)
        assert isinstance(caught.value, VaultError)
        assert caught.value.code == code


def test_long_texts_of_the_record_are_cut_unless_asked_for(library: Library) -> None:
    view(library, chat("Why?", "x" * 30_000), "openai")
    listing = library.repository.browse()
    lengths = [
        len(listing.seen_by(0, "openai", clips=clips).records[0]["messages"][1]["content"])
        for clips in (True, False)
    ]
    assert lengths == [20_000, 30_000]
