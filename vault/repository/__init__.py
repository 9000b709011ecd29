"""The library's face: a repository with the commands as methods, and versions for reading.
Knows no logic.
"""

from __future__ import annotations

from vault.repository.repository import LabelView, Repository, utc_now

__all__ = ["LabelView", "Repository", "utc_now"]
