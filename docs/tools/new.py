"""Skeletons for contributors: `python -m docs.tools.new rule|format|command NAME`.

A skeleton is code that works once the entries are made that are a decision; .github/CONTRIBUTING.md
has the steps. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUTURE = "from __future__ import annotations\n"
RULE_FAMILIES = ("FORM", "TURN", "TOOL", "PREF", "TEXT", "SAFE")
"""Families of rules that a skeleton fits: SIZE is a table of lengths, SETS looks at whole sets."""

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

RULE_CHECK = '''\
def {function}(subject: Subject) -> Iterator[Fault]:
    """Report answers that say the word EXAMPLE: replace this by what the rule looks for."""
    for each in subject.answers():
        if "EXAMPLE" in each.text:
            yield Fault("the answer says EXAMPLE", each.path)


'''

RULE_NEEDS = """\
from collections.abc import Iterator
from vault.rules.families.sample_records import PLAIN, answered
from vault.rules.kernel.rule import Fault, Rule, Severity, Trigger
from vault.rules.kernel.subject import Subject
"""

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

RULE_TOLD = "{file} has {code} {name} now, which finds the word EXAMPLE."

FORMAT = '''\
"""{title}: `{field}`, texts of user and assistant in turn."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import split_response
from vault.objects.conversation import Conversation

_FIELDS = frozenset({{"{field}"}})
_ROLES = ("user", "assistant")


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a record; raises BrokenStructure."""
    texts = record.get("{field}")
    if type(texts) is not list or not all(type(each) is str for each in texts) or not texts:
        raise BrokenStructure("{field} is not a list of texts")
    said = [{{"role": _ROLES[at % 2], "content": text}} for at, text in enumerate(texts)]
    prompt, response = split_response(said)
    return Conversation(prompt=prompt, response=response)
'''

FORMAT_TEST = '''\
"""{title} records are recognised and read."""

from __future__ import annotations

from vault.formats.layouts.registry import conversation_of, derive, recognise
from vault.objects.conversation import Kind

RECORD = {{"{field}": ["Where is it?", "Here."], "note": 1}}


def test_a_{function}_record_is_recognised_and_read() -> None:
    assert recognise(RECORD) is Kind.{constant}
    conversation = conversation_of(RECORD, Kind.{constant})
    assert conversation is not None
    assert derive(RECORD).fields == b'{{"note":1}}'


def test_a_broken_{function}_record_has_no_conversation() -> None:
    assert conversation_of({{"{field}": 1}}, Kind.{constant}) is None
'''


VERB = '''\
"""`{name}`: say in one line what it does."""

from __future__ import annotations

from dataclasses import dataclass

from vault.dataset.listed import open_revision
from vault.presentation.report_html import Displayed
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class {report}(Displayed):
    """Answer of {name}: its fields are the keys of `--json`; no `commit` for the stage."""

    commit: str | None
    examples: int


def {function}(context: Context, revision: str | None = None) -> {report}:
    """Return how many examples a revision (the stage) has.

    Raises NotFound (`revision-not-found`, `no-commits`), InvalidInput (`revision-ambiguous`,
    `revision-invalid`).
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


def test_{function}_says_it_for_people_and_programs(run: Run, committed: Path) -> None:
    assert run("{name}").code == 0
    assert set(json.loads(run("{name}", "--json").out)) == {{"commit", "examples"}}


def test_{function}_of_a_revision_that_is_not_there_is_refused(run: Run, project: Path) -> None:
    assert run("{name}", "nowhere").code == 3
