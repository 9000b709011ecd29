"""The commands that there are: name, section of the help, one line. The only list of them.

A command named `log` is the attribute `command` of `vault.cli.commands.log`; a name that Python
reserves gets an underscore (`import_`). Nothing here imports a command's module.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """The effect of a command on data. Decides whether it may be suggested for a mistyped word."""

    READS = "reads"
    ADDS = "adds"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its name, the line that `vault --help` shows, and what it does to data.

    ADDS is for commands that only add or record; CHANGES for all that take away, overwrite, or
    go back.
    """

    name: str
    summary: str
    effect: Effect = Effect.READS

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
        (
            Entry("init", "make a repository in a folder", Effect.ADDS),
            Entry("demo", "show the main job on bundled data"),
            Entry("help", "show what vault does, or what one command takes"),
        ),
    ),
    Section(
        "Bring in and record",
        (
            Entry("import", "read files into the draft of the next commit", Effect.ADDS),
            Entry("status", "say where things stand and what to do next"),
            Entry("quarantine", "show what could not be read, and why"),
            Entry("validate", "say what is wrong with examples, before training on them"),
            Entry("commit", "record what is staged as a version", Effect.ADDS),
        ),
    ),
    Section(
        "Ask models",
        (
            Entry("generate", "ask a model for examples until enough are accepted", Effect.ADDS),
            Entry("judge", "let models answer a rubric's questions about examples", Effect.ADDS),
            Entry("runs", "show what models were asked, what came back, and what it cost"),
        ),
    ),
    Section(
        "Change what is staged",
        (
            Entry("clean", "mend, quarantine and dedupe what is staged, in one go", Effect.CHANGES),
            Entry(
                "dedupe", "take exact and near duplicates out, one of each stays", Effect.CHANGES
            ),
            Entry("edit", "change the text of an example, or add one made from it", Effect.CHANGES),
            Entry("label", "say something about examples: quality, a choice", Effect.ADDS),
            Entry("score", "label examples with the evaluation results of a model", Effect.ADDS),
            Entry("split", "put examples on sides, such as train and test", Effect.CHANGES),
            Entry("rm", "take examples out", Effect.CHANGES),
            Entry("restore", "bring examples back", Effect.CHANGES),
            Entry("removed", "list what was taken out, and why"),
            Entry("revert", "undo what one commit changed", Effect.CHANGES),
            Entry("discard", "drop everything that is staged", Effect.CHANGES),
        ),
    ),
    Section(
        "Look",
        (
            Entry("log", "show history, newest first"),
            Entry("show", "show one commit, or one example"),
            Entry("diff", "show what changed, example by example and word by word"),
            Entry("head", "show the first examples"),
            Entry("sample", "show some examples, the same ones each time"),
            Entry("query", "show the examples that satisfy an expression"),
            Entry("grep", "show the examples that hold a text, and where"),
            Entry("sql", "ask a question in SQL"),
            Entry("ui", "show the repository in the browser"),
            Entry("stats", "show counts, lengths and labels, and what moved"),
            Entry("plan", "show where a model is weak, and plan what to generate", Effect.ADDS),
            Entry("agreement", "tell how far people and judges agree in their labels"),
        ),
    ),
    Section(
        "Name and write out",
        (
            Entry("tag", "list, make or delete names of versions", Effect.ADDS),
            Entry("checkout", "go to a version, or write it to files", Effect.CHANGES),
            Entry("export", "write a version, or part of it, to files", Effect.ADDS),
            Entry("lock", "tell whether exported files are as they were written"),
            Entry("which", "tell which version a file came from"),
            Entry("note", "note facts about a commit: a model, its scores", Effect.ADDS),
        ),
    ),
    Section(
        "Branch and go back",
        (
            Entry("branch", "list, make, rename or delete branches", Effect.ADDS),
            Entry("switch", "go to another branch", Effect.CHANGES),
            Entry("reset", "move the branch to another commit", Effect.CHANGES),
            Entry("undo", "take back the last operation; again, the one before", Effect.CHANGES),
            Entry("redo", "do again what was taken back", Effect.CHANGES),
            Entry("operations", "list what was done, and what of it was undone"),
        ),
    ),
    Section(
        "Look after",
        (
            Entry("fsck", "read everything again and tell what is damaged"),
            Entry("gc", "remove what nothing needs any more", Effect.CHANGES),
            Entry("doctor", "tell versions, settings and state, for a report of a bug"),
            Entry("completion", "print the script that completes words in a shell"),
        ),
    ),
)

COMMANDS: dict[str, Entry] = {
    entry.name: entry for section in SECTIONS for entry in section.entries
}
"""All commands by name, in the order of the help."""
