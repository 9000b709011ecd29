"""The commands that there are: name, section of the help, one line. The only list of them.

A command named `log` is the attribute `command` of `vault.cli.commands.log`; a name that Python
reserves gets an underscore (`import_`). Nothing here imports a command's module.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its name and the line that `vault --help` shows."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        """The full name of the module that holds the command."""
        name = self.name.replace("-", "_")
        return "vault.cli.commands." + (f"{name}_" if keyword.iskeyword(name) else name)


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that belong together, in the order in which a newcomer needs them."""

    title: str
    entries: tuple[Entry, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "Start",
        (Entry("help", "show what vault does, or what one command takes"),),
    ),
)

COMMANDS: dict[str, Entry] = {
    entry.name: entry for section in SECTIONS for entry in section.entries
}
"""All commands by name, in the order of the help."""
