"""Reading a rubric: every fault is told at once, and what decides a verdict makes the digest."""

from __future__ import annotations

import pytest

from vault.errors import InvalidInput, InvalidText
from vault.generate.rubric.read_rubric import read_rubric
from vault.generate.rubric.rubric import Rubric
from vault.generate.rubric.starting import KINDS, starting_rubric

SMALL = """
name = "help"
[[criterion]]
id = "answers"
question = "Does it answer?"
[[judge]]
model = "m"
"""


def read(text: str) -> Rubric:
    return read_rubric(text.encode(), "help.toml")


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidText) as caught:
        read(text)
    assert caught.value.code == "rubric-invalid"
    return caught.value.excerpt


@pytest.mark.parametrize("kind", KINDS)
def test_a_rubric_to_begin_with_is_a_rubric(kind: str) -> None:
    rubric = read(starting_rubric(kind))
    assert rubric.name == kind
    assert 3 <= len(rubric.criteria) <= 6


def test_another_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no kind of rubric"):
        starting_rubric("poetry")


def test_the_smallest_rubric_has_defaults() -> None:
    rubric = read(SMALL)
    assert (rubric.repeat, rubric.scrub, rubric.reference) == (0.05, True, None)
    assert rubric.judges[0].max_tokens == 1_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SMALL.replace('name = "help"', 'name = "Help me"'), "name has to be of a-z"),
        (SMALL.replace('"answers"', '"score"'), "criterion[1].id has to be of a-z"),
        (SMALL.replace('model = "m"', 'model = "m"\nbase_url = "ftp://x"'), "judge[1].base_url"),
        (SMALL + '[[judge]]\nmodel = "M"\n', 'judge has the model "m" twice'),
        (SMALL + '[[criterion]]\nid = "answers"\nquestion = "?"\n', 'the id "answers" twice'),
        (SMALL.replace("[[judge]]", "[judge]"), "write [[judge]]"),
        (SMALL.replace("[[criterion]]", "[[criteria]]"), "criterion is missing"),
        (SMALL.replace('model = "m"', 'model = "m"\napi_key = "sk-1"'), "would put a key into git"),
        (SMALL.replace('question = "Does it answer?"', "weight = 0"), "question is missing"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, told: str) -> None:
    assert any(told in each for each in faults(text)), faults(text)


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("odd = 1\n" + SMALL.replace('"help"', '""'))) == 2


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        read("name = ")
    assert caught.value.code == "rubric-unreadable"


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ('model = "m"', 'model = "m" # cheap\nprice = "none"', True),
        ("Does it answer?", "Does it really answer?", False),
        ('model = "m"', 'model = "n"', False),
        ('model = "m"', 'model = "m"\ntemperature = 1', False),
        ('id = "answers"', 'id = "answers"\nweight = 2', False),
    ],
)
def test_the_digest_is_of_what_decides(before: str, after: str, is_same: bool) -> None:
    assert (read(SMALL.replace(before, after)).digest == read(SMALL).digest) is is_same
