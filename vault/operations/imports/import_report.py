"""The report of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.dataset.changing.stage import Staged
    from vault.formats.files.meant.folder_contents import LeftOut


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What one file gave: read = imported + duplicates + returned + quarantined.

    `same_content` counts imported records whose conversation was there with other metadata;
    `elsewhere` counts duplicates of records that another source brought, by source, most first;
    `reordered` duplicates that differ from the record that is there in an order of keys that counts
    (in arguments of calls, in schemas of tools), and were not stored all the same; `returned`
    records that had been removed deliberately and stayed out. `first_reason` says where
    and why the first one of the quarantined could not be read, `explained` what the file may be and
    `way_on` what makes records of it. When updating, `unmatched` records
    took the place of no example, and `merged` ones had become equal to another example, so that the
    one they were to replace stayed as it was. `choices` are the mappings that fit a record which
    stayed raw, and `origin` says what program wrote it, where that is known. `labelled` imported
    records have labels of the file;
    `unlabelled` ones came with labels and were there already, so they keep their own. `side` is
    that of a split which the name of the file says. `may_be_edited` tells that its source was read
    before and that more of it is there already than is new: what was edited stands there twice.
    """

    path: str
    source: str
    format: str | None
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    first_reason: str | None = None
    explained: str | None = None
    way_on: str | None = None
    may_be_edited: bool = False
    reordered: int = 0
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    unmatched: int = 0
    merged: int = 0
    choices: tuple[Mapping[str, str], ...] = ()
    origin: str | None = None
    labelled: int = 0
    unlabelled: int = 0
    side: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport(Displayed):
    """What an import did: the files and their totals, and how the stage then stood.

    `taken_out` counts the examples that were on the stage before and that replacing took away.
    `left_out` are files of folders that were not read, although they may hold data.
    """

    files: tuple[ImportedFile, ...]
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    staged: Staged | None
    dry_run: bool = False
    taken_out: int = 0
    reordered: int = 0
    left_out: tuple[LeftOut, ...] = ()
