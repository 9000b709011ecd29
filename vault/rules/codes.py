"""The one table of rules. A code is never given to another rule, nor used again."""

from __future__ import annotations

from collections.abc import Mapping

from vault.rules.families import form, pref, safe, sets, size, turn
from vault.rules.families.texts import answer_cuts, junk, languages, leftovers, selves
from vault.rules.families.tools import tool
from vault.rules.kernel.rule import Rule
from vault.rules.kernel.set_rule import SetRule

FAMILIES: Mapping[str, str] = {
    "FORM": "the structure of a record",
    "TURN": "who speaks when, and what is learnt",
    "TOOL": "tools, calls and results",
    "PREF": "preference pairs and verdicts",
    "TEXT": "what messages say",
    "SAFE": "personal data and secrets",
    "SIZE": "lengths, for one target",
    "SETS": "the set as a whole",
}
"""The families of rules, in the order of the page, each with what it is about."""

_TEXTS = (answer_cuts, selves, leftovers, languages, junk)

RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rules in (
        *(family.RULES for family in (form, turn, tool, pref)),
        sorted((rule for each in _TEXTS for rule in each.RULES), key=lambda rule: rule.code),
        *(family.RULES for family in (safe, size)),
    )
    for rule in rules
}
"""Every rule about an example by its code, in the order of the page."""

SET_RULES: Mapping[str, SetRule] = {rule.code: rule for rule in sets.RULES}
"""Every rule about a set as a whole by its code."""

ALL_RULES: Mapping[str, Rule | SetRule] = {**RULES, **SET_RULES}
"""Every rule by its code, in the order of the page."""
