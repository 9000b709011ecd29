"""What is sent has the form that openai's own types, which follow its OpenAPI document, allow."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from tests.support.recipes import recipe
from vault.generate.batch_lines import input_line
from vault.generate.ladder import PROBED, Step, asked_again, probe_body
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.render import request_body
from vault.generate.recipe.starting import KINDS, starting_recipe
from vault.generate.rubric.ask_verdicts import pairwise_body, pointwise_body
from vault.generate.rubric.read_rubric import read_rubric
from vault.generate.rubric.starting import KINDS as RUBRICS
from vault.generate.rubric.starting import starting_rubric

STRICT = TypeAdapter(with_config(ConfigDict(extra="forbid"))(CompletionCreateParamsNonStreaming))
ANSWER = json.dumps({"choices": [{"message": {"content": "Hm."}}]}).encode()
SHOWN = {"conversation": [{"role": "user", "content": "a"}], "answer": [{"content": "b"}]}


def check(body: str) -> None:
    """Assert that a body is one that the API has a type for."""
    found = STRICT.validate_python(json.loads(body))
    for value in found.values():
        if isinstance(value, Iterator):
            list(value)  # checked as it is gone through


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_of_a_recipe_is_of_the_api(kind: str) -> None:
    found = read_recipe(starting_recipe(kind).encode(), "r.toml")
    values = {name: choices[0].value for name, choices in found.vary.items()}
    body = request_body(found, values, [{"prompt": "a", "response": "b"}])
    check(body)
    check(asked_again(body, ANSWER, "it is no JSON") or "")


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", RUBRICS)
def test_a_request_for_a_verdict_is_of_the_api(kind: str, step: Step) -> None:
    rubric = read_rubric(starting_rubric(kind).encode(), "h.toml")
    check(pointwise_body(rubric, rubric.judges[0], SHOWN, step=step))
    check(pairwise_body(rubric, rubric.judges[0], SHOWN, ([], []), step=step))


@pytest.mark.parametrize("step", PROBED)
def test_a_probe_is_of_the_api(step: Step) -> None:
    check(probe_body("m", 100, {"temperature": 0.5, "reasoning_effort": "low"}, step))


def test_a_line_of_a_batch_is_of_the_api() -> None:
    body = request_body(read_recipe(recipe(), "r.toml"), {"topic": "a", "tone": "b"})
    line = json.loads(input_line(7, body))
    assert (line["custom_id"], line["method"], line["url"]) == ("7", "POST", "/v1/chat/completions")
    check(json.dumps(line["body"]))


@pytest.mark.parametrize(
    "members", [{"messages": "a"}, {"max_token": 5}, {"response_format": {"type": "xml"}}]
)
def test_the_check_finds_what_the_api_does_not_have(members: dict[str, object]) -> None:
    messages = [{"role": "user", "content": "a"}]
    with pytest.raises(ValidationError):
        check(json.dumps({"model": "m", "messages": messages, **members}))
