"""The format's pages name everything that the encoders write, and the vectors that pin it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.make_frozen_repository import make
from vault.dataset.choosing.select import Selection
from vault.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs/format").glob("*.md")}
MAPS = {
    *("attachments", "branches", "files", "labels", "map", "meta", "readers", "sources"),
    *("stages", "tags", "workspaces"),
}
"""Members whose own keys are data: names of sources, of branches, and so on."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository made today in which everything occurs that can be written."""
    folder = tmp_path_factory.mktemp("home")
    make(folder)
    selection = Selection(split="train", sample=100, shuffle=True, seed=1)
    Repository.open(folder).export(
        "v1",
        output=str(folder / "train.jsonl"),
        selection=selection,
        fields=("messages",),
        extras=("id", "labels"),
    )
    return folder


def keys_in(value: Any, *, are_data: bool = False) -> Iterator[str]:
    """Yield the member names of a JSON value, save those that are data."""
    if isinstance(value, dict):
        for name, each in value.items():
            if not are_data:
                yield name
            yield from keys_in(each, are_data=not are_data and name in MAPS)
    elif isinstance(value, list):
        for each in value:
            yield from keys_in(each)


def written(folder: Path) -> dict[str, set[str]]:
    """Return the names that a repository's files hold, by the page that has to explain them."""
    found: dict[str, set[str]] = {}

    def note(page: str, names: Any) -> None:
        found.setdefault(page, set()).update(names)

    for path in (folder / ".vault/objects").glob("??/*"):
        data = path.read_bytes()
        if data.startswith(b"PAR1"):
            metadata = pq.read_metadata(pa.BufferReader(data))
            names = metadata.schema.to_arrow_schema().names
            page = "chunks" if {"data", "content_id"} & set(names) else "manifests"
            note(page, names)
            for name, text in (metadata.metadata or {}).items():
                note(page, [name.decode(), *keys_in(json.loads(text))])
        elif data.startswith(b"{") and b'"type"' in data:
            value = json.loads(data)
            note(value["type"] + "s", keys_in(value))
    for path in (folder / ".vault/operations").iterdir():
        note("operations", keys_in(json.loads(path.read_bytes().splitlines()[0])))
    note("README", keys_in(json.loads((folder / ".vault/format").read_bytes())))
    note("README", [f"{path.name}/" for path in (folder / ".vault").iterdir() if path.is_dir()])
    note("README", [path.name for path in (folder / ".vault").iterdir() if path.is_file()])
    note("export", keys_in(json.loads((folder / "vault.lock").read_bytes())))
    return found


def is_named(name: str, page: str) -> bool:
    """Tell whether a page has a name in code or in JSON."""
    return re.search(rf'[`"]{re.escape(name)}[`"/]', PAGES[page]) is not None


def test_every_name_that_is_written_is_in_the_page_about_it(home: Path) -> None:
    names = written(home)
    assert set(names) == {"README", "chunks", "commits", "export", "manifests", "operations"}
    missing = [
        f"{page}.md lacks {name}"
        for page, each in names.items()
        for name in sorted(each)
        if not is_named(name.removesuffix("/") if page == "README" else name, page)
    ]
    assert missing == []


def test_a_name_that_is_missing_would_be_told() -> None:
    assert is_named("records", "chunks")
    assert not is_named("recordings", "chunks")
    assert list(keys_in({"tags": {"v1": {"commit": "a"}}, "x": [{"y": 1}]})) == [
        *("tags", "commit", "x", "y")
    ]


def test_every_file_of_vectors_is_linked() -> None:
    text = "".join(PAGES.values())
    files = sorted((ROOT / "fixtures/vectors/format").glob("*.json"))
    assert len(files) > 3
    assert [each.name for each in files if f"vectors/format/{each.name})" not in text] == []
    assert "(../../fixtures/vectors)" in PAGES["conversations"]


def test_every_page_is_listed() -> None:
    listed = set(re.findall(r"\]\(([a-z]+)\.md\)", PAGES["README"]))
    assert set(PAGES) - {"README"} <= listed
