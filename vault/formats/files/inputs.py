"""Which files an import reads: arguments to a list of files with their layout and compression.

Looks at names, and at the first bytes where a name says nothing; reads no records.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum

from vault.errors import InvalidInput, NotFound
from vault.formats.files.file_state import FileState
from vault.formats.files.meant.exported_names import as_exported
from vault.formats.files.meant.file_signs import check_signs
from vault.formats.files.meant.folder_contents import LeftOut, is_sidecar, left_out


class Layout(Enum):
    """How records lie in a file."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"
    TEXT = "text"


class TextUnit(StrEnum):
    """The part of a plain text file that makes one record."""

    FILE = "file"
    LINE = "line"
    PARAGRAPH = "paragraph"


class Binary(StrEnum):
    """What becomes of bytes in a table that are no text: JSON has none."""

    REFUSED = "refused"
    BASE64 = "base64"
    OMIT = "omit"


class Compression(Enum):
    """How a file as a whole is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read records from; `path` as the user wrote it, `-` for standard input.

    `unit` says what is a record of plain text, and counts for no other layout. `state` is how the
    file stood when it was found, if it was looked for. `may_be_wrapped` says that one object around
    the records is no record. `binary` is for tables with columns of bytes.
    """

    path: str
    layout: Layout
    compression: Compression = Compression.NONE
    unit: TextUnit = TextUnit.FILE
    state: FileState | None = field(default=None, compare=False, repr=False)
    may_be_wrapped: bool = field(default=True, compare=False, repr=False)
    binary: Binary = Binary.REFUSED

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
        packed = (
            self.layout in (Layout.PARQUET, Layout.ARROW)
            or self.compression is not Compression.NONE
        )
        size_bytes = os.path.getsize(self.path) if self.state is None else self.state.size_bytes
        return size_bytes * (_USUAL_RATIO if packed else 1)


