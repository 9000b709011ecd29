"""Sizes that bound what reading and writing files may cost, in bytes. Imports nothing."""

from __future__ import annotations

BLOCK_BYTES = 2 << 20
"""About how much JSON one block holds: enough to keep a worker busy, little enough to have many."""

MAX_RECORD_BYTES = 64 << 20
"""The longest record that is read; a longer one is refused without being held in memory."""

QUARANTINE_KEPT_BYTES = 64 << 10
"""How much is kept of a refused text that is longer than MAX_RECORD_BYTES."""

READ_BYTES = 1 << 20
"""How much is read from a stream at a time."""

ROW_GROUP_BYTES = 32 << 20
"""About how much JSON goes into one row group of a Parquet file that vault writes."""

MAX_COLUMNS = 10_000
"""The most columns that a CSV or Parquet file is written with."""
