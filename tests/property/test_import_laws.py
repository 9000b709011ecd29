"""Law: a dataset is what a model in a dictionary says, after any imports of any files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.drafting import dataset_of
from tests.support.laws import share_of_examples
from tests.support.library import Library
from vault.dataset.reading.sources import rows_of_source

SOURCES = ["a", "b", "c"]
_files = st.dictionaries(
    st.sampled_from(SOURCES), st.lists(st.integers(0, 7), max_size=6), min_size=1, max_size=3
)
_imports = st.lists(
    st.tuples(st.sampled_from(["append", "replace", "replace-all"]), _files),
    min_size=1,
    max_size=6,
)


class Model:
    """Which source each record belongs to, and how often a file's records are new."""

    def __init__(self) -> None:
        self.owner: dict[int, str] = {}

    def run(self, mode: str, files: dict[str, list[int]]) -> tuple[int, int]:
        """Import files and return (imported, duplicates)."""
        known = set(self.owner)
        read = [each for records in files.values() for each in records]
        before = self.owner
        if mode == "append":
            self.owner = dict(before)
        elif mode == "replace":
            self.owner = {each: owner for each, owner in before.items() if owner not in files}
        else:
            self.owner = {}
        for source, records in files.items():
            for each in records:
                self.owner.setdefault(each, source)
        imported = len(set(read) - known)
        return imported, len(read) - imported


@share_of_examples(0.2)
@given(imports=_imports)
def test_imports_do_what_the_model_does(imports: list[tuple[str, dict[str, list[int]]]]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        for mode, files in imports:
            for source, numbers in files.items():
                library.write(f"{source}.jsonl", [{"n": each} for each in numbers])
            expected = model.run(mode, files)

            report = library.run(*(f"{source}.jsonl" for source in files), mode=mode)

            assert (report.imported, report.duplicates) == expected
            assert owners(library) == model.owner
            if mode == "replace-all":
                everything = [each for numbers in files.values() for each in numbers]
                assert numbers_of(library) == list(dict.fromkeys(everything))


def numbers_of(library: Library) -> list[int]:
    return [record["n"] for record in library.records()]


def owners(library: Library) -> dict[int, str]:
    """Return which source each record belongs to."""
    dataset = dataset_of(library.repository)
    keys = dataset.keys()
    numbers = numbers_of(library)
    found: dict[int, Any] = {}
    for source in SOURCES:
        own = rows_of_source(dataset, keys, f"{source}.jsonl").tolist()
        found |= {each: source for each, is_own in zip(numbers, own, strict=True) if is_own}
    assert len(found) == len(set(numbers)) == len(numbers)
    return found
