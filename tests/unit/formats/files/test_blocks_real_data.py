"""Files that nobody here wrote, where they are at hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.unit.formats.files.reading import read_file

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
FILES = sorted(path for path in DATA.glob("*/*") if path.suffix in (".json", ".jsonl", ".csv"))

pytestmark = pytest.mark.skipif(not FILES, reason="the real data is not here")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files_are_read_as_the_standard_library_reads_them(path: Path) -> None:
    content = path.read_text("utf-8-sig")
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            expected = list(csv.DictReader(file))
    elif path.suffix == ".json":
        expected = json.loads(content)
    else:
        expected = [json.loads(line) for line in content.split("\n") if line.strip()]
    result = read_file(path, block_bytes=1 << 18)
    assert result.refused == []
    assert [json.loads(text) for text in result.texts] == expected
