"""Evaluation results become labels: whose they are, what they are worth, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.evaluations import inspect_log, lm_eval_samples, promptfoo_output
from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.operations.scoring.score import ScoreReport

QUESTIONS = ["one", "two", "three", "four"]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    made.write("a.jsonl", [chat(each, ticket=at) for at, each in enumerate(QUESTIONS)])
    made.run("a.jsonl")
    made.repository.commit("first")
    return made


def said(library: Library, label: str = "eval.m") -> dict[str, Any]:
    """The values of a label by question."""
    return {question: own[label] for question, own in library.labels().items() if label in own}


def csv(library: Library, text: str) -> str:
    path = library.folder / "results.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refused(library: Library, path: str, value: str = "ok", **options: Any) -> InvalidInput:
    """The refusal of results, after which nothing is labelled or noted."""
    with pytest.raises(InvalidInput) as caught:
        library.repository.score(path, "m", value, **options)
    assert not library.labels()
    assert not library.repository.note("HEAD").items
    return caught.value


def test_results_by_id_are_labels_and_a_note(library: Library) -> None:
    one, two = library.id_of("one"), library.id_of("two")
    path = csv(library, f"id,ok\n{one},True\n{two[:10]},False\n")
    report = library.repository.score(path, "Model-3 (v2)", "ok")
    assert report.label == "eval.model_3_v2"
    assert said(library, report.label) == {"one": True, "two": False}
    assert (report.matched, report.unmatched, report.mean) == (2, 0, 0.5)
    facts = {each.key: each.value for each in library.repository.note("HEAD").items}
    assert facts == {
        "eval.model_3_v2": "0.5",
        "eval.model_3_v2.examples": "2",
        "eval.model_3_v2.metric": "ok",
    }
    assert len(library.repository.operations().items) == 4  # init, import, commit, score


def test_undo_takes_back_labels_and_notes_at_once(library: Library) -> None:
    library.repository.score(csv(library, f"id,ok\n{library.id_of('one')},1\n"), "m", "ok")
    library.repository.undo()
    assert not library.labels()
    assert not library.repository.note("HEAD").items


def test_the_same_results_again_record_nothing(library: Library) -> None:
    path = csv(library, f"id,ok\n{library.id_of('one')},1\n")
    library.repository.score(path, "m", "ok")
    before = len(library.repository.operations().items)
    again = library.repository.score(path, "m", "ok")
    assert (again.matched, again.labelled) == (1, 0)
    assert len(library.repository.operations().items) == before


def test_a_dry_run_tells_and_changes_nothing(library: Library) -> None:
    path = csv(library, f"id,ok\n{library.id_of('one')},1\n")
    report = library.repository.score(path, "m", "ok", dry_run=True)
    assert report.labelled == 1
    assert not library.labels()
    assert not library.repository.note("HEAD").items


def test_harness_samples_are_lines_of_the_exported_file(library: Library) -> None:
    test = str(library.folder / "test.jsonl")
    library.repository.export("HEAD", output=test)
    commit = library.repository.log().commits[0].commit
    library.write("b.jsonl", [chat("five")])
    library.run("b.jsonl")
    library.repository.commit("second")
    path = lm_eval_samples(
        library.folder / "samples_t_1.jsonl", library.records("HEAD~1"), [1, 0, 1, 0.5]
    )
    report = library.repository.score(path, "m", "exact_match", lines_of=test)
    assert (report.tool, report.commit, report.matched) == ("lm-evaluation-harness", commit, 4)
    assert said(library) == {"one": 1, "two": 0, "three": 1, "four": 0.5}
    assert library.repository.note("HEAD~1").items and not library.repository.note("HEAD").items


def test_an_edited_export_leads_to_no_examples(library: Library) -> None:
    test = library.folder / "test.jsonl"
    library.repository.export("HEAD", output=str(test))
    path = lm_eval_samples(library.folder / "samples.jsonl", QUESTIONS, [1, 1, 1, 1])
    test.write_text(test.read_text() + "\n")
    error = refused(library, path, "exact_match", lines_of=str(test))
    assert error.code == "lines-unknown"
    assert "edited" in error.message


def test_a_line_that_left_the_stage_is_unmatched(library: Library) -> None:
    test = str(library.folder / "test.jsonl")
    library.repository.export("HEAD", output=test)
    library.repository.rm([library.id_of("two")])
    path = lm_eval_samples(library.folder / "samples.jsonl", QUESTIONS, [1, 1, 0, 0])
    error = refused(library, path, "exact_match", lines_of=test)
    assert error.code == "results-unmatched"
    assert "line 2 is no longer on the stage" in error.message
    report = library.repository.score(path, "m", "exact_match", lines_of=test, partial=True)
    assert (report.matched, report.unmatched) == (3, 1)
    assert report.mean == pytest.approx(1 / 3)


def test_filters_of_the_harness_are_not_averaged(library: Library) -> None:
    test = str(library.folder / "test.jsonl")
    library.repository.export("HEAD", output=test)
    where = library.folder / "samples.jsonl"
    lm_eval_samples(where, QUESTIONS, [0, 0, 0, 0], filter_name="strict-match")
    path = lm_eval_samples(where, QUESTIONS, [1, 1, 1, 0], filter_name="flexible-extract")
    error = refused(library, path, "exact_match", lines_of=test)
    assert (error.code, error.hint) == (
        "results-mixed",
        "take one of them: --only filter=strict-match",
    )
    only = {"filter": "flexible-extract"}
    report = library.repository.score(path, "m", "exact_match", lines_of=test, only=only)
    assert report.mean == 0.75


def test_letters_of_inspect_are_numbers_on_the_prompt(library: Library) -> None:
    asked = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "two"}]
    path = inspect_log(
        library.folder / "log.json",
        [
            {"id": 1, "input": "one", "value": "C"},
            {"id": 2, "input": asked, "value": "P"},
            {"id": 3, "input": "three", "value": "N"},
            {"id": 4, "input": "four", "value": True},
        ],
    )
    report = library.repository.score(path, "m", "match", on="prompt")
    assert report.tool == "Inspect"
    assert said(library) == {"one": 1, "two": 0.5, "three": 0, "four": 1}


def test_epochs_of_one_sample_give_their_mean(library: Library) -> None:
    rows = [
        {"id": 1, "epoch": each, "input": "one", "value": "C" if each < 4 else "I"}
        for each in range(1, 5)
    ]
    report = library.repository.score(
        inspect_log(library.folder / "log.json", rows), "m", "match", on="prompt"
    )
    assert said(library) == {"one": 0.75}
    assert (report.matched, report.repeated, report.examples) == (4, 1, 1)


def test_parts_of_an_inspect_score_are_named(library: Library) -> None:
    value = {"tone": 0.5, "truth": "C"}
    path = inspect_log(library.folder / "log.json", [{"id": 1, "input": "one", "value": value}])
    error = refused(library, path, "match", on="prompt")
    assert (error.code, error.hint) == ("result-invalid", "name a part of it: --value match.tone")
    library.repository.score(path, "m", "match.truth", on="prompt")
    assert said(library) == {"one": 1}


def test_requests_that_broke_say_nothing_of_the_model(library: Library) -> None:
    rows = [
        {"vars": {"q": "one"}, "score": 1},
        {"vars": {"q": "two"}, "score": 0, "failureReason": 2},
    ]
    path = promptfoo_output(library.folder / "out.json", rows)
    options: dict[str, Any] = {"on": "prompt", "mapping": {"prompt": "vars.q"}}
    assert refused(library, path, "score", **options).code == "results-unmatched"
    report = library.repository.score(path, "m", "success", partial=True, **options)
    assert (report.tool, report.unscored, said(library)) == ("promptfoo", 1, {"one": True})


def test_results_of_two_providers_are_not_averaged(library: Library) -> None:
    rows = [
        {"vars": {"prompt": "one"}, "score": 1},
        {"vars": {"prompt": "one"}, "score": 0, "provider": "b"},
    ]
    path = promptfoo_output(library.folder / "out.json", rows)
    assert refused(library, path, "score", on="prompt").code == "results-mixed"
    library.repository.score(path, "m", "score", on="prompt", only={"provider.id": "b"})
    assert said(library) == {"one": 0}


def test_repeats_of_promptfoo_are_no_lines(library: Library) -> None:
    test = str(library.folder / "test.jsonl")
    library.repository.export("HEAD", output=test)
    rows = [{"vars": {}, "score": 1}] * 8
    path = promptfoo_output(library.folder / "out.json", rows, repeat=2)
    assert refused(library, path, "score", lines_of=test).code == "results-mixed"


def test_two_examples_with_one_prompt_both_get_it(library: Library) -> None:
    library.write("b.jsonl", [chat("one", "No.")])
    library.run("b.jsonl")
    path = library.write("r.jsonl", [{"prompt": " one\n", "ok": 0.25}])
    report = library.repository.score(path, "m", "ok", on="prompt")
    assert (report.matched, report.examples, report.shared, report.mean) == (1, 2, 1, 0.25)


def test_results_are_matched_by_a_field_of_the_records(library: Library) -> None:
    path = library.write(
        "r.jsonl", [{"case": {"number": at}, "ok": at % 2 == 0} for at in range(4)]
    )
    mapping = {"ticket": "case.number"}
    library.repository.score(path, "m", "ok", on="ticket", mapping=mapping)
    assert said(library) == {"one": True, "two": False, "three": True, "four": False}


def test_records_in_order_need_one_for_each_line(library: Library) -> None:
    test = str(library.folder / "test.jsonl")
    library.repository.export("HEAD", output=test)
    path = library.write("r.jsonl", [{"ok": 1}, {"ok": 0}])
    assert refused(library, path, lines_of=test).code == "lines-differ"
    path = library.write("r.jsonl", [{"ok": 1, "at": 2}, {"ok": 0, "at": 4}])
    library.repository.score(path, "m", "ok", lines_of=test, mapping={"line": "at"})
    assert said(library) == {"two": 1, "four": 0}
    library.repository.undo()
    library.repository.score(path, "m", "ok", lines_of=test, mapping={"index": "at"}, partial=True)
    assert said(library) == {"three": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"id": "%s", "ok": "good"}', 'line 2: ok is "good", which is no score'),
        ('{"id": "%s", "ok": NaN}', "line 2: ok is NaN"),
        ('{"id": "%s", "ok": [1]}', "line 2: ok is a list"),
        ('{"id": "%s", "ok": 1', "line 2 cannot be read"),
    ],
)
def test_a_value_that_is_no_score_is_told_with_its_line(
    library: Library, text: str, told: str
) -> None:
    one = library.id_of("one")
    path = library.folder / "r.jsonl"
    path.write_text(f'{{"id": "{one}", "ok": 1}}\n' + text.replace("%s", one) + "\n")
    assert told in refused(library, str(path)).message


def test_a_metric_that_is_not_there_names_those_that_are(library: Library) -> None:
    path = lm_eval_samples(library.folder / "samples.jsonl", QUESTIONS, [1, 1, 1, 1])
    error = refused(library, path, "acc")
    assert (error.code, error.hint) == ("metric-missing", "there is --value exact_match")


def test_results_without_ids_ask_for_a_mapping(library: Library) -> None:
    error = refused(library, library.write("r.jsonl", [{"example": 1, "ok": 1}]))
    assert error.code == "result-key-missing"
    assert error.hint == "say which field it is: --map id=FIELD; results have example, ok"


def test_labels_of_another_file_stay_and_are_counted(library: Library) -> None:
    def scored(question: str, value: int) -> ScoreReport:
        path = csv(library, f"id,ok\n{library.id_of(question)},{value}\n")
        return library.repository.score(path, "m", "ok")

    assert scored("one", 1).kept == 0
    report = scored("two", 0)
    assert (report.kept, said(library)) == (1, {"one": 1, "two": 0})


def test_without_a_commit_no_summary_is_noted(tmp_path: Path) -> None:
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one")])
    made.run("a.jsonl")
    path = made.write("r.jsonl", [{"id": made.id_of("one"), "ok": 1}])
    assert made.repository.score(path, "m", "ok").commit is None


def test_an_archive_of_inspect_names_the_way_to_json(library: Library) -> None:
    path = library.folder / "log.eval"
    path.write_bytes(b"PK\x03\x04")
    assert "inspect log convert" in str(refused(library, str(path), "match").hint)


def test_a_log_is_read_from_standard_input_and_from_one_line(library: Library) -> None:
    path = Path(inspect_log(library.folder / "log.json", [{"id": 1, "input": "one", "value": "C"}]))
    with open(path, "rb") as stdin:
        report = library.repository.score("-", "m", "match", on="prompt", stdin=stdin)
    assert (report.tool, report.labelled) == ("Inspect", 1)
    one_line = library.folder / "log.jsonl"
    one_line.write_text(json.dumps(json.loads(path.read_text())))
    again = library.repository.score(str(one_line), "m", "match", on="prompt")
    assert (again.tool, again.matched, again.labelled) == ("Inspect", 1, 0)


def test_samples_without_a_score_have_no_value(library: Library) -> None:
    rows = [
        {"id": 1, "input": "one", "value": "I"},
        {"id": 2, "input": "two", "value": float("nan")},
        {"id": 3, "input": "three", "value": None},
    ]
    path = inspect_log(library.folder / "log.json", rows)
    report = library.repository.score(path, "m", "match", on="prompt", partial=True)
    assert (report.unscored, said(library)) == (2, {"one": 0})


def test_a_number_that_begins_an_id_is_no_id(library: Library) -> None:
    path = library.write("r.jsonl", [{"id": library.id_of("one")[:7], "ok": 1}])
    assert refused(library, path).code == "results-unmatched"


@pytest.mark.parametrize(("value", "mean"), [(1e300, 1e300), (2**53, 2.0**53), (-0.0, 0.0)])
def test_numbers_of_any_size_are_scores(library: Library, value: float, mean: float) -> None:
    path = library.write("r.jsonl", [{"id": library.id_of("one"), "ok": value}])
    assert library.repository.score(path, "m", "ok").mean == mean


def test_a_number_that_no_float_holds_is_no_score(library: Library) -> None:
    path = library.write("r.jsonl", [{"id": library.id_of("one"), "ok": 10**400}])
    assert refused(library, path).code == "result-invalid"
