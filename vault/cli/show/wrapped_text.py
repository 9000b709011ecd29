"""Breaking styled text into lines that fit the terminal, without breaking styles or words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vault.cli.show.terminal import display_width, paint, terminal_width

_TOKEN = re.compile(r"\n|[^\S\n]+|\S+")
_LEAST_WIDTH = 20


class Piece(NamedTuple):
    """Text in one style: a colour, `dim`, or none. It is escaped already; newlines break lines."""

    text: str
    style: str | None = None


def wrap(pieces: Sequence[Piece], *, indent: str, width: int | None = None) -> Iterator[str]:
    """Yield lines of at most `width` columns (the terminal's), each beginning with `indent`.

    Lines break at white space. A word that is longer than a line gets one to itself.
    """
    room = max(_LEAST_WIDTH, (terminal_width() if width is None else width) - len(indent))
    line: list[Piece] = []
    used = 0
    for word in _words(pieces):
        size = sum(display_width(piece.text) for piece in word)
        is_break = word[0].text == "\n"
        is_space = not is_break and word[0].text.isspace()
        if is_break or (used and not is_space and used + size > room):
            yield indent + _painted(line)
            line, used = [], 0
        if is_break or (is_space and not used and line == [] and size < 2):
            continue
        line += word
        used += size
    if line:
        yield indent + _painted(line)


def hanging(pieces: Sequence[Piece], *, deeper: str, width: int | None = None) -> Iterator[str]:
    """Yield lines as `wrap` does, those after the first beginning with `deeper`."""
    width = terminal_width() if width is None else width
    lines = wrap(pieces, indent="", width=width - len(deeper))
    for number, line in enumerate(lines):
        yield deeper + line if number else line


def _words(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield words, each as the pieces that stand together without white space between."""
    word: list[Piece] = []
    for piece in pieces:
        for token in _TOKEN.findall(piece.text.expandtabs(4)):
            if token.isspace():
                if word:
                    yield word
                    word = []
                yield [Piece(token, piece.style)]
            else:
                word.append(Piece(token, piece.style))
    if word:
        yield word


def _painted(line: Sequence[Piece]) -> str:
    # Beyond the last column white space would begin a line of its own.
    while line and line[-1].text.isspace():
        line = line[:-1]
    text = ""
    position = 0
    while position < len(line):
        style = line[position].style
        run = ""
        while position < len(line) and line[position].style == style:
            run += line[position].text
            position += 1
        text += paint(run, dim=True) if style == "dim" else paint(run, style)
    return text
