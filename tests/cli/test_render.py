"""Reports as text and JSON, and what text from data may do to a terminal: nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.progress_bar import ProgressBar
from vault.cli.frame.render import emit, emit_json_lines, hint, warn
from vault.cli.show.diff_text import difference_lines
from vault.cli.show.terminal import display_width, escape_styled, paint, short_id, shorten, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural, size_text
from vault.presentation.report_json import json_document
from vault.presentation.word_diff import MAX_TOKENS, changes
from vault.progress import silent


class Colour(Enum):
    """An enum in a report."""

    RED = "red"


@dataclass(frozen=True)
class Inner:
    """A report within a report, which knows its own form."""

    n: int

    def to_json(self) -> dict[str, Any]:
        """Return its own form."""
        return {"number": self.n}


@dataclass(frozen=True)
class Report:
    """One of each kind of value."""

    from_: str
    items: tuple[Any, ...]
    by: dict[Any, Any]
    _hidden: int = 0


UNSAFE = "\x00\x07\x1b\x7f\x85\x9b\u200b\u200e\u200f\u061c\u202a\u202e\u2066\u2069\ufeff\ud800"


def test_a_report_becomes_one_document_with_keys_in_order() -> None:
    when = datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))
    items = (Inner(1), Colour.RED, b"\x01\xff", Path("a/b"), when, {"b", "a"}, None, True, 0.5)
    document = json_document(Report("x", items, {Colour.RED: 1, 2: Decimal("1e400")}))
    assert document == (
        '{"from":"x","items":[{"number":1},"red","01ff","a/b","2024-01-02T02:00:00Z",["a","b"],'
        'null,true,0.5],"by":{"red":1,"2":1e+400}}'
    )


def test_a_value_without_a_json_form_is_a_bug() -> None:
    with pytest.raises(TypeError):
        json_document(object())


def test_json_is_safe_on_a_terminal_and_says_the_same() -> None:
    document = json_document({"text": UNSAFE + "a\U000e0041é"})
    assert not set(UNSAFE) & set(document)
    assert "é" in document
    assert json.loads(document) == {"text": UNSAFE + "a\U000e0041é"}


@given(st.text())
def test_json_reads_back_as_what_it_was(value: str) -> None:
    assert json.loads(json_document([value])) == [value]


def test_emit_prints_json_or_text_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    lines: Callable[[Any], list[str]] = lambda report: [f"{report['n']} things", "\x1b[2Jtail"]  # noqa: E731
    emit(Invocation(), {"n": 1}, lines)
    assert capsys.readouterr().out == "1 things\n\\x1b[2Jtail\n"
    emit(Invocation(json=True), {"n": 1}, lines)
    assert capsys.readouterr().out == '{"n":1}\n'
    emit(Invocation(quiet=True), {"n": 1}, lines)
    assert capsys.readouterr().out == ""
    emit_json_lines(Invocation(), [{"n": 1}, {"n": 2}])
    assert capsys.readouterr().out == '{"n":1}\n{"n":2}\n'


def test_hints_and_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    hint(Invocation(), "do \x1bthis")
    warn(Invocation(), "mind that")
    assert capsys.readouterr() == ("", "hint:  do \\x1bthis\nwarning: mind that\n")
    hint(Invocation(quiet=True), "do this")
    warn(Invocation(quiet=True), "mind that")
    assert capsys.readouterr() == ("", "warning: mind that\n")


def test_escape_shows_what_would_act_or_hide() -> None:
    assert escape("a\x1b[31m\x9bb") == "a\\x1b[31m\\x9bb"
    assert escape("\u202eabc\u2069") == "\\u202eabc\\u2069"
    assert escape("a\nb\tc") == "a\\x0ab\\x09c"
    assert escape("a\nb\tc\r", keep="\n\t") == "a\nb\tc\\x0d"
    assert escape("\udc80") == "\\udc80"
    assert escape("\U000e0041") == "\\U000e0041"
    assert not set(UNSAFE) & set(escape(UNSAFE))


def test_escape_leaves_the_spelling_of_languages_alone() -> None:
    for word in ("größe", "می‌خواهم", "👨‍👩‍👧", "日本語", "क्‍ष"):
        assert escape(word) == word
    assert escape("pass\u200dword") == "pass\\u200dword"


def test_a_style_passes_the_last_net_and_nothing_else_does() -> None:
    assert escape_styled("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"
    assert escape_styled("\x1b]0;title\x07\x1b[2J") == "\\x1b]0;title\\x07\\x1b[2J"


def test_ids_are_short_unless_asked_for() -> None:
    assert short_id("0123456789abcdef") == "0123456789ab"
    assert short_id("0123456789abcdef", True) == "0123456789abcdef"


@pytest.mark.parametrize(
    ("count", "word", "shown"),
    [
        (0, "example", "0 examples"),
        (1, "example", "1 example"),
        (12000, "entry", "12,000 entries"),
        (2, "branch", "2 branches"),
        (2, "day", "2 days"),
    ],
)
def test_counts_agree_with_their_word(count: int, word: str, shown: str) -> None:
    assert plural(count, word) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9_960, "10 kB"),
        (999_900, "1.0 MB"),
        (12_300_000, "12 MB"),
        (5_000_000_000_000_000, "5,000 TB"),
    ],
)
def test_sizes_are_short(size_bytes: int, shown: str) -> None:
    assert size_text(size_bytes) == shown


def test_a_table_is_aligned_by_what_people_see() -> None:
    rows = [["a", "1", "x"], ["日本", "\x1b[31m22\x1b[0m", "yy"], ["b"]]
    assert table(rows, right=(1,)) == ["a      1  x", "日本  \x1b[31m22\x1b[0m  yy", "b"]


def test_long_text_is_cut_to_the_width() -> None:
    assert shorten("a  b\n\tc", 10) == "a b c"
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert shorten("abcdefghijk", 10) == "abcdefghi…"
    assert shorten("日本語日本語", 7) == "日本語…"
    assert shorten("x" * 10_000_000, 5) == "xxxx…"


@given(st.text(), st.integers(1, 30))
def test_a_shortened_text_fits_and_is_safe(value: str, width: int) -> None:
    line = shorten(value, width)
    assert display_width(line) <= width
    assert "\n" not in line and "\x1b" not in line


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("a", "red") == "a"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert paint("a", "red") == "\x1b[31ma\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("a", "red") == "a"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("the old price", "the new price", ["the [-old-]{+new+} price"]),
        ("same", "same", []),
        ("", "new", ["{+new+}"]),
        ("one two three", "1 2 three", ["[-one two-]{+1 2+} three"]),
        ("a\x1b", "b\x1b", ["[-a-]{+b+}\\x1b"]),
    ],
)
def test_a_difference_shows_words_in_place(old: str, new: str, shown: list[str]) -> None:
    lines = list(difference_lines({"text": old}, {"text": new}))
    assert lines == [f"    text: {each}" for each in shown]


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60))
def test_the_pieces_of_a_word_diff_make_up_both_texts(old: str, new: str) -> None:
    pieces = changes(old, new)
    assert "".join(kept + removed for kept, removed, _ in pieces) == old
    assert "".join(kept + added for kept, _, added in pieces) == new


@pytest.mark.parametrize("word", ["a ", "x\n"])
def test_a_word_diff_of_long_texts_ends(word: str) -> None:
    old, new = word * 200_000 + "b", "c" + word * 150_000
    pieces = changes(old, new)
    assert "".join(kept + removed for kept, removed, _ in pieces) == old
    assert len(pieces) < MAX_TOKENS


class Screen:
    """A stream that remembers what was written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Remember."""
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Do nothing."""


