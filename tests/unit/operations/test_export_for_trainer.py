"""`export --for`: a folder that a trainer takes, what it loses, and what the lock says of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.dataset.choosing.select import Selection
from vault.errors import AlreadyExists, InvalidInput, NotFound, VaultError
from vault.operations.exports.export_report import RenderSummary, TrainerReport
from vault.operations.exports.for_trainers.companions import is_as_written
from vault.repository import Repository

PAIR = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
CALL = {"id": "x", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def turns(*weights: int | None) -> dict[str, Any]:
    """Return a chat with an answer for each weight."""
    messages: list[dict[str, Any]] = []
    for number, weight in enumerate(weights):
        messages.append({"role": "user", "content": f"q{number}"})
        answer: dict[str, Any] = {"role": "assistant", "content": f"a{number}"}
        messages.append(answer if weight is None else {**answer, "weight": weight})
    return {"messages": messages}


def fill(library: Library, *records: dict[str, Any]) -> None:
    """Import some records and commit them."""
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.commit("one")


def write(library: Library, trainer: str, *, name: str = "data", **options: Any) -> TrainerReport:
    """Export for a trainer."""
    report = library.repository.export(
        output=str(library.folder / name), trainer=trainer, **options
    )
    assert isinstance(report, TrainerReport)
    return report


def lines(library: Library, name: str = "data/train.jsonl") -> list[Any]:
    """Return the records of a file."""
    return [json.loads(line) for line in (library.folder / name).read_bytes().splitlines()]


def names(library: Library, name: str = "data") -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(each.name for each in (library.folder / name).iterdir())


def refused(library: Library, trainer: str, **options: Any) -> VaultError:
    """Return the error of an export, which left nothing behind."""
    with pytest.raises(VaultError) as caught:
        write(library, trainer, **options)
    assert not [*(library.folder / "data").glob("*")]
    assert not (library.folder / "vault.lock").exists()
    return caught.value


def test_answers_that_alone_are_trained_on_are_completions(library: Library) -> None:
    fill(library, chat("why?"), turns(0, None))
    report = write(library, "trl")
    assert (report.layout, report.examples, report.losses) == ("trl-prompt-completion", 2, {})
    first, second = lines(library)
    assert first["completion"] == [{"role": "assistant", "content": "Yes."}]
    assert [each["content"] for each in second["prompt"]] == ["q0", "a0", "q1"]
    assert names(library) == ["README.md", "sft.yaml", "train.jsonl"]
    assert "completion_only_loss: true" in (library.folder / "data/sft.yaml").read_text()


def test_a_chat_that_trains_on_every_answer_is_messages(library: Library) -> None:
    fill(library, chat("why?"), turns(None, None), turns(0, None))
    report = write(library, "trl")
    assert (report.layout, report.losses) == ("trl-chat", {"weights": 1})
    assert [*lines(library)[1]] == ["messages"]
    assert "assistant_only_loss: true" in (library.folder / "data/sft.yaml").read_text()


@pytest.mark.parametrize(
    ("record", "layout", "snippet"),
    [
        (PAIR, "trl-preference", "dpo.yaml"),
        ({"prompt": "a", "completion": "b", "label": True}, "trl-kto", "kto.yaml"),
        ({"prompt": "a", "ground_truth": "b"}, "trl-prompts", None),
        ({"text": "a"}, "text", "sft.yaml"),
    ],
)
def test_the_kind_of_data_says_the_layout(
    library: Library, record: dict[str, Any], layout: str, snippet: str | None
) -> None:
    fill(library, record)
    assert write(library, "trl").layout == layout
    assert [each for each in names(library) if each.endswith(".yaml")] == (
        [] if snippet is None else [snippet]
    )


def test_each_side_is_a_file_and_the_rest_is_counted(library: Library) -> None:
    fill(library, *(chat(f"q{n}") for n in range(10)))
    for number in range(8):
        library.label(f"q{number}", split="validation" if number % 4 == 0 else "train")
    library.repository.commit("sides")
    report = write(library, "trl")
    assert {Path(each.path).name: each.examples for each in report.files} == {
        "train.jsonl": 6,
        "validation.jsonl": 2,
    }
    assert report.unassigned == 2
    readme = (library.folder / "data/README.md").read_text()
    assert '- split: validation\n    path: "validation.jsonl"' in readme
    assert "not written: 2" in readme
    assert "eval_strategy: epoch" in (library.folder / "data/sft.yaml").read_text()
    assert write(library, "openai", name="one", selection=Selection("validation")).examples == 2
    assert names(library, "one") == ["README.md", "validation.jsonl"]


def test_kinds_that_no_file_holds_together_are_refused(library: Library) -> None:
    fill(library, chat("a"), chat("b"), PAIR)
    error = refused(library, "trl")
    assert error.code == "kinds-mixed"
    assert "2 chat, 1 preference" in error.message
    assert "--where \"kind = 'chat'\"" in (error.hint or "")
    assert write(library, "trl", where="kind = 'chat'").examples == 2


def test_what_a_layout_cannot_hold_is_refused_or_left_out(library: Library) -> None:
    fill(library, chat("a"), {"messages": "broken"}, chat("b"), {"raw": 1})
    error = refused(library, "trl")
    assert (error.code, error.message[:22]) == ("format-unsupported", "2 of 4 examples cannot")
    report = write(library, "trl", skip_unsupported=True)
    assert report.unsupported == {"it has no conversation": 2}
    assert [each["prompt"][0]["content"] for each in lines(library)] == ["a", "b"]
    with pytest.raises(InvalidInput) as caught:
        write(library, "text", name="other", skip_unsupported=True)
    assert caught.value.code == "format-unsupported"


def test_a_chat_without_an_answer_stops_no_training(library: Library) -> None:
    fill(library, turns(None, None), {"messages": [{"role": "system", "content": "s"}]})
    assert "1 of 2 examples" in refused(library, "trl").message
    assert write(library, "trl", skip_unsupported=True).unsupported == {"it has no answer": 1}
    assert write(library, "openai", name="other").examples == 2


def test_strict_refuses_what_would_lose_anything(library: Library) -> None:
    fill(library, chat("a", topic="x"), chat("b"))
    error = refused(library, "trl", strict=True)
    assert error.code == "format-loses"
    assert "in 1 example fields beside the conversation are left out" in error.message
    assert write(library, "hf", strict=True).losses == {}
    assert lines(library)[0]["topic"] == "x"


def test_a_path_with_an_ending_is_no_folder(library: Library) -> None:
    fill(library, chat("a"))
    for output in ("train.jsonl", "-"):
        with pytest.raises(InvalidInput) as caught:
            library.repository.export(output=output, trainer="trl")
        assert caught.value.code == "trainer-needs-folder"
    assert refused(library, "trl", name="x/y/data").code == "folder-not-found"
    assert write(library, "trl", name="x/y/data", parents=True).examples == 1


@pytest.mark.parametrize(
    ("trainer", "options", "code"),
    [
        ("trl", {"extras": ("id",)}, "trainer-writes-whole"),
        ("openai", {"fields": ("topic",)}, "trainer-writes-whole"),
        ("trl", {"fields": ("topic",)}, "trainer-writes-whole"),
        ("openai", {"prompts_only": True}, "option-not-for-trainer"),
        ("openai", {"split_turns": True}, "option-not-for-trainer"),
        ("openai", {"reasoning": "field"}, "option-not-for-trainer"),
        ("trl", {"reasoning": "shout"}, "reasoning-unknown"),
        ("trl", {"reasoning_key": "role"}, "reasoning-key-invalid"),
        ("trl", {"prompts_only": True, "split_turns": True}, "options-exclude"),
        ("trll", {}, "trainer-unknown"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    library: Library, trainer: str, options: dict[str, Any], code: str
) -> None:
    fill(library, chat("a", topic="x"))
    assert refused(library, trainer, **options).code == code


def test_options_for_trainers_need_one(library: Library) -> None:
    fill(library, chat("a"))
    with pytest.raises(InvalidInput) as caught:
        library.repository.export(output=str(library.folder / "x.jsonl"), strict=True)
    assert caught.value.code == "option-needs-trainer"


def test_turns_are_split_and_lines_are_still_found(library: Library) -> None:
    fill(library, chat("first"), turns(None, 0, None), chat("last"))
    report = write(library, "trl", split_turns=True)
    assert (report.examples, report.lines, report.losses) == (3, 4, {})
    assert [each["completion"][0]["content"] for each in lines(library)] == [
        "Yes.",
        "a0",
        "a2",
        "Yes.",
    ]
    path = library.folder / "data/train.jsonl"
    found = [library.repository.which(str(path), line=n).line for n in range(1, 5)]
    assert [each.source_line for each in found if each is not None] == [1, 2, 2, 3]
    entry = json.loads((library.folder / "vault.lock").read_text())["files"]["data/train.jsonl"]
    assert (entry["examples"], entry["lines"], entry["split-turns"]) == (3, 4, True)


def test_prompts_of_chats_keep_the_fields_that_were_named(library: Library) -> None:
    fill(library, chat("a", topic="x", grade=3), chat("b", topic="y", grade=4))
    assert write(library, "trl", prompts_only=True).layout == "trl-prompts"
    assert lines(library)[0] == {
        "prompt": [{"role": "user", "content": "a"}],
        "topic": "x",
        "grade": 3,
    }
    write(library, "trl", prompts_only=True, fields=("grade",))
    assert [*lines(library)[1]] == ["prompt", "grade"]
    readme = (library.folder / "data/README.md").read_text()
    assert '  - name: "grade"\n    dtype: int64' in readme
    assert refused_field(library) == "field-not-found"


def refused_field(library: Library) -> str:
    """Return the code of the error for a field that no record has."""
    with pytest.raises(InvalidInput) as caught:
        write(library, "trl", prompts_only=True, fields=("nothing",))
    return caught.value.code


def test_reasoning_goes_where_it_is_wanted(library: Library) -> None:
    thinking = chat("a")
    thinking["messages"][1]["reasoning"] = "Hm."
    fill(library, thinking)
    write(library, "trl")
    assert lines(library)[0]["completion"][0]["reasoning_content"] == "Hm."
    write(library, "trl", reasoning_key="thinking")
    assert lines(library)[0]["completion"][0]["thinking"] == "Hm."
    write(library, "trl", reasoning="tags")
    assert lines(library)[0]["completion"][0]["content"] == "<think>\nHm.\n</think>\n\nYes."
    assert write(library, "openai").losses == {"reasoning": 1}


def test_azure_begins_with_a_byte_order_mark(library: Library) -> None:
    fill(library, chat("a"))
    write(library, "azure")
    assert (library.folder / "data/train.jsonl").read_bytes().startswith(b"\xef\xbb\xbf{")
    assert library.repository.which(str(library.folder / "data/train.jsonl"), line=1).line


def test_raw_is_what_was_imported(library: Library) -> None:
    fill(library, chat("a", x=1), {"n": 2})
    assert write(library, "raw").layout == "raw"
    assert (library.folder / "data/train.jsonl").read_bytes() == (
        library.folder / "a.jsonl"
    ).read_bytes().replace(b": ", b": ")


EXPORTS: dict[str, dict[str, Any]] = {
    "plain": {"trainer": "trl"},
    "turns": {"trainer": "trl", "split_turns": True},
    "prompts": {"trainer": "trl", "prompts_only": True, "fields": ("topic",)},
    "tags": {"trainer": "openai", "reasoning": "tags", "selection": Selection(shuffle=True)},
    "all": {"trainer": "hf", "skip_unsupported": True},
    "mark": {"trainer": "azure"},
    "raw": {"trainer": "raw"},
}


def test_every_file_is_made_again_byte_for_byte(library: Library, tmp_path: Path) -> None:
    thinking = {**turns(None, None), "topic": "t", "chat_template_kwargs": {"x": 1}}
    thinking["messages"][1]["reasoning"] = "Hm."
    fill(library, chat("a", topic="x"), thinking, chat("b"))
    library.label("a", split="test")
    library.label("q0", split="train")
    library.label("b", split="train")
    library.repository.commit("sides")
    for name, options in EXPORTS.items():
        write(library, name=name, **options)
    files = list(library.folder.glob("*/*.jsonl"))
    written = {path.relative_to(library.folder): path.read_bytes() for path in files}
    assert len(written) == 2 * len(EXPORTS)
    copy = tmp_path / "copy"
    shutil.copytree(library.folder, copy)
    for path in written:
        (copy / path).unlink()
    assert len(Repository.open(copy, author="eve").export_locked().files) == len(written)
    assert {path: (copy / path).read_bytes() for path in written} == written
    lock = (copy / "vault.lock").read_bytes()
    assert lock == (library.folder / "vault.lock").read_bytes()
    assert library.repository.check_lock().ok


def test_the_same_export_gives_the_same_bytes_beside_the_files(library: Library) -> None:
    fill(library, chat("a"), turns(None, None))
    write(library, "trl")
    before = {name: (library.folder / "data" / name).read_bytes() for name in names(library)}
    library.repository.tag("v1")
    write(library, "trl")
    after = {name: (library.folder / "data" / name).read_bytes() for name in names(library)}
    assert before == after
    text = before["README.md"].decode()
    assert str(library.folder) not in text
    assert "2026" not in text.replace(library.repository.status().commit or "", "")


def test_an_old_version_is_not_taken_from_a_cache(library: Library) -> None:
    fill(library, chat("a"))
    write(library, "trl")
    before = (library.folder / "data/README.md").read_text().split("---")[1]
    library.write("b.jsonl", [chat("c")])
    library.run("b.jsonl")
    library.repository.commit("two")
    write(library, "trl")
    assert (library.folder / "data/README.md").read_text().split("---")[1] != before


def test_files_of_an_earlier_export_leave_unless_they_were_edited(library: Library) -> None:
    fill(library, *(chat(f"q{n}") for n in range(4)))
    for number, side in enumerate(["train", "test", "validation"]):
        library.label(f"q{number}", split=side)
    library.repository.commit("sides")
    write(library, "trl")
    (library.folder / "data/own.jsonl").write_text("{}")
    (library.folder / "data/test.jsonl").write_text("edited")
    report = write(library, "openai", where="labels.split = 'train'")
    assert [Path(each).name for each in report.removed] == ["validation.jsonl", "sft.yaml"]
    assert [Path(each).name for each in report.kept] == ["test.jsonl"]
    assert names(library) == ["README.md", "own.jsonl", "test.jsonl", "train.jsonl"]
    lock = json.loads((library.folder / "vault.lock").read_text())
    assert lock["companions"] == {"data": ["README.md"]}
    listed = [name for name in lock["files"] if name.startswith("data/")]
    assert listed == ["data/test.jsonl", "data/train.jsonl"]


def test_edited_texts_stay_and_others_are_not_overwritten(library: Library) -> None:
    fill(library, chat("a"))
    (library.folder / "data").mkdir()
    (library.folder / "data/README.md").write_text("mine")
    with pytest.raises(AlreadyExists) as caught:
        write(library, "trl")
    assert caught.value.code == "file-exists"
    assert names(library) == ["README.md"]
    write(library, "trl", force=True)
    snippet = library.folder / "data/sft.yaml"
    assert is_as_written(str(snippet))
    snippet.write_text(snippet.read_text().replace("Qwen3-0.6B", "Qwen3-8B"))
    assert not is_as_written(str(snippet))
    report = write(library, "trl")
    assert [Path(each).name for each in report.kept] == ["sft.yaml"]
    assert "Qwen3-8B" in snippet.read_text()
    assert library.repository.check_lock().ok


def test_no_text_is_written_through_a_link(library: Library, tmp_path: Path) -> None:
    fill(library, chat("a"))
    (tmp_path / "profile").write_text("mine")
    (library.folder / "data").mkdir()
    (library.folder / "data/README.md").symlink_to(tmp_path / "profile")
    for force in (False, True):
        with pytest.raises(AlreadyExists):
            write(library, "trl", force=force)
    assert (tmp_path / "profile").read_text() == "mine"


def test_losses_are_told_before_any_file_is_there(library: Library) -> None:
    fill(library, chat("a", topic="x"), {"messages": "broken"})
    told = []

    def on_losses(summary: RenderSummary) -> None:
        told.append((summary.losses, summary.unsupported, names(library)))

    path = str(library.folder / "data")
    (library.folder / "data").mkdir()
    library.repository.export(
        output=path, trainer="trl", skip_unsupported=True, on_losses=on_losses
    )
    (losses, unsupported, before) = told[0]
    assert (losses, unsupported) == ({"fields": 1}, {"it has no conversation": 1})
    assert not [each for each in before if not each.startswith(".")]


def test_an_edited_data_file_is_not_overwritten(library: Library) -> None:
    fill(library, chat("a"))
    write(library, "trl")
    (library.folder / "data/train.jsonl").write_text("edited")
    with pytest.raises(AlreadyExists) as caught:
        write(library, "trl")
    assert caught.value.code == "file-edited"


def test_a_removed_file_comes_back_where_the_export_fails(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, chat("a"), chat("b"))
    library.label("a", split="train")
    library.label("b", split="test")
    library.repository.commit("sides")
    write(library, "trl")
    before = {path: path.read_bytes() for path in (library.folder / "data").iterdir()}
    lock = (library.folder / "vault.lock").read_bytes()
    replace = __import__("os").replace

    def failing(source: Any, target: Any) -> None:
        if str(target).endswith("README.md"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("os.replace", failing)
    with pytest.raises(OSError, match="No space"):
        write(library, "openai", where="labels.split = 'train'")
    monkeypatch.undo()
    after = {path: path.read_bytes() for path in (library.folder / "data").iterdir()}
    assert after.keys() == before.keys()
    assert after[library.folder / "data/test.jsonl"] == before[library.folder / "data/test.jsonl"]
    assert (library.folder / "vault.lock").read_bytes() == lock


def test_a_lock_whose_companions_lead_elsewhere_is_refused(library: Library) -> None:
    fill(library, chat("a"))
    write(library, "trl")
    path = library.folder / "vault.lock"
    lock = json.loads(path.read_text())
    for companions in ({"..": ["README.md"]}, {"data": ["../x.md"]}, {"/x": ["a.md"]}, ["x"]):
        path.write_text(json.dumps({**lock, "companions": companions}))
        with pytest.raises(InvalidInput) as caught:
            library.repository.check_lock()
        assert caught.value.code == "lock-damaged"


def test_a_lock_that_asks_for_the_impossible_says_so(library: Library) -> None:
    fill(library, chat("a"))
    write(library, "trl")
    path = library.folder / "vault.lock"
    lock = json.loads(path.read_text())
    (library.folder / "data/train.jsonl").unlink()
    for change in ({"trainer": "later"}, {"layout": "later"}, {"reasoning": "later"}):
        entry = {**lock["files"]["data/train.jsonl"], **change}
        path.write_text(json.dumps({**lock, "files": {"data/train.jsonl": entry}}))
        with pytest.raises(InvalidInput) as caught:
            library.repository.export_locked()
        assert caught.value.code == "lock-not-met"


def test_text_from_data_means_nothing_in_the_readme(library: Library) -> None:
    library.write("a.jsonl", [{**chat("a"), "x: y\n---": 1}])
    library.run("a.jsonl", source="# [x](y)\n---\n<b>")
    library.repository.commit("one")
    write(library, "hf")
    text = (library.folder / "data/README.md").read_text()
    assert '  - name: "x: y\\n---"\n' in text
    assert "\\# \\[x\\]\\(y\\) --- \\<b\\>" in text


def test_texts_that_are_json_are_not_mixed_with_numbers(library: Library) -> None:
    fill(library, chat("a", grade=1), chat("b", grade="1"))
    error = refused(library, "hf")
    assert (error.code, 'the field "grade"' in error.message) == ("format-unsupported", True)
    assert write(library, "trl").losses == {"fields": 2}


def test_nothing_to_write_is_an_empty_file(library: Library) -> None:
    library.repository.commit("nothing", allow_empty=True)
    report = write(library, "trl")
    assert (report.examples, lines(library)) == (0, [])
    with pytest.raises(NotFound):
        write(library, "trl", selection=Selection("test"))
