"""SIZE: what is longer than a provider takes, or than a trainer reads unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from vault.rules.families.sample_records import PLAIN, answered
from vault.rules.kernel.rule import Check, Fault, Rule, Severity, Trigger
from vault.rules.kernel.subject import Subject

_ESTIMATE = (
    " Tokens are estimated as UTF-8 bytes of message text / 4; tools and the template come on top. "
    "`[validate] tokenizer` of vault.toml names a file to count with instead."
)

Count = Callable[[str], int]
"""Returns how many tokens a text has."""


def counted_exactly(rule: Rule, count: Count, tokenizer: str) -> Rule:
    """Return a rule about lengths that counts tokens instead of estimating them; others as is."""
    if rule.code not in _LIMITS:
        return rule
    why = rule.why.replace(_ESTIMATE, f" Tokens are counted with {tokenizer}.")
    return replace(rule, why=why, check=_longer_than(*_LIMITS[rule.code], count))


def _longer_than(limit: int, what: str, count: Count | None = None) -> Check:
    def check(subject: Subject) -> Iterator[Fault]:
        # One side at a time: the sides of a pair are read each with the prompt.
        own = {id(each) for each in subject.answer}
        prompt = [each for each in subject.messages if id(each) not in own]
        for side in (subject.answer, subject.rejected) if subject.rejected else (subject.answer,):
            texts = [text for each in (*prompt, *side) for _, text in each.texts()]
            tokens = _estimated(texts) if count is None else sum(map(count, texts))
            if tokens > limit:
                about = "about " if count is None else ""
                yield Fault(f"{about}{tokens:,} tokens, and {what} {limit:,}")
                return

    return check


def _estimated(texts: Sequence[str]) -> int:
    return (sum(len(text.encode("utf-8", "replace")) for text in texts) + 3) // 4


_LIMITS: dict[str, tuple[int, str]] = {}


def _rule(
    code: str, name: str, target: tuple[str, ...], limit: int, *, what: str, why: str
) -> Rule:
    _LIMITS[code] = (limit, what)
    return Rule(
        code=code,
        name=name,
        severity=Severity.WARNING,
        why=why + _ESTIMATE,
        check=_longer_than(limit, what),
        fails=(
            answered("word " * limit),
            {"prompt": "Go on.", "chosen": "Yes.", "rejected": "word " * limit},
        ),
        passes=(PLAIN, answered("word " * (limit // 2))),
        trigger=Trigger.EVERY,
        targets=target,
    )


RULES = (
    _rule(
        "SIZE001",
        "truncated-by-trl",
        ("trl",),
        1_024,
        what="TRL reads",
        why="TRL silently cuts an example at `max_length`, which is 1,024 unless it is set: "
        "the end of the answer is never learnt.",
    ),
    _rule(
        "SIZE002",
        "truncated-by-llamafactory",
        ("llamafactory",),
        2_048,
        what="LLaMA-Factory reads",
        why="LLaMA-Factory cuts an example at `cutoff_len`, which is 2,048 unless it is set; the "
        "last turns may vanish.",
    ),
    _rule(
        "SIZE003",
        "truncated-by-mlx",
        ("mlx",),
        2_048,
        what="MLX-LM reads",
        why="MLX-LM cuts an example at `max_seq_length`, which is 2,048 unless it is set, with a "
        "warning among others.",
    ),
    _rule(
        "SIZE004",
        "truncated-by-openai",
        ("openai", "azure"),
        65_536,
        what="the models read",
        why="Examples are cut at what the model takes in training: 65,536 for gpt-4o-mini, 16,385 "
        "for older models.",
    ),
    _rule(
        "SIZE005",
        "longer-than-gemini",
        ("gemini",),
        131_072,
        what="Gemini 2.5 takes",
        why="Gemini 2.5 takes examples of up to 131,072 tokens (1.5: 32,000).",
    ),
)
