"""Exact numbers of tokens, by the file of a tokenizer that the project has: nothing is downloaded.

    [validate]
    tokenizer = "tokenizer.json"

The library is the extra `tokens`, and imported when a tokenizer is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from vault.errors import InvalidInput
from vault.operations.validation.python_rules import is_in_project

_MOST_BYTES = 256 << 20


def token_counter(folder: Path, name: str) -> tuple[Callable[[str], int], str]:
    """Return what counts the tokens of a text, and a name that changes with the tokenizer.

    `name` is a path from the folder of `vault.toml`. Raises InvalidInput (`extra-missing`,
    `tokenizer-unreadable`).
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise InvalidInput(
            f"counting with {name} needs tokenizers, which is not installed",
            code="extra-missing",
            hint="pip install 'dataset-vault[tokens]'",
        ) from None
    path, is_inside = folder / name, is_in_project(folder, name)
    if not is_inside or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise _unreadable(name, "no such file below the project's folder, or one that is too large")
    data = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(data)
    except Exception as error:  # the library raises its own kinds of Exception, and no other
        raise _unreadable(name, str(error)) from None

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return count, f"{Path(name).name}, {hashlib.sha256(data).hexdigest()[:12]}"


def _unreadable(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{name} cannot be read as a tokenizer: {why}",
        code="tokenizer-unreadable",
        hint="name the tokenizer.json of the model below [validate] of vault.toml",
    )
