"""The reference of rubrics names every key, default and reason, and no other."""

from __future__ import annotations

import dataclasses
import re

from tests.docs.test_pages import DOCS
from vault.generate.rubric.read_rubric import MOST_CRITERIA, USUAL_TOKENS, read_rubric
from vault.generate.rubric.rubric import Criterion, Rubric
from vault.operations.judging import requests, selection, shown

PAGE = (DOCS / "reference" / "rubrics.md").read_text(encoding="utf-8")
KEYS = dict(re.findall(r"(?m)^\| `([a-z_.*]+)` \| [^|]+ \| ([^|]+) \|", PAGE))


def names(of: type) -> set[str]:
    return {each.name for each in dataclasses.fields(of)}


def test_every_key_is_on_the_page() -> None:
    top = names(Rubric) - {"file", "criteria", "judges"}
    assert {key for key in KEYS if "." not in key} == top
    criterion = {key.removeprefix("criterion.") for key in KEYS if key.startswith("criterion.")}
    assert criterion == names(Criterion)


def test_the_rubric_of_the_page_is_one_and_uses_defaults() -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    rubric = read_rubric(found[1].encode(), "help.toml")
    assert rubric.is_panel
    assert KEYS["repeat"] == str(rubric.repeat)
    assert KEYS["scrub"] == f"`{str(rubric.scrub).lower()}`"
    assert KEYS["criterion.weight"] == str(rubric.criteria[1].weight)
    assert KEYS["judge.max_tokens"] == str(USUAL_TOKENS) == str(rubric.judges[0].max_tokens)
    assert f"at most {MOST_CRITERIA} criteria" in PAGE


def test_every_reason_is_on_the_page() -> None:
    reasons = {
        selection.JUDGED_BEFORE,
        selection.NOT_STAGED,
        selection.NOT_SAMPLED,
        shown.NO_CONVERSATION,
        shown.NO_ANSWER,
        shown.MEDIA,
        requests.NOT_A_PAIR,
    }
    table = PAGE.partition("## What is not judged")[2]
    assert set(re.findall(r"(?m)^\| `([a-z-]+)` \|", table)) == reasons
