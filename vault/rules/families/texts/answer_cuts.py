"""TEXT001 and TEXT002: answers that stop before their end, by themselves or among all others.

An answer that ends with a comma or an article is cut, whatever the others are. One that ends with a
word and no full stop is cut where others end with one; where they do not, it is the set's habit.
Cuts fall on any word, so that some of them leave a broken end: where many open ends of one shape
are broken, the others of that shape were cut as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from vault.rules.families.sample_records import PLAIN, answered, chat, user
from vault.rules.families.texts.checks import spoken
from vault.rules.kernel.rule import (
    Fault,
    Positions,
    Rule,
    Severity,
    SubjectReader,
    Trigger,
    shown,
)
from vault.rules.kernel.set_facts import CLOSED_END, OPEN_END, SetPart, final_answer
from vault.rules.kernel.subject import Subject, Text
from vault.rules.recognisers import answer_ends as ends

_MOST_TAIL = 24
_FEWEST_SPACES = 4
_MOST_READ_AGAIN = 5_000
_SAMPLE = 1_000
_RUNS = 4
_LEAST_DISTINCT = 0.7
_AGAIN = 3
_LONGEST_LABEL = 80
_MOST_LABELS = 0.9
_OF_LABELS = (ends.SHORT, ends.SINGLE)
_FEWEST_JUDGED = 20
_FEWEST_BROKEN = 2
_MOST_ODD = 0.03
_MOST_RARE = 0.1
_FEW = 10
_OPEN_FOR_EACH_BROKEN = (4.0, 0.26)
"""Of prose, and of code: random cuts of real answers leave four open ends of prose for one that is
broken by itself, and four broken ends of code for one that is only open."""

_LEAST_SHARE = {ends.SENTENCE: 0.3, ends.SINGLE: 0.5}
_LEAST_SURE = 0.85
_MOST_READ = 20_000
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LAST_WORD = re.compile(r"(?<![\w#@.])[^\W\d_]{2,}$")
_REASONS = frozenset(
    {
        *("finish_reason", "finishreason", "stop_reason", "stopreason", "done_reason"),
        *("native_finish_reason", "completionreason", "completion_reason", "stop_type"),
        *("finish_details", "incomplete_details"),
    }
)
_EARLY = re.compile(
    r"(?i)(?:\w+\.)?(?:(?:model_)?length|limit|max[_ ]?(?:output_|completion_|new_)?tokens"
    r"|max_length|model_context_window_exceeded|content[_ ]?filter(?:ed)?|safety|recitation"
    r"|blocklist|prohibited_content|spii|guardrail_intervened|abort(?:ed)?|cancel(?:l?ed)?"
    r"|user_cancel"
    r"|interrupted|incomplete|error(?:_\w+)?|insufficient_system_resource|timeout)"
)
_WHOLE = re.compile(
    r"(?i)(?:\w+\.)?(?:stop(?:_sequence|ped)?|eos(?:_token)?|end_turn|completed?|finish(?:ed)?"
    r"|tool_(?:calls|use)|function_call)"
)
_MOST_LEVELS = 6
_TALK = frozenset(("messages", "conversations", "tools", "functions", "prompt", "completion"))


# What ends so is broken by itself, whatever it is; the second look knows more of such ends. Written
# so that RE2 and Python read it alike.
_BROKEN = (
    r"(?:[a-zA-Zà-ÿа-я\"][,(]|[“‘„«¿¡、，：；（「『【《]|\s(?:[Tt]he|[Aa]nd|an|or|because"
    r"|los|las|una|des|et|une|der|das|und|oder|eine|einen|dass|il|della|dos|het|een"
    r"|и|в|на|что|для|من|في|على|إلى|का|की|के|में|और))\s*$"
)
_BROKEN_END = re.compile(_BROKEN)


def cut_off(subject: Subject) -> Iterator[Fault]:
    """Report answers whose end is broken by itself."""
    if subject.kind == "text":
        return
    for each in spoken(subject) if subject.rejected else subject.answers():
        is_told = (
            each.is_answer
            and _BROKEN_END.search(each.text[-_MOST_TAIL:])
            and (each.text.count(" ") >= _FEWEST_SPACES or not each.text.isascii())
            and not each.path.endswith(".arguments")
        )
        if is_told and not _is_whole(subject):
            yield _cut(each)


class _Open(NamedTuple):
    """A final answer whose end is open, and the position of its example in the set."""

    at: int
    end: int
    subject: Subject
    answer: Text

    @property
    def is_told(self) -> bool:
        """Whether the first look found it."""
        return self.end > ends.BROKEN and any(True for _ in cut_off(self.subject))


def cut_among_others(facts: SetPart, read: SubjectReader) -> Iterator[tuple[int, Fault]]:
    """Report final answers whose ends are open where those of the set are closed, or broken.

    Reads the answers again that do not end as whole ones do. Where these are many and most of the
    set, a sample of them decides, and there is one fault for all.
    """
    places = np.flatnonzero(facts.ends == OPEN_END)
    closed = int(np.count_nonzero(facts.ends == CLOSED_END))
    is_sampled = len(places) > max(_MOST_READ_AGAIN, closed)
    sample = _runs_of(places, _SAMPLE if is_sampled else _MOST_READ_AGAIN)
    opened = list(_open_ends(sample, read))
    is_label = _labels_among(opened)
    counts = Counter(each.end for each in opened if not is_label(each))
    suspect = _suspect_ends(counts, closed * len(sample) // max(1, len(places)))
    if is_sampled:
        cut = sum(counts[end] for end in suspect) / len(sample) * len(places) / len(facts.ends)
        for each in opened if cut >= _MOST_ODD else ():
            if each.end in suspect and not (is_label(each) or each.is_told):
                told = f"some {cut:.0%} of the answers are cut, too many to list"
                yield each.at, Fault(f"{told}: {_cut(each.answer).message}", each.answer.path)
                return
        return
    some = opened if len(sample) == len(places) else _open_ends(places, read)
    words = None
    for each in some:
        if is_label(each):
            continue
        is_cut = each.end in suspect
        if not is_cut and _LAST_WORD.search(each.answer.text.rstrip()):
            # Read when they are needed: in most sets they are not.
            words = words or _Words(read(_runs_of(np.flatnonzero(facts.ends), _SAMPLE)))
            is_cut = words.lack(each)
        if is_cut and not each.is_told:
            yield each.at, _cut(each.answer)


def _labels_among(opened: Sequence[_Open]) -> Callable[[_Open], bool]:
    """Return a function that tells labels among open answers: several prompts have the same one.

    Halves of answers are not, however often an example is there. Where many answers of a few words
    come back, the others of no more letters are labels, too, that only come once.
    """

    def label(each: _Open) -> str:
        text = each.answer.text.strip() if each.end in _OF_LABELS else ""
        return text if len(text) <= _LONGEST_LABEL else ""

    def is_label(each: _Open) -> bool:
        text = label(each)
        return text in again or 0 < len(text) <= longest

    pairs = {(text, _prompt(each)) for each in opened if (text := label(each))}
    said = Counter(text for text, _ in pairs)
    again = {text for text, count in said.items() if count >= _AGAIN}
    has_labels = len(said) < _LEAST_DISTINCT * said.total()
    lengths = sorted(len(text) for text in said.elements() if text in again)
    longest = lengths[int(_MOST_LABELS * (len(lengths) - 1))] if has_labels and lengths else 0
    return is_label


def _prompt(each: _Open) -> str:
    return "\n".join(text.text for text in each.subject.texts() if not text.is_answer)


class _Words:
    """Words of a sample of a set, to tell half a word from a whole one."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        found: set[str] = set()
        last: Counter[str] = Counter()
        for subject in subjects:
            for each in subject.texts():
                *words, end = _WORD.findall(each.text[:_MOST_READ].lower()) or [""]
                found.update(words)
                last[end] += 1
        # The last word may be half a one, but not the same half again: labels end with it.
        found.update(word for word, count in last.items() if count > 2)
        self._words = found
        self._sorted = sorted(found)

    def lack(self, each: _Open) -> bool:
        """Tell whether the last word is the beginning of known ones, and none itself."""
        text = each.answer.text.rstrip()
        half = _LAST_WORD.search(text)
        if half is None:
            return False
        word = half.group().lower()
        own = Counter(
            word for text in each.subject.texts() for word in _WORD.findall(text.text.lower())
        )
        if word in self._words or own[word] > 1:
            return False
        at = bisect_right(self._sorted, word)
        is_begun = at < len(self._sorted) and self._sorted[at].startswith(word)
        return is_begun or any(other.startswith(word) and other != word for other in own)


