"""TEXT, on languages: answers in another one than the question. Off unless they are selected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from vault.rules.families.sample_records import PLAIN, answered
from vault.rules.families.texts.checks import spoken
from vault.rules.kernel.rule import Fault, Rule, Severity, Trigger
from vault.rules.kernel.subject import Subject
from vault.rules.recognisers.languages import language_of, script_of

_LEAST_PROSE = 40


def other_script(subject: Subject) -> Iterator[Fault]:
    """Report answers in another script than the question."""
    yield from _switches(subject, script_of, "written in {}, and the question in {}")


def other_language(subject: Subject) -> Iterator[Fault]:
    """Report answers in another language than the question. Raises InvalidInput."""
    yield from _switches(subject, language_of, "in the language {}, and the question in {}")


def _switches(subject: Subject, of: Callable[[str], str | None], told: str) -> Iterator[Fault]:
    for before, each in pairwise(spoken(subject)):
        texts = (each.text, before.text)
        if before.role == "user" and each.is_answer and all(map(_is_prose, texts)):
            answered, asked = map(of, texts)
            if answered and asked and answered != asked:
                yield Fault(f"the answer is {told.format(answered, asked)}", each.path)


def _is_prose(text: str) -> bool:
    return len(text) >= _LEAST_PROSE and "```" not in text


RULES = (
    Rule(
        code="TEXT022",
        name="script-switched",
        severity=Severity.WARNING,
        why="The answer is written in another script than the question. Where nothing is to be "
        "translated, the model that wrote it lost its way.",
        check=other_script,
        fails=(
            answered(
                "您的包裹将于星期二到达。" * 4, "Where is my parcel? I have waited for two weeks."
            ),
        ),
        passes=(PLAIN, answered("It arrives on Tuesday. " * 3, "Where is my parcel? " * 3)),
        trigger=Trigger.TEXT,
        sought=r"[^\x00-\x{24f}]",
        is_default=False,
    ),
    Rule(
        code="TEXT023",
        name="language-switched",
        severity=Severity.WARNING,
        why="The answer is in another language than the question. Needs the extra `language` "
        "(py3langid, whose model comes with it); says nothing where it is not sure.",
        check=other_language,
        fails=(
            answered(
                "Ihr Paket hat das Lager heute verlassen und kommt am Dienstag bei Ihnen an.",
                "Where is my parcel? I have been waiting for two weeks and nobody answers.",
            ),
        ),
        passes=(
            PLAIN,
            answered(
                "It left the warehouse this morning and will be with you on Tuesday at noon.",
                "Where is my parcel? I have been waiting for two weeks and nobody answers.",
            ),
        ),
        trigger=Trigger.EVERY,
        is_default=False,
    ),
)
