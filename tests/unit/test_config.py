"""Settings: found, typed, and refused with the line when they are not TOML."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vault.config import (
    MAX_SIZE_BYTES,
    Configuration,
    find_root,
    parse,
    read_machine_configuration,
    read_team_configuration,
)
from vault.errors import InvalidInput

TEXT = b"""
[user]
name = "Ada"
[dedupe]
threshold = 0.8
seed = 3
exact = true
fields = ["a", "b"]
"""


def test_settings_are_read_by_type() -> None:
    settings = parse(TEXT, shown="vault.toml")
    assert settings.raw == TEXT
    assert settings.text("user.name") == "Ada"
    assert settings.number("dedupe.threshold") == 0.8
    assert settings.number("dedupe.seed") == 3.0
    assert settings.integer("dedupe.seed") == 3
    assert settings.boolean("dedupe.exact") is True
    assert settings.texts("dedupe.fields") == ("a", "b")
    assert settings.table("user") == {"name": "Ada"}
    assert settings.text("user.email") is None
    assert settings.number("nothing.at.all") is None
    assert settings.texts("none") is None
    assert settings.table("none") == {}


@pytest.mark.parametrize(
    ("method", "key", "message"),
    [
        ("text", "dedupe.seed", "vault.toml: dedupe.seed is not text"),
        ("integer", "dedupe.threshold", "vault.toml: dedupe.threshold is not a whole number"),
        ("integer", "dedupe.exact", "vault.toml: dedupe.exact is not a whole number"),
        ("number", "dedupe.exact", "vault.toml: dedupe.exact is not a number"),
        ("boolean", "dedupe.seed", "vault.toml: dedupe.seed is not true or false"),
        ("texts", "user.name", "vault.toml: user.name is not a list of texts"),
        ("table", "user.name", "vault.toml: user.name is not a table"),
        ("text", "user.name.first", "vault.toml: user.name is not a table"),
    ],
)
def test_another_type_is_refused_by_name(method: str, key: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        getattr(parse(TEXT, shown="vault.toml"), method)(key)
    assert caught.value.message == message
    assert caught.value.code == "config-invalid"


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        (b"a = 1\nb = \n", "vault.toml, line 2: "),
        (b"a = 1\n\nb = '\xff'\n", "vault.toml, line 3: it is not UTF-8"),
        (b"a = [1,", "vault.toml, line 1: "),
        (b"a = 1\na = 2\n", "vault.toml, line 2: cannot overwrite a value"),
        (b"a = " + b"[" * 100_000, "vault.toml: it is nested too deeply"),
        (b"a = " + b"9" * 10_000, "vault.toml: "),
    ],
    ids=["syntax", "utf8", "end", "twice", "deep", "huge"],
)
def test_what_is_not_toml_is_refused_with_its_line(raw: bytes, start: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(raw, shown="vault.toml")
    assert caught.value.message.startswith(start)


def test_absent_files_are_empty_settings(tmp_path: Path) -> None:
    assert read_team_configuration(tmp_path) == Configuration("vault.toml")
    assert read_machine_configuration(tmp_path).values == {}


def test_both_files_are_read_from_their_places(tmp_path: Path) -> None:
    (tmp_path / ".vault").mkdir()
    (tmp_path / "vault.toml").write_bytes(b"a = 1\n")
    (tmp_path / ".vault/config.toml").write_bytes(b"a = 2\n")
    assert read_team_configuration(tmp_path).raw == b"a = 1\n"
    assert read_machine_configuration(tmp_path).integer("a") == 2


def test_what_is_no_ordinary_small_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vault.toml")
    with pytest.raises(InvalidInput, match="not a regular file"):
        read_team_configuration(tmp_path)
    (tmp_path / "vault.toml").unlink()
    (tmp_path / "vault.toml").write_bytes(b"#" * (MAX_SIZE_BYTES + 1))
    with pytest.raises(InvalidInput, match="longer than 1,000,000 bytes"):
        read_team_configuration(tmp_path)


def test_a_repository_is_found_from_below(tmp_path: Path) -> None:
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    assert find_root(below) is None
    (below / ".vault").mkdir()
    (tmp_path / ".vault/format").parent.mkdir()
    (tmp_path / ".vault/format").write_text("1\n")
    assert find_root(below) == tmp_path
