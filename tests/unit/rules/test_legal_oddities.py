"""What looks odd and is right: no rule that runs by default complains."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from vault.formats.layouts.registry import recognise
from vault.objects.json.text import compact_bytes
from vault.rules.families.sample_records import (
    ASK,
    WEATHER,
    answered,
    assistant,
    call,
    calling,
    chat,
    result,
)
from vault.rules.kernel.any_rule import rules_of_examples
from vault.rules.kernel.examine import Examination
from vault.rules.selection import RuleSelection, selected_rules

_IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
_PARTS = [{"type": "text", "text": "What is on the picture?"}, _IMAGE]
_CODE = (
    "def area(r):\n    return 3.14159 * r ** 2\n\n"
    "for key, value in {'a': [1, 2]}.items():\n    pass"
)

ODDITIES: dict[str, dict[str, Any]] = {
    "a call with null as content": chat(
        ASK, calling(call()), result(), assistant("It rains."), tools=[WEATHER]
    ),
    "a call without content": chat(
        ASK,
        {"role": "assistant", "tool_calls": [call()]},
        result(),
        assistant("It rains."),
        tools=[WEATHER],
    ),
    "a call as the last message": chat(ASK, calling(call()), tools=[WEATHER]),
    "two calls at once": chat(
        ASK,
        calling(call(), call(call_id="call_2")),
        result(),
        result("call_2"),
        assistant("It rains in both."),
        tools=[WEATHER],
    ),
    "tools that nobody calls": chat(ASK, assistant("On Tuesday."), tools=[WEATHER]),
    "content in parts": chat({"role": "user", "content": _PARTS}, assistant("A cat.")),
    "an answer in parts": chat(ASK, assistant([{"type": "text", "text": "On Tuesday."}])),
    "a developer instead of a system": chat(
        {"role": "developer", "content": "Be brief."}, ASK, assistant("On Tuesday.")
    ),
    "a name of a speaker": chat({**ASK, "name": "ada_1"}, assistant("On Tuesday.")),
    "weights": chat(
        ASK, {**assistant("Hm."), "weight": 0}, ASK | {"content": "So?"}, assistant("On Tuesday.")
    ),
    "one word": answered("Yes"),
    "one letter": answered("B"),
    "one digit": answered("7"),
    "an emoji": answered("👍"),
    "a label with an underscore": answered("card_not_working"),
    "JSON": answered('{"city": "Graz", "days": [1, 2], "rain": null}'),
    "JSON in a fence": answered('```json\n{"city": "Graz"}\n```'),
    "code": answered(_CODE),
    "code in a fence": answered(f"```python\n{_CODE}\n```"),
    "a fence in a fence of four": answered("````markdown\n```python\nprint(1)\n```\n````"),
    "a table": answered("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
    "SQL that ends with a bracket": answered("SELECT count(*) FROM t WHERE a IN (1, 2)"),
    "Chinese": answered("包裹将于星期二到达。请在家等候,并准备好您的身份证件。"),
    "Japanese": answered("荷物は火曜日に届きます。お待ちください。"),
    "Arabic": answered("سيصل الطرد يوم الثلاثاء إن شاء الله."),
    "Persian with joiners": answered("می‌خواهم بسته را سه‌شنبه دریافت کنم."),
    "Hindi": answered("पार्सल मंगलवार को पहुँचेगा।"),
    "Russian": answered("Посылка прибудет во вторник."),
    "Thai": answered("พัสดุจะมาถึงวันอังคาร"),
    "a family of joined emoji": answered("👨‍👩‍👧‍👦 are all at home."),
    "a poem with a refrain": answered("Row, row,\nrow your boat,\ngently down the stream.\n" * 2),
    "metadata beside the messages": chat(ASK, assistant("Yes."), metadata={"round": 3, "by": None}),
    "reasoning that is opened and closed": answered("<think>It is in Graz.</think>On Tuesday."),
    "a question with an empty input": {"instruction": "Say hi.", "input": "", "output": "Hi."},
    "a completion that begins with a space": {"prompt": "2 + 2 =", "completion": " 4"},
    "a pair of one word each": {"prompt": "Is it late?", "chosen": "Yes", "rejected": "No"},
    "a verdict": {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        "label": False,
    },
    "a text of one line": {"text": "Once upon a time"},
}


@pytest.mark.parametrize("name", ODDITIES)
def test_no_default_rule_complains(name: str) -> None:
    record = ODDITIES[name]
    texts = pa.array([compact_bytes(record)], pa.binary()).view(pa.string())
    examination = Examination(rules_of_examples(selected_rules(RuleSelection())))
    found = examination.examine([str(recognise(record))], [record], texts)
    assert [(rule.code, fault.message) for _, rule, fault in found] == []


@pytest.mark.parametrize("target", ["openai", "azure", "mistral", "trl", "fireworks", "axolotl"])
def test_a_plain_chat_suits_every_target(target: str) -> None:
    record = chat({"role": "system", "content": "Be brief."}, ASK, assistant("On Tuesday."))
    texts = pa.array([compact_bytes(record)], pa.binary()).view(pa.string())
    examination = Examination(rules_of_examples(selected_rules(RuleSelection(target=target))))
    assert examination.examine(["chat"], [record], texts) == []
