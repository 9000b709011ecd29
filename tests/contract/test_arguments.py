"""Keyword arguments of methods are the fields of the frozen value that they make."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.source import modules
from vault.operations.duplicates.dedupe import DedupeOptions
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.settings import ComparingArguments, DedupeArguments
from vault.operations.exports.export_options import ExportArguments, ExportOptions
from vault.operations.imports.import_options import ImportArguments, ImportOptions, RecordArguments
from vault.operations.labelling.agreement import AgreementArguments, AgreementOptions
from vault.operations.labelling.label import LabelArguments, LabelOptions
from vault.operations.quarantine.retry import RetryArguments, RetryOptions
from vault.operations.queries.grep import GrepArguments, GrepOptions
from vault.operations.scoring.plan import PlanArguments, PlanOptions
from vault.operations.scoring.score import ScoreArguments, ScoreOptions
from vault.operations.statistics.stats import StatsArguments, StatsOptions
from vault.operations.validation.validate import ValidateArguments, ValidateOptions
from vault.repository.repository import Repository, RepositoryArguments

NAMED_BY_THE_METHOD = {
    DedupeArguments: {
        *("mark", "yes", "dry_run", "limit", "against", "containment"),
        *("comparing",),  # which the other arguments make
    },
    ExportArguments: {"where", "mixture"},
    PlanArguments: {"by"},
    ScoreArguments: {"name", "value"},
    # Rows are no files.
    RecordArguments: {"source", "lines", "paragraphs", "split_from_name", "binary"},
}
"""Fields that a method takes as parameters of their own."""


def fields(*kinds: Any) -> set[str]:
    return {field.name for kind in kinds for field in dataclasses.fields(kind)}


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (AgreementArguments, [AgreementOptions]),
        (ImportArguments, [ImportOptions]),
        (RecordArguments, [ImportOptions]),
        (ComparingArguments, [Comparing]),
        (DedupeArguments, [DedupeOptions, Comparing]),
        (ExportArguments, [ExportOptions]),
        (GrepArguments, [GrepOptions]),
        (LabelArguments, [LabelOptions]),
        (PlanArguments, [PlanOptions]),
        (RetryArguments, [RetryOptions]),
        (ScoreArguments, [ScoreOptions]),
        (StatsArguments, [StatsOptions]),
        (ValidateArguments, [ValidateOptions]),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_arguments_are_the_fields_of_what_they_make(arguments: Any, made: list[Any]) -> None:
    apart = NAMED_BY_THE_METHOD.get(arguments, set())
    assert set(arguments.__annotations__) == fields(*made) - apart


def test_settings_of_a_repository_are_its_parameters() -> None:
    known = set(inspect.signature(Repository).parameters) - {"backend", "folder"}
    assert set(RepositoryArguments.__annotations__) == known


def untyped() -> Iterator[str]:
    """Yield public functions of the library's face that take keyword arguments of any name."""
    for module in modules():
        for name, node, is_public in module.definitions():
            if module.room != "repository" or isinstance(node, ast.ClassDef) or not is_public:
                continue
            keywords = node.args.kwarg
            if keywords is not None and not ast.unparse(keywords).partition(": Unpack[")[1]:
                yield name


def test_no_method_takes_arguments_of_any_name() -> None:
    assert list(untyped()) == []