_LAYOUTS = {
    ".jsonl": Layout.JSONL,
    ".ndjson": Layout.JSONL,
    ".json": Layout.JSON,
    ".csv": Layout.CSV,
    ".tsv": Layout.CSV,
    ".parquet": Layout.PARQUET,
    ".arrow": Layout.ARROW,
    ".txt": Layout.TEXT,
}
_COMPRESSIONS = {".gz": Compression.GZIP, ".zst": Compression.ZSTD}
_USUAL_RATIO = 4
_SIGNATURES = (b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_NAMES = ".jsonl, .ndjson, .json, .csv, .tsv, .parquet, .arrow or .txt"
# JSON Lines and lists of objects are known by this where their file is called .txt.
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[?\s*\{\s*["}]')
# Texts that stand beside data and are none.
_ABOUT = re.compile(r"(?:readme|licen[cs]e|copying|notice|changelog|authors|citation)\b", re.I)


def by_name(path: str) -> InputFile | None:
    """Return what the ending of a path says the file is, or None for an unknown ending."""
    stem, ending = os.path.splitext(path)
    compression = _COMPRESSIONS.get(ending.lower(), Compression.NONE)
    if compression is not Compression.NONE:
        ending = os.path.splitext(stem)[1]
    layout = _LAYOUTS.get(ending.lower())
    return None if layout is None else InputFile(path, layout, compression)


def written_by_name(path: str) -> InputFile | None:
    """Return what the ending of a path says of a file that vault writes: plain text is none."""
    named = by_name(path)
    is_written = named is not None and named.layout not in (Layout.TEXT, Layout.ARROW)
    return named if is_written else None


def find_files(
    arguments: Sequence[str],
    unit: TextUnit | None = None,
    *,
    exported: Collection[str] = frozenset(),
) -> tuple[InputFile, ...]:
    """Return the files that paths, folders, globs and `-` stand for, each once, in that order.

    A folder stands for every file with a known ending in it and below, hidden ones excepted and
    those that stand beside data (`is_sidecar`) or are among the real paths of the `exported`,
    sorted by path; so does a glob, unless it matches no known ending: then its files are read as
    their first bytes say, like any file of unknown ending that is named. Plain text is left out of
    either where other files are found, unless `unit` says what is a record of it; so is always what
    a folder says of itself (README.txt, LICENSE.txt). A `.txt` that is named and holds JSON is read
    as that, unless `unit` is given; standard input is plain text then.

    Raises NotFound (`file-not-found`), and InvalidInput: `no-files` (a folder with nothing
    readable), `special-file` (a device, pipe or socket), `unknown-layout`, `path-empty`,
    `no-text-files` (a unit of text, and none of the files is plain text).
    """
    found: dict[str, InputFile] = {}
    for argument in arguments:
        for file in _expand(argument, unit, exported):
            key = "-" if file.path == "-" else os.path.realpath(file.path)
            found.setdefault(key, file)
    if unit is None:
        return tuple(found.values())
    if all(each.layout is not Layout.TEXT for each in found.values()):
        raise InvalidInput(
            f"--{unit.value}s reads plain text, and no file that was named is plain text",
            code="no-text-files",
            hint=f"leave out --{unit.value}s, or name files that end in .txt",
        )
    return tuple(replace(each, unit=unit) for each in found.values())


def left_out_of(
    arguments: Sequence[str], *, exported: Collection[str] = frozenset()
) -> tuple[LeftOut, ...]:
    """Return the files of folders that `find_files` passes over although they may hold data."""
    folders = (each for each in arguments if each and os.path.isdir(each))
    found = (
        as_exported(path, exported) or left_out(path)
        for folder in folders
        for path in _walk(folder)
    )
    return tuple(each for each in found if each is not None)


def _with_state(path: str, known: InputFile | None) -> InputFile:
    # The state first: what the beginning says must be of the same file.
    state = FileState.of(path, os.stat(path))
    return replace(known or _by_content(path), state=state)


def _expand(argument: str, unit: TextUnit | None, exported: Collection[str]) -> list[InputFile]:
    if not argument:
        raise InvalidInput(
            "the path of a file to read is empty",
            code="path-empty",
            hint="name a file, a folder, or `-` for standard input",
        )
    if argument == "-":
        return [InputFile("-", Layout.JSONL if unit is None else Layout.TEXT)]
    if os.path.isdir(argument):
        return _in_folder(argument, unit, exported)
    if os.path.exists(argument):
        return [_named(argument, unit)]
    if glob.has_magic(argument):
        return _matching(argument, unit, exported)
    raise _not_found(argument)


def _in_folder(folder: str, unit: TextUnit | None, exported: Collection[str]) -> list[InputFile]:
    paths = list(_walk(folder))
    own = [path for path in paths if as_exported(path, exported) is None]
    files = _data_files((path for path in own if not is_sidecar(path)), unit)
    if not files:
        unread = next((each for path in paths if (each := as_exported(path, exported))), None)
        unread = unread or next(filter(None, map(left_out, paths)), None)
        if unread is not None:
            raise InvalidInput(
                f"{folder} holds no file that can be read, only such as {unread.path}",
                code="no-files",
                hint=unread.why,
            )
        raise InvalidInput(
            f"{folder} holds no file that can be read",
            code="no-files",
            hint=f"files are known by their endings: {_NAMES}, also with .gz or .zst",
        )
    return files


def _data_files(paths: Iterable[str], unit: TextUnit | None) -> list[InputFile]:
    """Return the files of known endings, and those of plain text that are likely to be data."""
    known = [file for path in paths if (file := by_name(path)) is not None]
    if unit is None and any(each.layout is not Layout.TEXT for each in known):
        known = [each for each in known if each.layout is not Layout.TEXT]
    return [
        _with_state(each.path, each)
        for each in known
        if each.layout is not Layout.TEXT or not _ABOUT.match(os.path.basename(each.path))
    ]


def _walk(folder: str) -> Iterator[str]:
    paths: list[str] = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += (os.path.join(where, name) for name in names if not name.startswith("."))
    return (path for path in sorted(paths) if os.path.isfile(path))


def _matching(pattern: str, unit: TextUnit | None, exported: Collection[str]) -> list[InputFile]:
    paths = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    if not paths:
        raise NotFound(
            f"no file matches {pattern}",
            code="file-not-found",
            hint="`ls` lists what is there; quote the pattern so that the shell leaves it alone",
        )
    own = [path for path in paths if as_exported(path, exported) is None]
    return _data_files(own, unit) or [_named(path, unit) for path in paths]


def _named(path: str, unit: TextUnit | None) -> InputFile:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InvalidInput(
            f"{path} is a device, pipe or socket",
            code="special-file",
            hint=f"give it as standard input: vault import - < {path}",
        )
    known = by_name(path)
    if known is not None and known.layout is Layout.TEXT and unit is None and _is_no_text(known):
        known = None
    return _with_state(path, known)


def _is_no_text(file: InputFile) -> bool:
    """Tell whether a file that is called .txt begins as another layout does."""
    if file.compression is not Compression.NONE:
        return False
    with open(file.path, "rb") as opened:
        beginning = opened.read(4096)
    return beginning.startswith(_SIGNATURES) or _JSON.match(beginning) is not None


def _by_content(path: str) -> InputFile:
    with open(path, "rb") as file:
        beginning = file.read(4096)
    parquet, gzip, zstd = _SIGNATURES
    if beginning.startswith(parquet):
        return InputFile(path, Layout.PARQUET)
    if beginning.startswith(gzip):
        return InputFile(path, Layout.JSONL, Compression.GZIP)
    if beginning.startswith(zstd):
        return InputFile(path, Layout.JSONL, Compression.ZSTD)
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"["):
        return InputFile(path, Layout.JSON)
    if text.startswith(b"{") or not text or beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return InputFile(path, Layout.JSONL)
    check_signs(beginning, path)
    way_on = f"rename it so that it ends in {_NAMES}"
    if path.lower().endswith(".md"):
        way_on = f"read it as plain text: vault import - --paragraphs < {shlex.quote(path)}"
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
