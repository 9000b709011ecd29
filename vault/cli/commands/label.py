"""`vault label`: say something about examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options, limit_option
from vault.cli.frame.input_stream import standard_input
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint, warn
from vault.cli.show.examples_text import report_lines
from vault.cli.show.subsets.label_text import file_warnings, labelled_lines, list_lines
from vault.cli.show.terminal import short_id
from vault.errors import InvalidInput
from vault.presentation.shell_words import shown_word

if TYPE_CHECKING:
    from vault.operations.labelling.label import LabelArguments, LabelReport


@options.command(
    example="vault label quality=gold --where \"turns > 2 AND source = 'seeds.jsonl'\"\n"
    "vault label quality=bad 3f2a9c1b77d0 --note 'answers another question'\n"
    "vault label quality reviewer=checked_by --from choices.csv\n"
    "vault label --queue quality"
)
@click.argument("words", metavar="[NAME=VALUE]... [EXAMPLE|-]...", nargs=-1)
@condition_options
@click.option("--remove", metavar="NAME", multiple=True, help="Take this label off.")
@click.option("--note", metavar="TEXT", help="Why: kept with the label.")
@click.option("--as", "person", metavar="PERSON", help="Who says so; you, unless given.")
@click.option("--resolve", is_flag=True, help="Settle a label that several people give.")
@click.option("--from", "file", metavar="FILE", help="Take the labels NAME or NAME=COLUMN of it.")
@click.option("--key", metavar="FIELD", help="With --from: the column that names examples [id].")
@click.option("--strict", is_flag=True, help="With --from: exit with 1 if a record matches none.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen; change nothing.")
@click.option("--list", "lists", is_flag=True, help="List labels and values, of the stage or REV.")
@click.option(
    "--queue",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Show what waits for you; also `conflicts`, `disagreement`.",
)
@limit_option
def command(invocation: Invocation, /, words: tuple[str, ...], **given: Any) -> int:
    """Label examples: something said of them, versioned with them, that never rewrites them.

    Examples are ids, what satisfies --where, or ids on standard input (`-`). The values `3` and
    `0.5` are numbers, `true` and `false` yes or no, everything else text. Where vault.toml wants
    several raters, each writes NAME.PERSON, and NAME is there once enough of them agree.
    """
    modes = [name for name in _MODES if given[name] not in (None, False)]
    if len(modes) > 1:
        raise InvalidInput(
            "--list, --queue and --from exclude each other",
            code="modes-exclude",
            hint="use the one that you mean; `vault label --help` explains them",
        )
    act, options_of_it = _MODES.get(modes[0], _LABEL) if modes else _LABEL
    _refuse_others(set(options_of_it.split()) | set(modes), modes)
    return act(invocation, words, **given)


def _refuse_others(known: set[str], modes: list[str]) -> None:
    """Refuse options that were typed and mean nothing here. Raises InvalidInput."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        own = isinstance(parameter, click.Option) and parameter.expose_value
        if own and source is ParameterSource.COMMANDLINE and name not in known:
            raise InvalidInput(
                f"{parameter.opts[0]} means nothing {_WHERE.get(modes[0]) if modes else 'here'}",
                code="options-exclude",
                hint=f"leave out {parameter.opts[0]}; `vault label --help` explains it",
            )


def _label(
    invocation: Invocation,
    words: tuple[str, ...],
    where: tuple[str, ...],
    filters: tuple[str, ...],
    remove: tuple[str, ...],
    **given: Any,
) -> int:
    values, examples = _values_and_examples(words)
    if "-" in examples:
        examples = [each for each in examples if each != "-"]
        examples += _ids(standard_input("ids"))
        if not examples:
            warn(invocation, "there was no id to read")
            return 0
    report = invocation.repository(writing=True).label(
        values, examples, where=where, filters=filters, remove=remove, **_options(given, typed=True)
    )
    emit(invocation, report, labelled_lines)
    _hint_at_undo(invocation, report)
    return 0


