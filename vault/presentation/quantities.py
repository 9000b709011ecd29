"""Counts and sizes in words."""

from __future__ import annotations


def plural(count: int, word: str, many: str | None = None) -> str:
    """Return `1 example`, `3 examples`, `12,000 entries`; `many` is for words without a rule."""
    if count == 1:
        return f"1 {word}"
    if many is None:
        if word.endswith(("s", "x", "z", "ch", "sh")):
            many = word + "es"
        elif word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
            many = word[:-1] + "ies"
        else:
            many = word + "s"
    return f"{count:,} {many}"


def size_text(size_bytes: int) -> str:
    """Return a size as people read it, in powers of 1,000: `812 bytes`, `4.1 kB`, `12 MB`."""
    if abs(size_bytes) < 1000:
        return plural(size_bytes, "byte")
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if abs(size) < 999.5 or unit == "TB":
            break
    return f"{size:.1f} {unit}" if abs(size) < 9.95 else f"{size:,.0f} {unit}"
