"""One exported file as `vault.lock` has it: its digests, where it is from, and how it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from vault.dataset.choosing.select import Selection
from vault.objects.digest import Digest
from vault.objects.log.view import is_ref_name
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.mixtures.mixture import (
    UnknownMember,
    mixture_from_json,
    mixture_json,
)

_FACTS = {
    "branch": str,
    "bytes": int,
    "commit": str,
    "content": str,
    "examples": int,
    "fingerprint": str,
    "format": str,
    "lines": int,
    "repository": str,
    "sha256": str,
    "tag": str,
    "writer": int,
}
_DIGESTS = ("commit", "content", "fingerprint", "sha256")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LISTS = ("where", "fields", "with")
_MIX = "mix"
_REQUEST = {
    "split": str,
    "sample": int,
    "shuffle": bool,
    "seed": int,
    "trainer": str,
    "layout": str,
    "reasoning": str,
    "reasoning-key": str,
    "split-turns": bool,
    "prompts-only": bool,
    "skip-unsupported": bool,
    "template-arguments": bool,
    "pairs-from": str,
    "min-gap": float,
    "verdict": str,
    "answer": str,
    "verifier": str,
}
_DECIDED = ("layout", "split", "template-arguments")
"""Members of a trainer's file that the export decided, and that no command asks for."""


@dataclass(frozen=True, slots=True)
class LockEntry:
    """What is known of an exported file. No times and no paths of a machine: it is for git.

    `commit` is None for an export of a stage. `fingerprint` is that of the commit's examples and
    labels, `repository` the name of the repository, `tag` a name that stood at the commit, `branch`
    the branch that was exported by its name or as HEAD: then a later commit of it makes the file
    stale.
    `content` is that of `Written`; `lines` are its records, where a trainer gets several for an
    example. `request` is what was asked for, as `request_of` returns it.
    What 0.1 wrote lacks all but commit, examples and SHA-256; `others` are members of later
    versions.
    """

    sha256: str
    commit: Digest | None
    examples: int = 0
    branch: str | None = None
    bytes: int | None = None
    content: str | None = None
    fingerprint: str | None = None
    format: str | None = None
    lines: int | None = None
    repository: str | None = None
    tag: str | None = None
    writer: int = 1
    request: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the members of the entry: only what is known, and no default."""
        facts = {name: getattr(self, name) for name in _FACTS}
        known = {name: each for name, each in facts.items() if each is not None}
        return {"commit": None, **known, **self.request, **self.others}

    def options(self, output: str, *, force: bool = False) -> ExportOptions:
        """Return the options of an export that writes this file again."""
        asked = self.request
        selection = Selection(
            asked.get("split"),
            asked.get("sample"),
            bool(asked.get("shuffle")),
            int(asked.get("seed", 0)),
        )
        return ExportOptions(
            output,
            selection,
            where=tuple(asked.get("where", ())),
            fields=tuple(asked.get("fields", ())),
            extras=tuple(asked.get("with", ())),
            force=force,
            trainer=asked.get("trainer"),
            layout=asked.get("layout"),
            reasoning=asked.get("reasoning"),
            reasoning_key=asked.get("reasoning-key"),
            split_turns=bool(asked.get("split-turns")),
            prompts_only=bool(asked.get("prompts-only")),
            skip_unsupported=bool(asked.get("skip-unsupported")),
            template_arguments=bool(asked.get("template-arguments")),
            pairs_from=asked.get("pairs-from"),
            min_gap=asked.get("min-gap"),
            verdict=asked.get("verdict"),
            mixture=mixture_from_json(asked[_MIX]) if _MIX in asked else None,
            answer=asked.get("answer"),
            verifier=asked.get("verifier"),
        )

    def command(self, path: str, revision: str | None = None) -> list[str]:
        """Return the words of the command that writes this file to a path, without the program.

        `revision` is the commit unless it is given: a tag may stand elsewhere by now. What a
        trainer gets is written as a whole folder, with the other sides. A mixture is in the lock
        alone: its file may be another one by now.
        """
        if _MIX in self.request or _MIX in self.others:
            return ["export", "--locked", path]
        asked = dict(self.request)
        words = ["export", revision or self.commit or "STAGE", "-o", path]
        trainer = asked.pop("trainer", None)
        if trainer is not None:
            asked = {name: each for name, each in asked.items() if name not in _DECIDED}
            words[-1:] = [str(PurePosixPath(path).parent), "--for", trainer]
        for each in asked.pop("where", ()):
            words += ["--where", each]
        for name, value in asked.items():
            text = ",".join(value) if isinstance(value, list) else str(value)
            words += [f"--{name}"] if value is True else [f"--{name}", text]
        return words


def request_of(options: ExportOptions, side: str | None) -> dict[str, Any]:
    """Return what an export asked for, for one file of it: only what is not the default.

    `side` is the side of a split that the file holds.
    """
    chosen = options.selection
    given = () if chosen.sample is None else ("sample",)
    wanted: dict[str, Any] = {
        "where": list(options.where),
        "split": side,
        "sample": chosen.sample,
        "shuffle": chosen.shuffle,
        "seed": chosen.seed,
        "fields": list(options.fields),
        "with": list(options.extras),
        "trainer": options.trainer,
        "layout": options.layout,
        "reasoning": options.reasoning,
        "reasoning-key": options.reasoning_key,
        "split-turns": options.split_turns,
        "prompts-only": options.prompts_only,
        "skip-unsupported": options.skip_unsupported,
        "template-arguments": options.template_arguments,
        "pairs-from": options.pairs_from,
        "min-gap": None if options.min_gap is None else float(options.min_gap),
        "verdict": options.verdict,
        _MIX: None if options.mixture is None else mixture_json(options.mixture),
        "answer": options.answer,
        "verifier": options.verifier,
    }
    return {name: value for name, value in wanted.items() if value or name in given}


def read_entry(value: Any) -> LockEntry | None:
    """Return an entry from JSON, None if it is not one that an export could have written."""
    if not isinstance(value, dict) or not isinstance(value.get("sha256"), str):
        return None
    facts = {name: value[name] for name in _FACTS if value.get(name) is not None}
    request = {name: value[name] for name in (*_REQUEST, *_LISTS, _MIX) if name in value}
    if any(not _is(value, _FACTS[name]) for name, value in facts.items()):
        return None
    if any(not _SHA256.fullmatch(facts[name]) for name in _DIGESTS if name in facts):
        return None
    if any(not is_ref_name(facts[name]) for name in ("branch", "tag") if name in facts):
        return None
    if any(not _is(request[name], kind) for name, kind in _REQUEST.items() if name in request):
        return None
    if any(not _is_list(request[name]) for name in _LISTS if name in request):
        return None
    known = {*_FACTS, *_REQUEST, *_LISTS, _MIX}
    others = {name: each for name, each in value.items() if name not in known}
    try:
        if _MIX in request:
            mixture_from_json(request[_MIX])
    except UnknownMember:
        others[_MIX] = request.pop(_MIX)
    except ValueError:
        return None
    return LockEntry(**{"commit": None, **facts}, request=request, others=others)


def _is(value: Any, kind: type) -> bool:
    # True is an int to Python.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
