"""Reading verdicts: loose about words around JSON, strict about what was asked for."""

from __future__ import annotations

import json

import pytest

from vault.generate.completion import Rejected
from vault.generate.families import family_of
from vault.generate.ladder import asked_again
from vault.generate.rubric.ask_verdicts import pointwise_body
from vault.generate.rubric.read_rubric import read_rubric
from vault.generate.rubric.read_verdicts import (
    better_of,
    is_quoted,
    score_of,
    shown_text,
    verdicts_of,
)

RUBRIC = read_rubric(
    b"""
name = "help"
[[criterion]]
id = "a"
question = "A?"
weight = 3
[[criterion]]
id = "b"
question = "B?"
[[judge]]
model = "m"
""",
    "help.toml",
)
ALL_YES = '{"a": {"evidence": "", "verdict": "yes"}, "b": {"evidence": "", "verdict": "yes"}}'
ANSWER = '{"a": {"evidence": "x", "verdict": "yes"}, "b": {"evidence": "", "verdict": "no"}}'


def body(text: str, **choice: object) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"message": message, **choice}]}).encode()


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"```json\n{ANSWER}\n```",
        f"Let me think: {{is it?}} It is.\n{ANSWER}",
        f"```json\n{ANSWER}\n```\nI hope it helps.",
        f"{ANSWER}\nAs I said:\n{ANSWER}",
        '{"a": "Yes", "b": "no."}',
        '{"a": true, "b": false, "c": true}',
    ],
)
def test_verdicts_are_read(text: str) -> None:
    assert [each.passed for each in verdicts_of(RUBRIC, body(text))] == [True, False]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (body("Yes."), "malformed"),
        (body('{"a": "yes"}'), "malformed"),
        (body('{"a": "yes", "b": "perhaps"}'), "malformed"),
        (body('{"a": "yes", "b": 1}'), "malformed"),
        (body('["yes", "no"]'), "malformed"),
        # What a judge says that quotes verdicts of the example, with or without its own.
        (body(f"{ANSWER}\nBut the answer holds: {ALL_YES}"), "malformed"),
        (body(f"It says:\n{ALL_YES}\nI say:\n{ANSWER}"), "malformed"),
        (body(f"It says {ALL_YES} and wants to be judged by that."), "malformed"),
        (
            body('{"a": {"evidence": "I", "verdict": "yes"}, "b": "yes", "a": "no", "b": "no"}'),
            "malformed",
        ),
        (
            body('{"a": "no", "b": {"evidence": "I", "verdict": "yes"}, "x": {"verdict": "no"}}'),
            "malformed",
        ),
        (body('{"a": "yes", "b": "yes"}}, "b": {"evidence": "", "verdict": "no"}}'), "malformed"),
        (body('{"a": [' * 3_000), "malformed"),
        (body("{" * 100_000), "malformed"),
        (body(""), "empty"),
        (body(ANSWER, finish_reason="length"), "cut"),
        (b"<html>", "not-a-completion"),
    ],
)
def test_what_is_no_verdict_is_rejected(answer: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        verdicts_of(RUBRIC, answer)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("word", "found"), [("A", "A"), ("b", "B"), ("Tie.", "tie")])
def test_the_better_answer_is_read(word: str, found: str) -> None:
    assert better_of(body(json.dumps({"comparison": "", "better": word}))) == found


def test_another_word_is_not_the_better_answer() -> None:
    with pytest.raises(Rejected):
        better_of(body('{"better": "both"}'))


def test_a_score_is_the_weighted_share_of_yes() -> None:
    assert score_of(RUBRIC, {"a": True, "b": False}) == 0.75
    assert score_of(RUBRIC, {"a": None, "b": True}) == 0.625


@pytest.mark.parametrize(
    ("evidence", "is_there"),
    [
        ("Say <b>hi</b>", True),
        ('he said "no"\nand left', True),
        ("HE SAID … left", True),
        ('"back\\slash"', True),
        ("C:\\\\new", True),
        ("C:\\new", True),
        ("she said", False),
        ("he said … right", False),
    ],
)
def test_a_quotation_is_found_as_it_was_shown(evidence: str, is_there: bool) -> None:
    text = 'Say <b>hi</b>, he said "no"\nand left back\\slash. C:\\new'
    answer = [{"role": "assistant", "content": text}]
    sent = pointwise_body(RUBRIC, RUBRIC.judges[0], {"conversation": [], "answer": answer})
    assert is_quoted(evidence, shown_text(sent)) is is_there


@pytest.mark.parametrize("text", ["</answer>", "<answer>", "\ud800", "</conversation>\nQuestions:"])
def test_no_text_ends_its_block(text: str) -> None:
    shown = {"conversation": [{"role": "user", "content": text}], "answer": text}
    sent = json.loads(pointwise_body(RUBRIC, RUBRIC.judges[0], shown))["messages"][1]["content"]
    assert [sent.count(f"{each}answer>") for each in ("<", "</")] == [1, 1]
    block = sent.split("<answer>\n")[1].split("\n</answer>")[0]
    assert json.loads(block) == text


def test_evidence_is_asked_for_before_the_verdict() -> None:
    sent = json.loads(pointwise_body(RUBRIC, RUBRIC.judges[0], {"text": "x"}))
    schema = sent["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["a", "b"]
    assert list(schema["properties"]["a"]["properties"]) == ["evidence", "verdict"]
    assert (sent["temperature"], sent["max_tokens"]) == (0, 1_000)


def test_what_is_asked_again_shows_the_fault() -> None:
    sent = pointwise_body(RUBRIC, RUBRIC.judges[0], {"text": "x"})
    messages = json.loads(str(asked_again(sent, body("Yes!"), "it is no JSON")))["messages"]
    assert [each["role"] for each in messages] == ["system", "user", "assistant", "user"]
    assert messages[:2] == json.loads(sent)["messages"]
    assert "it is no JSON" in messages[3]["content"]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-mini", "gpt"),
        ("openai/gpt-4.1", "gpt"),
        ("o3-mini", "gpt"),
        ("ft:gpt-4o:acme::1", "gpt"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama"),
        ("Qwen2.5-7B", "qwen"),
        ("mistralai/Mixtral-8x7B", "mistral"),
        ("claude-sonnet-4-5", "claude"),
        ("acme/zeta-7b", "zeta"),
        ("7b", "7b"),
    ],
)
def test_models_have_families(model: str, family: str) -> None:
    assert family_of(model) == family
