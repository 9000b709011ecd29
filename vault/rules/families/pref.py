"""PREF: pairs of a chosen and a rejected answer, and answers with a verdict."""

from __future__ import annotations

from typing import Any

from vault.rules.families import pref_checks as checks
from vault.rules.families.fixes import verdicts_told
from vault.rules.families.sample_records import ASK, TOLD, assistant, user
from vault.rules.kernel.rule import Rule, Severity

_LATE = assistant("No idea.")


def _sides(chosen: Any, rejected: Any, **others: Any) -> dict[str, Any]:
    return {"prompt": [ASK], "chosen": chosen, "rejected": rejected, **others}


def _openai(chosen: Any, rejected: Any) -> dict[str, Any]:
    given = {"messages": [ASK]}
    return {"input": given, "preferred_output": chosen, "non_preferred_output": rejected}


_GOOD = _sides([TOLD], [_LATE])
_TEXTS = {"prompt": "Hi", "chosen": "Hello.", "rejected": "What?"}
_BOTH = {"chosen": [ASK, TOLD], "rejected": [ASK, _LATE]}
_OPENAI = _openai([TOLD], [_LATE])

RULES = (
    Rule(
        code="PREF001",
        name="sides-identical",
        severity=Severity.ERROR,
        why="A pair whose sides say the same teaches nothing; its loss is the same whatever is "
        "learnt.",
        check=checks.identical,
        fails=(_sides([TOLD], [TOLD]), {"prompt": "Hi", "chosen": "Yes.", "rejected": "Yes."}),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF002",
        name="side-empty",
        severity=Severity.ERROR,
        why="Both sides need an answer; trainers stop at an empty one, or learn to prefer silence.",
        check=checks.empty_side,
        fails=(
            _sides([TOLD], []),
            _sides([TOLD], [assistant(" ")]),
            {"prompt": "Hi", "chosen": "", "rejected": "What?"},
            {"prompt": "Hi", "chosen": "Hello.", "rejected": None},
        ),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF003",
        name="side-speaker",
        severity=Severity.ERROR,
        why="What is preferred is an answer, so each side ends with the assistant.",
        check=checks.side_speaker,
        fails=(_sides([TOLD], [user("No.")]), {"chosen": [ASK, TOLD], "rejected": [ASK]}),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF004",
        name="side-roles",
        severity=Severity.ERROR,
        why="In OpenAI's layout the sides hold messages of assistant and tool; the rest is input.",
        check=checks.side_roles,
        fails=(_openai([ASK, TOLD], [_LATE]),),
        passes=(_OPENAI, _BOTH),
    ),
    Rule(
        code="PREF005",
        name="prompt-answered",
        severity=Severity.ERROR,
        why="The sides continue the prompt, so it ends with the user or a tool; TRL raises "
        "ValueError and Together refuses the file.",
        check=checks.answered_prompt,
        fails=(_sides([TOLD], [_LATE], prompt=[ASK, TOLD]),),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF006",
        name="prompt-missing",
        severity=Severity.ERROR,
        why="Nobody can say which answer is better without the question.",
        check=checks.no_prompt,
        fails=({"chosen": [TOLD], "rejected": [_LATE]}, _sides([TOLD], [_LATE], prompt=[])),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF007",
        name="prompts-differ",
        severity=Severity.ERROR,
        why="Sides that repeat the conversation repeat the same one; otherwise the model learns "
        "which question is better.",
        check=checks.prompts_differ,
        fails=({"chosen": [ASK, TOLD], "rejected": [user("Where is it?"), _LATE]},),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF008",
        name="side-not-single",
        severity=Severity.ERROR,
        why="This target takes exactly one message on each side.",
        check=checks.single_message,
        fails=(_openai([TOLD, TOLD], [_LATE]),),
        passes=(_OPENAI, _GOOD),
        targets=("together",),
    ),
    Rule(
        code="PREF009",
        name="sides-renamed",
        severity=Severity.ERROR,
        why="The names preferred_completion and non_preferred_completion were retired.",
        check=checks.retired_names,
        fails=(
            {
                "input": {"messages": [ASK]},
                "preferred_completion": [TOLD],
                "non_preferred_completion": [_LATE],
            },
        ),
        passes=(_OPENAI, _GOOD),
        targets=("openai", "azure", "together"),
    ),
    Rule(
        code="PREF010",
        name="verdict-invalid",
        severity=Severity.ERROR,
        why="KTO reads true as good and false as bad; a text or a number is taken for true by "
        "some.",
        check=checks.bad_verdict,
        fails=(
            {"instruction": "Say hi.", "output": "Hi.", "kto_tag": "good"},
            {"messages": [ASK, TOLD], "kto_tag": 1},
            {"prompt": "Hi", "completion": "Hello.", "label": "True"},
            {"prompt": "Hi", "completion": "Hello.", "label": 1},
            {"messages": [ASK, TOLD], "label": "false"},
        ),
        passes=(
            {"messages": [ASK, TOLD], "kto_tag": False},
            {"prompt": "Hi", "completion": "Hello.", "label": True},
            {"messages": [ASK, TOLD], "label": "delivery"},
            {"prompt": "Hi", "completion": "Hello.", "label": 7},
        ),
        fix=verdicts_told,
    ),
)