def test_progress_is_a_bar_on_a_terminal_that_leaves_no_trace() -> None:
    screen, now = Screen(), [0.0]
    bar = ProgressBar(screen, is_terminal=True, clock=lambda: now[0])  # type: ignore[arg-type]
    bar.start("reading \x1bfile", 100)
    bar.advance(10)
    assert screen.text == ""
    now[0] = 5.0
    bar.advance(40)
    assert screen.text == "\rreading \\x1bfile  [##########..........]  50%  50 of 100  0:05 left"
    bar.finish()
    assert screen.text.endswith("\r" + " " * (len(screen.text.split("\r")[1])) + "\r")
    before = screen.text
    bar.finish()
    bar.advance()
    assert screen.text == before


def test_progress_elsewhere_is_a_line_every_ten_seconds() -> None:
    screen, now = Screen(), [0.0]
    bar = ProgressBar(screen, is_terminal=False, clock=lambda: now[0])  # type: ignore[arg-type]
    bar.start("reading", None)
    for second in range(25):
        now[0] = float(second)
        bar.advance(1000)
    bar.finish()
    assert screen.text == "reading: 11,000\nreading: 21,000\n"


def test_quiet_has_no_progress() -> None:
    assert Invocation(quiet=True).progress() is silent
    silent.start("x")
    silent.advance()
    silent.finish()
