"""`grep` finds what reading every message finds, however the JSON of a record is written."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.library import Library
from vault.catalogue.expressions.syntax import quoted
from vault.dataset.choosing.held_text import text_held
from vault.dataset.choosing.where import check_expression
from vault.dataset.reading.conversations import read_conversation
from vault.objects.conversation import texts_of

PIECES = [
    "a", "A", "k", "\u212a", "s", "\u017f", "é", "É", "\\", '"', "\n", "/", "u", "u0061", "\\u0061",
    "n", "the", "{", "}", "[", ",", ":", "user", "content", "messages", '"messages":', "漢", "😀",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
ROLES = st.sampled_from(["system", "user", "assistant", "developer", "tool"])
CONTENTS = TEXTS | st.lists(TEXTS, max_size=2).map(
    lambda texts: [{"type": "text", "text": each} for each in texts]
)
MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": ROLES, "content": CONTENTS}),
        st.fixed_dictionaries({"content": TEXTS, "role": ROLES}, optional={"name": TEXTS}),
    ),
    min_size=1,
    max_size=3,
)
OTHERS = st.fixed_dictionaries(
    {}, optional={"metadata": st.dictionaries(TEXTS, TEXTS, max_size=2), "system": TEXTS}
)
RECORDS = st.one_of(
    st.builds(lambda messages, others: {"messages": messages, **others}, MESSAGES, OTHERS),
    st.builds(
        lambda messages, label: {"messages": messages, "label": label}, MESSAGES, st.booleans()
    ),
    st.fixed_dictionaries({"instruction": TEXTS, "input": TEXTS, "output": TEXTS}),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
STYLES = st.sampled_from(
    [(", ", ": ", True), (",", ":", False), (", ", ": ", False), (" , ", " : ", True)]
)


def line(record: dict[str, Any], style: tuple[str, str, bool]) -> str:
    item, key, is_ascii = style
    return json.dumps(record, separators=(item, key), ensure_ascii=is_ascii)


def texts_in(record: dict[str, Any], kind: str, role: str | None) -> list[str]:
    """Return the texts that `grep` looks at, of a record without a mapping."""
    conversation = read_conversation(record, kind, None)
    if conversation is None or conversation.text is not None:
        return [] if role is not None else strings_in(record)
    messages = [*conversation.prompt, *conversation.response, *(conversation.rejected or ())]
    chosen = [each for each in messages if role is None or each["role"] == role]
    return [text for each in chosen for text in texts_of(each)]


def strings_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in values for text in strings_in(each)]


@given(
    st.lists(st.tuples(RECORDS, STYLES), min_size=1, max_size=6),
    TEXTS.filter(bool),
    st.none() | ROLES,
    st.integers(0, 6),
)
def test_grep_finds_what_reading_every_message_finds(
    records: list[tuple[dict[str, Any], tuple[str, str, bool]]],
    text: str,
    role: str | None,
    limit: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        lines = "".join(line(*each) + "\n" for each in records)
        (Path(folder) / "a.jsonl").write_text(lines, encoding="utf-8")
        library.run("a.jsonl")
        stored = list(library.repository.iterate_query(["true"]))
        wanted = [
            each.id
            for each in stored
            if any(text in found for found in texts_in(json.loads(each.data), each.kind, role))
        ]
        report = library.repository.grep(text, role=role, limit=limit)
        assert report.examples == len(wanted)
        assert [each.example.id for each in report.items] == wanted[:limit]
        # A pattern is looked for in every message, without a look at the JSON.
        pattern = re.escape(text)
        for ignore_case in (False, True):
            found, expected = (
                library.repository.grep(each, role=role, regexp=is_regexp, ignore_case=ignore_case)
                for each, is_regexp in ((text, False), (pattern, True))
            )
            assert found == expected
        for each in report.items:
            assert each.places and all(place.found == text for place in each.places)


@given(
    st.lists(st.tuples(RECORDS, STYLES), min_size=1, max_size=6),
    TEXTS.filter(bool),
    st.sampled_from(["system", "prompt", "response"]),
)
def test_a_condition_that_rules_records_out_unparsed_finds_all(
    records: list[tuple[dict[str, Any], tuple[str, str, bool]]], text: str, column: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        lines = "".join(line(*each) + "\n" for each in records)
        (Path(folder) / "a.jsonl").write_text(lines, encoding="utf-8")
        library.run("a.jsonl")
        holds = f"contains({column}, {quoted(text)})"
        assert text_held(check_expression(holds)) == (None if "\n" in text else text)
        assert text_held(check_expression(f"NOT {holds}")) is None
        found, expected = (
            [each.id for each in library.repository.iterate_query([condition])]
            for condition in (holds, f"{holds} OR turns < 0")
        )
        assert found == expected
