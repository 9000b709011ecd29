"""Templates give exactly what is asked of them, and reach nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from vault.generate.recipe.templates import TemplateFailed, filled, rendered

VALUES: dict[str, Any] = {"answer": {"n": 3, "tags": ["a"], "text": "<b>", "none": None}, "t": "x"}


def test_a_value_alone_keeps_its_type() -> None:
    record = {"a": "{{ answer.n }}", "b": ["{{answer.tags}}"], "c": " {{ answer.none }} ", "d": 5}
    assert filled(record, VALUES) == {"a": 3, "b": [["a"]], "c": None, "d": 5}


def test_a_value_among_others_becomes_text() -> None:
    assert filled("{{ answer.n }}{{ t }}", VALUES) == "3x"
    assert filled("n: {{ answer.n * 1.5 }}", VALUES) == "n: 4.5"
    assert filled("{{ t * answer.n }}", VALUES) == "xxx"
    assert rendered("{{ answer.text }}\n", VALUES) == "<b>\n"


@pytest.mark.parametrize(
    "text",
    [
        "{{ answer.missing }}",
        "x {{ answer.missing }}",
        "{{ answer.text.upper }}",
        "{{ answer.n / 0 }}",
        "{{ answer.text + 1 }}",
        "{{ ''.__class__.__mro__ }}",
        "x {{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ 'x' * 2000000 }} ",
        "a {{ 'x' * 2000000 }}",
        "{% for a in range(100001) %}x{% endfor %}",
    ],
)
def test_what_does_not_fit_fails(text: str) -> None:
    with pytest.raises(TemplateFailed):
        filled({"a": text}, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "x {{ answer.text.upper }}",
        "x {{ answer.tags | map('upper') }}",
        "x {{ '{a}'.format() }}",
        "x {{ answer.text | dictsort }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ cycler() }}",
    ],
)
def test_nothing_but_a_failure_comes_of_a_template(text: str) -> None:
    with pytest.raises(TemplateFailed):
        filled(text, VALUES)


def test_members_come_before_methods() -> None:
    values = {"answer": {"items": ["a"], "keys": 3}}
    assert filled({"a": "{{ answer.items }}", "b": "{{- answer.keys -}}"}, values) == {
        "a": ["a"],
        "b": 3,
    }
    assert (
        rendered("{% for k, v in t.items() %}{{ k }}{{ v }}{% endfor %}", {"t": {"a": 1}}) == "a1"
    )


@pytest.mark.parametrize("text", ["{{ answer | random }}", "{{ lipsum() }}"])
def test_chance_has_no_part_in_a_template(text: str) -> None:
    with pytest.raises(TemplateFailed):
        rendered(text, VALUES)
