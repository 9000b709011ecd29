"""What the rules found in a dataset, in numbers: kept with a commit, so that history can tell it.

Attached to a manifest under NAME. It is of the dataset that it names and of no other:
a manifest that was made from a validated one carries it along until somebody validates again. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from vault.errors import Corrupt
from vault.objects.digest import Digest, digest_of
from vault.objects.json.stored import MALFORMED, stored_json
from vault.objects.manifest import Manifest, encode_manifest

NAME = "validation"
"""The name of the attachment."""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many examples one rule found fault with."""

    code: str
    name: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Validation:
    """The findings of one run of the rules over a whole dataset, counted.

    `dataset` is its `dataset_digest`. `rules` is the same wherever the same rules ran with the same
    severities. `errors` and `warnings` count findings; `findings` has each rule that found any.
    """

    dataset: Digest
    rules: str
    target: str | None
    examples: int
    examples_with_errors: int
    errors: int
    warnings: int
    findings: tuple[RuleCount, ...]


def dataset_digest(manifest: Manifest) -> Digest:
    """Return the digest of all that rules can see of a dataset: its manifest without attachments.

    The fingerprint would not do: it says nothing of sources, and of how records were read.
    """
    return digest_of(encode_manifest(replace(manifest, attachments={})))


def encode_validation(validation: Validation) -> bytes:
    """Return the bytes of the attachment: canonical JSON."""
    return stored_json({**asdict(validation), "type": NAME, "version": 1})


def decode_validation(data: bytes) -> Validation:
    """Return what an attachment says. Raises Corrupt (`validation-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != NAME or root["version"] != 1:
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        return Validation(
            dataset=Digest(str(root["dataset"])),
            rules=str(root["rules"]),
            target=None if root["target"] is None else str(root["target"]),
            examples=int(root["examples"]),
            examples_with_errors=int(root["examples_with_errors"]),
            errors=int(root["errors"]),
            warnings=int(root["warnings"]),
            findings=tuple(_rule_count(each) for each in root["findings"]),
        )
    except MALFORMED as error:
        raise Corrupt(
            f"the validation of a dataset cannot be read: {error}",
            code="validation-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _rule_count(value: Mapping[str, Any]) -> RuleCount:
    return RuleCount(
        str(value["code"]), str(value["name"]), str(value["severity"]), int(value["count"])
    )
