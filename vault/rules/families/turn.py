"""TURN: who speaks when, and what is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from vault.rules.families.sample_records import (
    ASK,
    PLAIN,
    TOLD,
    TOOL_PLAIN,
    assistant,
    chat,
    system,
    user,
)
from vault.rules.kernel.rule import Fault, Rule, Severity, Trigger, shown
from vault.rules.kernel.subject import INSTRUCTIONS, Message, Subject

_BE_BRIEF = system("Be brief.")


def _turns(subject: Subject) -> list[Message]:
    """Return the messages of a record that lists them, without instructions."""
    if not subject.listed:
        return []
    return [each for each in subject.messages if each.role not in INSTRUCTIONS]


def no_assistant(subject: Subject) -> Iterator[Fault]:
    """Report conversations without an answer."""
    is_read = subject.listed and bool(subject.messages)
    if is_read and all(each.role != "assistant" for each in subject.messages):
        yield Fault("no message is the assistant's, so there is nothing to learn")


def no_user(subject: Subject) -> Iterator[Fault]:
    """Report conversations in which nobody asks."""
    is_read = subject.listed and bool(subject.messages)
    if is_read and all(each.role != "user" for each in subject.messages):
        yield Fault("no message is a user's")


def late_system(subject: Subject) -> Iterator[Fault]:
    """Report instructions after the conversation began."""
    began = False
    for each in subject.messages if subject.listed else ():
        if each.role in INSTRUCTIONS and began:
            yield Fault(f"a message of the role {each.role} stands after others", each.path)
        began = began or each.role not in INSTRUCTIONS


def several_systems(subject: Subject) -> Iterator[Fault]:
    """Report more than one system message."""
    found = [each for each in subject.messages if subject.listed and each.role == "system"]
    if len(found) > 1:
        yield Fault(f"there are {len(found)} system messages", found[1].path)


def unanswered(subject: Subject) -> Iterator[Fault]:
    """Report conversations that do not end with the assistant."""
    turns = _turns(subject)
    is_answered = any(each.role == "assistant" for each in turns)
    if is_answered and turns[-1].role != "assistant":
        yield Fault(f"the last message is the {turns[-1].role}'s", turns[-1].path)


def same_role(subject: Subject) -> Iterator[Fault]:
    """Report two messages of one speaker in a row."""
    turns = _turns(subject)
    for before, each in pairwise(turns):
        if each.role == before.role and each.role in ("user", "assistant") and not before.calls():
            yield Fault(f"two messages of the {each.role} follow one another", each.path)


def answer_first(subject: Subject) -> Iterator[Fault]:
    """Report conversations that begin with an answer."""
    turns = _turns(subject)
    if turns and turns[0].role == "assistant" and len(turns) > 1:
        yield Fault("the conversation begins with an answer", turns[0].path)


def bad_weight(subject: Subject) -> Iterator[Fault]:
    """Report weights that are neither 0 nor 1."""
    for each in subject.messages:
        weight = each.said.get("weight")
        if weight is not None and (type(weight) is not int or weight not in (0, 1)):
            yield Fault(f"the weight is {shown(weight)}, and only 0 or 1 is taken", each.path)


def idle_weight(subject: Subject) -> Iterator[Fault]:
    """Report weights on messages that are not learnt anyway."""
    for each in subject.messages:
        if each.said.get("weight") is not None and each.role != "assistant":
            yield Fault(f"a message of the role {each.role} has a weight", each.path)


def nothing_learnt(subject: Subject) -> Iterator[Fault]:
    """Report conversations of which every answer has weight 0."""
    answers = [each for each in subject.messages if each.role == "assistant"]
    if answers and all(
        type(each.said.get("weight")) is int and each.said["weight"] == 0 for each in answers
    ):
        yield Fault("every answer has weight 0, so nothing is learnt", answers[0].path)


def developer_role(subject: Subject) -> Iterator[Fault]:
    """Report the developer role where it is not taken."""
    for each in subject.messages:
        if each.role == "developer":
            yield Fault("fine-tuning here takes system, not developer", each.path)


def tool_role(subject: Subject) -> Iterator[Fault]:
    """Report roles other than system, user and assistant."""
    for each in subject.messages:
        if each.role in ("tool", "function"):
            yield Fault(f"the role {each.role} is not taken here", each.path)


def sharegpt_order(subject: Subject) -> Iterator[Fault]:
    """Report an order of speakers that LLaMA-Factory drops."""
    if subject.kind != "sharegpt":
        return
    turns = _turns(subject)
    for number, each in enumerate(turns):
        asks = each.role in ("user", "tool", "function")
        if asks is not (number % 2 == 0):
            speaker = each.said.get("from", each.role)
            yield Fault(f"{shown(speaker)} speaks out of turn, as number {number + 1}", each.path)
            return
    if len(turns) % 2:
        yield Fault(f"there are {len(turns)} turns, and the last has no answer", turns[-1].path)


def too_few(subject: Subject) -> Iterator[Fault]:
    """Report conversations of fewer than two messages."""
    if subject.listed and len(_turns(subject)) < 2:
        yield Fault("there are fewer than two messages")


_SHAREGPT = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]
_STRICT = ("openai", "azure", "together", "fireworks", "bedrock-claude", "mistral")
_ALTERNATING = ("together", "bedrock-claude", "llamafactory", "torchtune", "gemini")

RULES = (
    Rule(
        "TURN001",
        "assistant-missing",
        Severity.ERROR,
        "A model learns what the assistant says; without it the example is refused or ignored.",
        no_assistant,
        (chat(ASK), chat(_BE_BRIEF, ASK)),
        (PLAIN,),
        known_as=("example_missing_assistant_message", "InvalidMessageStructureException"),
    ),
    Rule(
        "TURN002",
        "user-missing",
        Severity.WARNING,
        "An answer to nothing teaches the model to speak unasked.",
        no_user,
        (chat(_BE_BRIEF, TOLD),),
        (PLAIN,),
    ),
    Rule(
        "TURN003",
        "system-late",
        Severity.WARNING,
        "Most chat templates know instructions only at the beginning: Fireworks, torchtune and "
        "LLaMA-Factory refuse or drop the example, others move the text.",
        late_system,
        (chat(ASK, _BE_BRIEF, TOLD),),
        (chat(_BE_BRIEF, ASK, TOLD),),
        known_as=("InvalidSystemPromptException",),
    ),
    Rule(
        "TURN004",
        "system-repeated",
        Severity.WARNING,
        "Mistral takes at most one system message; most templates drop all but one.",
        several_systems,
        (chat(_BE_BRIEF, system("Be kind."), ASK, TOLD),),
        (chat(_BE_BRIEF, ASK, TOLD),),
        known_as=("InvalidSystemPromptException",),
    ),
    Rule(
        "TURN005",
        "answer-missing",
        Severity.ERROR,
        "What follows the last answer is never learnt from, and Mistral, Bedrock and Gemini refuse "
        "a conversation that does not end with the assistant.",
        unanswered,
        (chat(ASK, TOLD, user("Thanks!")), chat(*TOOL_PLAIN["messages"][:3])),
        (PLAIN, TOOL_PLAIN),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        "TURN006",
        "speaker-repeated",
        Severity.WARNING,
        "Many templates require user and assistant to take turns: some raise, some glue the "
        "messages together.",
        same_role,
        (chat(ASK, user("Hello?"), TOLD), chat(ASK, TOLD, assistant("Or Wednesday."))),
        (PLAIN, TOOL_PLAIN),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        "TURN007",
        "speaker-repeated-refused",
        Severity.ERROR,
        "This target takes only conversations in which user and assistant take turns.",
        same_role,
        (chat(ASK, user("Hello?"), TOLD),),
        (PLAIN, TOOL_PLAIN),
        targets=_ALTERNATING,
    ),
    Rule(
        "TURN008",
        "answer-first",
        Severity.WARNING,
        "A conversation that begins with an answer is dropped by LLaMA-Factory and refused by "
        "templates that expect the user first.",
        answer_first,
        (chat(TOLD, ASK, TOLD), chat(_BE_BRIEF, assistant("Welcome!"), ASK, TOLD)),
        (PLAIN, chat(_BE_BRIEF, ASK, TOLD)),
    ),
    Rule(
        "TURN009",
        "weight-invalid",
        Severity.ERROR,
        "Providers take the integers 0 and 1 for the weight of a message, and nothing else.",
        bad_weight,
        (
            chat(ASK, assistant("Soon.", weight=0.5)),
            chat(ASK, assistant("Soon.", weight="1")),
            chat(ASK, assistant("Soon.", weight=True)),
        ),
        (PLAIN, chat(ASK, assistant("Hm.", weight=0), ASK, assistant("Soon.", weight=1))),
        known_as=("InvalidAssistantMessageException",),
    ),
    Rule(
        "TURN010",
        "weight-idle",
        Severity.WARNING,
        "Only what the assistant says is learnt: a weight elsewhere does nothing or is refused.",
        idle_weight,
        (chat(user("Hi", weight=0), TOLD),),
        (PLAIN, chat(ASK, assistant("Soon.", weight=1))),
    ),
    Rule(
        "TURN011",
        "nothing-learnt",
        Severity.ERROR,
        "With weight 0 on every answer the example costs its tokens and teaches nothing.",
        nothing_learnt,
        (chat(ASK, assistant("Soon.", weight=0)),),
        (PLAIN, chat(ASK, assistant("Hm.", weight=0), ASK, assistant("Soon."))),
    ),
    Rule(
        "TURN012",
        "developer-refused",
        Severity.ERROR,
        "The role developer belongs to the chat API; files for fine-tuning take system. `vault "
        "export --format openai` writes it so.",
        developer_role,
        (chat({"role": "developer", "content": "Be brief."}, ASK, TOLD),),
        (chat(_BE_BRIEF, ASK, TOLD),),
        trigger=Trigger.EVERY,
        targets=(*_STRICT, "gemini", "torchtune"),
    ),
    Rule(
        "TURN013",
        "tool-role-refused",
        Severity.ERROR,
        "Together's check of files knows the roles system, user and assistant alone.",
        tool_role,
        (TOOL_PLAIN,),
        (PLAIN,),
        targets=("together",),
        known_as=("unrecognized_role",),
    ),
    Rule(
        "TURN014",
        "sharegpt-order",
        Severity.ERROR,
        "LLaMA-Factory expects human or observation at odd places, gpt or function_call at even "
        "ones, and silently drops the rest as abnormal.",
        sharegpt_order,
        (
            {"conversations": _SHAREGPT[1:] + _SHAREGPT},
            {"conversations": [*_SHAREGPT, _SHAREGPT[0]]},
        ),
        ({"conversations": [{"from": "system", "value": "Be brief."}, *_SHAREGPT]},),
        known_as=("Skipping this abnormal example", "Dropped invalid example"),
    ),
    Rule(
        "TURN015",
        "messages-few",
        Severity.ERROR,
        "This target takes conversations of two messages and more.",
        too_few,
        (chat(TOLD),),
        (PLAIN,),
        targets=("bedrock-claude", "torchtune"),
    ),
)
