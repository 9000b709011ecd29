"""A program is refused the same combinations as the command line, by the same codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.repository import Repository

REFUSED: dict[str, tuple[Callable[[Repository], Any], str]] = {
    "key": (lambda r: r.import_files(["a.jsonl"], key="id"), "key-without-update"),
    "key of records": (
        lambda r: r.import_records([{}], source="here", key="id"),
        "key-without-update",
    ),
    "mode": (lambda r: r.import_files(["a.jsonl"], mode="merge"), "mode-unknown"),  # type: ignore[arg-type]
    "query of nothing": (lambda r: r.query(()), "where-missing"),
    "iteration of nothing": (lambda r: list(r.iterate_query(())), "where-missing"),
    "dry run of nothing": (lambda r: r.validate(dry_run=True), "nothing-to-try"),
    "label as a tag": (lambda r: r.tag("quality=good"), "tag-is-label"),
    "label as a tag to delete": (lambda r: r.delete_tag("quality=good"), "tag-is-label"),
    "containment": (lambda r: r.dedupe(containment=13), "against-missing"),
    "mapping": (lambda r: r.dedupe(mapping={"user": "q"}), "against-missing"),
    "format": (lambda r: r.dedupe(format="chat"), "against-missing"),
    "mark": (lambda r: r.dedupe(against="STAGE", mark=True), "against-options"),
    "standard output": (lambda r: r.export("STAGE", output="-"), "output-missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_is_refused_as_the_command_line_is(name: str, library: Library) -> None:
    library.write("a.jsonl", [chat("Why?", "Because.")])
    library.run("a.jsonl")
    before = library.repository.operations()
    call, code = REFUSED[name]

    with pytest.raises(InvalidInput) as caught:
        call(library.repository)

    assert caught.value.code == code
    assert library.repository.operations() == before
