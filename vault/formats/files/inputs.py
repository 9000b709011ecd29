"""Which files an import reads: arguments to a list of files with their layout and compression.

Looks at names, and at the first bytes where a name says nothing; reads no records.
"""

from __future__ import annotations

import glob
import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from vault.errors import InvalidInput, NotFound
from vault.formats.files.file_state import FileState


class Layout(Enum):
    """How records lie in a file."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Compression(Enum):
    """How a file as a whole is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read records from; `path` as the user wrote it, `-` for standard input.

    `state` is how the file stood when it was found, if it was looked for.
    """

    path: str
    layout: Layout
    compression: Compression = Compression.NONE
    state: FileState | None = field(default=None, compare=False, repr=False)

    def check_unchanged(self) -> None:
        """Raise InvalidInput (`file-changed`) if the file changed since it was found."""
        if self.state is not None:
            self.state.check()

    def check_opened(self, descriptor: int) -> None:
        """Raise InvalidInput (`file-changed`) unless a descriptor is of the file as found."""
        if self.state is not None:
            self.state.check_opened(descriptor)

    def estimated_bytes(self) -> int:
        """Return about how much text the file holds; 0 for standard input, which does not say."""
        if self.path == "-":
            return 0
        packed = self.layout is Layout.PARQUET or self.compression is not Compression.NONE
        size_bytes = os.path.getsize(self.path) if self.state is None else self.state.size_bytes
        return size_bytes * (_USUAL_RATIO if packed else 1)


_LAYOUTS = {
    ".jsonl": Layout.JSONL,
    ".ndjson": Layout.JSONL,
    ".json": Layout.JSON,
    ".csv": Layout.CSV,
    ".parquet": Layout.PARQUET,
}
_COMPRESSIONS = {".gz": Compression.GZIP, ".zst": Compression.ZSTD}
_USUAL_RATIO = 4
_NAMES = ".jsonl, .ndjson, .json, .csv or .parquet"


def by_name(path: str) -> InputFile | None:
    """Return what the ending of a path says the file is, or None for an unknown ending."""
    stem, ending = os.path.splitext(path)
    compression = _COMPRESSIONS.get(ending.lower(), Compression.NONE)
    if compression is not Compression.NONE:
        ending = os.path.splitext(stem)[1]
    layout = _LAYOUTS.get(ending.lower())
    return None if layout is None else InputFile(path, layout, compression)


def find_files(arguments: Sequence[str]) -> tuple[InputFile, ...]:
    """Return the files that paths, folders, globs and `-` stand for, each once, in that order.

    A folder stands for every file with a known ending in it and below, hidden ones excepted,
    sorted by path; so does a glob, unless it matches no known ending: then its files are read as
    their first bytes say, like any file of unknown ending that is named.

    Raises NotFound (`file-not-found`), and InvalidInput: `no-files` (a folder with nothing
    readable), `special-file` (a device, pipe or socket), `unknown-layout`,
    `path-empty`.
    """
    found: dict[str, InputFile] = {}
    for argument in arguments:
        for file in _expand(argument):
            key = "-" if file.path == "-" else os.path.realpath(file.path)
            found.setdefault(key, file)
    return tuple(found.values())


def _with_state(path: str, known: InputFile | None) -> InputFile:
    # The state first: what the beginning says must be of the same file.
    state = FileState.of(path, os.stat(path))
    return replace(known or _by_content(path), state=state)


def _expand(argument: str) -> list[InputFile]:
    if not argument:
        raise InvalidInput(
            "the path of a file to read is empty",
            code="path-empty",
            hint="name a file, a folder, or `-` for standard input",
        )
    if argument == "-":
        return [InputFile("-", Layout.JSONL)]
    if os.path.isdir(argument):
        return _in_folder(argument)
    if os.path.exists(argument):
        return [_named(argument)]
    if glob.has_magic(argument):
        return _matching(argument)
    raise _not_found(argument)


def _in_folder(folder: str) -> list[InputFile]:
    files = [
        _with_state(path, file) for path in _walk(folder) if (file := by_name(path)) is not None
    ]
    if not files:
        raise InvalidInput(
            f"{folder} holds no file that can be read",
            code="no-files",
            hint=f"files are known by their endings: {_NAMES}, also with .gz or .zst",
        )
    return files


def _walk(folder: str) -> Iterator[str]:
    paths: list[str] = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += (os.path.join(where, name) for name in names if not name.startswith("."))
    return (path for path in sorted(paths) if os.path.isfile(path))


def _matching(pattern: str) -> list[InputFile]:
    paths = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    if not paths:
        raise NotFound(
            f"no file matches {pattern}",
            code="file-not-found",
            hint="`ls` lists what is there; quote the pattern so that the shell leaves it alone",
        )
    known = [_with_state(path, file) for path in paths if (file := by_name(path)) is not None]
    return known or [_named(path) for path in paths]


def _named(path: str) -> InputFile:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InvalidInput(
            f"{path} is a device, pipe or socket",
            code="special-file",
            hint=f"give it as standard input: vault import - < {path}",
        )
    return _with_state(path, by_name(path))


def _by_content(path: str) -> InputFile:
    with open(path, "rb") as file:
        beginning = file.read(4096)
    if beginning.startswith(b"PAR1"):
        return InputFile(path, Layout.PARQUET)
    if beginning.startswith(b"\x1f\x8b"):
        return InputFile(path, Layout.JSONL, Compression.GZIP)
    if beginning.startswith(b"\x28\xb5\x2f\xfd"):
        return InputFile(path, Layout.JSONL, Compression.ZSTD)
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"["):
        return InputFile(path, Layout.JSON)
    if text.startswith(b"{") or not text or beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return InputFile(path, Layout.JSONL)
    way_on = f"rename it so that it ends in {_NAMES}"
    if path.lower().endswith((".txt", ".md")):
        named = shlex.quote(path)
        way_on = f"make a record of each line: jq -Rc '{{text: .}}' {named} > {named}.jsonl"
    raise InvalidInput(
        f"neither the name nor the beginning of {path} says what kind of file it is",
        code="unknown-layout",
        hint=way_on,
    )


def _not_found(path: str) -> NotFound:
    import difflib

    folder, name = os.path.split(path)
    hint = f"`ls {folder or '.'}` lists what is there"
    try:
        near = difflib.get_close_matches(name, os.listdir(folder or "."), n=1)
    except OSError:
        hint = f"the folder {folder} cannot be listed either"
    else:
        if near:
            hint = f"did you mean {os.path.join(folder, near[0])}?"
    return NotFound(f"{path} does not exist", code="file-not-found", hint=hint)
