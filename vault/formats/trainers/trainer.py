"""What a target of `export --for` is: formats by kind of data, files, and what stands beside them.

A new target is a module with its formats and its `Trainer`, and a row in `table`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vault.formats.trainers.output import REASONING_KEY
from vault.objects.conversation import Kind
from vault.objects.foreign.layouts import FOREIGN_KINDS
from vault.presentation.shell_words import shown_word

BYTES_PER_TOKEN = 3
"""For estimates that no text should exceed; English has about 4."""

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z_]")
_USUAL_SIDES = ("train", "validation", "test")
_ROUND_TOKENS = 256
_TEMPLATE_TOKENS = 256
"""For what a chat template writes around tools and messages."""


class Family(StrEnum):
    """Kinds of records that one format can hold."""

    CHAT = "chat"
    PREFERENCE = "preference"
    KTO = "kto"
    PROMPT = "prompt"
    TEXT = "text"
    RAW = "raw"


FAMILIES: Mapping[Kind, Family] = {
    Kind.CHAT: Family.CHAT,
    Kind.SHAREGPT: Family.CHAT,
    Kind.ALPACA: Family.CHAT,
    Kind.PROMPT_COMPLETION: Family.CHAT,
    **dict.fromkeys(FOREIGN_KINDS, Family.CHAT),
    Kind.PREFERENCE: Family.PREFERENCE,
    Kind.KTO: Family.KTO,
    Kind.PROMPT: Family.PROMPT,
    Kind.TEXT: Family.TEXT,
    Kind.RAW: Family.RAW,
}
"""The family of each kind."""


@dataclass(frozen=True, slots=True)
class Produced:
    """What an export wrote: the format, data files by side, and the bytes of the longest line.

    `folder` is relative to where training starts: the repository's folder. `version` says what is
    in the files: it is the name of the configuration in the README. `reasoning_key` is the field of
    messages that reasoning was written to, `lines` the number of records in the file of each side.
    """

    layout: str
    files: Mapping[str, str]
    longest_bytes: int
    folder: str
    version: str = ""
    reasoning_key: str = REASONING_KEY
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def longest_tokens(self) -> int:
        """The tokens of the longest example with what a template adds, estimated from above."""
        return -(-self.longest_bytes // BYTES_PER_TOKEN) + _TEMPLATE_TOKENS

    @property
    def first_side(self) -> str:
        """The side that is trained on: `train`, or the first by name where there is none."""
        return "train" if "train" in self.files else min(self.files)

    @property
    def validation_side(self) -> str | None:
        """The side to validate on, None where there is none or where it is trained on."""
        is_there = "validation" in self.files and self.first_side != "validation"
        return "validation" if is_there else None

    @property
    def max_length(self) -> int:
        """A maximum length in tokens at which no example is cut, by that estimate."""
        return -(-self.longest_tokens // _ROUND_TOKENS) * _ROUND_TOKENS

    @property
    def paths(self) -> list[str]:
        """The data files, from where the path of the folder begins, as words of a shell."""
        return [shown_word(f"{self.folder}/{each}") for each in self.files.values()]

    def length_told(self, otherwise: str = "") -> list[str]:
        """Return comments on that length; `otherwise` is what the trainer does without it."""
        told = f"estimated at {BYTES_PER_TOKEN} bytes each and {_TEMPLATE_TOKENS} for the template."
        return [
            f"# Nothing is cut: the longest example has about {self.longest_tokens:,} tokens,",
            f"# {told} {otherwise}".rstrip(),
        ]


@dataclass(frozen=True, slots=True)
class UsualLength:
    """The tokens after which a trainer cuts by default, and the setting that changes them."""

    tokens: int
    setting: str


def split_name(side: str) -> str:
    """Return a side of a split as `datasets` can call it: letters, digits and underscores."""
    return _NOT_IN_NAMES.sub("_", side)


def split_word(side: str) -> str:
    """Return the name of a side for `datasets` as YAML, where 1 and null are no texts."""
    name = split_name(side)
    return name if name in _USUAL_SIDES else json.dumps(name)


def usage_told(name: str, command: str) -> str:
    """Return what a README says of a command that trains."""
    return (
        f"Train on it with {name}, from where the path of the folder begins:\n\n"
        f"```sh\n{command}\n```"
    )


def _nothing(produced: Produced) -> dict[str, str]:
    return {}


def _no_usage(produced: Produced) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Trainer:
    """A target: the format of each family, and how its files are called.

    Chats go to `last_turn_format` where none trains on more than its last answer; `trains_message`
    says that this is one message, and not all that follows the last question. `prompts_format`
    is that of `--prompts-only`. `sides` renames sides of a split; `has_mark` begins files with a
    byte order mark, `writes_parquet` makes them Parquet. `verifies` says that prompts have a true
    answer and the name of a verifier. `declares_features` says in the README what `datasets` should
    make of the columns. `cuts` says where examples are cut without the configuration. `beside`
    returns configuration by file name, and `usage` what the README says of training.
    """

    name: str
    meaning: str
    formats: Mapping[Family, str]
    last_turn_format: str | None = None
    trains_message: bool = False
    prompts_format: str | None = None
    sides: Mapping[str, str] = field(default_factory=dict)
    has_mark: bool = False
    writes_parquet: bool = False
    verifies: bool = False
    declares_features: bool = False
    cuts: UsualLength | None = None
    beside: Callable[[Produced], Mapping[str, str]] = _nothing
    usage: Callable[[Produced], str] = _no_usage

    def layouts(self) -> list[str]:
        """Return the names of all formats that files of this target may have."""
        more = (self.last_turn_format, self.prompts_format)
        return list(dict.fromkeys([*self.formats.values(), *(each for each in more if each)]))
