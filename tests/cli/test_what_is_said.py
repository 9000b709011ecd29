"""Calls, reasoning and other programs' messages as commands show them; how import names these."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Outcome, write_lines

Run = Callable[..., Outcome]

ASK = {"role": "user", "content": "How warm is it in Graz?"}
CALL = {"name": "weather", "arguments": '{"city": "Graz"}'}
SAID = '→ weather({"city": "Graz"})'


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        (
            {"messages": [ASK, {"role": "assistant", "tool_calls": [{"function": CALL}]}]},
            [f"assistant  {SAID}"],
        ),
        (
            {"messages": [ASK, {"role": "assistant", "content": "Hm.", "function_call": CALL}]},
            ["assistant  Hm.", f"assistant  {SAID}"],
        ),
        (
            {
                "messages": [
                    ASK,
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "thinking", "thinking": "I must look."},
                            {"type": "tool_use", "name": "weather", "input": {"city": "Graz"}},
                        ],
                    },
                ]
            },
            ["assistant reasoning  I must look.", f"assistant  {SAID}"],
        ),
        (
            {
                "contents": [
                    {"role": "user", "parts": [{"text": "How warm?"}]},
                    {
                        "role": "model",
                        "parts": [{"functionCall": {"name": "weather", "args": {"city": "Graz"}}}],
                    },
                ]
            },
            ["user  How warm?", f"assistant  {SAID}"],
        ),
        (
            {"messages": [ASK, {"role": "assistant", "content": None, "refusal": "I cannot."}]},
            ["assistant refusal  I cannot."],
        ),
    ],
)
def test_calls_and_reasoning_are_shown(
    run: Run, project: Path, record: dict[str, Any], lines: list[str]
) -> None:
    write_lines(project / "calls.jsonl", [record])
    run("import", "calls.jsonl")
    for command in ("head", "diff"):
        shown = [" ".join(line.split()) for line in run(command).out.splitlines()]
        assert {" ".join(line.split()) for line in lines} <= set(shown), command


def test_import_says_whose_records_are_raw_and_how_to_read_them(run: Run, project: Path) -> None:
    record = {"inputs": {"question": "How warm?"}, "outputs": {"answer": "18."}}
    write_lines(project / "runs.jsonl", [record])
    said = run("import", "runs.jsonl").err
    assert "raw records here are a run of LangSmith" in said
    options = "--map user=inputs.question --map assistant=outputs.answer"
    assert f"--replace {options}" in said
    assert "read 1 record as chat" in run("import", "--replace", *options.split(), "runs.jsonl").out
    assert "How warm?" in run("grep", "warm", "--role", "user").out


def test_status_and_quarantine_count_the_same(run: Run, project: Path) -> None:
    (project / "odd.jsonl").write_text('{"messages": [{"role": "user"}]}\n["no record"]\n')
    run("import", "odd.jsonl")
    run("validate", "--quarantine")
    counted = "in quarantine: 1 record that could not be read, 1 example with errors"
    assert counted in run("status").out
    assert counted in run("quarantine", "list").out
    assert json.loads(run("status", "--json").out)["quarantined"] == 2
    assert len(json.loads(run("quarantine", "list", "--json").out)["quarantined"]) == 2


def test_operations_show_what_a_program_asked_for(run: Run, committed: Path) -> None:
    import vault

    repository = vault.open(committed)
    repository.label({"q": "x"}, where="turns > 0")
    repository.rm(where="turns > 0")
    shown = run("operations").out
    assert "python: rm --where 'turns > 0'" in shown
    assert "python: label q=x --where" in shown


def test_a_table_without_a_header_is_told(run: Run, project: Path) -> None:
    (project / "qa.csv").write_text("Is the tower tall?,Ninety metres.\nWhen was it built?,1887\n")
    said = run("import", "qa.csv").err
    assert "rows below a first line that reads like data" in said


def test_a_text_beside_its_class_may_be_a_question_and_its_answer(run: Run, project: Path) -> None:
    write_lines(project / "a.jsonl", [{"text": "My card was eaten.", "category": "card_swallowed"}])
    said = run("import", "a.jsonl").err
    assert "--replace --map user=text --map assistant=category" in said
    write_lines(project / "b.jsonl", [{"text": "Once upon a time.", "source": "a book"}])
    assert "--map" not in run("import", "b.jsonl").err