'''

METHOD = """\
The method of step 2, for vault/repository/repository.py ({report} is imported below TYPE_CHECKING):

    def {function}(self, revision: str | None = None) -> {report}:
        \"\"\"Say what it returns, and what it raises.\"\"\"
        from vault.operations.{family}.{function} import {function}

        return {function}(self._context(), revision)
"""


def new_rule(name: str, family: str) -> str:
    """Add a rule to the module of its family, off by default; return what to say of it."""
    from vault.rules.codes import ALL_RULES, RULES

    if family not in RULE_FAMILIES:
        raise SystemExit(f"choose one of {', '.join(RULE_FAMILIES)} for a rule about examples")
    if name in {rule.name for rule in ALL_RULES.values()}:
        raise SystemExit(f"a rule is called {name} already")
    # The module with the family's last code: rules stand in the order of their codes.
    last = max(code for code in RULES if code.startswith(family))
    path = next(
        each
        for each in sorted((ROOT / "vault/rules/families").rglob("*.py"))
        if f'"{last}"' in each.read_text(encoding="utf-8")
    )
    text = path.read_text(encoding="utf-8")
    code = _next_code(family)
    function = name.replace("-", "_")
    if f"def {function}(" in text:
        raise SystemExit(f"{path.relative_to(ROOT)} has a function {function} already")
    head, mark, table = text.partition("\nRULES = (\n")
    head = head.replace(FUTURE, FUTURE + RULE_NEEDS, 1)
    if not mark or not table.endswith(")\n"):
        raise SystemExit(f"{path.relative_to(ROOT)} does not end with its table of rules")
    check = RULE_CHECK.format(function=function)
    rule = RULE.format(code=code, name=name, function=function, version=_version())
    path.write_text(f"{head}\n{check}RULES = (\n{table.removesuffix(')' + chr(10))}{rule})\n")
    # Sorts the imports that were put in front, and merges them with those that were there.
    ruff = (sys.executable, "-m", "ruff")
    subprocess.run((*ruff, "check", "-q", "--select", "I", "--fix", path), cwd=ROOT, check=True)
    subprocess.run((*ruff, "format", "-q", path), cwd=ROOT, check=True)
    return RULE_TOLD.format(file=path.relative_to(ROOT), code=code, name=name)


def new_format(name: str, field: str) -> str:
    """Write the module of a layout and its test; return what to say of it."""
    names = _names(name) | {"field": field, "title": name.replace("-", " ").capitalize()}
    _write(
        {
            f"vault/formats/layouts/{names['function']}.py": FORMAT.format(**names),
            f"tests/unit/formats/test_{names['function']}.py": FORMAT_TEST.format(**names),
        }
    )
    return ""


def new_command(name: str, family: str) -> str:
    """Write a verb, the command and a test; return what to say of it."""
    if not (ROOT / "vault/operations" / family).is_dir():
        raise SystemExit(f"there is no family of verbs called {family}, see vault/operations")
    names = _names(name) | {"family": family}
    _write(
        {
            f"vault/operations/{family}/{names['function']}.py": VERB.format(**names),
            f"vault/cli/commands/{names['function']}.py": COMMAND.format(**names),
            f"tests/cli/test_{names['function']}.py": COMMAND_TEST.format(**names),
        }
    )
    return METHOD.format(**names)


def _names(name: str) -> dict[str, str]:
    function = name.replace("-", "_")
    return {
        "name": name,
        "function": function,
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


def _write(files: dict[str, str]) -> None:
    """Write all files, or none if one of them is there."""
    for name in files:
        if (ROOT / name).exists():
            raise SystemExit(f"{name} is there already")
    for name, text in files.items():
        (ROOT / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")


def main(arguments: list[str]) -> None:
    """Make what is asked for, and say where the steps are that are left."""
    parser = argparse.ArgumentParser(prog="python -m docs.tools.new", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, option, usual, told in (
        ("rule", "family", "TEXT", f"the family of the rule: {', '.join(RULE_FAMILIES)}"),
        ("format", "field", "utterances", "the field that such a record is recognised by"),
        ("command", "family", "queries", "the folder of vault/operations that the verb goes to"),
    ):
        each = kinds.add_parser(kind)
        each.add_argument("name", help="words joined by hyphens")
        each.add_argument(f"--{option}", dest="detail", default=usual, help=f"{told} ({usual})")
    given = parser.parse_args(arguments)
    if not NAME.fullmatch(given.name) or keyword.iskeyword(given.name):
        raise SystemExit(f'"{given.name}" is no name: write lower-case words joined by hyphens')
    make: dict[str, Callable[[str, str], str]] = {
        "rule": new_rule,
        "format": new_format,
        "command": new_command,
    }
    print(make[given.kind](given.name, given.detail))
    print(f'Go on with step 2 of "Add a {given.kind}" in .github/CONTRIBUTING.md.')


if __name__ == "__main__":
    main(sys.argv[1:])
