"""Exact numbers of tokens by a tokenizer of the project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.operations.validation.token_counts import token_counter

WORDS = "word " * 1_500


@pytest.fixture
def tokenizer(library: Library) -> Path:
    """A tokenizer of which every word is a token, in the folder of the library."""
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = library.folder / "tokenizer.json"
    made.save(str(path))
    (library.folder / "vault.toml").write_text('[validate]\ntokenizer = "tokenizer.json"\n')
    return path


def test_lengths_are_counted_instead_of_estimated(library: Library, tokenizer: Path) -> None:
    # 900 words of 5 letters are estimated as 1,125 tokens.
    library.write("a.jsonl", [chat("Hi", "word " * 900), chat("Ho", WORDS)])
    library.run("a.jsonl")

    [found] = library.repository.validate(target="trl", select=["SIZE"]).findings
    assert [(each.line, each.message) for each in found.items] == [
        (2, "1,501 tokens, and TRL reads 1,024")
    ]
    (library.folder / "vault.toml").unlink()
    [estimated] = library.repository.validate(target="trl", select=["SIZE"]).findings
    assert [each.line for each in estimated.items] == [1, 2]
    assert estimated.items[0].message == "about 1,126 tokens, and TRL reads 1,024"


def test_another_tokenizer_is_another_name(library: Library, tokenizer: Path) -> None:
    count, name = token_counter(library.folder, "tokenizer.json")
    assert count("two words") == 2 and count("") == 0
    tokenizer.write_text(tokenizer.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert token_counter(library.folder, "tokenizer.json")[1] != name


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff\xfe"])
def test_what_is_no_tokenizer_is_refused(
    library: Library, tokenizer: Path, content: bytes | None
) -> None:
    if content is None:
        tokenizer.unlink()
    else:
        tokenizer.write_bytes(content)
    library.write("a.jsonl", [chat("Hi")])
    library.run("a.jsonl")
    with pytest.raises(InvalidInput) as caught:
        library.repository.validate()
    assert caught.value.code == "tokenizer-unreadable"
    assert "tokenizer.json" in str(caught.value)


def test_without_the_library_the_way_to_install_it_is_told(
    library: Library, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(InvalidInput) as caught:
        library.repository.validate()
    assert caught.value.code == "extra-missing"
    assert caught.value.hint == "pip install 'dataset-vault[tokens]'"


@pytest.mark.parametrize("name", ["/dev/zero", "../tokenizer.json", "."])
def test_nothing_outside_the_project_is_read(library: Library, tokenizer: Path, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        token_counter(library.folder, name)
    assert caught.value.code == "tokenizer-unreadable"
