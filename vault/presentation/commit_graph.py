"""Which commit follows which, drawn in columns beside the lines of a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class Lanes:
    """The columns of a graph: each waits for one commit, newest first as the log lists them."""

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def beside(self, commit: str, parents: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
        """Yield the lines of a commit with the graph before them, then where its lanes lead."""
        if commit not in self._waiting:
            self._waiting.append(commit)
        here = self._waiting.index(commit)
        # Every lane that waited for this commit ends in it.
        while (lane := self._other(commit, here)) is not None:
            yield from self._joining(here, lane)
            del self._waiting[lane]
        mark = self._row("*", here)
        self._follow(here, parents)
        rail = " ".join("|" * len(self._waiting))
        merge = len(parents) > 1
        width = max(len(mark), len(rail))
        for number, line in enumerate(lines):
            before = mark if number == 0 else rail
            yield f"{before:<{width}} {line}".rstrip()
            if number == 0 and merge:
                yield self._parting(here).rstrip()

    def _row(self, mark: str, here: int) -> str:
        return " ".join(mark if i == here else "|" for i in range(len(self._waiting)))

    def _follow(self, here: int, parents: Sequence[str]) -> None:
        if not parents:
            del self._waiting[here]
            return
        self._waiting[here] = parents[0]
        for offset, parent in enumerate(parents[1:], start=1):
            self._waiting.insert(here + offset, parent)

    def _other(self, commit: str, here: int) -> int | None:
        lanes = range(here + 1, len(self._waiting))
        return next((lane for lane in lanes if self._waiting[lane] == commit), None)

    def _parting(self, here: int) -> str:
        return "| " * here + "|" + "\\ " * (len(self._waiting) - here - 1)

    def _joining(self, here: int, lane: int) -> Iterator[str]:
        """Yield the rows in which a lane moves left, across those between, into lane `here`.

        The lanes to the right of it close up in the first row.
        """
        right = len(self._waiting) - lane - 1
        yield ("| " * lane).rstrip() + "/" + " /" * right
        for column in range(lane - 1, here, -1):
            between = "|" + " |" * (lane - column - 1)
            yield ("| " * column).rstrip() + "/" + between + " |" * right
