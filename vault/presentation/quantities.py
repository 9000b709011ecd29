"""Counts, sizes and shares in words."""

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


def share_text(share: float) -> str:
    """Return a share in percent: `12 %`, `0.4 %`, and `<0.1 %` for what is not nothing."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    percent = 100 * share
    return f"{percent:.1f} %" if percent < 9.95 and percent else f"{percent:.0f} %"


def range_text(least: int, most: int) -> str:
    """Return a range of counts: `4 to 5`, or `2` for a single one."""
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def tokens_text(tokenizer: str | None) -> str:
    """Return how tokens were counted: by the file of a tokenizer, None for the estimate."""
    if tokenizer is None:
        return "tokens are an estimate: bytes of text / 4"
    return f"tokens are counted with {tokenizer}"
