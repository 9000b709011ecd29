"""Skeletons for contributors: `python -m docs.tools.new rule|format|command NAME`.

A skeleton is code that works once the entries are made that are a decision; what is left to do is
printed as numbered steps, those of .github/CONTRIBUTING.md. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

RULE_CHECK = '''\
def {function}(subject: Subject) -> Iterator[Fault]:
    """Report answers that say the word EXAMPLE: replace this by what the rule looks for."""
    for message in subject.answer:
        for path, text in message.texts():
            if "EXAMPLE" in text:
                yield Fault("the answer says EXAMPLE", path)


'''

RULE = """\
    Rule(
        code="{code}",
        name="{name}",
        severity=Severity.WARNING,
        why="Why it matters to who trains on it: what the trainer or the model does then.",
        check={function},
        fails=(answered("This is an EXAMPLE."),),
        passes=(PLAIN, answered("This looks like one, and is not.")),
        trigger=Trigger.ANSWER,
        sought="EXAMPLE",
        is_default=False,
        since="{version}",
    ),
"""

RULE_STEPS = """\
1. {family_file}: {code} {name} is there and finds the word EXAMPLE. Write the check, `why`, and
   `fails` and `passes`, which are its tests and its page: 2 to 4 records each, `passes` look alike.
2. `trigger` and `sought` rule out most examples before the check runs; `Trigger.EVERY` costs most.
3. .venv/bin/python -m pytest -q tests/unit/rules
4. Run it over data that you did not write, `vault validate --select {code} --jsonl`, and read what
   it finds. A rule that is wrong in more than 1 % of what it finds stays `is_default=False`.
5. .venv/bin/python -m docs.tools.reference
6. docs/changelog.md: one line for users, below "unreleased".\
"""

FORMAT = '''\
"""{title}: `{field}`; say here who writes such records."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.objects.conversation import Conversation

_FIELDS = frozenset({{"{field}"}})


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a record; raises BrokenStructure."""
    text = record.get("{field}")
    if type(text) is not str:
        raise BrokenStructure("{field} is not a string")
    return Conversation(text=text)
'''

FORMAT_TEST = '''\
"""{title} records are recognised and read."""

from __future__ import annotations

from vault.formats.layouts.registry import conversation_of, derive, recognise
from vault.objects.conversation import Kind

RECORD = {{"{field}": "words", "note": 1}}


def test_a_{function}_record_is_recognised_and_read() -> None:
    assert recognise(RECORD) is Kind.{constant}
    conversation = conversation_of(RECORD, Kind.{constant})
    assert conversation is not None
    assert derive(RECORD).fields == b'{{"note":1}}'


def test_a_broken_{function}_record_has_no_conversation() -> None:
    assert conversation_of({{"{field}": 1}}, Kind.{constant}) is None
'''

FORMAT_STEPS = """\
1. vault/formats/layouts/{function}.py: read the record into a Conversation.
2. vault/objects/conversation.py: `{constant} = "{name}"` in Kind, before RAW.
3. vault/formats/layouts/registry.py: an entry in _FAMILIES, _NEEDED and _MAY_MAKE, and where
   `_kind_of` and `_has_keys_of` recognise it. The first kind that fits wins: put it where it takes
   no record from another, and add a record to tests/unit/formats/test_registry.py that might.
4. docs/format/conversations.md: keys, conversation and the order of recognition, in MUST sentences;
   fixtures/vectors with a record and what it derives to. What exists keeps its keys: a record that
   was imported as raw before is another kind only when it is imported anew.
5. .venv/bin/python -m pytest -q tests/unit/formats tests/property/test_derivation_laws.py
6. vault/rules: the rules of structure meet the new kind (vault/rules/kernel/subject.py).
7. .venv/bin/python -m docs.tools.reference
8. docs/changelog.md: one line for users, below "unreleased".\
"""

VERB = '''\
"""`{name}`: say in one line what it does."""

from __future__ import annotations

from dataclasses import dataclass

from vault.dataset.listed import open_revision
from vault.presentation.report_html import Displayed
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class {report}(Displayed):
    """What {name} answers; its fields are the keys of `--json`. `commit` is None for the stage."""

    commit: str | None
    examples: int


def {function}(context: Context, revision: str | None = None) -> {report}:
    """Return how many examples a revision (the stage) has.

    Raises NotFound (`revision-not-found`).
    """
    opened, dataset = open_revision(context, revision)
    return {report}(opened.commit, len(dataset.keys()))
'''

COMMAND = '''\
"""`vault {name}`: say in one line what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.{family}.{function} import {report}


@options.command(example="vault {name}\\nvault {name} v1")
@click.argument("revision", required=False, metavar="[REV]")
def command(invocation: Invocation, /, revision: str | None) -> None:
    """Say what it does to what is staged, or to REV."""
    emit(invocation, invocation.repository().{function}(revision), _text)


def _text(report: {report}) -> Iterator[str]:
    yield plural(report.examples, "example")