def _from_file(invocation: Invocation, words: tuple[str, ...], **given: Any) -> int:
    columns = {name: column or name for name, _, column in (each.partition("=") for each in words)}
    if len(columns) < len(words):
        raise InvalidInput(
            "a label is named twice", code="label-twice", hint="name one column for each label"
        )
    file, key = given["file"], given["key"] or "id"
    stdin = standard_input("a file of labels") if file == "-" else None
    repository = invocation.repository(writing=True)
    report = repository.label_from(file, columns, key=key, stdin=stdin, **_options(given))
    emit(invocation, report, labelled_lines)
    for each in file_warnings(report):
        warn(invocation, each)
    _hint_at_undo(invocation, report)
    missed = report.file is not None and report.file.unknown + report.file.unread
    return 1 if given["strict"] and missed else 0


def _options(given: Mapping[str, Any], *, typed: bool = False) -> LabelArguments:
    return {
        "person": given["person"],
        "note": given["note"],
        "resolve": given["resolve"],
        "dry_run": given["dry_run"],
        "typed": typed,
    }


def _hint_at_undo(invocation: Invocation, report: LabelReport) -> None:
    if report.labelled and not report.dry_run:
        hint(invocation, "`vault undo` takes this back, `vault label --list` counts values")


def _list(invocation: Invocation, words: tuple[str, ...], **_: Any) -> int:
    if len(words) > 1:
        raise InvalidInput(
            f'--list takes one revision, not "{" ".join(words)}"',
            code="too-many-words",
            hint="write `vault label --list v1`",
        )
    report = invocation.repository().labels(words[0] if words else None)
    emit(invocation, report, list_lines)
    if not report.labels:
        hint(invocation, "`vault label quality=gold EXAMPLE` labels one")
    return 0


def _queue(invocation: Invocation, words: tuple[str, ...], **given: Any) -> int:
    queue = given["queue"] or None
    if words:
        raise InvalidInput(
            f'--queue takes one name, not "{words[0]}" besides',
            code="too-many-words",
            hint=f"write `vault label --queue {shown_word(queue or words[0].partition('=')[0])}`",
        )
    # The author is whose queue it is; nothing is written.
    report = invocation.repository(writing=True).label_queue(
        queue,
        person=given["person"],
        where=given["where"],
        filters=given["filters"],
        limit=given["limit"],
    )
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    if report.items and report.queue not in ("conflicts", "disagreement"):
        first = short_id(report.items[0].id)
        hint(invocation, f"`vault label {report.queue}=VALUE {first}` labels the first")
    elif report.items:
        hint(invocation, "`vault label NAME=VALUE EXAMPLE --resolve` settles one")
    return 0


def _values_and_examples(words: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Return labels to give and ids, told apart by the `=`."""
    values: dict[str, str] = {}
    examples = []
    for word in words:
        name, separator, value = word.partition("=")
        if not separator:
            examples.append(word)
        elif name in values:
            raise InvalidInput(
                f'the label "{name}" is named twice',
                code="label-twice",
                hint=f"write one value: {name}={values[name]}",
            )
        elif not value:
            raise InvalidInput(
                f'the label "{name}" has no value',
                code="label-value-missing",
                hint=f"write {name}=VALUE, or take it off: --remove {name}",
            )
        else:
            values[name] = value
    return values, examples


def _ids(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the ids on standard input: one a line, or JSON objects with `id` or `_vault.id`."""
    from vault.objects.json.text import UnreadableJson, parse

    for line in lines:
        text = line.strip()
        if text.startswith(b"{"):
            try:
                value = parse(text)[0]
                found = value.get("id") or dict(value.get("_vault") or {}).get("id")
            except (UnreadableJson, TypeError, ValueError):
                found = None
            if isinstance(found, str):
                yield found
                continue
        if text:
            yield text.decode("utf-8", "replace").split()[0]


_LABEL = (_label, "where filters remove note person resolve dry_run")
_WHERE = {"lists": "with --list", "queue": "with --queue", "file": "with --from"}
_MODES = {
    "lists": (_list, ""),
    "queue": (_queue, "where filters person limit"),
    "file": (_from_file, "key strict note person resolve dry_run"),
}
"""What is done for each of the options that say what to do, and the options that go with it."""
