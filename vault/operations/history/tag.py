"""`tag`: names for versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vault.errors import AlreadyExists, InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, Tag, View, check_ref_name
from vault.presentation.report_html import Displayed
from vault.session.context import Context, workspace_of
from vault.session.recording import record, writing
from vault.session.revisions import HEAD, resolve


@dataclass(frozen=True, slots=True)
class NamedTag:
    """A tag: its name, its commit, its message."""

    name: RefName
    commit: Digest
    message: str | None


@dataclass(frozen=True, slots=True)
class TagReport(Displayed):
    """Tags, by name."""

    tags: tuple[NamedTag, ...]


def list_tags(context: Context) -> TagReport:
    """Return all tags, sorted by name."""
    return _report(context.log.tip().view.tags)


def make_tag(
    context: Context,
    name: str,
    revision: str | None = None,
    *,
    message: str | None = None,
    replace: bool = False,
) -> TagReport:
    """Name a commit (HEAD) and return the tag.

    Raises AlreadyExists (`ref-name-taken`; `tag-exists` unless `replace`), InvalidInput
    (`ref-name-invalid`, `tag-is-label`, `stage-not-taggable`), NotFound (`revision-not-found`,
    `no-commits`).
    """
    _refuse_label(name)
    checked = check_ref_name(name)

    def change(view: View) -> tuple[View, TagReport]:
        commit = resolve(context, view, revision or HEAD).commit
        if commit is None:
            raise InvalidInput(
                "the stage has no commit to tag",
                code="stage-not-taggable",
                hint='`vault commit -m "..."` first',
            )
        if checked in view.branches or workspace_of(view).branch == checked:
            raise AlreadyExists(
                f'"{name}" is a branch, and one name cannot mean two versions',
                code="ref-name-taken",
                hint="choose another name for the tag",
            )
        present = view.tags.get(checked)
        if present is not None and present.commit != commit and not replace:
            raise AlreadyExists(
                f'the tag "{name}" is at commit {present.commit[:12]}',
                code="tag-exists",
                hint=f"`vault tag -f {name}` moves it",
            )
        made = Tag(commit, message)
        if present is not None and message is None:
            made = Tag(commit, present.message)
        return view.with_tags({**view.tags, checked: made}), _report({checked: made})

    with writing(context):
        return record(context, change)


def delete_tag(context: Context, name: str) -> TagReport:
    """Delete a tag and return it as it was.

    Raises NotFound (`tag-not-found`), InvalidInput (`tag-is-label`).
    """
    _refuse_label(name)

    def change(view: View) -> tuple[View, TagReport]:
        key = RefName(name)
        if key not in view.tags:
            raise NotFound(
                f'there is no tag "{name}"', code="tag-not-found", hint="`vault tag` lists them"
            )
        left = {each: tag for each, tag in view.tags.items() if each != key}
        return view.with_tags(left), _report({key: view.tags[key]})

    with writing(context):
        return record(context, change)


def _report(tags: Mapping[RefName, Tag]) -> TagReport:
    return TagReport(
        tuple(NamedTag(name, tag.commit, tag.message) for name, tag in sorted(tags.items()))
    )


def _refuse_label(name: str) -> None:
    if "=" in name:
        raise InvalidInput(
            f'a tag names a version, and "{name}" cannot be such a name',
            code="tag-is-label",
            hint=f"`vault label {name} EXAMPLE` says something about examples",
        )