def _runs_of(places: Positions, most: int) -> Positions:
    """Return so many of some positions at most, in a few runs: far fewer chunks are read."""
    if len(places) <= most:
        return places
    length = most // _RUNS
    starts = np.arange(_RUNS) * (len(places) - length) // (_RUNS - 1)
    return places[np.unique(starts[:, None] + np.arange(length)[None, :])]


def _open_ends(places: Positions, read: SubjectReader) -> Iterator[_Open]:
    for at, subject in zip(places.tolist(), read(places), strict=True):
        answer = final_answer(subject)
        end = ends.UNTOLD if answer is None else ends.answer_end(answer.text)
        if answer is not None and end > ends.CLOSED and not _is_whole(subject):
            yield _Open(at, end, subject, answer)


def _suspect_ends(counts: Counter[int], closed: int) -> frozenset[int]:
    """Return which ends are those of cut answers, by how many there are of each."""
    suspect = {shape + ends.BROKEN for shape in ends.OPEN if shape != ends.SHORT}
    odd = counts[ends.SENTENCE] + counts[ends.SINGLE]
    is_closed = closed + odd >= _FEWEST_JUDGED and odd <= max(1, _MOST_RARE * closed)
    for shape in ends.OPEN:
        plain, broken = counts[shape], counts[shape + ends.BROKEN]
        ratio = _OPEN_FOR_EACH_BROKEN[shape == ends.CODE]
        is_prose = shape in _LEAST_SHARE
        is_likely = ratio * broken >= _LEAST_SHARE.get(shape, _LEAST_SURE) * plain
        if is_likely and broken >= _FEWEST_BROKEN:
            suspect |= {shape, shape + ends.BROKEN}
        elif is_prose and is_closed and (is_likely or plain <= max(_FEW, _MOST_ODD * closed)):
            suspect.add(shape)
    return frozenset(suspect)


