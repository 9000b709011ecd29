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
    # What its command imports to train on a CPU: the rest needs a GPU or a compiler.
    "axolotl": (
        "torch==2.13.0",
        "transformers==5.16.1",
        "datasets==4.8.4",
        "trl==1.9.0",
        "accelerate==1.13.0",
        "peft==0.20.0",
        "mistral-common==1.11.5",
        "addict",
        "art",
        "bitsandbytes==0.50.2",
        "colorama",
        "einops",
        "evaluate",
        "fastcore",
        "fire",
        "langdetect",
        "numba",
        "posthog",
        "pydantic",
        "python-dotenv",
        "schedulefree",
        "scipy",
        "triton",
        "typer",
        "wandb",
    ),
    "llamafactory": ("torch==2.13.0", "llamafactory==0.9.5"),
    "mistral": ("mistral-common==1.13.1",),
    "mlx": ("mlx-lm[cpu]==0.32.2",),
}
_ALONE: dict[str, tuple[str, ...]] = {
    "axolotl": (
        "axolotl==0.19.0",
        "axolotl-contribs-lgpl==0.0.7",
        "axolotl-contribs-mit==0.0.6",
    ),
}
"""Packages that are installed without what they ask for."""
_UNWANTED: dict[str, tuple[str, ...]] = {"llamafactory": ("torchaudio", "torchvision")}
"""Packages that come with others and fail beside the CPU's torch: it trains without them."""

_SECONDS = 1_800


@cache
def trainer_python(name: str) -> Path:
    """Return the interpreter of an environment; skips the test where it cannot be made."""
    packages, alone = _PACKAGES[name], _ALONE.get(name, ())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    told = "-".join((name, *(each for each in packages if "==" in each), *alone))
    folder = root / "dataset-vault-tests" / told.replace("==", "-")
    python, done = folder / "bin" / "python", folder / "complete"
    if not done.exists():
        try:
            venv.create(folder, with_pip=True, clear=True)
            _pip(python, "install", *packages)
            if alone:
                _pip(python, "install", "--no-deps", *alone)
            for each in _UNWANTED.get(name, ()):
                _pip(python, "uninstall", "-y", each)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"{' and '.join((*packages, *alone))} cannot be installed here: {error}")
        done.touch()
    return python


def _pip(python: Path, verb: str, *words: str) -> None:
    subprocess.run(
        [python, "-m", "pip", verb, "-q", *words],
        check=True,
        capture_output=True,
        timeout=_SECONDS,
    )


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
