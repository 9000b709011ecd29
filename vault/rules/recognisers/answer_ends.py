"""How an answer ends: with a whole sentence, in the middle of one, or in a way that tells nothing.

An end may be broken by itself (a comma, an article, an open bracket). Others are open: a word
without a full stop ends a list, a signature or a chat message as well as half a sentence. Whether
an open end is a fault, the other answers of the set tell
(`vault.rules.families.texts.answer_cuts`).
"""

from __future__ import annotations

import re

from vault.rules.kernel.closed_ends import CLOSING, HANGING, PAIRED, is_letter, leaves_open

UNTOLD = 0
"""Too short to tell, or in a script without marks for the end of a sentence."""

CLOSED = 1
SENTENCE, SINGLE, SHORT, ITEM, CODE = 2, 3, 4, 5, 6
"""Open ends: after whole sentences, of the only sentence, of a few words, of an item of a list or a
line of its own, of code."""

OPEN = (SENTENCE, SINGLE, SHORT, ITEM, CODE)
BROKEN = 8
"""Added to an open end that is broken by itself."""

_FEWEST_WORDS = 5
_LEAST_PROSE = 25
_MOST_ASIDE = 50
_MOST_LINES = 8
_MOST_CODE = 200
_MOST_READ = 20_000
_BROKEN_MARKS = frozenset(",([{:&“‘„¿¡、，：；（「『【《")
_UNMARKED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")
_AGGLUTINATED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_BREAKS_CJK = re.compile("(?:[をはが与和把被]|因为|因為|如果|以及|例如|但是|并且|而且)$")
_SENTENCE = re.compile(r"[.!?…][)\"”’\]*]*\s+\S|[。！？।॥؟۔።။]")
_PARAGRAPH = re.compile(r"[.!?…][)\"”’\]*]*\s*\n\s*\n[^\W\d_]{2,}$")
_ITEM = re.compile(r"\s*(?:[-*+•–—◦▪]|\(?\d{1,3}[.):]|\(?[a-zA-Z][.)]|#{1,6} )\s*")
_ADDRESS = re.compile(r"[(<\[]?(?:https?://|www\.)|[#@]\w+$|\S*\w\.[a-z]{2,4}$")
_SIGNED = re.compile(
    r"(?:\b(?:[Yy]ours|[Ss]incerely|[Rr]egards|[Rr]espect\w*|[Cc]heers|[Ll]ove|[Ww]armly|[Bb]est|luck"
    r"|[Ff]aithfully)\b[^.!?]{0,50}|\s[-–—~] ?[A-Z][\w. -]{1,30})$"
)
_MARKER = re.compile(r"\s*(?:[-*+•]+|\(?\d{1,3}[.):]|#{1,6})$")
_CODE_MARKS = re.compile(r"[{}();=<>$#\[\]\t]")
_CODE_SIGNS = re.compile(r"[{};=]|\w\(|\n[ \t]|</?\w|^#|^\$")
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|function|const|let|var|public|private|return|print|puts|echo"
    r"|elif|else:?|end|fi|done|then|do|try:?|except|SELECT|FROM|WHERE|using)\b|#include|<\?php|#!/"
    r"|</?[a-zA-Z!][^<>]*>|(?://|/\*|\*/)|[$@])|[;{}]\s*$|[\w\]]\([^()]*\)\s*[:{]?$"
    r"|^\s*[\w.\[\]$']+\s?[-+*/|:]?=\s?\S|^\s*(?:if|for|while|with)\b.*(?::|\bin\b|\bdo\b|\bthen\b)"
)
_LITERAL = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`\n]*`|/\*.*?\*/|(?m:(?<!\S)(?://|#|--) .*$)',
    re.DOTALL,
)
_LONE_NAME = re.compile(r"\s*[A-Za-z_]{2,}$")
_LONE_WORDS = frozenset(
    (
        *(
            "end",
            "fi",
            "done",
            "esac",
            "else",
            "pass",
            "break",
            "continue",
            "return",
            "exit",
            "next",
        ),
        *("EOF", "EOL", "then", "begin", "do", "loop", "wend", "true", "false", "True", "False"),
        *("None", "null", "nil"),
    )
)
_UNFINISHED_LINE = re.compile(
    r"^\s*(?:(?:def|class|elif|except|with) [^:;{]*|(?:const|let|var|import|from|public|private"
    r"|function|using|#include|elif|in|new|await|static|int|void) ?\S*)$|[-*/=|.]$"
)
_BLOCKS = (
    (re.compile(r"\bthen\b"), re.compile(r"\bfi\b|\belif\b|\bend\b")),
    (re.compile(r"; *do$|^ *do$", re.M), re.compile(r"\bdone\b")),
)
_MIDDLE_WORDS = frozenset(
    word
    for words in (
        "a an the and or but nor of to from with by into onto between among as than because if",
        "whether although unless while is are was were be been am has have had will would could",
        "should may might must my your his its our their these which whose whom such very every",
        "that's it's The An And But If When While Because Although However,",
        # Those of other languages that are no words of English.
        "el los las del y que en con para por una uno sus como",
        "les du et est dans avec sur pour ou une aux qui ses leur",
        "der das und oder von für eine einen einem einer ist dass auf zu durch sind wird",
        "Der Die Das",
        "di il gli e della che nel nella sono è um uma os na dos das não ao é",
        "het een van voor zijn naar dat",
        "и в на с что для по к от не из как это или но",
        "و في من على إلى أن عن التي الذي",
        "का की के में और से को कि एक पर",
    )
    for word in words.split()
)
"""Words after which a sentence goes on."""


def answer_end(text: str) -> int:
    """Return how an answer ends: `UNTOLD`, `CLOSED`, or an open end, perhaps plus `BROKEN`.

    Costs a quarter of a microsecond where it is closed, a few where it is open.
    """
    end = text.rstrip()
    last = end[-1:]
    if last in CLOSING:
        return CLOSED if last else UNTOLD
    if last in PAIRED:
        return _after_a_pair(end)
    if not (is_letter(last) or last in HANGING):
        return CLOSED
    line = end[end.rfind("\n") + 1 :]
    if "```" in end:
        if end.count("```") % 2:
            return CODE + BROKEN
    elif _may_be_code(line) and _is_code(end):
        return _end_of_code(end, line, last)
    return _end_of_prose(end, line, last)


def _after_a_pair(end: str) -> int:
    return CODE + BROKEN if leaves_open(end) and _is_code(end) and _is_open(end) else CLOSED


def _end_of_prose(end: str, line: str, last: str) -> int:
    if _UNMARKED.match(last):
        return UNTOLD
    is_in_brackets = line.count("(") > line.count(")") or line.count("“") > line.count("”")
    if not is_in_brackets and _ADDRESS.match(line[line.rfind(" ") + 1 :]):
        return CLOSED
    if last.isdigit() and not is_in_brackets and not _SENTENCE.search(line):
        return CLOSED
    shape = _shape(end, line)
    if last in HANGING and _MARKER.match(line):
        return ITEM + BROKEN
    if last in HANGING:
        return shape + (BROKEN if last in _BROKEN_MARKS else 0)
    if _AGGLUTINATED.match(last):
        return shape + (BROKEN if shape and _BREAKS_CJK.search(end[-4:]) else 0)
    before, _, word = line.rpartition(" ")
    is_middle = before and word in _MIDDLE_WORDS
    if not before and word.istitle() and word.lower() in _MIDDLE_WORDS and _PARAGRAPH.search(end):
        return SENTENCE  # a paragraph that has only begun
    if is_in_brackets and shape in (ITEM, SHORT):
        shape = SINGLE
    return shape + (BROKEN if is_middle and shape else 0)


def _shape(end: str, line: str) -> int:
    """Return the kind of an open end of prose."""
    item = _ITEM.match(line)
    if _SIGNED.search(line[-80:]):
        return ITEM
    if item:
        if _SENTENCE.search(line, item.end()):
            return SENTENCE
        above = [each for each in end.rsplit("\n", _MOST_LINES)[1:-1] if _ITEM.match(each)]
        closed = sum(each.rstrip()[-1:] in CLOSING or each.rstrip()[-1:] in ";," for each in above)
        return SENTENCE if above and 2 * closed > len(above) else ITEM
    if _SENTENCE.search(line):
        return SENTENCE
    # A signature, a heading, the last line of a poem.
    if line is not end and len(line) < _MOST_ASIDE and len(line) < len(end):
        return ITEM
    if _AGGLUTINATED.match(line[-1]):
        return SINGLE if len(line) >= _LEAST_PROSE // 2 else UNTOLD
    words = line.count(" ") + 1
    if words >= _FEWEST_WORDS and len(line) >= _LEAST_PROSE:
        return SINGLE
    return SHORT if words > 1 else UNTOLD


def _may_be_code(line: str) -> bool:
    is_short = len(line) < _MOST_ASIDE
    return is_short or (len(line) < _MOST_CODE and _CODE_MARKS.search(line) is not None)


def _is_code(end: str) -> bool:
    # Lines of prose begin with words of code as well: public transport, import duties.
    if not _CODE_SIGNS.search(end):
        return False
    lines = [each for each in end.rsplit("\n", _MOST_LINES) if each and not each.isspace()]
    is_code = (len(each) < _MOST_CODE and _CODE_LINE.search(each) for each in lines)
    return 2 * sum(map(bool, is_code)) >= len(lines)


def _is_open(end: str) -> bool:
    """Tell whether a bracket is opened and never closed, strings and comments left out."""
    return leaves_open(end) and leaves_open(_LITERAL.sub("", end[:_MOST_READ]))


def _end_of_code(end: str, line: str, last: str) -> int:
    if end.endswith("*/"):
        return CLOSED
    is_broken = (
        last in ",([{"
        or (_LONE_NAME.match(line) and line.strip() not in _LONE_WORDS and line is not end)
        or _UNFINISHED_LINE.search(line)
        or _LITERAL.sub("", line).count('"') % 2
        or _is_open(end)
        or any(len(one.findall(end)) > len(other.findall(end)) for one, other in _BLOCKS)
    )
    return CODE + BROKEN if is_broken else CODE
