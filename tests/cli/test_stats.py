"""`vault stats`, as people read it: tables, histograms and the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from tests.support.labelling import label_in_order
from vault.cli.show.subsets import bars_text
from vault.cli.show.terminal import display_width
from vault.repository import Repository

Run = Callable[..., Outcome]

QUANTILES = ["5", "%", "25", "%", "median", "75", "%", "95", "%", "max"]

HOSTILE = "</td><script>alert(1)</script><img src=http://evil.example/x onerror=a>\x1b[31m\u202e"


@pytest.fixture
def filled(project: Path, run: Run) -> Path:
    """Sixty examples from two files, of a round each, with labels."""
    write_lines(
        project / "one.jsonl", [chat(f"q{n}?", "word " * n, topic=f"t{n % 2}") for n in range(40)]
    )
    write_lines(project / "two.jsonl", [chat(f"r{n}?", "Yes.", topic="t9") for n in range(20)])
    assert run("import", "one.jsonl", "--round", "1").code == 0
    assert run("commit", "-m", "one").code == 0
    assert run("tag", "v1").code == 0
    assert run("import", "two.jsonl", "--round", "2").code == 0
    quality = ["gold", "gold", "poor"] * 10
    label_in_order(Repository.open(project, author="ada"), {"quality": quality})
    return project


def test_a_version_is_counts_lengths_and_values(filled: Path, run: Run) -> None:
    outcome = run("stats")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "60 examples"
    assert lines[2].split() == [
        "total",
        "min",
        *["5", "%", "25", "%", "median", "75", "%", "95", "%", "max"],
    ]
    assert lines[3].split() == ["turns", "120", *["2"] * 7]
    assert lines[6] == "tokens are an estimate: bytes of text / 4"
    assert "examples by tokens" in lines and "examples by turns" not in lines
    at = lines.index("sources")
    assert lines[at + 1].startswith("one.jsonl  40  67 %  ██████")
    assert lines[at + 2].startswith("two.jsonl  20  33 %  ███")
    at = lines.index("labels.quality")
    assert [line.split()[0] for line in lines[at + 1 : at + 3]] == ["gold", "poor"]
    at = lines.index("longer than a trainer's default length, by the estimate")
    assert lines[at + 1] == "TRL            1,024 tokens  0  0 %"
    assert lines[-4:] == [
        "findings: not looked for: `vault validate`",
        "duplicates: no conversation is there twice",
        "near-duplicates: not looked for: `vault dedupe --dry-run`",
        "roles and tools: not looked for: `vault stats --full` reads the records",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_bars_keep_to_the_width(
    filled: Path, run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("stats").out.splitlines()
    drawn = [line for line in lines if "█" in line]
    assert drawn and all(display_width(line) <= width for line in drawn)


def test_bars_are_of_ascii_where_blocks_cannot_be_shown(
    filled: Path, shell: Callable[..., Outcome]
) -> None:
    outcome = shell(f"vault -C {filled} stats", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert outcome.code == 0, outcome.err
    assert outcome.out.isascii()
    assert re.search(r"one\.jsonl  40  67 %  #{30,}", outcome.out)


def test_a_bar_shows_anything_above_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars_text, "_shows_blocks", lambda: True)
    assert [bars_text.bar(each, 10) for each in (0, 0.0001, 0.05, 0.5, 1)] == [
        "",
        "▏",
        "▌",
        "█████",
        "██████████",
    ]


def test_parts_are_lines_with_the_most_frequent_first(filled: Path, run: Run) -> None:
    lines = run("stats", "--by", "topic").out.splitlines()
    at = lines.index("by topic")
    assert lines[at + 1].split()[:4] == ["examples", "share", "turns", "tokens"]
    assert [line.split()[:3] for line in lines[at + 2 : at + 5]] == [
        ["t0", "20", "33"],
        ["t1", "20", "33"],
        ["t9", "20", "33"],
    ]


def test_at_most_thirty_values_are_shown(project: Path, run: Run) -> None:
    write_lines(project / "many.jsonl", [chat(f"q{n}", "a", topic=f"{n}") for n in range(45)])
    run("import", "many.jsonl")
    lines = run("stats", "--by", "topic").out.splitlines()
    assert "… and 15 values more: `--json` has them" in lines
    assert len(json.loads(run("stats", "--by", "topic", "--json").out)["by"]) == 45


def test_two_versions_are_columns_and_what_moved(filled: Path, run: Run) -> None:
    outcome = run("stats", "v1", "STAGE", "--by", "topic")
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["v1", "STAGE", "change"]
    assert lines[1].split() == ["examples", "40", "60", "+20"]
    at = lines.index("what moved, by Jensen-Shannon distance (0 alike, 1 disjoint)")
    distances = []
    for line in lines[at + 2 : lines.index("", at)]:
        distances += re.findall(r"  (0\.\d{3}|1\.000)  ", line)
    assert len(distances) > 3 and distances == sorted(distances, reverse=True)
    assert "2 fields did not move" in lines
    at = lines.index("by topic")
    assert lines[at + 2].split()[:4] == ["t0", "20", "20", "="]
    assert ["t9", "0", "20", "+20"] in [line.split()[:4] for line in lines[at + 2 : at + 5]]
    same = run("stats", "v1..HEAD").out
    assert "nothing: every field is distributed alike" in same


def test_an_empty_repository_has_no_lengths(project: Path, run: Run) -> None:
    lines = run("stats", "--by", "kind").out.splitlines()
    assert lines[0] == "0 examples" and "examples by tokens" not in lines
    both = run("stats", "STAGE", "STAGE")
    assert both.code == 0 and "most tokens" not in both.out


def test_findings_are_shown_where_they_are_kept(project: Path, run: Run) -> None:
    write_lines(project / "bad.jsonl", [{"messages": []}, chat("Hi", "Ho")])
    run("import", "bad.jsonl")
    run("validate")
    lines = run("stats").out.splitlines()
    [told] = [line for line in lines if line.startswith("findings: ")]
    assert told.startswith("findings: 1 error in 1 example, ")


class Checked(HTMLParser):
    """Notes tags and attributes, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_page(path: Path) -> tuple[str, Checked]:
    text = path.read_text(encoding="utf-8")
    parser = Checked()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return text, parser


