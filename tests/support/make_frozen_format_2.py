"""Makes the frozen repository of format 2. Ran once; kept to show what is in it and how it came.

`python -m tests.support.make_frozen_format_2 FOLDER` writes `vault/` and `expected.json` into a new
folder. It goes on in the frozen repository of format 1, so that both formats and both derivations
meet in one. What lies in fixtures/repositories/format-2 is never made again: it is read for ever.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.answers import answers_of
from tests.support.frozen import frozen_copy
from tests.support.make_frozen_repository import AUTHOR, asked, lines, say
from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset
from vault.objects.digest import Digest
from vault.objects.labels.label_set import Label
from vault.objects.log.erasure import encode_erasures
from vault.objects.log.view import Run, View
from vault.objects.manifest import Attachment, Manifest
from vault.repository import Repository
from vault.session.context import Context, Draft
from vault.session.recording import record
from vault.session.repository_format import format_text, read_format

DAY = "2026-02-03"


def later() -> list[Any]:
    """Return records that derivation 2 reads in another way than derivation 1 did."""
    reasoned = say("assistant", "Six.", reasoning_content="Up, down, charm, strange, top, bottom.")
    call = {"id": "c", "function": {"name": "look", "arguments": '{"b": 1, "a": 2}'}}
    return [
        {"question": "What is 2 + 2?", "answer": "4", "level": 1},
        {"input": "Translate: Hund", "output": "dog", "metadata": {"language": "de"}},
        {"prompt": "Write a poem about rain.", "reference_answer": "none"},
        {"messages": [say("user", "How many kinds of quarks are there?"), reasoned]},
        {
            "messages": [
                say("user", "Look!"),
                {"role": "assistant", "tool_calls": [call]},
                say("tool", "a cat", tool_call_id="c"),
                say("assistant", "A cat."),
            ],
            "images": ["cat.png"],
        },
        {"question": "Two pairs", "answer": "fit", "input": "so it", "output": "is raw"},
    ]


class Maker:
    """The repository under way: each step is a minute later."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._minutes = iter(range(60))

    def repository(self, *words: str) -> Repository:
        """Return the repository as a command of these words opens it."""
        return Repository.open(
            self.home,
            author=AUTHOR,
            clock=lambda: f"{DAY}T04:{next(self._minutes):02d}:00Z",
            command=words[0],
            words=words,
        )

    def run(self, name: str, data: str, **options: Any) -> None:
        """Write a file and import it."""
        path = self.home / name
        path.write_text(data, encoding="utf-8")
        self.repository("import", name).import_files([str(path)], workers=1, **options)

    def label(self, *changes: LabelChange | Callable[[Dataset], LabelChange]) -> None:
        """Change labels of the stage, which leaves its counts open."""

        def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
            made = [each(dataset) if callable(each) else each for each in changes]
            return with_label_changes(dataset, made), None

        change_stage(self.repository("label")._context(), change)

    def attach(self, name: str, attached: Callable[[Context], Attachment]) -> None:
        """Attach something to the stage that names further objects."""
        context = self.repository("attach")._context()

        def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
            attachments = {**dataset.manifest.attachments, name: attached(context)}
            return replace(dataset.manifest, attachments=attachments), None

        change_stage(context, change)

    def view(self, change: Callable[[Context, View], View]) -> None:
        """Record another view."""
        context = self.repository("note")._context()
        record(context, lambda view: (change(context, view), None))


def quality(value: str, step: int) -> Callable[[Dataset], LabelChange]:
    """Return what labels every `step`th example."""

    def change(dataset: Dataset) -> LabelChange:
        label = Label("quality", value, AUTHOR, f"{DAY}T05:00:00Z", "by hand")
        return LabelChange.same(label, dataset.keys()[::step])

    return change


def make(home: Path) -> Repository:
    """Go on in the repository of format 1, step by step."""
    maker = Maker(home)
    maker.repository("commit", "-m", "Round 3").commit("Round 3")
    maker.run("later.jsonl", lines(later()))
    maker.run("notes.txt", "One paragraph.\n\nAnother one.\n", paragraphs=True)
    maker.label(quality("good", 1))
    maker.label(quality("better", 9))
    maker.label(quality("best", 11), lambda each: LabelChange.taken_off("stars", each.keys()[::5]))
    maker.attach("x-named", named)
    where = "data.level = 1"
    maker.repository("rm", "--where", where).rm(where=where)
    maker.repository("commit", "-m", "Round 4").commit("Round 4")
    for number in range(12):
        # Long enough for entries that tell changes alone.
        message = f"checkpoint {number}: " + "as it was trained; " * 20
        maker.repository("tag", f"t{number}").tag(f"t{number}", message=message)
    maker.view(lasting)
    maker.repository("tag", "mistaken").tag("mistaken")
    maker.repository("undo").undo()
    maker.repository("tag", "t1", "-d").delete_tag("t1")
    maker.run("more.jsonl", lines([asked("Name a river.", "The Danube.")]))
    maker.label(quality("fair", 13))
    erase(maker)
    return maker.repository("status")


def named(context: Context) -> Attachment:
    """Return an attachment that names another object."""
    further = context.store.put(b"named by what nobody knows")
    return Attachment(context.store.put(b"nobody knows what this is"), (further,))


def lasting(context: Context, view: View) -> View:
    """Return the view with a run, and with a note on its branch."""
    (commit,) = set(view.branches.values()) & {view.tags["t0"].commit}  # type: ignore[index]
    note = context.store.put(b'{"scores": {"exact": 0.5}}')
    answers = context.store.put(b"answers of a model")
    seeds = context.commit(commit).manifest
    return replace(
        view,
        notes={commit: note},
        runs={"r-1": Run(answers, "finished", (seeds,)), "r-2": Run(None, "open")},
    )


def erase(maker: Maker) -> None:
    """Take away what was typed to take examples out, and put something else for an attachment."""
    context = maker.repository("erase")._context()
    store = context.store
    entries = [each for each in context.log.newest_first() if each.command == "rm"]
    typed = entries[0].arguments
    assert typed is not None
    answers = Digest(next(iter(context.log.tip().view.runs.values())).object or "")
    stands = store.put(b"some answers of a model were erased")
    listed = store.put(encode_erasures({typed: None, answers: stands}))
    maker.view(lambda _, view: replace(view, erased={"e-1": listed}))
    store.delete(typed)
    store.delete(answers)
    repository = read_format(store.backend).repository
    store.backend.replace("format", format_text(repository, ("erased",)))


def main(target: Path) -> None:
    """Write the repository and what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        home = frozen_copy("format-1", Path(folder) / "home")
        repository = make(home)
        assert repository.fsck().ok, repository.fsck()
        target.mkdir(parents=True)
        answers = answers_of(repository, Path(folder))
        text = json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True)
        (target / "expected.json").write_text(text + "\n", encoding="utf-8")
        kept = shutil.ignore_patterns("catalogue", "tmp", "lock", "validated.json", ".gitignore")
        shutil.copytree(home / ".vault", target / "vault", ignore=kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
