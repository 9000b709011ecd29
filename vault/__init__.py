"""vault: version control for the data that language models are fine-tuned on.

In a program or notebook, `vault.open` opens the repository that a folder is in, and its methods are
the commands; `vault.load` opens one version for reading. Each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vault.version import __version__

if TYPE_CHECKING:
    from vault.dataset.reading.examples import Example
    from vault.errors import (
        AlreadyExists,
        AnswerIsNo,
        Conflict,
        Corrupt,
        Interrupted,
        InvalidExpression,
        InvalidInput,
        InvalidText,
        NotFound,
        StorageFailed,
        VaultError,
    )
    from vault.repository import Repository
    from vault.repository.entrance import check_lock, doctor, init, load, open, provenance
    from vault.repository.snapshot import Snapshot

__all__ = [
    "AlreadyExists",
    "AnswerIsNo",
    "Conflict",
    "Corrupt",
    "Example",
    "Interrupted",
    "InvalidExpression",
    "InvalidInput",
    "InvalidText",
    "NotFound",
    "Repository",
    "Snapshot",
    "StorageFailed",
    "VaultError",
    "__version__",
    "check_lock",
    "doctor",
    "init",
    "load",
    "open",
    "provenance",
]

_ENTRANCE = "vault.repository.entrance"
_MODULES = {
    "Example": "vault.dataset.reading.examples",
    "Repository": "vault.repository",
    "Snapshot": "vault.repository.snapshot",
    "check_lock": _ENTRANCE,
    "doctor": _ENTRANCE,
    "init": _ENTRANCE,
    "load": _ENTRANCE,
    "open": _ENTRANCE,
    "provenance": _ENTRANCE,
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module: `import vault` alone loads none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'vault' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_MODULES.get(name, "vault.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, those that are not loaded yet included."""
    return sorted({*globals(), *__all__})
