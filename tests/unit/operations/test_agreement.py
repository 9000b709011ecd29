"""`agreement`: whose labels are compared, as what values, and what the report says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.labelling import Values, label_in_order
from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound, VaultError
from vault.operations.labelling.agreement import AgreementReport
from vault.presentation.report_json import json_document


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with twelve staged examples."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat(f"q{n}", topic="even" if n % 2 == 0 else "odd") for n in range(12)])
    made.run("a.jsonl")
    return made


def label(library: Library, labels: Mapping[str, Values]) -> None:
    label_in_order(library.repository, labels)


def compare(library: Library, *names: str, **options: Any) -> AgreementReport:
    return library.repository.agreement(names, **options)


def refused(library: Library, *names: str, **options: Any) -> VaultError:
    with pytest.raises(VaultError) as caught:
        compare(library, *names, **options)
    assert caught.value.hint
    return caught.value


GOOD_BAD = ["good", "good", "bad", "bad", "good", "bad"]


def test_one_name_is_all_of_its_raters_one_part_deeper(library: Library) -> None:
    label(
        library,
        {
            "quality": GOOD_BAD,
            "quality.anna": GOOD_BAD,
            "quality.ben": [*GOOD_BAD[:4], "bad"],
            "quality.ben.late": GOOD_BAD,
            "qualitys.x": GOOD_BAD,
        },
    )
    report = compare(library, "quality")
    assert [(each.name, each.examples) for each in report.raters] == [
        ("quality.anna", 6),
        ("quality.ben", 5),
    ]
    assert (report.examples, report.agreement, report.kappa_of) == (5, 0.8, "Cohen")
    assert report.table is not None
    assert report.table.values == ("bad", "good")
    assert report.table.counts == ((2, 0), (1, 2))
    assert (report.scale, report.weights, report.calibrated) == ("nominal", None, None)


def test_the_last_word_is_a_revision_unless_it_is_a_label(library: Library) -> None:
    label(library, {"quality.anna": GOOD_BAD, "quality.ben": GOOD_BAD})
    library.repository.commit("one")
    library.repository.tag("v1")
    library.repository.tag("quality.ben", message=None)
    label(library, {"quality.ben": ["bad"]})
    assert compare(library, "quality").agreement == pytest.approx(5 / 6)
    for names in (("quality", "v1"), ("quality", "HEAD"), ("quality.anna", "quality.ben", "v1")):
        found = compare(library, *names)
        assert (found.agreement, found.commit is None) == (1.0, False)
    both = compare(library, "quality.anna", "quality.ben")
    assert (both.commit, both.labels) == (None, ("quality.anna", "quality.ben"))
    assert compare(library, "quality", revision="v1").agreement == 1


def test_a_label_that_only_a_revision_has_is_found_there(library: Library) -> None:
    label(library, {"old.anna": GOOD_BAD, "old.ben": GOOD_BAD})
    library.repository.commit("one")
    library.repository.tag("v1")
    library.repository.rm(where="turns > 0")
    assert compare(library, "old", "v1").examples == 6
    assert refused(library, "old").code == "label-not-found"


def test_words_that_name_nothing_are_errors_with_a_suggestion(library: Library) -> None:
    label(library, {"quality": GOOD_BAD, "quality.anna": GOOD_BAD, "tone": GOOD_BAD})
    found = refused(library, "qualty")
    assert (found.code, type(found)) == ("label-not-found", NotFound)
    assert "quality" in str(found.hint)
    assert refused(library, "quality", "v9").message == 'no example has the label "v9"'
    assert refused(library, "quality", "feature/x").code == "revision-not-found"
    assert refused(library, "tone").code == "raters-missing"
    assert refused(library, "tone", "tone").code == "rater-twice"
    assert refused(library).code == "raters-missing"


def test_one_rater_agrees_with_nobody(library: Library) -> None:
    label(library, {"quality.anna": GOOD_BAD})
    report = compare(library, "quality")
    assert (report.examples, report.agreement, report.kappa, report.table) == (0, None, None, None)
    assert report.notes == ("quality.anna is the only rater, so there is nothing to compare",)


def test_raters_without_a_common_example_are_told(library: Library) -> None:
    label(library, {"q.anna": ["a", "b"], "q.ben": [None, None, "a", "b"]})
    report = compare(library, "q")
    assert (report.examples, report.alpha) == (0, None)
    assert report.notes == ("no example has two ratings, so there is nothing to compare",)


def test_one_value_alone_has_no_kappa(library: Library) -> None:
    label(library, {"q.anna": [True] * 6, "q.ben": [True] * 6})
    report = compare(library, "q")
    assert (report.agreement, report.agreement_interval) == (1.0, None)
    assert (report.kappa, report.alpha, report.ac2, report.enough_for) == (None,) * 4
    assert report.notes[0].startswith("all ratings are yes: agreement by chance is unknown")
    assert "NaN" not in json_document(report)


def test_a_rater_who_always_says_the_same_is_told(library: Library) -> None:
    label(library, {"q.anna": [True] * 6, "q.ben": [True, True, False] * 2})
    report = compare(library, "q")
    assert (report.kappa, report.enough_for) == (0, None)
    assert "q.anna says yes of every example" in report.notes[0]


def test_numbers_lie_on_a_scale(library: Library) -> None:
    label(library, {"q.anna": [1, 2, 3, 4, 5, 1.0], "q.ben": [1, 2, 3, 5, 5, 2]})
    report = compare(library, "q")
    assert (report.scale, report.weights) == ("interval", "quadratic")
    assert report.table is not None and report.table.values == (1, 2, 3, 4, 5)
    plain = compare(library, "q", unordered=True)
    assert (plain.scale, plain.weights) == ("nominal", None)
    assert plain.kappa is not None and report.kappa is not None and plain.kappa < report.kappa


def test_values_that_the_team_lists_have_an_order(library: Library, tmp_path: Path) -> None:
    (tmp_path / "vault.toml").write_text('[labels.q]\nvalues = ["bad", "ok", "good"]\n')
    label(library, {"q.anna": [*GOOD_BAD, "ok"], "q.ben": [*GOOD_BAD[:5], "ok", "ok"]})
    report = compare(library, "q")
    assert (report.scale, report.weights) == ("ordinal", "quadratic")
    assert report.table is not None and report.table.values == ("bad", "ok", "good")
    assert compare(library, "q", unordered=True).scale == "nominal"
    label(library, {"q.anna": ["unheard"]})
    assert compare(library, "q").scale == "nominal"


def test_cut_and_positive_make_yes_and_no(library: Library) -> None:
    label(
        library,
        {
            "quality": ["good", "ok", "bad", "good", "bad", "ok"],
            "judge.help.score": [0.9, 0.5, 0.2, 0.4, 0.1, 1],
            "checked": [True, True, False, True, False, True],
        },
    )
    report = compare(library, "quality", "judge.help.score", cut=0.5, positive=["good", "ok"])
    assert report.table is not None
    assert (report.table.values, report.table.counts) == ((False, True), ((2, 0), (1, 3)))
    assert report.table.rows == "quality"
    assert compare(library, "checked", "judge.help.score", cut=0.5).agreement == pytest.approx(
        5 / 6
    )
    assert compare(library, "checked", "quality", positive=["good", "ok"]).agreement == 1
    numbers = compare(library, "checked", "judge.help.score", positive=[1, 0.9])
    assert numbers.agreement == pytest.approx(4 / 6)


def test_values_that_cannot_be_compared_are_refused(library: Library) -> None:
    label(
        library,
        {
            "quality": ["good", "bad", "good"],
            "score": [0.9, 0.1, 0.7],
            "checked": [True, False, True],
        },
    )
    mixed = refused(library, "quality", "score")
    assert mixed.code == "label-values-mixed"
    assert mixed.message.startswith("quality has texts, score has numbers")
    assert "--cut 0.5 --positive" in str(mixed.hint)
    assert refused(library, "checked", "score").hint == "`--cut 0.5` makes yes or no of them"
    assert refused(library, "quality", "score", cut=0.5).code == "positive-missing"
    assert refused(library, "quality", "score", cut=float("nan")).code == "cut-invalid"
    unknown = refused(library, "quality", "checked", positive=["god"])
    assert (unknown.code, type(unknown)) == ("label-value-unknown", InvalidInput)
    label(library, {"a": [f"text {n}" for n in range(12)], "b": [f"other {n}" for n in range(12)]})
    assert compare(library, "a", "b").agreement == 0


def test_too_many_texts_are_no_categories(library: Library, tmp_path: Path) -> None:
    library.write("b.jsonl", [chat(f"more {n}") for n in range(120)])
    library.run("b.jsonl")
    texts = [f"text {n}" for n in range(130)]
    label(library, {"a": texts, "b": texts, "x": [*range(130)], "y": [*range(1, 131)]})
    assert refused(library, "a", "b").code == "label-values-too-many"
    assert refused(library, "x", "y", unordered=True).code == "label-values-too-many"
    numbers = compare(library, "x", "y")
    assert (numbers.ac2, numbers.table) == (None, None)
    assert numbers.kappa is not None and numbers.kappa > 0.99


def test_three_raters_have_pairs_and_lights_kappa(library: Library) -> None:
    label(
        library,
        {
            "q.anna": [*GOOD_BAD, None],
            "q.ben": [*GOOD_BAD[:4], "bad", "bad", "good"],
            "q.cleo": ["good", "bad", "bad", "bad", None, "good", "good"],
        },
    )
    report = compare(library, "q")
    assert report.kappa_of == "Light"
    kappas = [each.kappa for each in report.pairs]
    assert [each.raters for each in report.pairs] == [
        ("q.anna", "q.ben"),
        ("q.anna", "q.cleo"),
        ("q.ben", "q.cleo"),
    ]
    assert report.kappa == pytest.approx(np.mean([each or 0 for each in kappas]))
    assert report.examples == 7
    assert report.table is not None and report.table.rows is None
    total = np.array(report.table.counts)
    assert int(np.triu(total).sum()) == sum(each.examples for each in report.pairs)


def test_by_gives_the_figures_of_each_value(library: Library) -> None:
    label(library, {"q.anna": [True, False] * 6, "q.ben": [True, False, False, False] * 3})
    report = compare(library, "q", by="topic")
    assert report.by is not None
    assert {value: each.agreement for value, each in report.by.items()} == {"even": 0.5, "odd": 1.0}
    for field in ("data.topic", "kind", "source", "turns", "labels.q.anna"):
        assert compare(library, "q", by=field).by
    assert refused(library, "q", by="nowhere").code == "field-unknown"
    assert refused(library, "q", by="split").code == "field-unknown"


def test_where_chooses_the_examples(library: Library, tmp_path: Path) -> None:
    (tmp_path / "vault.toml").write_text("[filters]\nodd = \"data.topic = 'odd'\"\n")
    label(library, {"q.anna": [True, False] * 6, "q.ben": [True, False, False, False] * 3})
    assert compare(library, "q", where="data.topic = 'even'").examples == 6
    assert compare(library, "q", filters=["odd"]).agreement == 1
    assert compare(library, "q", where="turns > 99").notes[0].startswith("no example has two")


def judged(library: Library, count: int, known: int) -> None:
    """Label examples by a judge that is wrong of every fifth, and some of them by hand."""
    more = [chat(f"more {n}") for n in range(count - 12)]
    library.write("b.jsonl", more)
    library.run("b.jsonl")
    truth = [n % 2 == 0 for n in range(count)]
    says = [right != (n % 5 == 0) for n, right in enumerate(truth)]
    label(library, {"quality": truth[:known], "judge.help.score": [float(each) for each in says]})


def test_a_judge_is_corrected_for_its_errors(library: Library) -> None:
    judged(library, 400, 120)
    for names in (("quality", "judge.help.score"), ("judge.help.score", "quality")):
        report = compare(library, *names, cut=0.5)
        found = report.corrected
        assert found is not None
        assert (found.judge, found.truth) == ("judge.help.score", "quality")
        assert (found.sensitivity, found.specificity) == (0.8, 0.8)
        assert (found.examples, found.judged, found.judged_rate) == (120, 400, 0.5)
        assert found.rate == pytest.approx(0.5)
        assert found.interval is not None and found.interval[0] < 0.5 < found.interval[1]
        assert report.calibrated is True
        assert report.kappa == pytest.approx(0.6)
        assert report.enough_for in ("filter", "nothing")


def test_a_judge_with_few_known_examples_is_not_calibrated(library: Library) -> None:
    judged(library, 200, 99)
    assert compare(library, "quality", "judge.help.score", cut=0.5).calibrated is False
    label(library, {"tone": [0.5] * 20, "judge.tone.score": [0.5, 0.6] * 10})
    scores = compare(library, "tone", "judge.tone.score")
    assert (scores.calibrated, scores.corrected) == (False, None)
    assert scores.notes[-1].startswith("the pass rate is corrected for values that are yes or no")


def test_a_panel_of_judges_has_no_truth(library: Library) -> None:
    label(library, {"judge.help.by.a": [True, False, True], "judge.help.by.b": [True, False] * 2})
    report = compare(library, "judge.help.by")
    assert (report.calibrated, report.corrected, report.examples) == (None, None, 3)


def test_a_report_is_the_same_however_often_it_is_made(library: Library) -> None:
    judged(library, 150, 120)
    first, second = (
        json.loads(json_document(compare(library, "quality", "judge.help.score", cut=0.5)))
        for _ in range(2)
    )
    assert first == second
    assert first["kappa_interval"][0] < first["kappa"] < first["kappa_interval"][1]


def test_a_report_shows_itself_in_a_notebook(library: Library) -> None:
    label(library, {"q.anna": [True, False] * 6, "q.ben": [True, False, False, False] * 3})
    assert "kappa" in compare(library, "q")._repr_html_()
