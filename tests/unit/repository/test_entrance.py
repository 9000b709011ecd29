"""`vault.open`, `vault.init` and `vault.load` find the repository, and who acts."""

from __future__ import annotations

import getpass
import subprocess
import sys
from pathlib import Path

import pytest

import vault
import vault.errors
from tests.contract.source import ROOT
from tests.support.library import Library, chat


def test_a_folder_inside_the_repository_opens_it(library: Library) -> None:
    inside = library.folder / "deep" / "down"
    inside.mkdir(parents=True)
    assert vault.open(inside).folder == library.folder
    assert vault.open(str(library.folder)).folder == library.folder


def test_the_working_folder_is_the_default_and_may_change_afterwards(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(library.folder)
    repository = vault.open()
    monkeypatch.chdir("/")
    assert repository.status().branch == "main"


def test_init_opens_what_it_makes_and_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = vault.init("new", author="ada")
    first.import_records([chat("Why?")], source="here")
    first.commit("one")
    monkeypatch.chdir("/")
    assert first.log().commits[0].author == "ada"
    assert vault.init(tmp_path / "new").status().examples == 1


def test_what_is_not_there_is_told_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(vault.NotFound) as missing:
        vault.open(tmp_path / "nowhere")
    assert missing.value.code == "folder-not-found"
    with pytest.raises(vault.NotFound) as bare:
        vault.open(tmp_path)
    assert bare.value.code == "repository-not-found"
    assert bare.value.hint == "`vault.init(PATH)` makes one"


def test_the_author_is_the_one_given_else_configured_else_the_systems(library: Library) -> None:
    assert vault.open(library.folder).author == getpass.getuser()
    (library.folder / ".vault/config.toml").write_text('user.name = " Grace "\n')
    assert vault.open(library.folder).author == "Grace"
    assert vault.open(library.folder, author="Ada").author == "Ada"


def test_an_author_whom_the_system_does_not_know_can_still_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert vault.open(library.folder).author == "unknown"


def test_load_opens_a_version_of_a_folder_or_of_a_repository(library: Library) -> None:
    repository = vault.open(library.folder)
    repository.import_records([chat("Why?")], source="here")
    repository.commit("one")
    repository.import_records([chat("How?")], source="here")
    assert len(vault.load(library.folder)) == 1
    assert len(vault.load(repository, "STAGE")) == 2


def test_importing_vault_loads_its_version_alone() -> None:
    program = (
        "import sys, vault; "
        "assert set(vault.__all__) <= set(dir(vault)); "
        "print([m for m in sys.modules if m.startswith('vault.') or m in ('numpy', 'pyarrow')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "['vault.version']\n"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in vault.__all__:
        assert getattr(vault, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'close'"):
        vault.close  # noqa: B018


def test_every_class_of_error_can_be_caught_by_its_public_name() -> None:
    classes = [name for name, each in vars(vault.errors).items() if isinstance(each, type)]
    kinds = [name for name in classes if issubclass(getattr(vault.errors, name), Exception)]
    assert set(kinds) <= set(vault.__all__)
