"""`vault judge` as a person sees it: what was judged, how sure it is, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.judged import answering, rubric, says

Run = Callable[..., Outcome]

GOOD = says(lambda answer: answer.startswith("good"), "good")


@pytest.fixture
def judged_by(run: Run, project: Path) -> Path:
    records = [chat(f"Q{n}?", "bad" if n % 4 == 0 else f"good {n}") for n in range(8)]
    write_lines(project / "a.jsonl", records)
    assert run("import", "a.jsonl").code == 0
    return project


def test_labels_are_told_with_their_means(run: Run, judged_by: Path) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        Path("help.toml").write_bytes(rubric(server.base_url, more="repeat = 0"))
        done = run("judge", "help.toml")
    assert done.code == 0
    assert "8 of 8 examples judged" in done.out
    assert "judge.help.score    8 examples  mean 0.75" in done.out
    assert "vault agreement LABEL judge.help.score --cut 0.5" in done.err


def test_a_second_time_there_is_nothing_to_judge(run: Run, judged_by: Path) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        Path("help.toml").write_bytes(rubric(server.base_url))
        run("judge", "help.toml")
        again = run("judge", "help.toml")
    assert again.code == 0
    assert again.out == ("nothing to judge by help.toml\nskipped: 8 judged before by this rubric\n")


def test_a_dry_run_shows_the_first_request(run: Run, judged_by: Path) -> None:
    Path("help.toml").write_bytes(rubric("http://127.0.0.1:9/v1"))
    done = run("judge", "help.toml", "--dry-run", "--sample", "3")
    assert done.code == 0
    assert "3 examples to judge\nskipped: 5 left out by --sample\n" in done.out
    assert "- answers: Does it answer?" in done.out
    assert done.out.endswith("dry run: nothing was sent\n")


def test_a_price_is_asked_about(run: Run, judged_by: Path) -> None:
    text = rubric("http://127.0.0.1:9/v1").replace(b'price = "none"\n', b"")
    Path("help.toml").write_bytes(text)
    refused = run("judge", "help.toml")
    assert refused.code == 4
    assert "cost-unconfirmed" in refused.err
    assert "the price of m is unknown" in refused.err


def test_a_rubric_to_begin_with_is_written(run: Run, project: Path) -> None:
    assert run("judge", "--new", "faith.toml", "--kind", "faithfulness").code == 0
    assert 'name = "faithfulness"' in Path("faith.toml").read_text()
    again = run("judge", "--new", "faith.toml")
    assert (again.code, "file-exists" in again.err) == (4, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("judge",), "rubric-missing"),
        (("judge", "nothing.toml"), "rubric-not-found"),
        (("judge", "--kind", "tools"), "options-exclude"),
        (("judge", "--resume", "--pairwise"), "resume-options"),
        (("judge", "--resume"), "run-not-found"),
    ],
)
def test_what_cannot_be_done_is_refused(
    run: Run, judged_by: Path, words: tuple[str, ...], code: str
) -> None:
    refused = run(*words)
    assert f"code:  {code}\n" in refused.err


def test_a_run_without_verdicts_says_so(run: Run, judged_by: Path) -> None:
    with BillingServer(Behaviour(content=answering(lambda text, chance: "Hm."))) as server:
        Path("help.toml").write_bytes(rubric(server.base_url, more="repeat = 0"))
        done = run("judge", "help.toml")
        report = json.loads(run("runs", "--json").out)["items"][0]
    assert done.code == 1
    assert "0 of 8 examples judged" in done.out
    assert "16  malformed  the answer is no JSON" in done.out
    assert (report["kind"], report["accepted"], report["requests"]) == ("judge", 0, 17)
    assert "asks again about those without a verdict" in done.err


def test_a_judge_that_cannot_be_reparsed_is_told(run: Run, judged_by: Path) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        Path("help.toml").write_bytes(rubric(server.base_url))
        found = json.loads(run("judge", "help.toml", "--json").out)["run"]
    refused = run("generate", "--reparse", found)
    assert "code:  run-of-another-kind" in refused.err