def _cut(answer: Text) -> Fault:
    ending = shown("…" + answer.text.rstrip()[-30:], 60)
    return Fault(f"the answer ends with {ending}", answer.path)


def _is_whole(subject: Subject) -> bool:
    """Tell whether the record says that the model came to the end of its answer."""
    said = [each for name, each in subject.record.items() if name not in _TALK or name in _REASONS]
    said += [each.said for each in subject.messages[-1:] if len(each.said) > 2]
    if not any(name.lower() in _REASONS for name in subject.record) and not any(
        _has_reason(each, 0) for each in said if type(each) is dict or type(each) is list
    ):
        return False
    others = {name: each for name, each in subject.record.items() if name not in _TALK}
    found = _reasons("", [others, *said], 0)
    return any(_WHOLE.fullmatch(reason) for _, reason in found)


def _has_reason(value: dict[str, Any] | list[Any], level: int) -> bool:
    """Tell sooner than `_reasons` whether there is any."""
    if type(value) is dict:
        if any(map(_REASONS.__contains__, map(str.lower, value))):
            return True
        value = list(value.values())
    inner = (each for each in value if type(each) is dict or type(each) is list)
    return level < _MOST_LEVELS and any(_has_reason(each, level + 1) for each in inner)


def finished_early(subject: Subject) -> Iterator[Fault]:
    """Report records that say themselves that the answer was cut."""
    for path, reason in _reasons("", subject.record, 0):
        if _EARLY.fullmatch(reason):
            yield Fault(f"the record says that the model stopped for {shown(reason)}", path)