'''

COMMAND_TEST = '''\
"""`vault {name}`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_{function}_says_it_for_people_and_programs(run: Run, project: Path) -> None:
    assert run("{name}").code == 0
    assert set(json.loads(run("{name}", "--json").out)) == {{"commit", "examples"}}


def test_{function}_of_a_revision_that_is_not_there_is_refused(run: Run, project: Path) -> None:
    assert run("{name}", "nowhere").code == 3
'''

COMMAND_STEPS = """\
1. vault/operations/{family}/{function}.py: the verb and its report. It prints nothing and reads no
   environment or clock; every error has a code, and combinations are refused here.
2. vault/repository/repository.py: a method of the name `{function}`, which calls the verb:
       def {function}(self, revision: str | None = None) -> {report}:
           \"\"\"Say what it returns, and what it raises.\"\"\"
           from vault.operations.{family}.{function} import {function}

           return {function}(self._context(), revision)
   (and {report} below TYPE_CHECKING)
3. vault/cli/frame/command_table.py: an Entry in its section, with its effect on data.
4. vault/cli/commands/{module}.py: parse, call once, render; longer texts go into vault/cli/show.
5. .venv/bin/python -m pytest -q tests/cli/test_{function}.py tests/contract
6. .venv/bin/python -m docs.tools.reference
7. docs/changelog.md: one line for users, below "unreleased".\
"""


def new_rule(name: str, family: str) -> str:
    """Add a rule to the module of its family, off by default; return what is left to do."""
    path = ROOT / "vault/rules/families" / f"{family.lower()}.py"
    if not path.exists():
        raise SystemExit(f"there is no family {family}: {path.relative_to(ROOT)} is not there")
    text = path.read_text(encoding="utf-8")
    code = _next_code(family)
    function = name.replace("-", "_")
    if f'"{name}"' in text or f"def {function}(" in text:
        raise SystemExit(f"{path.relative_to(ROOT)} has {name} already")
    head, mark, table = text.partition("\nRULES = (\n")
    if not mark or not table.endswith(")\n"):
        raise SystemExit(f"{path.relative_to(ROOT)} does not end with its table of rules")
    check = RULE_CHECK.format(function=function)
    rule = RULE.format(code=code, name=name, function=function, version=_version())
    path.write_text(f"{head}\n{check}RULES = (\n{table.removesuffix(')' + chr(10))}{rule})\n")
    return RULE_STEPS.format(family_file=path.relative_to(ROOT), code=code, name=name)


def new_format(name: str, field: str) -> str:
    """Write the module of a layout and its test; return what is left to do."""
    names = _names(name) | {"field": field, "title": name.replace("-", " ").capitalize()}
    _write(f"vault/formats/layouts/{names['function']}.py", FORMAT.format(**names))
    _write(f"tests/unit/formats/test_{names['function']}.py", FORMAT_TEST.format(**names))
    return FORMAT_STEPS.format(**names)


def new_command(name: str, family: str) -> str:
    """Write a verb, the command and a test; return what is left to do."""
    if not (ROOT / "vault/operations" / family).is_dir():
        raise SystemExit(f"there is no family of verbs called {family}, see vault/operations")
    names = _names(name) | {"family": family}
    _write(f"vault/operations/{family}/{names['function']}.py", VERB.format(**names))
    _write(f"vault/cli/commands/{names['module']}.py", COMMAND.format(**names))
    _write(f"tests/cli/test_{names['function']}.py", COMMAND_TEST.format(**names))
    return COMMAND_STEPS.format(**names)


def _names(name: str) -> dict[str, str]:
    function = name.replace("-", "_")
    return {
        "name": name,
        "function": function,
        "module": function,
        "constant": function.upper(),
        "report": "".join(part.capitalize() for part in name.split("-")) + "Report",
    }


def _next_code(family: str) -> str:
    from vault.rules.codes import ALL_RULES

    numbers = [int(code[-3:]) for code in ALL_RULES if code.startswith(family)]
    return f"{family}{max(numbers, default=0) + 1:03}"


def _version() -> str:
    """Return the version that is being made."""
    from vault.version import __version__

    return __version__.partition(".dev")[0]


def _write(name: str, text: str) -> None:
    path = ROOT / name
    if path.exists():
        raise SystemExit(f"{name} is there already")
    path.write_text(text, encoding="utf-8")
    print(f"wrote {name}")


def main(arguments: list[str]) -> None:
    """Make what is asked for, and print the steps that are left."""
    parser = argparse.ArgumentParser(prog="python -m docs.tools.new", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, option, usual, told in (
        ("rule", "family", "TEXT", "the family of the rule: FORM, TURN, TOOL, PREF, TEXT, SAFE"),
        ("format", "field", "body", "the field that such a record is recognised by"),
        ("command", "family", "queries", "the folder of vault/operations that the verb goes to"),
    ):
        each = kinds.add_parser(kind)
        each.add_argument("name", help="words joined by hyphens")
        each.add_argument(f"--{option}", dest="detail", default=usual, help=f"{told} ({usual})")
    given = parser.parse_args(arguments)
    if not NAME.fullmatch(given.name):
        raise SystemExit(f'"{given.name}" is no name: write lower-case words joined by hyphens')
    make: dict[str, Callable[[str, str], str]] = {
        "rule": new_rule,
        "format": new_format,
        "command": new_command,
    }
    print(make[given.kind](given.name, given.detail))


if __name__ == "__main__":
    main(sys.argv[1:])
