"""`export --for verl` and `rlvr`: Parquet of plain columns, answers, and what the lock says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.library import Library, chat
from tests.unit.operations.test_export_for_trainer import fill, names, refused, write

TEXT = pa.string()
MESSAGES = pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))
ASKED = [{"role": "user", "content": "1+1?"}]


def problem(number: int, **others: Any) -> dict[str, Any]:
    """Return a prompt with its answer."""
    prompt = [{"role": "user", "content": f"{number}+0?"}]
    return {"prompt": prompt, "reply": number, "topic": "sums", **others}


def table(library: Library, name: str = "data/train.parquet") -> pa.Table:
    """Return what is in a Parquet file."""
    return pq.read_table(library.folder / name)


def thinking(text: str, value: bool) -> dict[str, Any]:
    """Return a chat that says whether to think."""
    return {**chat(text), "chat_template_kwargs": {"enable_thinking": value}}


def test_verl_gets_plain_structs_of_every_message(library: Library) -> None:
    fill(library, chat("why?"), chat("how?", "So."))
    report = write(library, "verl")
    assert (report.layout, report.format, report.examples) == ("verl-sft", "parquet", 2)
    assert names(library) == ["README.md", "train.parquet"]
    assert table(library).schema == pa.schema([("messages", MESSAGES)])
    assert table(library)["messages"].to_pylist() == [
        chat("why?")["messages"],
        chat("how?", "So.")["messages"],
    ]


def test_prompts_for_verl_have_answers_and_all_other_fields(library: Library) -> None:
    fill(library, problem(1), problem(2, ability="math"))
    report = write(library, "verl", answer="reply", verifier="sums")
    assert (report.layout, report.losses) == ("verl-prompts", {})
    reward = pa.struct([("style", TEXT), ("ground_truth", TEXT)])
    assert table(library).schema == pa.schema(
        [
            ("data_source", TEXT),
            ("prompt", MESSAGES),
            ("ability", TEXT),
            ("reward_model", reward),
            ("extra_info", pa.struct([("fields", TEXT)])),
        ]
    )
    assert table(library).to_pylist()[1] == {
        "data_source": "sums",
        "prompt": [{"role": "user", "content": "2+0?"}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": "2"},
        "extra_info": {"fields": '{"topic":"sums"}'},
    }


def test_texts_that_look_like_dates_stay_texts(library: Library) -> None:
    fill(library, {"prompt": ASKED, "ground_truth": "2024-05-01", "dataset": "dates"})
    write(library, "rlvr")
    assert table(library).schema == pa.schema(
        [("messages", MESSAGES), ("ground_truth", TEXT), ("dataset", TEXT)]
    )
    assert table(library)["ground_truth"].to_pylist() == ["2024-05-01"]


def test_whether_to_think_is_said_by_all_or_none(library: Library) -> None:
    fill(library, thinking("why?", True), thinking("how?", False))
    write(library, "verl")
    assert table(library)["enable_thinking"].to_pylist() == [True, False]
    library.write("b.jsonl", [chat("when?")])
    library.run("b.jsonl")
    library.repository.commit("two")
    report = write(library, "verl", skip_unsupported=True)
    assert report.unsupported == {"it does not say enable_thinking, and other examples do": 1}
    assert table(library)["enable_thinking"].to_pylist() == [True, False]


def test_a_parquet_file_is_written_again_byte_for_byte(library: Library) -> None:
    fill(library, problem(1), problem(2), problem(3))
    library.repository.split({"train": 0.5, "validation": 0.5}, seed=7)
    library.repository.commit("split")
    write(library, "rlvr", answer="reply", verifier="sums")
    path = library.folder / "data" / "train.parquet"
    before = path.read_bytes()
    path.unlink()
    report = library.repository.export_locked()
    assert [Path(each.path).name for each in report.files] == ["train.parquet"]
    assert report.unchanged == 1
    assert path.read_bytes() == before
    assert write(library, "rlvr", answer="reply", verifier="sums", name="again").files[
        0
    ].sha256 == (report.files[0].sha256)


def test_the_lock_names_the_records_and_the_command(library: Library) -> None:
    fill(library, problem(1), problem(2))
    write(library, "verl", answer="reply", verifier="sums")
    found = library.repository.which(str(library.folder / "data/train.parquet"), line=2)
    (origin,) = found.items
    told = " ".join(origin.command)
    assert told.endswith("-o data --for verl --answer reply --verifier sums")
    assert found.line is not None
    assert found.line.source_line == 2
    entry = (library.folder / "vault.lock").read_text()
    assert '"content"' in entry
    assert '"format": "parquet"' in entry


def test_chats_become_prompts_only_when_asked_to(library: Library) -> None:
    fill(library, {**chat("why?"), "ground_truth": "Yes.", "dataset": "match"})
    assert (
        refused(library, "rlvr").hint == "--prompts-only writes their prompts, without the answers"
    )
    write(library, "rlvr", prompts_only=True)
    assert table(library)["messages"].to_pylist() == [chat("why?")["messages"][:1]]


@pytest.mark.parametrize(
    ("trainer", "options", "code"),
    [
        ("trl", {"answer": "reply"}, "option-not-for-trainer"),
        ("verl", {"verifier": "sums"}, "option-not-for-trainer"),
        ("verl", {"prompts_only": True, "fields": ("topic",)}, "trainer-writes-whole"),
        (None, {"answer": "reply"}, "option-needs-trainer"),
    ],
)
def test_options_without_a_place_are_refused(
    library: Library, trainer: Any, options: dict[str, Any], code: str
) -> None:
    fill(library, {**chat("why?"), "topic": "x"})
    assert refused(library, trainer, **options).code == code


def test_answers_that_are_not_there_are_told(library: Library) -> None:
    fill(library, problem(1), {"prompt": ASKED})
    error = refused(library, "rlvr", answer="reply", verifier="sums")
    assert 'it has no answer in a field "reply"' in error.message
    report = write(library, "rlvr", answer="reply", verifier="sums", skip_unsupported=True)
    assert (report.examples, table(library).num_rows) == (1, 1)
