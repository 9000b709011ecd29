"""Every error has a code of its own, written where it is raised."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from docs.tools.error_reference import CLASSES, errors_in, raised_errors
from tests.contract.source import PACKAGE, modules
from vault.cli.frame.failures import HINTS

COMPUTED: dict[str, str] = {}
"""Modules that may compute a code, each with the reason and where its codes are listed."""


def test_every_code_is_written_where_the_error_is_raised() -> None:
    computed = [
        f"{raised.module}:{raised.line}"
        for raised in raised_errors(PACKAGE)
        if raised.code is None and raised.module not in COMPUTED
    ]
    assert not computed, f"give these a literal code: {computed}"


def test_a_module_that_no_longer_computes_codes_is_removed_from_the_table() -> None:
    computing = {raised.module for raised in raised_errors(PACKAGE) if raised.code is None}
    assert set(COMPUTED) <= computing


def test_codes_are_words_joined_by_hyphens() -> None:
    codes = {raised.code for raised in raised_errors(PACKAGE) if raised.code is not None}
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


def test_a_code_has_one_exit_code() -> None:
    exits: dict[str, set[int]] = defaultdict(set)
    for raised in raised_errors(PACKAGE):
        if raised.code is not None:
            exits[raised.code].add(CLASSES[raised.kind].exit_code)
    assert {code: found for code, found in exits.items() if len(found) > 1} == {}


def test_every_class_of_error_lives_in_one_module() -> None:
    elsewhere = [
        f"{module.name}.{node.name}"
        for module in modules()
        if module.name != "vault.errors"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(parent).rpartition(".")[2] in CLASSES for parent in node.bases)
    ]
    assert elsewhere == []


def test_every_class_of_error_has_a_next_step() -> None:
    assert all(any(parent in HINTS for parent in kind.__mro__) for kind in CLASSES.values())


def test_the_reader_finds_codes_and_templates() -> None:
    source = (
        "raise NotFound(f'no {word!r} in {book.title}', code='word-unknown')\n"
        "errors.Corrupt('a' + text, code=given)\n"
        "other('x', code='y')\n"
    )
    found = [(raised.code, raised.message) for raised in errors_in(source, "sample")]
    assert found == [("word-unknown", "no {word} in {title}"), (None, "a{text}")]
