"""The columns that an expression may name, and the types that its parts have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What a part of an expression is; the value is how people call it."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "yes or no"
    DATE = "a date"
    TIMESTAMP = "a date with time"
    TEXTS = "a list of texts"
    MESSAGES = "a list of messages"
    MESSAGE = "a message"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of every example: its name, type, and what it holds."""

    name: str
    type: Type
    holds: str


_COLUMNS = (
    Column("id", Type.TEXT, "the example's id: 32 hexadecimal digits"),
    Column("kind", Type.TEXT, "the layout of the record, such as chat or preference"),
    Column("turns", Type.NUMBER, "messages other than system"),
    Column("chars", Type.NUMBER, "characters (code points) of message text"),
    Column("tokens", Type.NUMBER, "an estimate: UTF-8 bytes of message text / 4, rounded up"),
    Column("source", Type.TEXT, "where the record was first read from"),
    Column("line", Type.NUMBER, "the line in that source, from 1"),
    Column("round", Type.TEXT, "the round named on import; NULL without one"),
    Column("origin", Type.TEXT, "the model run that made it; NULL where none did"),
    Column("split", Type.TEXT, "the label `split`; NULL without one"),
    Column("system", Type.TEXT, "text of the system messages; NULL without one"),
    Column("prompt", Type.TEXT, "text of the other messages before the response"),
    Column("response", Type.TEXT, "text of the final response: of the chosen one in preferences"),
    Column("chosen", Type.TEXT, "the preferred response; NULL outside preferences"),
    Column("rejected", Type.TEXT, "the other response; NULL outside preferences"),
    Column("messages", Type.MESSAGES, "all messages, each with `role` and `content`"),
)

COLUMNS = {column.name: column for column in _COLUMNS}
"""The columns by name, in the order in which they are documented."""

DATA, LABELS, SPLIT = "data", "labels", "split"
"""What a path into the record, and a label, begin with; and the label that is also a column."""

ORIGIN = "origin"
ORIGIN_PARTS = {"run": Type.TEXT, "model": Type.TEXT, "seeds": Type.TEXTS}
"""The column of model runs, and what stands inside of it; alone it is `origin.run`."""

CONVERSATION_COLUMNS = frozenset({"system", "prompt", "response", "chosen", "rejected", "messages"})
"""Columns that follow from a record's conversation."""

MESSAGE_FIELDS = ("role", "content")
"""What each of `messages` has."""

Path = tuple[str | int, ...]
"""Names of fields, and numbers within lists, which count from 1 (from the end below 0)."""


def label_path(path: Path) -> Path | None:
    """Return a path below `labels` as the name of one label, dots included; None for no name."""
    names = [each for each in path if isinstance(each, str)]
    return (".".join(names),) if names and len(names) == len(path) else None


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that an expression reads of each example, as a type.

    `root` is a column, or `data` or `labels` with a `path` into them. Equal references are read
    once.
    """

    root: str
    path: Path
    type: Type

    @property
    def shown(self) -> str:
        """The reference as people write it."""
        return self.root + "".join(
            f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.path
        )


def reads_conversation(reference: Reference) -> bool:
    """Tell whether a reference follows from the conversation, for which records are read."""
    return reference.root in CONVERSATION_COLUMNS
