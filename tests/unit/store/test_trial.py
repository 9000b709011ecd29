"""A backend for dry runs: what is below it stays as it was."""

from __future__ import annotations

from vault.store.memory import MemoryBackend
from vault.store.trial import TrialBackend


def test_what_is_below_is_read_and_never_changed() -> None:
    below, top = MemoryBackend(), MemoryBackend()
    below.put_if_absent("objects/a", b"below")
    trial = TrialBackend(below, top)

    assert not trial.put_if_absent("objects/a", b"other")
    assert trial.put_if_absent("objects/b", b"new")
    assert (trial.read("objects/a"), trial.read("objects/b")) == (b"below", b"new")
    trial.replace("objects/a", b"healed")
    trial.delete("objects/b")
    trial.sync("objects/a")

    assert (trial.read("objects/a"), below.read("objects/a")) == (b"healed", b"below")
    assert sorted(trial.names("objects")) == sorted(below.names("objects")) == ["objects/a"]
    assert not trial.exists("objects/b")
    assert trial.size_bytes("objects/a") == 6
