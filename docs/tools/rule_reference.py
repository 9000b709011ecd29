"""The page of all rules: what each finds, why it matters, and examples that fail and pass."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vault.rules.codes import ALL_RULES, FAMILIES
from vault.rules.kernel.rule import TARGETS, Rule
from vault.rules.kernel.set_rule import SetRule

_MOST_SHOWN = 300

_OPENING = """
# Rules of `vault validate`

An **error** is what a trainer or provider refuses or silently drops, or what nobody may train on
(secrets, numbers of cards and accounts); a **warning** is what makes a model worse. A code keeps
its meaning for good. Every example on this page is a test: those that fail have the fault, those
that pass look alike and do not.

`--select TOOL,TEXT001` runs these rules alone (the beginning of codes, whole codes, or names; `ALL`
is every rule, also those that are off by default), `--ignore` leaves some out, `--target NAME` adds
the rules of one target: {targets}.
The same may stand in `vault.toml`; what is typed takes its place:

```toml
[validate]
target = "mistral"
ignore = ["TURN006"]

[validate.severity]
TEXT = "error"      # a code, the beginning of codes, or a name: error, warning or off
SAFE005 = "off"
```

`gate = "error"` (or `"warning"`) below `[validate]` lets `vault commit` refuse what has such
faults, unless `--no-verify` is typed.

A project's own rules are [expressions](expressions.md) that an example with the fault satisfies;
a field that occurs nowhere is missing in every example:

```toml
[validate.rules.TEAM001]      # capital letters and digits, no family of this page
name = "ticket-without-topic"
where = "data.metadata.topic is null"
severity = "error"            # or warning, which it is if nothing is said
message = "the ticket has no topic"
```

`python = "checks.py:is_polite"` in the place of `where` names a function in a file beside
`vault.toml` that is given the record and returns what is wrong with it, or None. As a repository
may come from anyone, it runs with `--allow-code` only, and never for the gate or `vault clean`.

A message that a rule prints never holds a secret that it found, only the first characters of it.
What a file says that is not JSON is not for rules: `vault import` puts it in quarantine and says
why (`vault quarantine`). How often rules are right, how fast they are, and what none covers:
[rules, measured](rules-measured.md).
"""


def rule_page(*, note: str) -> str:
    """Return docs/reference/rules.md."""
    lines = [note, _OPENING.format(targets=", ".join(f"`{each}`" for each in TARGETS)).rstrip(), ""]
    for family, about in FAMILIES.items():
        rules = [rule for rule in ALL_RULES.values() if rule.code.startswith(family)]
        lines += [
            f"## {family}: {about}",
            "",
            "| code | name | severity | runs |",
            "|---|---|---|---|",
        ]
        lines += [f"| `{r.code}` | {r.name} | {r.severity} | {_runs(r)} |" for r in rules]
        lines.append("")
        for rule in rules:
            lines += _section(rule)
    return "\n".join(lines).rstrip() + "\n"


def _runs(rule: Rule | SetRule) -> str:
    if not rule.is_default:
        return "when selected"
    return f"with `--target` {', '.join(rule.targets)}" if rule.targets else "always"


def _section(rule: Rule | SetRule) -> Iterator[str]:
    yield f"### {rule.code} {rule.name}"
    yield ""
    yield rule.why
    yield ""
    if isinstance(rule, Rule) and rule.fix is not None:
        yield "`--fix` mends it where there is one safe answer."
        yield ""
    if rule.known_as:
        yield f"Elsewhere: {', '.join(f'`{each}`' for each in rule.known_as)}."
        yield ""
    yield "```json"
    for word, records in (("fails", rule.fails), ("passes", rule.passes)):
        for record in records:
            if isinstance(record, dict):
                yield f"// {word}"
                yield _shown(record)
            else:
                yield f"// {word}: {len(record):,} examples such as"
                yield _shown(record[0])
    yield "```"
    yield ""


def _shown(record: dict[str, object]) -> str:
    text = json.dumps(record, ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
