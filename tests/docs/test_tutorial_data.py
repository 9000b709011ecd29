"""The data of the tutorial: the same bytes each time, with the faults that the page counts."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "fixtures/transactions.py"


@pytest.fixture
def script() -> ModuleType:
    """The script as a module."""
    found = importlib.util.spec_from_file_location("transactions", SCRIPT)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def pairs(path: Path) -> list[tuple[str, str]]:
    """Return question and answer of each line that is JSON."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            _, asked, answered = json.loads(line)["messages"]
        except ValueError:
            continue
        found.append((asked["content"], answered["content"]))
    return found


def test_the_same_bytes_are_written_each_time(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True)
        written.append({each.name: each.read_bytes() for each in folder.iterdir()})
    assert written[0] == written[1]
    lines = {name: len(data.splitlines()) for name, data in written[0].items()}
    assert lines == {
        "real.jsonl": 200,
        "evaluation.jsonl": 60,
        "round-1.jsonl": 300,
        "round-2.jsonl": 120,
    }


def test_rounds_have_as_many_faults_as_are_said(script: ModuleType, tmp_path: Path) -> None:
    script.main(tmp_path)
    real, asked = (pairs(tmp_path / f"{name}.jsonl") for name in ("real", "evaluation"))
    assert {answer for _, answer in real} == set(script.CATEGORIES)
    for number in (0, 1):
        count = {name: counts[number] for name, counts in script.FAULTS.items()}
        found = pairs(tmp_path / f"round-{number + 1}.jsonl")
        assert len(found) == script.ROUNDS[number] - count["malformed"]
        assert sum(pair in real for pair in found) == count["copy-of-seed"]
        assert sum(pair in asked for pair in found) == count["leaked"]
        others = sum(answer not in script.CATEGORIES for _, answer in found)
        assert others == count["refusal"] + count["cut"] + count["misspelt"]
        answers: dict[str, set[str]] = {}
        for text, answer in real + found:
            answers.setdefault(text, set()).add(answer)
        assert sum(len(each) > 1 for each in answers.values()) == count["contradiction"]


def test_the_page_names_the_faults_of_the_script(script: ModuleType) -> None:
    page = (ROOT / "docs/tutorial/generated-rounds.md").read_text(encoding="utf-8")
    faults = script.FAULTS
    wrong = [sum(each) for each in zip(faults["refusal"], faults["cut"], strict=True)]
    rows = [*(faults[name] for name in ("malformed", "copy-of-seed", "near-copy")), wrong]
    rows += [faults[name] for name in ("misspelt", "leaked", "contradiction")]
    assert re.findall(r"\| (\d+) \+ (\d+) \|", page) == [(str(a), str(b)) for a, b in rows]
