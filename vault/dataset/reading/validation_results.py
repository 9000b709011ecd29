"""What `validate` found, remembered until it is committed, and read back from commits.

The last result over the stage lies in a file of this machine, not on the stage: looking at data
records no operation. Nothing breaks when it is gone; see docs/decisions/0010.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vault.errors import Corrupt
from vault.layout import TEMPORARY, VALIDATION_FILE, repository_folder
from vault.objects.digest import Digest
from vault.objects.json.stored import stored_json
from vault.objects.manifest import Attachment, Manifest
from vault.objects.validation import (
    NAME,
    Validation,
    dataset_digest,
    decode_validation,
    encode_validation,
)
from vault.plain_files import PlainFolder
from vault.session.context import Context
from vault.store.object_store import ObjectStore

if TYPE_CHECKING:
    from vault.rules.kernel.any_rule import AnyRule


@dataclass(frozen=True, slots=True)
class MovedRule:
    """A rule that found more or less than before: examples then and now."""

    code: str
    name: str
    severity: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ValidationChange:
    """How the findings of two versions differ: findings then and now, and the rules that moved.

    `same_rules` tells whether the same rules ran; else some of the moves may be the rules' own.
    """

    old_errors: int
    errors: int
    old_warnings: int
    warnings: int
    same_rules: bool
    moved: tuple[MovedRule, ...]


def rules_key(rules: Sequence[AnyRule], target: str | None) -> str:
    """Return 16 hex digits that are the same wherever the same rules run for the same target.

    The source of the rules counts: a check that was mended may find something else. Costs reading
    those files, a few milliseconds.
    """
    from vault.rules import codes
    from vault.rules.kernel.any_rule import own_expressions

    expressions = {rule.code: rule.where for rule in own_expressions(rules)}
    told = [
        [rule.code, str(rule.severity), rule.why, expressions.get(rule.code, "")] for rule in rules
    ]
    digest = hashlib.sha256(stored_json([target, told]))
    for path in sorted(Path(codes.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def remember_validation(context: Context, validation: Validation) -> None:
    """Keep the last result over the stage; where it cannot be written, it is not remembered."""
    plain = _folder(context)
    if plain is None:
        return
    with contextlib.suppress(OSError):
        plain.make(TEMPORARY)
        descriptor, temporary = plain.new_file(TEMPORARY)
        try:
            with open(descriptor, "wb") as file:
                file.write(encode_validation(validation))
            plain.replace(VALIDATION_FILE, temporary)
        finally:
            plain.remove(temporary)


def recall_validation(
    context: Context, dataset: Digest, rules: str | None = None
) -> Validation | None:
    """Return the last result if it is of exactly this dataset (and of these rules)."""
    plain = _folder(context)
    if plain is None:
        return None
    try:
        data = plain.read(VALIDATION_FILE)
    except OSError:
        return None
    try:
        found = decode_validation(data)
    except Corrupt:
        return None
    is_same = found.dataset == dataset and rules in (None, found.rules)
    return found if is_same else None


def with_validation(store: ObjectStore, manifest: Manifest, validation: Validation) -> Manifest:
    """Return the manifest with a result attached."""
    attached = Attachment(store.put(encode_validation(validation)))
    return replace(manifest, attachments={**manifest.attachments, NAME: attached})


def attached_validation(context: Context, manifest: Digest | None) -> Validation | None:
    """Return what is attached to a dataset if it is of exactly this one. Raises Corrupt."""
    root = context.manifest(manifest)
    attached = root.attachments.get(NAME)
    found = None if attached is None else decode_validation(context.store.get(attached.object))
    return found if found is not None and found.dataset == dataset_digest(root) else None


def moved_rules(before: Validation | None, after: Validation | None) -> tuple[MovedRule, ...]:
    """Return the rules whose counts differ, errors and the largest moves first.

    Nothing where one of the two is missing: what was not looked for did not change.
    """
    if before is None or after is None:
        return ()
    counts: Mapping[str, int] = {each.code: each.count for each in before.findings}
    moved = {
        each.code: MovedRule(each.code, each.name, each.severity, each.count, 0)
        for each in before.findings
    }
    for each in after.findings:
        then = counts.get(each.code, 0)
        moved[each.code] = MovedRule(each.code, each.name, each.severity, then, each.count)
    found = [each for each in moved.values() if each.before != each.after]
    found.sort(key=lambda each: (each.severity != "error", -abs(each.after - each.before)))
    return tuple(found)


def validation_change(
    before: Validation | None, after: Validation | None
) -> ValidationChange | None:
    """Return how the findings of two versions differ, None unless both were validated."""
    if before is None or after is None:
        return None
    return ValidationChange(
        before.errors,
        after.errors,
        before.warnings,
        after.warnings,
        before.rules == after.rules,
        moved_rules(before, after),
    )


def _folder(context: Context) -> PlainFolder | None:
    folder = None if context.folder is None else repository_folder(context.folder)
    return PlainFolder(folder) if folder is not None and folder.is_dir() else None
