"""Recipes are read as a whole, and every fault is told with its place."""

from __future__ import annotations

import pytest

from tests.support.recipes import recipe
from vault.errors import InvalidInput, InvalidText
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.recipe import AnswerFormat, Choice


def faults(data: bytes) -> list[str]:
    with pytest.raises(InvalidText) as caught:
        read_recipe(data, "r.toml")
    assert caught.value.code == "recipe-invalid"
    return list(caught.value.excerpt)


def test_a_recipe_becomes_values() -> None:
    found = read_recipe(recipe(max_tokens="max_tokens = 9\ntemperature = 0.5"), "r.toml")
    assert (found.name, found.seed, found.format) == ("r.toml", 7, AnswerFormat.JSON)
    assert (found.model.max_tokens, found.model.settings) == (9, {"temperature": 0.5})
    assert found.model.is_free
    assert found.vary["tone"] == (Choice("polite", 3), Choice("angry", 1))
    assert found.accept.seed_overlap_words == 12


def test_every_fault_is_told_at_once() -> None:
    data = recipe(
        max_tokens="max_token = 60",
        user='user = "Write a {{ tome }} question."',
        more='[seeds]\nper_request = 0\nmatch = {"data.x" = "topics"}\n[accept]\nrules = "yes"\n',
    )
    assert faults(data) == [
        "model.max_tokens is missing",
        "seeds.per_request has to be a whole number of at least 1, not 0",
        'accept.rules has to be true or false, not "yes"',
        "prompt.user uses {{ tome }}, which [vary] does not have; known are topic, tone, seeds",
        "seeds are never shown: neither prompt.system nor prompt.user has {{ seeds }}",
        "seeds.match names topics, which [vary] does not have",
    ]


@pytest.mark.parametrize(
    ("replaced", "fault"),
    [
        ({"seed": "sed = 7"}, "sed is unknown: did you mean seed?"),
        ({"max_tokens": "max_tokens = true"}, "model.max_tokens has to be a whole number"),
        ({"base_url": 'base_url = "api.example/v1"'}, "model.base_url has to begin with http"),
        ({"price": 'price = "free"'}, "model.price has to be one of table, none"),
        ({"price": 'price = "none"\napi_key = "sk-1"'}, "model.api_key would put a key into git"),
        ({"price": 'price = "none"\nstream = true'}, "model.stream is set by vault"),
        ({"topic": 'topic = ["a", "a"]'}, "vary.topic holds a value twice"),
        ({"topic": "topic = []"}, "vary.topic has to be a list of values"),
        ({"topic": 'seeds = ["a"]'}, "vary.seeds is no name of a variable"),
        ({"tone": "tone = {polite = 0}"}, 'vary.tone has to give "polite" a whole number'),
        ({"user": 'user = "{% if %}"'}, "prompt.user is no template: line 1:"),
        ({"user": 'user = "  "'}, "prompt.user has to be a text that is not empty"),
        ({"format": 'format = "yaml"'}, "answer.format has to be one of json, json-list"),
        ({"format": 'format = "text"\nschema = {type = "object"}'}, "answer.schema goes with"),
    ],
)
def test_a_fault_names_its_place(replaced: dict[str, str], fault: str) -> None:
    assert any(each.startswith(fault) for each in faults(recipe(**replaced)))


def test_an_example_that_ignores_the_answer_is_a_fault() -> None:
    data = recipe().replace(b"answer.user", b"topic").replace(b"answer.assistant", b"tone")
    assert faults(data) == ["example never uses {{ answer }}: every record would be the same"]


@pytest.mark.parametrize("data", [b"seed = ", b"\xff", b"a = [" * 5_000, b"#" * 1_000_001])
def test_what_is_no_toml_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_recipe(data, "r.toml")
    assert caught.value.code == "recipe-unreadable"


def test_more_cells_than_anyone_means_are_refused() -> None:
    more = "\n".join(f'v{n} = ["a", "b", "c", "d"]' for n in range(6))
    found = faults(recipe(topic=f'topic = ["x", "y", "z"]\n{more}'))
    assert "combinations of values, more than 10,000" in found[0]
