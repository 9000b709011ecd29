"""`vault split`: put examples on the sides of a split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from vault.cli.frame import options
from vault.cli.frame.check_split import check_split
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.split_text import next_steps, report_lines
from vault.errors import InvalidInput
from vault.presentation.shell_words import shown_word

_EXAMPLE = """\
vault split train=0.9 validation=0.1 --seed 7
vault split train=0.8 validation=0.1 test=0.1 --stratify data.category
vault split train=0.9 test=0.1 --hold-out "source = 'real.jsonl'"
vault split
vault split --check --against eval.jsonl"""


@options.command(example=_EXAMPLE)
@click.argument("words", metavar="[NAME=SHARE]...", nargs=-1)
@click.option("--seed", type=int, metavar="N", help="Another seed draws other sides (0).")
@click.option(
    "--group-by",
    metavar="FIELD",
    help="Also keep examples with the same value of this together, such as data.customer.",
)
@click.option(
    "--stratify",
    metavar="FIELD",
    help="Keep the shares in each value of this, such as data.topic.",
)
@click.option(
    "--hold-out",
    metavar="EXPR",
    help="Only examples that satisfy this may go to another side than the first.",
)
@click.option("--dry-run", is_flag=True, help="Show how it would be split; change nothing.")
@click.option(
    "--check", is_flag=True, help="Look for leaks between sides; exit 1 if there are any."
)
@click.option(
    "--against",
    multiple=True,
    metavar="REV|FILE",
    help="With --check: look for these evaluation examples too, on the training side.",
)
@click.option("--limit", default=20, metavar="N", help="With --check: leaks of a kind shown (20).")
def command(
    invocation: Invocation,
    /,
    words: tuple[str, ...],
    check: bool,
    against: tuple[str, ...],
    limit: int,
    **given: Any,
) -> int:
    """Put examples that are on no side of the split on one; none that has a side is moved.

    Examples with the same prompt and near-duplicates stay together. Shares add up to 1. Without
    sides the rule is that of vault.toml or of the split before, for the examples that came since.

    With --check nothing is split: it looks for examples that one side gives away to another, in
    what is staged or in a revision.
    """
    if check:
        _refuse_with_check(words, given)
        return check_split(invocation, words[0] if words else None, against, limit)
    if against:
        raise InvalidInput(
            "--against is for --check",
            code="options-exclude",
            hint=f"vault split --check --against {shown_word(against[0])}",
        )
    if click.get_current_context().get_parameter_source("limit") is ParameterSource.COMMANDLINE:
        raise InvalidInput(
            "--limit is for the leaks that --check shows",
            code="options-exclude",
            hint="leave out --limit, or add --check",
        )
    repository = invocation.repository(writing=not given["dry_run"])
    report = repository.split(read_pairs(words, "vault split", "0.9"), **given)
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    for step in next_steps(report):
        hint(invocation, step)
    return 0


def _refuse_with_check(words: tuple[str, ...], given: Mapping[str, Any]) -> None:
    other = next((name for name, value in given.items() if value not in (None, False)), None)
    if other is not None or len(words) > 1 or any("=" in each for each in words):
        option = words[-1] if other is None else f"--{other.replace('_', '-')}"
        raise InvalidInput(
            f"--check looks for leaks and splits nothing, so {option} means nothing with it",
            code="options-exclude",
            hint="vault split --check, or with the name of a version",
        )
