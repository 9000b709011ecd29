"""`import_records`: what a program has as Python values goes the way that files go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vault.errors import InvalidInput
from vault.formats.files.inputs import InputFile, Layout
from vault.formats.files.rows import row_blocks, rows_of_table
from vault.operations.imports.import_files import ready_to_import
from vault.operations.imports.import_inputs import import_inputs
from vault.operations.imports.import_options import ImportOptions
from vault.operations.imports.import_report import ImportReport

if TYPE_CHECKING:
    from vault.session.context import Context


def import_records(
    context: Context, rows: Iterable[Mapping[str, Any]], options: ImportOptions
) -> ImportReport:
    """Read records into the stage of the current branch; lines are numbers of rows, from 1.

    A DataFrame or an Arrow table stands for its rows. Rows are taken one by one, and about a block
    of them (4 MB) is in memory. Raises what `rows` raises while it is read, InvalidInput
    (`source-missing`, `not-records`, and those of `import_files`), Conflict (`detached-head`),
    StorageFailed, Corrupt; nothing is staged then.
    """
    if not options.source:
        raise InvalidInput(
            "records from a program need a source, so that they can be told from others",
            code="source-missing",
            hint='name where they come from: import_records(rows, source="api")',
        )
    rows = rows_of_table(rows)
    if isinstance(rows, Mapping | str | bytes) or not isinstance(rows, Iterable):
        raise InvalidInput(
            f"a {type(rows).__name__} is no sequence of records",
            code="not-records",
            hint="give a list, or anything that yields one mapping a record",
        )
    file = InputFile(options.source, Layout.JSONL)
    with ready_to_import(context, options) as (context, team):
        return import_inputs(context, [file], options, opened=lambda _: row_blocks(rows), team=team)
