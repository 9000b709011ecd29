"""`generate --plan`: each value gets its quota in accepted examples, also after a resume."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import generated, pair, pair_of
from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound, VaultError
from vault.operations.generating.report import GenerateReport

PLAN = 'field = "data.topic"\n[quota]\ncards = 30\nfees = 7\nloans = 0\n'


def planned(library: Library, url: str, text: str = PLAN, **options: Any) -> GenerateReport:
    path = library.folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return generated(library, url, plan=str(path), **options)


def topics(library: Library) -> Counter[str]:
    return Counter(each["topic"] for each in library.records())


def test_each_value_gets_its_quota_of_accepted_examples(library: Library) -> None:
    rates = {"malformed": 0.2, "length": 0.1}
    with BillingServer(Behaviour(content=pair, rates=rates)) as server:
        report = planned(library, server.base_url)
        tones = Counter("polite" in each.text for each in server.ledger.entries)
    assert (report.wanted, report.accepted, report.stopped) == (37, 37, "done")
    assert topics(library) == {"cards": 30, "fees": 7}
    assert tones[True] > tones[False] > 0


def test_quotas_hold_where_answers_are_lists(library: Library) -> None:
    def several(text: str, chance: random.Random) -> str:
        return json.dumps([json.loads(pair(text, chance)) for _ in range(6)])

    with BillingServer(Behaviour(content=several)) as server:
        report = planned(library, server.base_url, format='format = "json-list"')
    assert report.stopped == "done"
    found = topics(library)
    assert found["cards"] >= 30 and found["fees"] >= 7 and not found["loans"]


def test_a_resumed_run_has_the_plan_that_it_began_with(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        begun = planned(library, server.base_url, max_requests=12)
        (library.folder / "plan.toml").write_text('field = "topic"\n[quota]\nloans = 99\n')
        with pytest.raises(InvalidInput) as caught:
            library.repository.resume(begun.run, plan=str(library.folder / "plan.toml"))
        assert caught.value.code == "resume-options"
        report = library.repository.resume(begun.run, max_requests=100)
    assert (begun.stopped, report.stopped) == ("requests", "done")
    assert topics(library) == {"cards": 30, "fees": 7}


def test_reparsing_keeps_the_examples_of_a_plan(library: Library) -> None:
    with BillingServer(Behaviour(content=pair_of)) as server:
        run = planned(library, server.base_url, PLAN.replace("30", "1").replace("7", "1")).run
    before = library.ids()
    library.repository.reparse(run)
    assert library.ids() == before


def test_a_dry_run_counts_what_the_plan_asks_for(library: Library) -> None:
    planned_recipe = library.folder / "r.toml"
    with BillingServer(Behaviour(content=pair)) as server:
        planned(library, server.base_url)
        sent = len(server.ledger.entries)
        estimate = library.repository.estimate(
            str(planned_recipe), plan=str(library.folder / "plan.toml")
        )
        assert len(server.ledger.entries) == sent
    assert (estimate.wanted, estimate.cells) == (37, 4)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (PLAN.replace("data.topic", "tone"), "plan-not-made", "[example] has no tone"),
        (PLAN.replace("data.topic", "messages"), "plan-not-made", "not one variable of [vary]"),
        (PLAN.replace("fees", "taxes"), "plan-values-missing", '"taxes"'),
        ("", "plan-invalid", "it has no field"),
    ],
)
def test_a_plan_that_the_recipe_cannot_carry_out_is_refused(
    library: Library, text: str, code: str, told: str
) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        with pytest.raises(VaultError) as caught:
            planned(library, server.base_url, text)
        assert not server.ledger.entries
    assert caught.value.code == code
    assert told in caught.value.message
    assert not library.repository.runs().items


@pytest.mark.parametrize(
    "line", ['topic = "{{ topic }}!"', 'topic = "{{ answer.topic }}"', 'topic = "cards"']
)
def test_the_field_is_made_by_one_variable_alone(library: Library, line: str) -> None:
    path = library.folder / "r.toml"
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=1)
        text = path.read_text().replace('topic = "{{ topic }}"', line)
        assert line in text
        path.write_text(text)
        (library.folder / "plan.toml").write_text(PLAN)
        with pytest.raises(InvalidInput) as caught:
            library.repository.generate(str(path), plan=str(library.folder / "plan.toml"))
    assert caught.value.code == "plan-not-made"


def test_numbers_and_yes_or_no_are_values_of_a_plan(library: Library) -> None:
    library.write("a.jsonl", [chat("one", level=3), chat("two", level=True)])
    library.run("a.jsonl")
    plan = library.folder / "plan.toml"
    library.repository.plan("level", at_least=3, output=str(plan))
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=1)
        path = library.folder / "r.toml"
        text = path.read_text().replace('["cards", "loans", "fees"]', "[3, true, 4]")
        path.write_text(text.replace('topic = "{{', 'level = "{{'))
        library.repository.generate(str(path), plan=str(plan))
    levels = Counter(json.dumps(each.get("level")) for each in library.records())
    assert (levels["3"], levels["true"], levels["4"]) == (3, 3, 0)


def test_a_count_beside_a_plan_is_refused(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        with pytest.raises(InvalidInput, match="so does --plan"):
            planned(library, server.base_url, count=9)
        preview = planned(library, server.base_url, count=3, is_preview=True)
    assert (preview.requests, len(preview.preview)) == (3, 3)


def test_a_plan_that_is_not_there_is_told(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server, pytest.raises(NotFound) as caught:
        generated(library, server.base_url, plan=str(Path("no.toml")))
    assert caught.value.code == "plan-not-found"
