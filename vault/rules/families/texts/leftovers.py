"""TEXT: what messages say, and what is left in them that nobody meant."""

from __future__ import annotations

from vault.rules.families import fixes
from vault.rules.families.fixes import INVISIBLE
from vault.rules.families.sample_records import (
    ASK,
    PLAIN,
    TOLD,
    TOOL_PLAIN,
    answered,
    assistant,
    chat,
    system,
    user,
)
from vault.rules.families.texts import checks
from vault.rules.kernel.rule import Rule, Severity, Trigger

# Patterns are written so that RE2, which looks first, and Python read them alike.
_PLACEHOLDER = (
    r"\[(?:your|insert|enter (?:your|the|an?)|recipient(?:'s)?|company"
    r"|client(?:'s)?|customer(?:'s)?|employer(?:'s)?)(?:[ _-][^\]\n]{0,40})?\]"
    r"|<(?:insert|your|enter)[ _-][^<>\n]{1,40}>|(?:^|\s)lorem ipsum dolor"
)
_TOKENS = (
    r"<\|(?:im_start|im_end|im_sep|endoftext|startoftext|eot_id|eom_id|start_header_id|"
    r"end_header_id|begin_of_text|end_of_text|end_of_turn|fim_prefix|fim_middle|fim_suffix|"
    r"python_tag|user|assistant|system|end|channel|message|return|call)\|>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<｜[^｜\n]{1,40}｜>|</s>\s*$"
)
_MOJIBAKE = "Ã[\u0080-\u00bf]|â€[™œ\u009d“”˜¦\u0099\u009c“]|Â[\u00a0-\u00bf]|ï»¿|ðŸ|\ufffd"
_CONTROLS = "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"
_RESIDUE = (
    r"(?m:^(?:Copy code|Regenerate response|Regenerate|\d{1,2} / \d{1,2})$)"
    r"|Too many requests in 1 hour|!\[Loading\.\.\.\]|This content may violate our content policy"
)
_LONG = (
    "You are the support assistant of a parcel service. Never promise a date unless the tracker "
    "shows one."
)
_LOOP = "The parcel is on its way to you and will arrive soon. "

