"""`query`, `sample` and `head`: some examples of a revision, whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.choosing.select import Selection, select
from vault.dataset.listed import ListedExample, listed, open_revision
from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import Revision


@dataclass(frozen=True, slots=True)
class ExamplesReport(Displayed):
    """Examples of a revision: `examples` were meant, `items` are those shown of them.

    `commit` is None for the stage.
    """

    commit: str | None
    examples: int
    items: tuple[ListedExample, ...]


def query(
    context: Context, expressions: Sequence[str], revision: str | None = None, *, limit: int = 20
) -> ExamplesReport:
    """Return how many examples of a revision (the stage) satisfy all expressions, and the first.

    Raises as `matching_keys` does, InvalidInput (`count-invalid`, `where-missing`), and NotFound
    (`revision-not-found`).
    """
    _check_count(limit)
    _check_expressions(expressions)
    opened, dataset = open_revision(context, revision)
    keys = satisfying(context, dataset, dataset.keys(), expressions)
    return _report(opened, dataset, keys, keys[:limit])


def iterate_query(
    context: Context, expressions: Sequence[str], revision: str | None = None
) -> Iterator[ListedExample]:
    """Return every example of a revision (the stage) that satisfies all expressions, in order.

    Raises what `query` raises.
    """
    _check_expressions(expressions)

    def examples() -> Iterator[ListedExample]:
        _, dataset = open_revision(context, revision)
        yield from listed(dataset, satisfying(context, dataset, dataset.keys(), expressions))

    return examples()


def sample(
    context: Context,
    count: int,
    revision: str | None = None,
    *,
    expressions: Sequence[str] = (),
    seed: int = 0,
) -> ExamplesReport:
    """Return a sample of a revision (the stage), the one that an export with `--sample` takes.

    Raises InvalidInput (`sample-invalid`) and what `query` raises.
    """
    opened, dataset = open_revision(context, revision)
    keys = satisfying(context, dataset, dataset.keys(), expressions)
    return _report(
        opened, dataset, keys, select(dataset, keys, Selection(None, count, False, seed))
    )


def _check_expressions(expressions: Sequence[str]) -> None:
    if not expressions:
        raise InvalidInput(
            "nothing says which examples are meant",
            code="where-missing",
            hint='`vault query --where "turns > 2"`, or `vault head` for the first ones',
        )


def _check_count(count: int) -> None:
    if count < 0:
        raise InvalidInput(
            f"{count} examples cannot be shown", code="count-invalid", hint="`vault head 10`"
        )


def head(context: Context, count: int = 10, revision: str | None = None) -> ExamplesReport:
    """Return the first examples of a revision (the stage), in their order.

    Raises InvalidInput (`count-invalid`), NotFound (`revision-not-found`).
    """
    _check_count(count)
    opened, dataset = open_revision(context, revision)
    keys = dataset.keys()
    return _report(opened, dataset, keys, keys[:count])


def _report(opened: Revision, dataset: Dataset, keys: RowKeys, shown: RowKeys) -> ExamplesReport:
    return ExamplesReport(opened.commit, len(keys), tuple(listed(dataset, shown)))
