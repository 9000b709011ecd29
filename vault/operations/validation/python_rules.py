"""Rules that are Python functions of the project: loaded and run only where that was allowed.

    [validate.rules.TEAM002]
    python = "checks.py:is_polite"      # def is_polite(record) -> str | None

What a repository brings along is input from anyone, so nothing of it runs unasked.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vault.errors import InvalidInput
from vault.rules.kernel.rule import Check, Fault
from vault.rules.kernel.subject import Subject

_PLACE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_./-]*\.py):([A-Za-z_]\w*)")


def is_place(text: str) -> bool:
    """Tell whether a text names a file below the folder of `vault.toml` and a function in it."""
    match = _PLACE.fullmatch(text)
    return match is not None and ".." not in match[1].split("/")


def is_in_project(folder: Path, name: str) -> bool:
    """Tell whether a path is below a folder, links followed: they may come from a stranger."""
    return not Path(name).is_absolute() and (folder / name).resolve().is_relative_to(
        folder.resolve()
    )


def load_check(folder: Path, code: str, place: str) -> Check:
    """Run a file of the project and return the check that one of its functions is.

    The function is given a copy of the record, in any of several threads, and returns what is
    wrong or None. Raises InvalidInput (`own-rule-failed`) if the file or the function is not there
    or fails, and so does the check.
    """
    name, _, function_name = place.partition(":")
    path = folder / name
    if not path.is_file() or not is_in_project(folder, name):
        raise _failed(code, f"there is no file {name}")
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        # Not imported: that would leave compiled files behind, and a name in sys.modules.
        exec(compile(path.read_bytes(), str(path), "exec"), namespace)
    except (Exception, SystemExit) as error:
        raise _failed(code, f"{name} fails: {type(error).__name__}: {error}") from error
    function = namespace.get(function_name)
    if not callable(function):
        raise _failed(code, f"{name} has no function {function_name}")
    return _checking(code, function)


def _checking(code: str, function: Callable[[Any], Any]) -> Check:
    def check(subject: Subject) -> Iterator[Fault]:
        try:
            told = function(copy.deepcopy(subject.record))
        except (Exception, SystemExit) as error:
            raise _failed(code, f"it raised {type(error).__name__}: {error}") from error
        if told is not None and not isinstance(told, str):
            raise _failed(code, f"it returned {type(told).__name__}, not a text or None")
        if told:
            # Half of a surrogate pair could be kept in no file.
            yield Fault(told.encode("utf-8", "replace").decode())

    return check


def _failed(code: str, told: str) -> InvalidInput:
    return InvalidInput(
        f"the rule {code} of vault.toml cannot run: {told}",
        code="own-rule-failed",
        hint=f"correct it, or leave it out: `vault validate --ignore {code}`",
    )
