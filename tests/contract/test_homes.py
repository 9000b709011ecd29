"""Every heavy library has one home, and only the command line meets the outside world."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.source import Module, modules

HOMES = {
    "click": {"cli"},
    "duckdb": {"catalogue"},
    "openai": {"generate"},
    "datasketch": {"dedupe"},
    "ray": {"operations"},
    "py3langid": {"rules"},
    "tokenizers": {"operations"},
}
"""Libraries that only the named rooms may import, at the top of a module or inside a function."""

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
    for name, line in module.uses():
        if _is_one_of(name, OUTSIDE) and module.room not in ASKS_OUTSIDE:
            yield f"{module.name}:{line} uses {name}: take it as an argument"
        if _is_one_of(name, TERMINAL) and module.room not in USES_TERMINAL:
            yield f"{module.name}:{line} uses {name}: report through the return value"


def _is_one_of(name: str, refused: tuple[str, ...]) -> bool:
    # Exactly the name: `os.environ.get` contains `os.environ` as a node of its own.
    return name in refused


def test_no_module_imports_or_uses_what_its_room_may_not() -> None:
    found = [line for module in modules() for line in strangers(module)]
    assert not found, "\n".join(found)


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
    # The command line may do all of it but import duckdb.
    assert len(list(strangers(Module("vault.cli.sample", text)))) == 1
