"""Checks of what messages say; `text` makes rules of them.

Each has an RE2 pattern beside it in `text`, which rules most texts out before; the patterns here
are linear too, and look at the first 100,000 characters of a text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

from vault.rules.kernel.message import read_json
from vault.rules.kernel.rule import Fault, shown
from vault.rules.kernel.subject import Subject, Text

MOST_READ = 100_000
"""Characters of a text that are looked at."""

_LEAST_OVERLAP = 24
_LEAST_LEAK = 40
_FENCE = re.compile(r"(?m)^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*```")
_JSON_FENCE = re.compile(r"(?m)^[ \t]*```json[ \t]*\n(.*?)^[ \t]*```", re.DOTALL)
_TAG = re.compile(r"<(/?)(think|thinking|reasoning|scratchpad|answer)>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_ONE_LETTER = re.compile(r"([^\W\d_])\1{29}")


@cache
def compiled(pattern: str, flags: int = re.I) -> re.Pattern[str]:
    """Return a pattern, made ready when it is first needed: long ones take milliseconds."""
    return re.compile(pattern, flags)


def found(
    pattern: str,
    message: str,
    *,
    answers: bool = True,
    others: bool = True,
    flags: int = re.I,
    within: int = MOST_READ,
    answers_a_question: bool = False,
) -> Callable[[Subject], Iterator[Fault]]:
    """Return a check that reports the first match of a pattern in each text of some roles.

    Texts are read as far as `within` characters. With `answers_a_question` plain text is passed
    over: whoever speaks in it, no model was asked.
    """

    def check(subject: Subject) -> Iterator[Fault]:
        if answers_a_question and subject.kind == "text":
            return
        for each in subject.texts():
            if answers if each.is_answer else others:
                match = compiled(pattern, flags).search(each.text[:within])
                if match:
                    yield Fault(message.format(shown(match.group().strip(), 60)), each.path)

    return check


def unbalanced_tags(subject: Subject) -> Iterator[Fault]:
    """Report tags of reasoning that are opened or closed alone."""
    for each in subject.answers():
        open_tags: list[str] = []
        for match in _TAG.finditer(each.text[:MOST_READ]):
            closes, name = match.groups()
            if not closes:
                open_tags.append(name)
            elif open_tags and open_tags[-1] == name:
                open_tags.pop()
            else:
                yield Fault(f"</{name}> closes what was not opened", each.path)
                break
        else:
            if open_tags:
                yield Fault(f"<{open_tags[-1]}> is never closed", each.path)


def open_fence(subject: Subject) -> Iterator[Fault]:
    """Report answers with an odd number of code fences."""
    for each in subject.answers():
        count = len(_FENCE.findall(each.text))
        if count % 2:
            yield Fault(f"{count} code fences: one is not closed", each.path)


def broken_json(subject: Subject) -> Iterator[Fault]:
    """Report blocks that say that they are JSON and are not."""
    for each in subject.answers():
        for match in _JSON_FENCE.finditer(each.text[:MOST_READ]):
            block = match.group(1)
            if block.strip() and read_json(block) is None and block.strip() != "null":
                yield Fault("a block that says it is JSON cannot be read as JSON", each.path)
                break


def repeats_itself(subject: Subject) -> Iterator[Fault]:
    """Report answers that say the same again and again."""
    for each in subject.answers():
        text = each.text[:MOST_READ]
        told = _repeated_letter(text) or _repeated_sentence(text) or _repeated_words(text)
        if told:
            yield Fault(told, each.path)


def _repeated_letter(text: str) -> str | None:
    match = _ONE_LETTER.search(text)
    return None if match is None else f"{shown(match.group(1))} stands 30 times in a row"


def _repeated_sentence(text: str) -> str | None:
    parts = [part.strip() for part in _SENTENCE.split(text)]
    counts = Counter(part for part in parts if len(part) >= 24 and _letters(part))
    sentence, count = next(iter(counts.most_common(1)), ("", 0))
    if count >= 4 and count * len(sentence) >= 0.2 * len(text):
        return f"{shown(sentence)} is said {count} times"
    return None


def _letters(part: str) -> bool:
    return sum(character.isalpha() for character in part) >= len(part) // 2


def _repeated_words(text: str) -> str | None:
    words = text.split()[:5_000]
    for period in range(1, 13):
        run = 0
        for position in range(period, len(words)):
            run = run + 1 if words[position] == words[position - period] else 0
            if run >= max(9, 4 * period):
                said = words[position - period + 1 : position + 1]
                if any(map(_letters, said)) and len(set(said)) > (0 if period == 1 else 1):
                    return f"{shown(' '.join(said))} is said again and again"
    return None


def spoken(subject: Subject) -> list[Text]:
    """Return what people and the model say to each other, what was rejected left out."""
    rejected = {each.path for each in subject.rejected}
    return [
        each
        for each in subject.texts()
        if each.role in ("user", "assistant", "system", "developer")
        and not each.path.endswith(".arguments")
        and not any(each.path.startswith(path) for path in rejected)
    ]


def repeated_turn(subject: Subject) -> Iterator[Fault]:
    """Report a text that one speaker says twice."""
    seen: set[tuple[str, str]] = set()
    for each in spoken(subject):
        key = (each.role, each.text.strip())
        if len(key[1]) >= _LEAST_OVERLAP and key in seen:
            yield Fault(f"the {each.role} says the same twice: {shown(key[1])}", each.path)
        seen.add(key)


def echoes(subject: Subject) -> Iterator[Fault]:
    """Report answers that are the question again."""
    for before, each in pairwise(spoken(subject)):
        question = before.text.strip()
        is_asked = before.role == "user" and len(question) >= _LEAST_OVERLAP
        if is_asked and each.is_answer and each.text.strip() == question:
            yield Fault("the answer is the question again", each.path)


def leaks_prompt(subject: Subject) -> Iterator[Fault]:
    """Report answers that hold the instructions word for word."""
    said = spoken(subject)
    instructions = [each.text.strip() for each in said if each.role in ("system", "developer")]
    for each in said:
        for text in instructions:
            if each.is_answer and len(text) >= _LEAST_LEAK and text in each.text:
                yield Fault(f"the answer holds the instructions: {shown(text)}", each.path)


def restarts_list(subject: Subject) -> Iterator[Fault]:
    """Report numbered lists that begin anew right after their first item."""
    for each in subject.answers():
        numbers = [match.group(1) for match in _NUMBERED.finditer(each.text[:MOST_READ])]
        # Where every item is 1, the number is left to whoever shows the list.
        if numbers[:1] == ["1"] and set(numbers) != {"1"} and ("1", "1") in pairwise(numbers):
            yield Fault("a numbered list begins again after its first item", each.path)


_NUMBERED = re.compile(r"(?m)^(\d{1,3})\. ")


def loose_edges(subject: Subject) -> Iterator[Fault]:
    """Report answers with white space around them."""
    for each in subject.answers():
        if each.text.strip() and each.text != each.text.strip():
            side = "begins" if each.text[0].isspace() else "ends"
            yield Fault(f"the answer {side} with white space", each.path)
