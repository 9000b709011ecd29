"""Recipes to begin with: four kinds of data, each with what is worth changing said beside it."""

from __future__ import annotations

from importlib import resources

from vault.errors import InvalidInput

KINDS = ("support", "classification", "reasoning", "tools")


def starting_recipe(kind: str) -> str:
    """Return the text of a recipe to begin with. Raises InvalidInput (`recipe-kind-unknown`)."""
    if kind not in KINDS:
        raise InvalidInput(
            f'"{kind}" is no kind of recipe to begin with',
            code="recipe-kind-unknown",
            hint=f"use one of {', '.join(KINDS)}",
        )
    return resources.files(__name__).joinpath(f"{kind}.toml").read_text("utf-8")
