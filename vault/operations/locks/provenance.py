"""Where a file of training data is from, for an experiment tracker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vault.errors import NotFound
from vault.operations.exports.lock_file import digest_of, read_lock
from vault.presentation.shell_words import shown_words


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a file is from: what an experiment tracker keeps beside a run.

    `digest` is the SHA-256 of the file as it is now; `source` is `vault:REPOSITORY@COMMIT`, None
    for an export of a stage; `command` writes the file again.
    """

    name: str
    digest: str
    source: str | None
    commit: str | None
    tag: str | None
    examples: int
    command: str

    def to_dict(self) -> dict[str, str | int]:
        """Return what is known, as the parameters of a run."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in found.items() if value is not None}


def provenance_of(folder: Path, path: Path) -> Provenance:
    """Return where a file is from, as the lock of a folder says.

    The file is found by what it holds, whatever it is called now. Costs reading it. Raises NotFound
    (`origin-not-found`) where the lock lists no such file, InvalidInput (`lock-damaged`), OSError.
    """
    digest = digest_of(path)
    for key, entry in sorted(read_lock(folder).items()):
        if entry.sha256 == digest:
            source = None
            if entry.commit is not None:
                source = f"vault:{entry.repository or folder.name}@{entry.commit}"
            return Provenance(
                key,
                digest,
                source,
                entry.commit,
                entry.tag,
                entry.examples,
                shown_words(["vault", *entry.command(key)]),
            )
    raise NotFound(
        f"vault.lock lists no file that holds what {path} does",
        code="origin-not-found",
        hint="it was edited, or is of another repository: `vault which` looks further",
    )
