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
from vault.rules.kernel.message import Message
from vault.rules.kernel.rule import TARGETS, Fault, Rule, Severity, Trigger, shown
from vault.rules.kernel.subject import INSTRUCTIONS, Subject

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


def prompt_alone(subject: Subject) -> Iterator[Fault]:
    """Report prompts without an answer."""
    if subject.kind == "prompt":
        yield Fault("the record has a prompt and no answer")


_SHAREGPT = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]
_STRICT = ("openai", "azure", "together", "fireworks", "bedrock-claude", "mistral")
_SUPERVISED = tuple(each for each in TARGETS if each != "trl")
_ALTERNATING = ("together", "bedrock-claude", "llamafactory", "torchtune", "gemini")

RULES = (
    Rule(
        code="TURN001",
        name="assistant-missing",
        severity=Severity.ERROR,
        why="A model learns what the assistant says; without it the example is refused or ignored.",
        check=no_assistant,
        fails=(chat(ASK), chat(_BE_BRIEF, ASK)),
        passes=(PLAIN,),
        known_as=("example_missing_assistant_message", "InvalidMessageStructureException"),
    ),
    Rule(
        code="TURN002",
        name="user-missing",
        severity=Severity.WARNING,
        why="An answer to nothing teaches the model to speak unasked.",
        check=no_user,
        fails=(chat(_BE_BRIEF, TOLD),),
        passes=(PLAIN,),
    ),
    Rule(
        code="TURN003",
        name="system-late",
        severity=Severity.WARNING,
        why="Most chat templates know instructions only at the beginning: Fireworks, torchtune and "
        "LLaMA-Factory refuse or drop the example, others move the text.",
        check=late_system,
        fails=(chat(ASK, _BE_BRIEF, TOLD),),
        passes=(chat(_BE_BRIEF, ASK, TOLD),),
        known_as=("InvalidSystemPromptException",),
    ),
    Rule(
        code="TURN004",
        name="system-repeated",
        severity=Severity.WARNING,
        why="Mistral takes at most one system message; most templates drop all but one.",
        check=several_systems,
        fails=(chat(_BE_BRIEF, system("Be kind."), ASK, TOLD),),
        passes=(chat(_BE_BRIEF, ASK, TOLD),),
        known_as=("InvalidSystemPromptException",),
    ),
    Rule(
        code="TURN005",
        name="answer-missing",
        severity=Severity.ERROR,
        why="What follows the last answer is never learnt from, and Mistral, Bedrock and Gemini "
        "refuse a conversation that does not end with the assistant.",
        check=unanswered,
        fails=(chat(ASK, TOLD, user("Thanks!")), chat(*TOOL_PLAIN["messages"][:3])),
        passes=(PLAIN, TOOL_PLAIN),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        code="TURN006",
        name="speaker-repeated",
        severity=Severity.WARNING,
        why="Many templates require user and assistant to take turns: some raise, some glue the "
        "messages together.",
        check=same_role,
        fails=(chat(ASK, user("Hello?"), TOLD), chat(ASK, TOLD, assistant("Or Wednesday."))),
        passes=(PLAIN, TOOL_PLAIN),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        code="TURN007",
        name="speaker-repeated-refused",
        severity=Severity.ERROR,
        why="This target takes only conversations in which user and assistant take turns.",
        check=same_role,
        fails=(chat(ASK, user("Hello?"), TOLD),),
        passes=(PLAIN, TOOL_PLAIN),
        targets=_ALTERNATING,
    ),
    Rule(
        code="TURN008",
        name="answer-first",
        severity=Severity.WARNING,
        why="A conversation that begins with an answer is dropped by LLaMA-Factory and refused by "
        "templates that expect the user first.",
        check=answer_first,
        fails=(chat(TOLD, ASK, TOLD), chat(_BE_BRIEF, assistant("Welcome!"), ASK, TOLD)),
        passes=(PLAIN, chat(_BE_BRIEF, ASK, TOLD)),
    ),
    Rule(
        code="TURN009",
        name="weight-invalid",
        severity=Severity.ERROR,
        why="Providers take the integers 0 and 1 for the weight of a message, and nothing else.",
        check=bad_weight,
        fails=(
            chat(ASK, assistant("Soon.", weight=0.5)),
            chat(ASK, assistant("Soon.", weight="1")),
            chat(ASK, assistant("Soon.", weight=True)),
        ),
        passes=(PLAIN, chat(ASK, assistant("Hm.", weight=0), ASK, assistant("Soon.", weight=1))),
        known_as=("InvalidAssistantMessageException",),
    ),
    Rule(
        code="TURN010",
        name="weight-idle",
        severity=Severity.WARNING,
        why="Only what the assistant says is learnt: a weight elsewhere does nothing or is "
        "refused.",
        check=idle_weight,
        fails=(chat(user("Hi", weight=0), TOLD),),
        passes=(PLAIN, chat(ASK, assistant("Soon.", weight=1))),
    ),
    Rule(
        code="TURN011",
        name="nothing-learnt",
        severity=Severity.ERROR,
        why="With weight 0 on every answer the example costs its tokens and teaches nothing.",
        check=nothing_learnt,
        fails=(chat(ASK, assistant("Soon.", weight=0)),),
        passes=(PLAIN, chat(ASK, assistant("Hm.", weight=0), ASK, assistant("Soon."))),
    ),
    Rule(
        code="TURN012",
        name="developer-refused",
        severity=Severity.ERROR,
        why="The role developer belongs to the chat API; files for fine-tuning take system. `vault "
        "export --for openai` writes it so.",
        check=developer_role,
        fails=(chat({"role": "developer", "content": "Be brief."}, ASK, TOLD),),
        passes=(chat(_BE_BRIEF, ASK, TOLD),),
        trigger=Trigger.EVERY,
        targets=(*_STRICT, "gemini", "torchtune"),
    ),
    Rule(
        code="TURN013",
        name="tool-role-refused",
        severity=Severity.ERROR,
        why="Together's check of files knows the roles system, user and assistant alone.",
        check=tool_role,
        fails=(TOOL_PLAIN,),
        passes=(PLAIN,),
        targets=("together",),
        known_as=("unrecognized_role",),
    ),
    Rule(
        code="TURN014",
        name="sharegpt-order",
        severity=Severity.ERROR,
        why="LLaMA-Factory expects human or observation at odd places, gpt or function_call at "
        "even ones, and silently drops the rest as abnormal.",
        check=sharegpt_order,
        fails=(
            {"conversations": _SHAREGPT[1:] + _SHAREGPT},
            {"conversations": [*_SHAREGPT, _SHAREGPT[0]]},
        ),
        passes=({"conversations": [{"from": "system", "value": "Be brief."}, *_SHAREGPT]},),
        known_as=("Skipping this abnormal example", "Dropped invalid example"),
    ),
    Rule(
        code="TURN015",
        name="messages-few",
        severity=Severity.ERROR,
        why="This target takes conversations of two messages and more.",
        check=too_few,
        fails=(chat(TOLD),),
        passes=(PLAIN,),
        targets=("bedrock-claude", "torchtune"),
    ),
    Rule(
        code="TURN016",
        name="prompt-unanswered",
        severity=Severity.ERROR,
        why="A prompt alone is for reinforcement learning, where the model answers; this target "
        "trains on given answers.",
        check=prompt_alone,
        fails=({"prompt": "What is 1 + 1?", "ground_truth": "2"},),
        passes=(PLAIN, {"prompt": "What is 1 + 1?", "completion": "2"}),
        targets=_SUPERVISED,
        since="0.2.0",
    ),
)