def _reasons(path: str, value: object, level: int) -> Iterator[tuple[str, str]]:
    """Yield the place and text of each reason for the end of an answer, anywhere in a record."""
    inner: Iterable[tuple[str, str, object]] = ()
    if isinstance(value, dict):
        inner = ((f"{path}.{key}" if path else key, key, each) for key, each in value.items())
    elif isinstance(value, list):
        inner = ((f"{path}[{at}]", "", each) for at, each in enumerate(value))
    for place, key, each in inner if level < _MOST_LEVELS else ():
        if key.lower() in _REASONS:
            members = each.items() if isinstance(each, dict) else ()
            for name, reason in chain((("", each),), members):
                if isinstance(reason, str):
                    yield f"{place}.{name}" if name else place, reason.strip()
        elif isinstance(each, (dict, list)):
            yield from _reasons(place, each, level + 1)


RULES = (
    Rule(
        code="TEXT001",
        name="answer-cut",
        severity=Severity.WARNING,
        why="The answer ends in the middle of a sentence or of code, usually because the "
        "generation ran into its limit; the model learns to stop there. Some ends tell it by "
        "themselves: a comma, an article, an open bracket. Of others the set tells: a word without "
        "a full stop is suspect where the other answers end with one, and no fault where many do "
        "not. A record that says that the model stopped by itself is believed.",
        check=cut_off,
        fails=(
            answered("There are three things that you can do if your parcel is late: call us, and"),
            answered(
                "The parcel has left the warehouse in Graz, was sorted in Vienna, and reached the"
            ),
            answered("Sie können das Paket am Dienstag abholen, oder wir bringen es zu Ihnen und"),
            answered("您的包裹已经离开仓库。它将在星期二到达，"),
            answered("def total(prices):\n    return sum(price for price in prices if price and"),
        ),
        passes=(
            PLAIN,
            answered("Yes"),
            answered("Call us, write to us,\nor come by. We are open now"),
            answered("- by post\n- by courier\n- to a parcel shop"),
            answered("พัสดุของคุณจะมาถึงในวันอังคาร"),
            answered("आपका पार्सल मंगलवार को पहुँचेगा।"),
            answered("def total(prices):\n    return sum(prices)"),
            answered("It is on its way.\n\nKind regards,\nMaria Huber"),
            chat(user("Which article?"), {"role": "assistant", "content": "the"}),
        ),
        trigger=Trigger.ANSWER,
        sought=_BROKEN,
        second_look=cut_among_others,
    ),
    Rule(
        code="TEXT002",
        name="generation-cut",
        severity=Severity.WARNING,
        why="The record itself says that the model stopped at its limit, was stopped by a "
        "filter, or failed: its finish reason, whatever the provider calls it, anywhere in the "
        "record.",
        check=finished_early,
        fails=(
            {**PLAIN, "metadata": {"finish_reason": "length"}},
            {**PLAIN, "stop_reason": "max_tokens"},
            {**PLAIN, "response": {"choices": [{"index": 0, "finish_reason": "length"}]}},
            {**PLAIN, "candidates": [{"finishReason": "MAX_TOKENS"}]},
            {**PLAIN, "incomplete_details": {"reason": "max_output_tokens"}},
        ),
        passes=(
            PLAIN,
            {**PLAIN, "finish_reason": "stop"},
            {**PLAIN, "choices": [{"finish_reason": "stop"}]},
            {**PLAIN, "incomplete_details": None},
        ),
        trigger=Trigger.RECORD,
        sought=r'(?i)"(?:(?:native_)?finish_?reason|stop_?reason|done_reason|completion_?reason'
        r'|stop_type|finish_details|incomplete_details)"\s*:\s*(?:\{|"[^"]*'
        r"(?:length|limit|max|context|filter|safety|recitation|block|prohibited|spii|guardrail"
        r"|abort|cancel|interrupt|incomplete|error|insufficient|timeout))",
    ),
)
