"""Records that may hold a text, and those that surely do, as far as their JSON tells.

Arrow searches the texts of thousands of records at once; parsing them takes thirty times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vault.catalogue.expressions.patterns import literal_as_regexp

# One after the other, so that a text is never found within an escape.
_CHARACTERS = r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*'
_MOST_CHARACTERS = 200
_ROLES = ("system", "user", "assistant", "developer")
_KEY = '"messages"'

# Calls are searched as they are shown, with other spaces than the record may have; and what is JSON
# text within the record has its escapes escaped.
_OTHERWISE_WRITTEN = frozenset('"(){}[]:,\\').union(map(chr, range(32)))
_WRITTEN_OTHERWISE = r'"(?:arguments|args|input|value)"|:\s*"\s*[\[{]'


@dataclass(frozen=True, slots=True)
class JsonSearch:
    """A search for a text in the JSON of records, in any case if that is ignored."""

    text: str
    ignores_case: bool = False

    def may_hold(self, records: pa.Array) -> pa.BooleanArray:
        """Return which records may hold the text in one of their strings; all that do are among."""
        found = pc.match_substring_regex(records, self._written())
        # The same text may be written with escapes that need not be there.
        escape = "|".join(_escapes(self.text, ignores_case=self.ignores_case))
        if not _OTHERWISE_WRITTEN.isdisjoint(self.text):
            escape = f"{escape}|{_WRITTEN_OTHERWISE}"
        return pc.or_(found, pc.match_substring_regex(records, escape))

    def surely_in_messages(self, records: pa.Array, role: str | None = None) -> pa.BooleanArray:
        """Return True for each record with a message (of `role`) that surely holds the text.

        Records are such that `messages` make their conversation, and nothing else does. Sure are
        those that begin with messages of nothing but roles and texts, whichever comes first.
        """
        if (role is not None and role not in _ROLES) or len(self.text) > _MOST_CHARACTERS:
            return pa.array([False] * len(records), pa.bool_())
        any_role = f"(?:{'|'.join(_ROLES)})"
        plain = _message(any_role, _CHARACTERS)
        content = f"{_CHARACTERS}{self._written()}{_CHARACTERS}"
        holding = _message(any_role if role is None else role, content)
        whole = rf"^\{{{_KEY}: ?\[(?:{plain}, ?)*{holding}(?:, ?{plain})*\] ?[,}}]"
        found = pc.match_substring_regex(records, whole)
        # Of a key that is there twice the last one counts, and escapes may hide a key.
        is_once = pc.equal(pc.count_substring_regex(records, _KEY), 1)
        has_escape = pc.match_substring_regex(records, r"\\u00[0-7]")
        return pc.and_(found, pc.and_not(is_once, has_escape))

    def _written(self) -> str:
        written = literal_as_regexp(json.dumps(self.text, ensure_ascii=False)[1:-1])
        return f"(?i:{written})" if self.ignores_case else written


def _message(role: str, content: str) -> str:
    one, other = f'"role": ?"{role}"', f'"content": ?"{content}"'
    return rf"\{{(?:{one}, ?{other}|{other}, ?{one})\}}"


def _escapes(text: str, *, ignores_case: bool) -> Iterator[str]:
    """Yield patterns of the escapes that may stand for a character of a text."""
    if not text.isascii():
        yield r"\\u"
        return
    yield r"\\u00[0-7]"
    if "/" in text:
        yield r"\\/"
    if ignores_case and not set("ksKS").isdisjoint(text):
        # The long s and the sign of Kelvin are letters s and k in another case.
        yield r"\\u(?i:017f|212a)"