RULES = (
    Rule(
        code="TEXT006",
        name="placeholder",
        severity=Severity.WARNING,
        why="A placeholder was left in the answer, and the model learns to write it.",
        check=checks.found(_PLACEHOLDER, "the answer holds {}", others=False),
        fails=(
            answered("Kind regards,\n[Your Name]"),
            answered("Dear <insert name>, it is on its way."),
            answered("Lorem ipsum dolor sit amet."),
        ),
        passes=(
            PLAIN,
            answered("See [1] and array[index]."),
            answered("Use <b>bold</b> text."),
            answered("[Enter HAMLET, reading]"),
            answered('Count them: len("Lorem ipsum dolor sit amet".split())'),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{_PLACEHOLDER})",
    ),
    Rule(
        code="TEXT008",
        name="template-token",
        severity=Severity.WARNING,
        why="Words of a chat template stand in the text. Tokenizers read them as what they are: "
        "the end of a turn, or the beginning of another speaker's.",
        check=checks.found(_TOKENS, "the text holds {}"),
        fails=(
            answered("It arrives on Tuesday.<|im_end|>"),
            chat(user("[INST] Where is it? [/INST]"), TOLD),
            answered("On Tuesday.</s>"),
            answered("On Tuesday.<｜end▁of▁sentence｜>"),
        ),
        passes=(PLAIN, answered("Write a <s>mistake</s> so."), answered("a <| b |> c")),
        trigger=Trigger.TEXT,
        sought=rf"(?i:{_TOKENS})",
    ),
    Rule(
        code="TEXT009",
        name="reasoning-tags",
        severity=Severity.WARNING,
        why="A tag of reasoning is opened and never closed, or the other way round: half of the "
        "reasoning leaked, or half of the answer is hidden.",
        check=checks.unbalanced_tags,
        fails=(
            answered("It must be in Graz.</think> On Tuesday."),
            answered("<think>It must be in"),
        ),
        passes=(PLAIN, answered("<think>It is in Graz.</think>On Tuesday.")),
        trigger=Trigger.ANSWER,
        sought=r"</?(?:think|thinking|reasoning|scratchpad|answer)>",
    ),
    Rule(
        code="TEXT010",
        name="mojibake",
        severity=Severity.WARNING,
        why="The text was decoded wrongly somewhere on its way.",
        check=checks.found(_MOJIBAKE, "the text holds {}", flags=0),
        fails=(
            answered("Itâ€™s in Graz."),
            answered("18 Â°C"),
            answered("cafÃ©"),
            answered("a \ufffd b"),
        ),
        passes=(PLAIN, answered("Ça va: «très» bien, 18 °C, SÃO PAULO, 你好, Привет, 🙂")),
        trigger=Trigger.TEXT,
        sought=_MOJIBAKE,
    ),
    Rule(
        code="TEXT011",
        name="control-character",
        severity=Severity.WARNING,
        why="Control characters and overrides of direction are invisible to people and not to "
        "models.",
        check=checks.found(_CONTROLS, "the text holds a control character: {}", flags=0),
        fails=(
            answered("On\x00Tuesday"),
            answered("\x1b[31mOn Tuesday"),
            answered("\u202eyadseuT"),
        ),
        passes=(PLAIN, answered("On\tTuesday\r\nat noon"), answered("می‌خواهم"), answered("👨‍👩‍👧")),
        trigger=Trigger.TEXT,
        sought=_CONTROLS.replace("\u0000", r"\x00"),
    ),
    Rule(
        code="TEXT012",
        name="repetition",
        severity=Severity.WARNING,
        why="The answer says the same again and again, as models do that got into a loop.",
        check=checks.repeats_itself,
        fails=(
            answered(_LOOP * 8),
            answered("It is late. " + "very " * 60),
            answered("No" + "o" * 400),
            answered("We will send it to you and " * 12 + "that is all."),
        ),
        passes=(PLAIN, answered("A parcel has a sender. " * 2 + "Ask the sender where it is." * 2)),
        trigger=Trigger.DENSE,
    ),
    Rule(
        code="TEXT013",
        name="fence-open",
        severity=Severity.WARNING,
        why="A block of code is opened and never closed: the answer was cut, or all that follows "
        "is shown as code.",
        check=checks.open_fence,
        fails=(answered("Run this:\n```python\nprint(1)\n"),),
        passes=(PLAIN, answered("Run this:\n```python\nprint(1)\n```\nDone.")),
        trigger=Trigger.ANSWER,
        sought=r"```",
    ),
    Rule(
        code="TEXT014",
        name="json-broken",
        severity=Severity.WARNING,
        why="A block says that it is JSON and cannot be read as JSON.",
        check=checks.broken_json,
        fails=(answered("```json\n{'city': 'Graz'}\n```"), answered('```json\n{"a": 1,}\n```')),
        passes=(PLAIN, answered('```json\n{"city": "Graz"}\n```'), answered('{"city": "Graz"}')),
        trigger=Trigger.ANSWER,
        sought=r"```json",
    ),
    Rule(
        code="TEXT015",
        name="turn-repeated",
        severity=Severity.WARNING,
        why="One speaker says the same twice, usually because two conversations were glued "
        "together.",
        check=checks.repeated_turn,
        fails=(
            chat(
                user("Where is my parcel, please?"), TOLD, user("Where is my parcel, please?"), TOLD
            ),
        ),
        passes=(PLAIN, chat(user("Yes."), TOLD, user("Yes."), assistant("Good."))),
        trigger=Trigger.OVERLAP,
    ),
    Rule(
        code="TEXT016",
        name="echo",
        severity=Severity.WARNING,
        why="The answer is the question again, so the model learns to repeat what it is told.",
        check=checks.echoes,
        fails=(answered("Where is my parcel? It is late.", "Where is my parcel? It is late."),),
        passes=(PLAIN, answered("Hello!", "Hello!")),
        trigger=Trigger.OVERLAP,
    ),
    Rule(
        code="TEXT017",
        name="prompt-leak",
        severity=Severity.WARNING,
        why="The answer holds the instructions word for word; the model learns to give them away.",
        check=checks.leaks_prompt,
        fails=(chat(system(_LONG), ASK, assistant(f"{_LONG} It arrives on Tuesday.")),),
        passes=(
            chat(system(_LONG), ASK, TOLD),
            chat(system("Be brief."), ASK, assistant("Be brief.")),
        ),
        trigger=Trigger.OVERLAP,
    ),
    Rule(
        code="TEXT018",
        name="page-residue",
        severity=Severity.WARNING,
        why="Words of a web page were copied along with the conversation.",
        check=checks.found(_RESIDUE, "the text holds {}", others=False, flags=0),
        fails=(
            answered("Run this:\nCopy code\nprint(1)"),
            answered("Yes.\n2 / 2\nNo."),
            answered("Too many requests in 1 hour. Try again later."),
        ),
        passes=(PLAIN, answered("Copy code from the page by hand."), answered("It is 1 / 2.")),
        trigger=Trigger.ANSWER,
        sought=_RESIDUE,
    ),
    Rule(
        code="TEXT019",
        name="answer-edges",
        severity=Severity.WARNING,
        why="White space around an answer becomes part of what is learnt, and moves the border "
        "between question and answer in the middle of a token.",
        check=checks.loose_edges,
        fails=(answered(" It arrives on Tuesday."), answered("It arrives on Tuesday.\n")),
        passes=(PLAIN, TOOL_PLAIN),
        trigger=Trigger.ANSWER,
        sought=r"^\s|\s$",
        is_default=False,
        fix=fixes.without_edges,
    ),
    Rule(
        code="TEXT020",
        name="invisible-start",
        severity=Severity.WARNING,
        why="The text begins with a mark of byte order or a space of no width: invisible to "
        "people, a token of its own to models. Files that were saved with one and glued together "
        "have it.",
        check=checks.found(INVISIBLE, "the text begins with {}", flags=0),
        fails=(
            answered("\ufeffIt arrives on Tuesday."),
            chat(user("\u200bWhere is it?"), TOLD),
        ),
        passes=(
            PLAIN,
            answered("می‌خواهم"),
            answered("A \u200b space of no width may stand within."),
        ),
        trigger=Trigger.TEXT,
        sought=INVISIBLE,
        begins=True,
        fix=fixes.without_invisible_start,
    ),
    Rule(
        code="TEXT021",
        name="list-restarted",
        severity=Severity.WARNING,
        why="A numbered list begins again after its first item: two answers were put together, or "
        "the model lost count.",
        check=checks.restarts_list,
        fails=(answered("Do this:\n1. Call us.\n1. Call us.\n2. Wait.\n"),),
        passes=(
            PLAIN,
            answered("1. Call us.\n2. Wait.\n\nOr:\n1. Write to us.\n2. Wait."),
            answered("1. Call us.\n1. Wait.\n1. Open it."),
        ),
        trigger=Trigger.ANSWER,
        sought=r"(?m:^1\. )",
    ),
)
