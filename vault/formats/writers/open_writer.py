"""Records to files: JSON Lines, JSON lists, CSV and Parquet, compressed or not.

The same records always give the same bytes, however they are handed over: nothing of the clock,
of file names or of the size of a call gets into them. Writes to a file that the caller opened and
will close, flush and rename.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol, cast

from vault.errors import InvalidInput
from vault.formats.files.columns import ColumnPlan, no_columns, read_record
from vault.formats.files.inputs import Compression, Layout
from vault.formats.files.meant.csv_separator import is_like_separators
from vault.formats.writers.record_writer import Buffer, RecordWriter, split_lines
from vault.objects.json.text import compact_bytes


class _Sink(Protocol):
    def write(self, data: Buffer, /) -> Any: ...

    def close(self) -> None: ...


def open_writer(
    target: BinaryIO,
    *,
    layout: Layout,
    compression: Compression = Compression.NONE,
    plan: ColumnPlan | None = None,
) -> RecordWriter:
    """Return a writer of records to a file opened for writing in binary.

    CSV and Parquet need the plan of their columns (`plan_columns` over the same records). Raises
    InvalidInput: `parquet-compressed` (Parquet compresses within), `no-columns` (records without
    a single key make no table).
    """
    if layout is Layout.PARQUET:
        if compression is not Compression.NONE:
            raise InvalidInput(
                "Parquet files are compressed within, and not again as a whole",
                code="parquet-compressed",
                hint="write to a name that ends in .parquet",
            )
        from vault.formats.writers.parquet_writer import ParquetWriter

        return ParquetWriter(target, _needed(plan))
    sink = _compressed(target, compression)
    if layout is Layout.CSV:
        return CsvWriter(sink, _needed(plan))
    return ListWriter(sink) if layout is Layout.JSON else LineWriter(sink)


def _needed(plan: ColumnPlan | None) -> ColumnPlan:
    if plan is None:
        raise TypeError("CSV and Parquet are written by a plan of their columns")
    return plan


class LineWriter:
    """Writes JSON Lines: each record and LF."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink

    def write(self, texts: Sequence[bytes]) -> None:
        """Write records."""
        if texts:
            self._sink.write(b"\n".join(texts) + b"\n")

    def write_lines(self, lines: Buffer) -> None:
        """Write lines as they are."""
        self._sink.write(lines)

    def close(self) -> None:
        """Finish the file."""
        self._sink.close()


class ListWriter:
    """Writes a JSON list, one record on each line; an empty one is `[]`."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._opening = b"[\n"

    def write(self, texts: Sequence[bytes]) -> None:
        """Write records."""
        if texts:
            self._sink.write(self._opening + b",\n".join(texts))
            self._opening = b",\n"

    def write_lines(self, lines: Buffer) -> None:
        """Write records that are joined to lines."""
        self.write(split_lines(lines))

    def close(self) -> None:
        """Finish the file."""
        self._sink.write(b"\n]\n" if self._opening == b",\n" else b"[]\n")
        self._sink.close()


class CsvWriter:
    """Writes CSV: a header of keys, then a row for each record, each ending in LF.

    Texts are cells as they are; null and absent keys are empty cells; any other value is its JSON
    text. What reading cannot tell from a text is for `vault.formats.files.table_cells` to mark.
    """

    def __init__(self, sink: _Sink, plan: ColumnPlan) -> None:
        self._sink = sink
        self._columns = plan.columns
        if len(plan.columns) == 1 and is_like_separators(plan.columns[0].name):
            # A reader would take it for two columns, or for the word on what separates them.
            self._sink.write(_in_quotes(plan.columns[0].name).encode() + b"\n")
        elif plan.columns:
            self._write_row([column.name for column in plan.columns])

    def write(self, texts: Sequence[bytes]) -> None:
        """Write records."""
        if texts and not self._columns:
            raise no_columns()
        for text in texts:
            record = read_record(text)
            self._write_row([_cell(record.get(column.name)) for column in self._columns])

    def write_lines(self, lines: Buffer) -> None:
        """Write records that are joined to lines."""
        self.write(split_lines(lines))

    def close(self) -> None:
        """Finish the file."""
        self._sink.close()

    def _write_row(self, cells: list[str]) -> None:
        if len(cells) == 1 and not cells[0]:
            row = '""'  # a blank line is no row
        else:
            row = ",".join(map(_quoted, cells))
        self._sink.write(row.encode() + b"\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else compact_bytes(value).decode()


def _quoted(cell: str) -> str:
    # Not the csv module, which quotes a lone CR in some versions of Python only. A byte order mark
    # is quoted because it would vanish from the beginning of a file.
    if '"' in cell or "," in cell or "\n" in cell or "\r" in cell or cell.startswith("\ufeff"):
        return _in_quotes(cell)
    return cell


def _in_quotes(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


class _Uncompressed:
    def __init__(self, target: BinaryIO) -> None:
        self.write = target.write

    def close(self) -> None:
        pass


def _compressed(target: BinaryIO, compression: Compression) -> _Sink:
    if compression is Compression.GZIP:
        # Without a name and a time, equal records give equal bytes.
        return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=target, mtime=0)
    if compression is Compression.ZSTD:
        import pyarrow as pa

        return cast(_Sink, pa.CompressedOutputStream(_StaysOpen(target), "zstd"))
    return _Uncompressed(target)


class _StaysOpen:
    """A file that pyarrow can write to but does not close."""

    closed = False

    def __init__(self, target: BinaryIO) -> None:
        self.write = target.write
        self.flush = target.flush

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        pass
