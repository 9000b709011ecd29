"""Values that are kept for a while: those asked for last."""

from __future__ import annotations

from functools import partial

from vault.web.recent import Recent


def test_what_was_asked_for_last_is_kept() -> None:
    kept: Recent[str] = Recent(2)
    for key in ("a", "b", "a", "c"):
        assert kept.get_or_make(key, partial(str, f"first {key}")) == f"first {key}"
    assert [kept.get(key) for key in "abc"] == ["first a", None, "first c"]
    assert kept.get_or_make("a", lambda: "second a") == "first a"
    assert kept.get_or_make("b", lambda: "second b") == "second b"
