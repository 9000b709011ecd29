"""The rule by which a dataset is split: its sides with their shares, and what is drawn how. Pure.

Attached to a manifest under NAME, so that it travels with commits, branches and undo, and the
examples that come later follow the same rule. Normative: docs/format/manifests.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED, stored_json

NAME = "split"
"""The name of the attachment."""


@dataclass(frozen=True, slots=True)
class SplitRule:
    """The sides of a split in order, each with its share of the rows, and how they are filled.

    Rows with the same value of `group_by` belong together, `stratify` keeps the shares within each
    of its values, and only rows that satisfy `hold_out` may go to another side than the first.
    """

    sides: Mapping[str, float]
    seed: int = 0
    group_by: str | None = None
    stratify: str | None = None
    hold_out: str | None = None


def encode_split_rule(rule: SplitRule) -> bytes:
    """Return the bytes of the attachment: canonical JSON, the sides as a list in their order."""
    return stored_json(
        {
            "group_by": rule.group_by,
            "hold_out": rule.hold_out,
            "seed": rule.seed,
            "sides": [[name, share] for name, share in rule.sides.items()],
            "stratify": rule.stratify,
            "type": NAME,
            "version": 1,
        }
    )


def decode_split_rule(data: bytes) -> SplitRule:
    """Return what an attachment says. Raises Corrupt (`split-rule-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != NAME or root["version"] != 1:
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        sides = {str(name): float(share) for name, share in root["sides"]}
        if not sides or len(sides) < len(root["sides"]) or min(sides.values()) <= 0:
            raise ValueError("sides must differ, and have positive shares")
        return SplitRule(
            sides=sides,
            seed=int(root["seed"]),
            group_by=_text(root["group_by"]),
            stratify=_text(root["stratify"]),
            hold_out=_text(root["hold_out"]),
        )
    except MALFORMED as error:
        raise Corrupt(
            f"the rule of a split cannot be read: {error}",
            code="split-rule-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
