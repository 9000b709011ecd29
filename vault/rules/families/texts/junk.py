"""TEXT007, TEXT024 to TEXT029: what generating leaves in the place of an answer, or around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault.rules.families.sample_records import ASK, PLAIN, TOLD, answered, assistant, chat, user
from vault.rules.families.texts.checks import MOST_READ, compiled, found, spoken
from vault.rules.kernel.rule import Fault, Rule, Severity, Trigger, shown
from vault.rules.kernel.subject import Subject
from vault.rules.recognisers import leftovers as patterns

_MOST_ERROR = 3_000
_HEAD = 300
_OF_JSON = re.compile(r"json|schema|\{", re.I)
_NUMBERED = re.compile(
    r"(?im)^\W*(?:example|sample|question|instruction|task|prompt) #?(\d+) ?[:.)]"
)


def template_left(subject: Subject) -> Iterator[Fault]:
    """Report variables of a template that nobody filled in, unless templates are the topic."""
    said = spoken(subject)
    for each in said:
        match = compiled(patterns.TEMPLATE).search(each.text[:MOST_READ])
        about = [each, *(other for other in said if not other.is_answer)]
        if (
            match
            and "`" not in each.text
            and not any(compiled(patterns.OF_TEMPLATES).search(e.text) for e in about)
        ):
            yield Fault(f"a template was not filled in: {shown(match.group().strip())}", each.path)


def json_answer(subject: Subject) -> Iterator[Fault]:
    """Report JSON around a text, where nobody asked for JSON."""
    said = spoken(subject)
    if any(
        _OF_JSON.search(each.text)
        for each in said
        if not compiled(patterns.JSON_ANSWER).match(each.text[:_MOST_ERROR]) and not each.is_answer
    ):
        return
    for each in said:
        match = compiled(patterns.JSON_ANSWER).match(each.text[:_MOST_ERROR])
        if match and (each.is_answer or compiled(patterns.JSON_PAIR).search(each.text[:MOST_READ])):
            yield Fault(f"the text is JSON around a text: {shown(match.group())}", each.path)


def scaffold_left(subject: Subject) -> Iterator[Fault]:
    """Report words of the prompt that an example was generated with."""
    for each in subject.answers():
        text = each.text[:MOST_READ]
        match = compiled(patterns.SCAFFOLD).search(text)
        if match is None:
            # A list of examples begins with the first; what begins with another is cut out of one.
            match = _NUMBERED.search(text)
            match = None if match is None or match.group(1) in ("0", "1") else match
        if match:
            yield Fault(f"the answer holds {shown(match.group().strip(), 60)}", each.path)


def role_named(subject: Subject) -> Iterator[Fault]:
    """Report names of roles before what is said, unless a dialogue was asked for."""
    said = spoken(subject)
    if any(
        compiled(patterns.OF_DIALOGUES).search(each.text[:MOST_READ])
        for each in said
        if not each.is_answer
    ):
        return
    for each in said:
        match = compiled(patterns.ROLE).search(each.text[:MOST_READ]) if each.is_answer else None
        if match and "```" not in each.text:
            yield Fault(f"a role is named in the text: {shown(match.group().strip())}", each.path)


def filled_up(subject: Subject) -> Iterator[Fault]:
    """Report texts that only fill the place of one."""
    asked = " ".join(each.text.lower() for each in spoken(subject) if not each.is_answer)
    for each in spoken(subject):
        text = each.text.strip()
        match = (
            compiled(patterns.FILLER).match(text)
            if len(text) <= _HEAD or "[object" in text
            else None
        )
        if match is None:
            continue
        word = match.group().strip().lower()
        # One of the answers to choose from is no filler.
        if not each.is_answer or word.strip("\"'.!") not in asked or not word.strip("\"'.!"):
            yield Fault(f"the text is only {shown(word)}", each.path)


def error_text(subject: Subject) -> Iterator[Fault]:
    """Report errors of servers and programs in the place of an answer."""
    for each in subject.answers():
        text = each.text[:MOST_READ]
        match = compiled(patterns.PAGE).search(text)
        if match is None and len(text) <= _MOST_ERROR:
            match = compiled(patterns.ERROR).search(text[:_HEAD])
        if match and not each.path.endswith(".arguments"):
            yield Fault(f"the answer is an error: {shown(match.group().strip(), 60)}", each.path)


RULES = (
    Rule(
        code="TEXT007",
        name="template-unfilled",
        severity=Severity.WARNING,
        why="A variable of a template was not filled in, so the model is asked nothing in "
        "particular, or learns to answer with the variable.",
        check=template_left,
        fails=(
            chat(user("Where is parcel {{ parcel_id }}?"), TOLD),
            answered("Dear <customer name>, your parcel is on its way."),
            answered("Dear {customer_name}, your parcel is on its way."),
            answered("Hello {{name}}, it arrives on Tuesday."),
        ),
        passes=(
            PLAIN,
            chat(user("What does `{}` mean in Python?"), TOLD),
            answered("Write {{ parcel_id }} there.", "How do I use a variable in Jinja?"),
            answered("The set {a, b} has two members."),
        ),
        trigger=Trigger.TEXT,
        sought=rf"(?i:{patterns.TEMPLATE})",
        hint=patterns.TEMPLATE_HINT,
    ),
    Rule(
        code="TEXT024",
        name="wrapper-talk",
        severity=Severity.WARNING,
        why="The answer begins with words to whoever generated it, about what was asked for, "
        "instead of with the answer.",
        check=found(patterns.WRAPPER, "the answer begins {}", others=False, within=_HEAD),
        fails=(
            answered("Sure! Here is the answer to your question:\n\nIt arrives on Tuesday."),
            answered("Here is the requested JSON:\n\n[]"),
            answered("Certainly! Below is the generated example, as requested."),
        ),
        passes=(
            PLAIN,
            answered("Here is your parcel."),
            answered("Sure, it arrives on Tuesday."),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{patterns.WRAPPER})",
        begins=True,
    ),
    Rule(
        code="TEXT025",
        name="json-answer",
        severity=Severity.WARNING,
        why="The whole JSON that a model was asked to generate stands where the text within it "
        "should. Not reported where the prompt speaks of JSON.",
        check=json_answer,
        fails=(
            answered('{"answer": "It arrives on Tuesday."}'),
            answered('```json\n{"response": "It arrives on Tuesday."}\n```'),
            chat(user('{"question": "Where is it?", "answer": "In Graz."}'), TOLD),
        ),
        passes=(
            PLAIN,
            answered('{"answer": "Tuesday"}', "When does it arrive? Answer as JSON."),
            answered('{"city": "Graz", "day": "Tuesday"}'),
        ),
        trigger=Trigger.TEXT,
        sought=rf"(?i:{patterns.JSON_ANSWER})",
        begins=True,
    ),
    Rule(
        code="TEXT026",
        name="scaffold-leak",
        severity=Severity.WARNING,
        why="The answer speaks of the prompt that it was generated with: its examples, its "
        "instructions, its markers. Whoever uses the model sees none of these.",
        check=scaffold_left,
        fails=(
            answered("It arrives on Tuesday, as in the reference example."),
            answered("Example 2:\nWhere is my parcel? In Graz."),
            answered("It arrives on Tuesday.\n### Instruction:\nSay where it is."),
            answered("According to the system prompt, it arrives on Tuesday."),
        ),
        passes=(
            PLAIN,
            answered("Example 1: by post.\nExample 2: by courier."),
            answered("For example, it may arrive on Tuesday."),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{patterns.SCAFFOLD})|(?mi:^\W*(?:example|sample|question|instruction|task"
        r"|prompt) #?\d+ ?[:.)])",
        hint=rf"(?i:{patterns.SCAFFOLD_HINT})",
    ),
    Rule(
        code="TEXT027",
        name="role-in-text",
        severity=Severity.WARNING,
        why="The name of a role stands in the text of an answer: the next turn was generated "
        "along, or a transcript was not divided. Not reported where a dialogue was asked for.",
        check=role_named,
        fails=(
            answered("Assistant: It arrives on Tuesday."),
            answered("It arrives on Tuesday.\n\nUser: Thank you!\nAssistant: You're welcome."),
            answered("It arrives on Tuesday.\n\nHuman: Thank you!"),
        ),
        passes=(
            PLAIN,
            answered("The assistant: a history."),
            answered("User: Where is it?\nAssistant: In Graz.", "Write a dialogue on parcels."),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{patterns.ROLE})",
    ),
    Rule(
        code="TEXT028",
        name="filler",
        severity=Severity.WARNING,
        why="A word or sign that means that there is nothing stands in the place of a text: an "
        "empty cell of a table, or a value that a program turned into text.",
        check=filled_up,
        fails=(
            *map(answered, ("N/A", "None", "null", "nan", "undefined", "...", "[object Object]")),
            answered("TODO"),
            chat(user("nan"), TOLD),
        ),
        passes=(
            PLAIN,
            answered("None of them is late."),
            answered("none", "Is it late, lost or none of these?"),
            answered("👍"),
        ),
        trigger=Trigger.TEXT,
        sought=rf"(?i:{patterns.FILLER})",
        begins=True,
    ),
    Rule(
        code="TEXT029",
        name="error-text",
        severity=Severity.WARNING,
        why="An error of a server or a program was taken for an answer: a limit, a failed "
        "request, a page of a proxy, a traceback.",
        check=error_text,
        fails=(
            answered('{"error": {"message": "Too many requests", "type": "requests"}}'),
            answered("Rate limit reached for this model. Please try again in 20s."),
            answered("502 Bad Gateway"),
            answered("<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>"),
            answered('Traceback (most recent call last):\n  File "a.py", line 1, in <module>'),
            answered("An error occurred while processing your request."),
        ),
        passes=(
            PLAIN,
            answered("The courier made an error, and it arrives on Tuesday."),
            answered("<!DOCTYPE html>\n<html><head><title>Parcels</title></head></html>"),
            chat(ASK, assistant("The depot has reached its limit for today.")),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{patterns.ERROR_SOUGHT}|{patterns.PAGE})",
        hint=rf"(?i:{patterns.ERROR_HINT})",
    ),
)
