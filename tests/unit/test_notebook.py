"""What a notebook shows is text: nothing in the data acts, hides or reaches outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.presentation.report_html import Displayed, table_of, text_of

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</bdi></td></table><iframe src=//evil.example>",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe\u2066",
    "&lt;b&gt;",
    "\ud800half",
    "\U000e0041tag\u200bzero",
]
TAGS = {"table", "caption", "tr", "th", "td", "bdi", "span", "code"}


class Reader(HTMLParser):
    """Notes every tag, attribute and text, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.texts: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    """Parse HTML and check that it holds nothing but plain tables."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.tags <= TAGS
    assert reader.depth == 0
    assert {name for name, _ in reader.attributes} <= {"style", "title", "colspan"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", html)
    html.encode("utf-8")
    return reader


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_it_stands(text: str) -> None:
    reader = read(table_of(text, {text: text, "list": [text], "pairs": {text: [{text: text}]}}))
    visible = "".join(reader.texts)
    assert "script" not in reader.tags
    if text.isascii() and text.isprintable():
        assert visible.count(text) == 7


def test_a_digest_is_short_and_whole_on_demand() -> None:
    digest = "a1" * 32
    reader = read(table_of("x", {"commit": digest}))
    assert digest[:12] in reader.texts
    assert ("title", digest) in reader.attributes


def test_joiners_of_scripts_and_emoji_are_left_alone() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert text_of(family) == f"<bdi>{family}</bdi>"


@dataclass(frozen=True, slots=True)
class Many(Displayed):
    """Something with more rows and deeper values than anybody reads."""

    items: tuple[Any, ...]
    _secret: str = "hidden"


def test_long_and_deep_values_are_cut_and_private_ones_are_not_shown() -> None:
    deep: Any = "bottom"
    for _ in range(50):
        deep = {"inner": deep}
    shown = Many((deep, *range(1_000), "x" * 100_000))._repr_html_()
    reader = read(shown)
    assert len(shown) < 10_000
    assert "… and 982 more" in reader.texts
    assert "hidden" not in shown and "bottom" not in shown


def test_tables_within_tables_stay_small() -> None:
    wide: Any = "x" * 1_000
    for _ in range(3):
        wide = {f"name {number}": wide for number in range(1_000)}
    assert len(table_of("wide", {"one": wide})) < 300_000


def test_reports_snapshots_and_examples_of_hostile_data_show_as_tables(library: Library) -> None:
    repository = library.repository
    rows = [chat(text, text, topic=text) for text in HOSTILE if "\ud800" not in text]
    imported = repository.import_records([*rows, {"bad": {1, 2}}], source=HOSTILE[0])
    committed = repository.commit(HOSTILE[1], meta={"who": HOSTILE[3]})
    snapshot = repository.snapshot()
    values: list[Any] = [
        imported,
        committed,
        repository,
        repository.status(),
        repository.log(),
        repository.log().commits[0],
        repository.diff(None, "HEAD"),
        repository.show("HEAD"),
        repository.show(snapshot[0].id),
        repository.quarantine(),
        repository.tag("v1", message=HOSTILE[0]),
        repository.fsck(),
        snapshot,
        snapshot[0],
        repository.export(output=str(Path(library.folder) / "out.jsonl")),
    ]
    for value in values:
        reader = read(value._repr_html_())
        assert "table" in reader.tags, value
    assert any(HOSTILE[1] in text for text in read(repository.log()._repr_html_()).texts)
