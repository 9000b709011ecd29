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
        joined = [i for i, each in enumerate(self._waiting) if each == commit and i != here]
        if joined:
            yield self._joining(here, joined)
            for i in reversed(joined):
                del self._waiting[i]
        mark = self._row("*", here)
        self._follow(here, parents)
        rail = " ".join("|" * len(self._waiting))
        merge = len(parents) > 1
        width = max(len(mark), len(rail))
        for number, line in enumerate(lines):
            before = mark if number == 0 else rail
            yield f"{before:<{width}} {line}".rstrip()
            if number == 0 and merge:
                yield self._parting(here)

    def _row(self, mark: str, here: int) -> str:
        return " ".join(mark if i == here else "|" for i in range(len(self._waiting)))

    def _follow(self, here: int, parents: Sequence[str]) -> None:
        if not parents:
            del self._waiting[here]
            return
        self._waiting[here] = parents[0]
        for offset, parent in enumerate(parents[1:], start=1):
            self._waiting.insert(here + offset, parent)

    def _parting(self, here: int) -> str:
        cells = [*("|" for _ in range(here + 1)), "\\"]
        cells += ["\\" for _ in range(len(self._waiting) - here - 2)]
        return " ".join(cells[: here + 1]) + "".join(f"{cell} " for cell in cells[here + 1 :])

    def _joining(self, here: int, joined: Sequence[int]) -> str:
        cells = ["|"] * len(self._waiting)
        shifted = 0
        line = ""
        for i, cell in enumerate(cells):
            if i in joined:
                shifted += 1
                line = line.rstrip() + "/"
            else:
                line += ("/" if shifted else cell) + " "
        return line.rstrip()
