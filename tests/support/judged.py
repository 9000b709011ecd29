"""Judges of the billing server in tests of `judge`, rubrics, and a repository that asks them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.billing_server import BillingServer, Entry
from tests.support.library import Library, chat
from vault.operations.judging.report import JudgeReport

RUBRIC = """
name = "help"
{more}
[[criterion]]
id = "answers"
question = "Does it answer?"
weight = 3
[[criterion]]
id = "polite"
question = "Is it polite?"
"""
JUDGE = '\n[[judge]]\nmodel = "{model}"\nbase_url = "{url}"\nprice = "none"\nmax_tokens = 200\n'

_QUESTION = re.compile(r"^- ([a-z_]+):", re.MULTILINE)
Content = Callable[[str, random.Random], str]


def rubric(url: str, *, more: str = "") -> bytes:
    """Return a rubric with two criteria, and the judge `m` at a server."""
    return panel({"m": url}, more=more)


def panel(judges: Mapping[str, str], *, more: str = "repeat = 0") -> bytes:
    """Return a rubric with two criteria, and several judges at servers of their own."""
    tables = (JUDGE.format(model=each, url=url) for each, url in judges.items())
    return (RUBRIC.format(more=more) + "".join(tables)).encode()


def block(text: str, name: str) -> Any:
    """Return what a judge is shown in a block."""
    return json.loads(text.split(f"<{name}>\n")[1].split(f"\n</{name}>")[0])


def answering(judge: Content) -> Content:
    """Return a judge that tells a probe that it enforces JSON by a schema."""

    def content(text: str, chance: random.Random) -> str:
        return '{"colour": "red"}' if is_probe_text(text) else judge(text, chance)

    return content


def is_probe_text(text: str) -> bool:
    """Return whether a request asks what an endpoint can do."""
    return text.startswith("Say hello")


def verdicts_asked(server: BillingServer) -> list[Entry]:
    """Return the requests for verdicts that came to a server, in order."""
    return [each for each in server.ledger.entries if not is_probe_text(each.text)]


def says(verdict: Callable[[str], bool], quote: str = "") -> Content:
    """Return a judge that says yes or no to every question by the answer that it is shown."""

    def content(text: str, chance: random.Random) -> str:
        said = "yes" if verdict(block(text, "answer")[0]["content"]) else "no"
        ids = _QUESTION.findall(text)
        return json.dumps({each: {"evidence": quote, "verdict": said} for each in ids})

    return answering(content)


def compares(better: Callable[[str, str], str]) -> Content:
    """Return a judge that says which of two answers is better: `A`, `B` or `tie`."""

    def content(text: str, chance: random.Random) -> str:
        a, b = (block(text, f"answer_{each}")[0]["content"] for each in "ab")
        return json.dumps({"comparison": "So.", "better": better(a, b)})

    return answering(content)


def asked(library: Library, count: int = 8) -> None:
    """Stage chats: every fourth answer is a bad one."""
    library.write("a.jsonl", [chat(f"Q{n}?", answer_of(n)) for n in range(count)])
    library.run("a.jsonl")


def answer_of(number: int) -> str:
    """Return the answer to a question that `asked` stages."""
    return f"{'bad' if number % 4 == 0 else 'good'} answer {number}"


def judged(library: Library, data: bytes, **given: Any) -> JudgeReport:
    """Judge the stage by a rubric."""
    (library.folder / "help.toml").write_bytes(data)
    return library.repository.judge(str(library.folder / "help.toml"), **given)


def verdict(text: str, chance: random.Random) -> str:
    """Return what the judge of how-to pages says: no to flattery, and to what is very short."""
    if "<answer_a>" in text:
        a, b = (block(text, f"answer_{each}")[0]["content"] for each in "ab")
        # The longer one, wherever it stands.
        return json.dumps({"comparison": "So.", "better": "A" if len(a) > len(b) else "B"})
    answer = block(text, "answer")[0]["content"]
    said = {"answers": "Great question" not in answer, "concrete": "dimmer" not in answer}
    quote = answer.split(".")[0]
    return json.dumps(
        {
            name: {"evidence": quote, "verdict": "yes" if good and said["answers"] else "no"}
            for name, good in said.items()
        }
    )


def answered(text: str, chance: random.Random) -> str:
    """Return an answer to a question of a customer of a bank: another one each time."""
    steps = ("Open the app", "Call the number on the card", "Wait for a day", "Write to the desk")
    chosen = chance.sample(steps, chance.randint(1, 3))
    return f"{', then '.join(chosen).capitalize()} (case {chance.randrange(10_000)})."