@pytest.mark.parametrize("arguments", [[], ["v1", "STAGE"], ["--full", "--by", "topic"], ["v1"]])
def test_the_page_stands_alone(filled: Path, run: Run, arguments: list[str]) -> None:
    outcome = run("stats", *arguments, "--html", "page.html")
    assert outcome.code == 0, outcome.err
    assert "page.html opens in any browser" in outcome.err
    text, page = read_page(filled / "page.html")
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "@import" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert {"svg", "rect", "table"} <= set(page.tags)
    assert not {"script", "link", "img", "iframe", "object", "a"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "style")]
    assert "one.jsonl" in page.text


def test_hostile_values_are_text(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat("Hi", "Ho", topic=HOSTILE), chat("a", "b", topic="x")])
    assert run("import", "a.jsonl", "--source", HOSTILE[:60], "--round", "<b>").code == 0
    label_in_order(Repository.open(project, author="ada"), {"quality": [HOSTILE]})
    before = run("commit", "-m", "one")
    assert before.code == 0, before.err
    for arguments in (["--by", "topic"], ["HEAD", "STAGE", "--by", "topic"]):
        outcome = run("stats", *arguments, "--html", "page.html", "--force")
        assert outcome.code == 0, outcome.err
        assert "\x1b" not in outcome.out and "\u202e" not in outcome.out
        text, page = read_page(project / "page.html")
        assert "<script" not in text and "<img" not in text and "<b>" not in text
        assert "\x1b" not in text and "\u202e" not in text
        assert any("</td><script>alert(1)" in each for each in page.text)


def test_the_page_fits_narrow_screens(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat("Hi", "Ho"), chat("a", "b", topic="x" * 900)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    run("tag", "v1")
    run("label", f"note={'y' * 900}", "--where", "line = 1")
    assert run("stats", "v1", "STAGE", "--by", "topic", "--html", "page.html").code == 0
    text, page = read_page(project / "page.html")
    assert page.tags.count("table") == text.count('<div class="wide"><table>') > 5
    assert any(each.startswith("yyy") for each in page.text)
    assert any(each.startswith("xxx") for each in page.text)
    assert all(len(each) <= 100 for each in page.text if each.startswith(("y", "x")))
    # No column is named by a commit; without a least width its heads would be a letter wide.
    assert not re.search(r"<th [^>]*>[^/]*[0-9a-f]{12}", text)
    assert "th[scope=row] { min-width" in text


def test_a_page_that_is_there_stays(filled: Path, run: Run) -> None:
    (filled / "page.html").write_text("mine")
    outcome = run("stats", "--html", "page.html")
    assert outcome.code == 4
    assert outcome.err.splitlines()[-3:] == [
        "error: page.html is there already",
        "hint:  --force overwrites it",
        "code:  file-exists",
    ]
    assert (filled / "page.html").read_text() == "mine"
