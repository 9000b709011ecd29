"""The reference of recipes has the keys that are read and their defaults; its recipe is one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from vault.errors import InvalidInput
from vault.generate.model import _SENT_BY_VAULT, Model
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.recipe import AnswerFormat, Each, Recipe

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "reference" / "recipes.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_.*]+)` \| [^|]+ \| ([^|]+) \| .+ \|$", re.M)
TOML = re.compile(r"^```toml(?: \S+)?\n(.*?)^```$", re.M | re.S)
SMALLEST = """
[model]
name = "m"
max_tokens = 10
[prompt]
user = "{{ seeds }}"
[example]
text = "{{ answer }}"
[seeds]
"""


def told() -> dict[str, str]:
    """Return the keys of the page with their defaults."""
    table = PAGE.partition("## Keys")[2].partition("\n## ")[0]
    return {key: default.strip("`") for key, default in ROW.findall(table)}


def below(table: str) -> list[str]:
    """Return the keys of the page that stand in a table, those at the top for ""."""
    parts = [key.rpartition(".") for key in told()]
    return [key for where, _, key in parts if where == table]


def faults_of(text: str) -> str:
    """Return what is told about a recipe that cannot be used."""
    with pytest.raises(InvalidInput) as raised:
        read_recipe(text.encode(), "r.toml")
    return str(raised.value)


def with_key(table: str, line: str) -> str:
    """Return the smallest recipe with a line in a table."""
    if not table:
        return line + SMALLEST
    text = SMALLEST if f"[{table}]" in SMALLEST else f"{SMALLEST}[{table}]\n"
    return text.replace(f"[{table}]\n", f"[{table}]\n{line}\n")


@pytest.mark.parametrize("table", ["seeds", "each", "prompt", "answer", "accept"])
def test_the_page_has_the_keys_of_a_table(table: str) -> None:
    place = f"{table}.quixotic"
    found = re.search(
        rf"{re.escape(place)} is unknown; known are (.*)",
        faults_of(with_key(table, "quixotic = 1")),
    )
    assert found is not None
    assert sorted(found[1].split(", ")) == sorted(below(table))


def test_the_page_has_the_tables_of_a_recipe() -> None:
    found = re.search(
        "quixotic is unknown; known are (.*)", faults_of(with_key("", "quixotic = 1"))
    )
    assert found is not None
    assert sorted(found[1].split(", ")) == sorted({key.partition(".")[0] for key in told()})


def test_the_page_has_the_keys_of_the_model() -> None:
    keys = below("model")
    assert len(keys) == len(fields(Model))
    others = "".join(f"{key} = 0\n" for key in keys if key not in ("name", "max_tokens", "*"))
    faults = faults_of(with_key("model", others))
    for key in others.split(" = 0\n")[:-1]:
        assert f"model.{key} has to be" in faults


def test_the_page_has_the_defaults_that_are_used() -> None:
    recipe = read_recipe(SMALLEST.encode(), "r.toml")
    assert recipe.seeds is not None and recipe.format is AnswerFormat(told()["answer.format"])
    places: dict[str, Any] = {"": recipe, "seeds": recipe.seeds, "accept": recipe.accept}
    places["each"] = Each()
    compared = 0
    for key, default in told().items():
        table, _, name = key.rpartition(".")
        value = getattr(places.get(table), name, None)
        if isinstance(value, bool | int | float):
            assert default == str(value).lower().removesuffix(".0"), key
            compared += 1
    assert compared == 11


def test_required_keys_are_those_without_which_no_recipe_is_read() -> None:
    faults = faults_of("[model]\n[prompt]\n[example]\n")
    missing = set(re.findall(r"(\S+) is missing", faults)) | {"example"}
    assert missing == {key for key, default in told().items() if default == "required"}
    assert "example is missing" in faults_of(SMALLEST.replace("[example]", "[vary]"))


def test_the_recipe_of_the_page_is_one() -> None:
    found = TOML.search(PAGE)
    assert found is not None
    recipe: Recipe = read_recipe(found[1].encode(), "r.toml")
    assert recipe.seeds is not None and len(recipe.vary) == 2


def test_the_other_recipe_for_a_local_server_is_free() -> None:
    page = (DOCS / "how-to" / "generate-with-a-model.md").read_text(encoding="utf-8")
    model = tomllib.loads(TOML.findall(page)[-1])["model"]
    assert model["price"] == "none" and model["max_tokens"] > 0


def test_the_page_names_the_keys_that_vault_sends() -> None:
    assert [key for key in _SENT_BY_VAULT if f"`{key}`" not in PAGE] == []


def test_the_page_explains_each_format_of_answers() -> None:
    table = PAGE.partition("## Answers")[2]
    assert [each for each in AnswerFormat if f"\n| `{each}` |" not in table] == []
