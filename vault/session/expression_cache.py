"""What was made of chunks for expressions, kept while a repository is open, within a bound.

Chunks never change, so what follows from one holds for ever. Needs nothing but the standard
library: every context has a cache, also where no expression is ever asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MOST_BYTES = 256 << 20
"""How much is kept, as its makers count it."""


class ColumnCache:
    """Keeps what was used last; many threads may use it at once.

    One value may be as large as `largest_bytes`: a sixteenth of all unless it is given.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, *, largest_bytes: int | None = None) -> None:
        self._most_bytes = most_bytes
        self._largest_bytes = most_bytes // 16 if largest_bytes is None else largest_bytes
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def get(self, key: Hashable) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: Any, size_bytes: int) -> None:
        """Keep a value; what was not used for longest goes. Too large a one is not kept."""
        if size_bytes > self._largest_bytes:
            return
        with self._lock:
            _, before = self._held.pop(key, (None, 0))
            self._held[key] = (value, size_bytes)
            self.size_bytes += size_bytes - before
            while self.size_bytes > self._most_bytes:
                _, (_, gone) = self._held.popitem(last=False)
                self.size_bytes -= gone
