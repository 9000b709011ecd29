"""`vault note`: facts about a commit that arrive later."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit
from vault.cli.show.subsets.lock_text import note_lines


@options.command(example="vault note v1 model=support-small-3 accuracy=0.91\nvault note v1")
@click.argument("revision", metavar="REV")
@click.argument("facts", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--remove", metavar="KEY", multiple=True, help="Take this fact off.")
def command(
    invocation: Invocation, revision: str, facts: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    """Note facts about a commit, such as the model trained on it and its scores; or list them.

    They stand beside the commit: its id does not change. `log` and `show` show them.
    """
    pairs = read_pairs(facts, "note")
    repository = invocation.repository(writing=bool(pairs or remove))
    report = repository.note(revision, pairs, remove=remove)
    emit(invocation, report, lambda report: note_lines(report, invocation.verbose))
