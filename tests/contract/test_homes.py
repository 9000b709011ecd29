"""Every heavy library has one home, and only the command line meets the outside world."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.source import Module, modules

HOMES = {
    "click": {"cli"},
    "duckdb": {"catalogue"},
    "openai": {"generate"},
    "datasketch": {"dedupe"},
    "py3langid": {"rules"},
    "tokenizers": {"operations"},
}
"""Libraries that only the named rooms may import, at the top of a module or inside a function."""

BY_NAME = {
    "ray": {"vault.operations.duplicates.workers.ray_cluster"},
    "pandas": {"vault.operations.exports.tables"},
    "datasets": {"vault.operations.exports.render"},
}
"""Libraries that are optional, so that they are imported by their names, and where."""

IMPORTERS = ("optional_library", "import_module")

CONNECTS = {"vault.catalogue.connection", "vault.catalogue.index.generation"}
"""Modules that open DuckDB: each says what a connection may reach."""

LABEL_SETS = {
    "decode_label_table": {
        "vault.dataset.reading.labels",
        "vault.operations.upkeep.check_datasets",
    },
    "encode_label_table": {"vault.dataset.changing.write_labels"},
}
"""Who may read and write label sets: one reader, one writer, and fsck, which checks the objects."""

OUTSIDE = (
    "os.environ",
    "os.getenv",
    "os.getlogin",
    "getpass.getuser",
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
)
"""The environment and the clock: read by the command line and by the face of the library."""

ASKS_OUTSIDE = {"cli", "repository", ""}

TERMINAL = ("print", "input", "sys.stdin", "sys.stdout", "sys.stderr", "sys.argv", "sys.exit")
"""The terminal: the command line's alone. A library that prints cannot be used in a program."""

USES_TERMINAL = {"cli", "__main__"}


def strangers(module: Module) -> Iterator[str]:
    """Yield what a module imports or uses although its room may not."""
    for imported in module.imports():
        library = imported.partition(".")[0]
        if library in HOMES and module.room not in HOMES[library]:
            yield f"{module.name} imports {library}, whose home is {sorted(HOMES[library])}"
    for library, line in module.imported_by_name(IMPORTERS):
        if module.name not in BY_NAME.get(library, {module.name}):
            yield f"{module.name}:{line} imports {library}, whose home is {BY_NAME[library]}"
    for name, line in module.uses():
        if name == "duckdb.connect" and module.name not in CONNECTS:
            yield f"{module.name}:{line} opens DuckDB, which only {sorted(CONNECTS)} may"
        if _is_one_of(name, OUTSIDE) and module.room not in ASKS_OUTSIDE:
            yield f"{module.name}:{line} uses {name}: take it as an argument"
        if _is_one_of(name, TERMINAL) and module.room not in USES_TERMINAL:
            yield f"{module.name}:{line} uses {name}: report through the return value"


def strange_label_readers(module: Module) -> Iterator[str]:
    """Yield what a module reads or writes of label sets although it is not their home."""
    home = "vault.objects.labels.label_set"
    used = {*module.imported_names(), *(name for name, _ in module.uses())}
    for name, allowed in LABEL_SETS.items():
        if f"{home}.{name}" in used and module.name not in {home, *allowed}:
            yield f"{module.name} uses {name}, whose home is {sorted(allowed)}"


def _is_one_of(name: str, refused: tuple[str, ...]) -> bool:
    # Exactly the name: `os.environ.get` contains `os.environ` as a node of its own.
    return name in refused


def test_no_module_imports_or_uses_what_its_room_may_not() -> None:
    found = [line for module in modules() for line in strangers(module)]
    assert not found, "\n".join(found)


def test_label_sets_have_one_reader_and_one_writer() -> None:
    found = [line for module in modules() for line in strange_label_readers(module)]
    assert not found, "\n".join(found)
    text = (
        "from vault.objects.labels import label_set\n"
        "from vault.objects.labels.label_set import Label, encode_label_table\n"
        "def f(): label_set.decode_label_table(b'')\n"
    )
    assert len(list(strange_label_readers(Module("vault.operations.sample", text)))) == 2


def test_every_codec_of_label_sets_has_a_home() -> None:
    module = next(each for each in modules() if each.name == "vault.objects.labels.label_set")
    names = {name.rpartition(".")[2] for name, _, is_public in module.definitions() if is_public}
    codecs = {each for each in names if each.startswith(("decode_", "encode_"))}
    assert codecs == set(LABEL_SETS)


def test_the_check_finds_them_however_they_are_imported() -> None:
    text = (
        "import os, time as clock\n"
        "from datetime import datetime\n"
        "from os import environ\n"
        "def f():\n"
        "    import duckdb.typing\n"
        "    print(os.environ.get('A'), clock.time(), datetime.now(), environ)\n"
        "    clock.monotonic()\n"
    )
    found = list(strangers(Module("vault.operations.sample", text)))
    assert len(found) == 6, found
    by_name = (
        "import importlib, duckdb\n"
        "from vault.session.optional_library import optional_library\n"
        "def f():\n"
        "    optional_library('ray', install='')\n"
        "    importlib.import_module('pandas.api')\n"
        "    duckdb.connect()\n"
    )
    assert len(list(strangers(Module("vault.catalogue.index.sample", by_name)))) == 3
    # The command line may do all of it but import duckdb.
    assert len(list(strangers(Module("vault.cli.sample", text)))) == 1
