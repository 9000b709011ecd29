"""Recipes whose faults would show only after money was spent are refused before, or do no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import generated, pair
from tests.support.library import Library
from vault.errors import InvalidInput


@pytest.mark.parametrize(
    ("replaced", "told"),
    [
        ({"more": "[accept]\nwhere = \"respons = 'x'\"\n"}, '"respons" is no column'),
        ({"more": '[accept]\nwhere = "response = = 1"\n'}, "cannot be read"),
        ({"more": '[accept]\nwhere = "data.nope = 1"\n'}, "reads data.nope"),
        ({"topic": "topic = [nan]"}, "texts and numbers only"),
        ({"max_tokens": "max_tokens = 9\nwhen = 2020-01-01"}, "model.when cannot be sent"),
        ({"max_tokens": "max_tokens = 9\ntop_p = inf"}, "model.top_p cannot be sent"),
        ({"max_tokens": "max_tokens = 99999999999999999999"}, "max_tokens is more than"),
        ({"format": 'format = "json"\nschema = {const = 2020-01-01}'}, "schema cannot be sent"),
        ({"more": "[example.at]\nday = 2020-01-01\n"}, "example cannot be a record"),
        ({"more": '[example.at]\nx = "{{ answer.a, 1 }}"\n'}, "example.at.x is no template"),
        ({"more": '[example.at]\nx = "{{ answer.a | random }}"\n'}, "No filter named"),
    ],
)
def test_a_fault_is_told_before_anything_is_sent(
    library: Library, replaced: dict[str, str], told: str
) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        with pytest.raises(InvalidInput, match=told):
            generated(library, server.base_url, count=2, **replaced)
        assert server.ledger.entries == []
    assert library.repository.fsck().problems == ()


def test_a_field_that_no_answer_has_is_a_reason(library: Library) -> None:
    def content(*given: Any) -> str:
        return json.dumps({**json.loads(pair(*given)), "more": {}})

    example = '[example.more]\nx = "{{ answer.more }}"\n[accept]\nwhere = "data.more.x.y = 1"\n'
    with BillingServer(Behaviour(content=content)) as server:
        report = generated(library, server.base_url, count=2, max_requests=2, more=example)
    assert (report.stopped, report.rejected) == ("requests", {"where": 2})


def test_a_template_that_breaks_is_a_reason(library: Library) -> None:
    more = '[example.more]\nx = "is {{ answer.user | dictsort }}"\n'
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=2, max_requests=2, more=more)
    assert (report.stopped, report.rejected) == ("requests", {"field-missing": 2})


def test_a_key_in_place_of_its_variable_is_not_told(library: Library) -> None:
    key = "sk-proj-a1b2c3d4"
    with pytest.raises(InvalidInput, match="api_key_env has to name a variable") as caught:
        generated(library, "http://127.0.0.1:9/v1", price=f'api_key_env = "{key}"')
    assert key not in str(caught.value)


def test_more_examples_than_memory_cost_nothing(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=1_000_000_000, max_requests=3)
    assert (report.stopped, report.accepted) == ("requests", 3)
