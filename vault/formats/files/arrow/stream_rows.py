"""Arrow streams and files to blocks of record texts: what `save_to_disk` of datasets leaves.

`datasets` writes streams in files that end in .arrow, in its cache as well as on `save_to_disk`;
others write Arrow files (Feather). Read as Parquet is. Imports pyarrow: import it on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc

from vault.errors import InvalidInput
from vault.formats.files.arrow.batches import batch_blocks, plan_of
from vault.formats.files.inputs import Binary
from vault.formats.files.records import RecordTexts

_FILE_SIGNATURE = b"ARROW1"
_BATCH_ROWS = 8192


def arrow_blocks(
    path: str, *, block_bytes: int, max_record_bytes: int, binary: Binary = Binary.REFUSED
) -> Iterator[RecordTexts]:
    """Yield the rows of an Arrow stream or file as records, numbered by their place in the file.

    Refuses rows as `parquet_blocks` does. Raises InvalidInput (`arrow-damaged`, `parquet-columns`).
    """
    try:
        with open(path, "rb") as handle:
            is_file = handle.read(len(_FILE_SIGNATURE)) == _FILE_SIGNATURE
        with pa.memory_map(path) as source:
            opened = (ipc.open_file if is_file else ipc.open_stream)(source)
            plan = plan_of(opened.schema, path, binary)
            yield from batch_blocks(
                _small(_batches(opened)),
                plan,
                block_bytes=block_bytes,
                max_record_bytes=max_record_bytes,
            )
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InvalidInput(
            f"{path} is damaged or no Arrow file: {str(error).splitlines()[0]}",
            code="arrow-damaged",
            hint="write it anew, or as Parquet: datasets.Dataset.from_file(FILE).to_parquet(…)",
        ) from None


def _batches(opened: Any) -> Iterator[Any]:
    if isinstance(opened, ipc.RecordBatchFileReader):
        return (opened.get_batch(number) for number in range(opened.num_record_batches))
    return iter(opened)


def _small(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield batches of bounded numbers of rows: a writer may put all of a table into one."""
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)
