"""What generating leaves behind: other members of each kind than the rules show themselves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from vault.formats.layouts.registry import recognise
from vault.objects.json.text import compact_bytes
from vault.rules.codes import RULES
from vault.rules.families.sample_records import answered, chat, user
from vault.rules.kernel.examine import Examination
from vault.rules.selection import RuleSelection, selected_rules

ASKED = "Where is the parcel?"
FOUND = {
    "TEXT003": (
        "Thanks for asking, but I am not able to share that.",
        "I'd rather not say anything about the neighbours.",
        "That goes against my guidelines.",
        "Je ne peux pas vous aider à ouvrir ce colis.",
        "Desculpe, mas não posso abrir o pacote.",
        "Извините, но я не могу открыть посылку.",
        "申し訳ありませんが、その質問にはお答えできません。",
        "죄송하지만 도와드릴 수 없습니다.",
        "Maaf, saya tidak bisa membuka paket itu.",
        "দুঃখিত, আমি এটি করতে পারছি না।",
        "معذرت، میں یہ نہیں کر سکتا۔",
        "Mi dispiace, ma non posso aprire il pacco.",
    ),
    "TEXT004": (
        "I'm an AI assistant and have no address.",
        "My name is Gemini, and I sort parcels.",
        "I don't have feelings the way people do.",
        "En tant qu'IA, je n'ai pas d'adresse.",
        "Как языковая модель, я не вижу посылку.",
    ),
    "TEXT007": ("Dear <client name>, it is late.", "Hello {first_name}, it is late."),
    "TEXT024": ("Okay! Here's the translation:\n\nIt is late.", "As requested, it is late."),
    "TEXT025": ('{\n  "output": "It is late."\n}', "{'reply': 'It is late.'}"),
    "TEXT026": ("Based on the few-shot examples, it is late.", "Question 4: Where is it?"),
    "TEXT027": ("AI: It is late.", "It is late.\nHuman: Thanks."),
    "TEXT028": ("NaN", "n/a.", "<empty>", "-", "[object Object],[object Object]", "No response"),
    "TEXT029": (
        "HTTP 429 Too Many Requests",
        '{"error": {"code": "insufficient_quota"}}',
        "openai.RateLimitError: Error code: 429",
        "<html><head><title>Just a moment...</title></head></html>",
        "upstream connect error or disconnect/reset before headers",
        "Something went wrong. Please try again.",
    ),
}
WHOLE = (
    "I can't believe how quick that was!",
    "I am sorry that it is late. It left Graz on Monday and arrives on Tuesday.",
    "We apologize for the delay; the driver could not find your house.",
    "Sure. It arrives on Tuesday, between nine and noon.",
    "The error was ours: we sent it to the wrong depot, and it took 500 km more.",
    "The limit is 30 kg. Heavier parcels go by freight.",
    "None of the parcels is late, and nothing is missing.",
    "Leider kam das Paket zu spät. Der Fahrer hat es beim Nachbarn abgegeben.",
    "Claude Monet painted parcels of land near Giverny.",
    "An AI sorts the parcels; people check what it is not sure of.",
    "For example, a parcel to Linz takes one day.",
    "对不起，让您久等了。您的包裹明天到。",
)


def codes_of(*records: dict[str, Any]) -> list[list[str]]:
    """Return the codes of what the rules on by default find in each record, by the fast way."""
    kinds = [str(recognise(record)) for record in records]
    texts = pa.array(list(map(compact_bytes, records)), pa.binary()).view(pa.string())
    rules = selected_rules(RuleSelection(("TEXT",)))
    examination = Examination([RULES[rule.code] for rule in rules if rule.is_default])
    found: list[list[str]] = [[] for _ in records]
    for at, rule, _ in examination.examine(kinds, records, texts):
        found[at].append(rule.code)
    return found


@pytest.mark.parametrize("code", FOUND)
def test_other_members_of_each_kind_are_found(code: str) -> None:
    records = [answered(text, ASKED) for text in FOUND[code]]
    missed = [
        text
        for text, codes in zip(FOUND[code], codes_of(*records), strict=True)
        if code not in codes
    ]
    assert missed == []


def test_whole_answers_that_look_alike_have_no_fault() -> None:
    assert codes_of(*(answered(text, ASKED) for text in WHOLE)) == [[]] * len(WHOLE)


def test_what_was_asked_for_is_no_leftover() -> None:
    records = (
        answered('{"answer": "Tuesday"}', "Answer with a JSON object."),
        answered("User: Late?\nAssistant: No.", "Write a chat between a user and an assistant."),
        answered("Write {{ name }}.", "How do I write a variable in a Jinja template?"),
        answered("N/A", "Answer with a city, or N/A."),
        chat(user("What does HTTP 404 mean?"), {"role": "assistant", "content": "It is gone."}),
    )
    assert codes_of(*records) == [[]] * len(records)
