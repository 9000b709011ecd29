"""Environments with trainers, for slow tests: made once, kept in this user's cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path

import pytest

_PACKAGES: dict[str, tuple[str, ...]] = {
    "trl": ("torch==2.13.0", "trl==1.16.0"),
    "llamafactory": ("torch==2.13.0", "llamafactory==0.9.5"),
    "mistral": ("mistral-common==1.13.1",),
    "mlx": ("mlx-lm[cpu]==0.32.2",),
}
_UNWANTED: dict[str, tuple[str, ...]] = {"llamafactory": ("torchaudio", "torchvision")}
"""Packages that come with others and fail beside the CPU's torch: it trains without them."""

_SECONDS = 1_800


@cache
def trainer_python(name: str) -> Path:
    """Return the interpreter of an environment; skips the test where it cannot be made."""
    packages = _PACKAGES[name]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "dataset-vault-tests" / "-".join((name, *packages)).replace("==", "-")
    python, done = folder / "bin" / "python", folder / "complete"
    if not done.exists():
        try:
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run(
                [python, "-m", "pip", "install", "-q", *packages],
                check=True,
                capture_output=True,
                timeout=_SECONDS,
            )
            for each in _UNWANTED.get(name, ()):
                subprocess.run(
                    [python, "-m", "pip", "uninstall", "-q", "-y", each],
                    check=True,
                    capture_output=True,
                    timeout=_SECONDS,
                )
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"{' and '.join(packages)} cannot be installed here: {error}")
        done.touch()
    return python


def run_loader(name: str, script: str, *arguments: str, folder: Path) -> str:
    """Run a script of `loaders` in an environment, and return its last line on standard output."""
    path = Path(__file__).parent / "loaders" / f"{script}.py"
    done = subprocess.run(
        [trainer_python(name), path, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf")},
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    sys.stdout.write(f"{trainer_python(sys.argv[1])}\n")
