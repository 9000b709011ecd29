"""Taking duplicates out of the stage: which go, which stay, why, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.naive_dedupe import corpus
from vault.dataset.reading.removals import removals_of
from vault.errors import Conflict, InvalidInput, NotFound
from vault.objects.log.view import RefName
from vault.operations.duplicates.report import DedupeReport

ANSWER = "Hold the small red button on the back for ten seconds until the light turns green again"
OTHER = "Go to your account page, choose the order, and follow the link that says where it is now"


def near(text: str) -> str:
    """Return a text of which one word of about forty differs."""
    return text.replace("small", "little").replace("account", "profile")


def long(text: str) -> str:
    """Return a text twice as long, so that one word in it means less."""
    return f"{text}, and if that does not help write to us with the number below the code"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository without examples."""
    return Library(tmp_path)


def given(library: Library, *records: dict[str, Any], name: str = "a.jsonl") -> None:
    """Import some records."""
    library.write(name, records)
    library.run(name)


def dedupe(library: Library, **options: Any) -> DedupeReport:
    """Run the command."""
    return library.repository.dedupe(**options)


def test_the_same_conversation_in_two_formats_is_one(library: Library) -> None:
    sharegpt = {
        "conversations": [
            {"from": "human", "value": "one"},
            {"from": "gpt", "value": "Yes."},
        ]
    }
    given(library, chat("one"), sharegpt, chat("one", topic="x"), chat("two"))
    report = dedupe(library, exact=True)
    assert (report.examples, report.exact, report.near) == (4, 2, 0)
    assert (report.clusters, report.removed, report.kept) == (1, 2, 2)
    assert library.questions() == ["one", "two"]
    assert {each.reason for each in library.repository.removed().items} == {"exact-duplicate"}


def test_equal_keys_of_conversations_are_not_believed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from vault.operations.duplicates.plan import exact_duplicates

    def collide(table: Any, column: str) -> Any:
        return np.zeros(len(table), np.uint64), np.ones(len(table), np.bool_)

    given(library, chat("one"), chat("two"), chat("one", topic="x"))
    monkeypatch.setattr(exact_duplicates, "hashes_of", collide)
    assert dedupe(library, exact=True).exact == 1


def test_near_duplicates_go_and_say_why(library: Library) -> None:
    given(
        library,
        chat("How do I reset it?", long(ANSWER)),
        chat("Where is my order?", long(OTHER)),
        chat("how do I RESET it", long(ANSWER)),
        chat("How do I reset it?", long(near(ANSWER))),
    )
    report = dedupe(library, threshold=0.7)
    assert (report.exact, report.near, report.clusters) == (0, 2, 1)
    assert library.questions() == ["How do I reset it?", "Where is my order?"]
    context = library.repository._context()
    stage = context.log.tip().view.workspaces["default"].stages[RefName("main")]
    details = {
        each.details()["keeper_similarity"]: each.details()
        for each in removals_of(context.store, context.manifest(stage.manifest))
    }
    keeper = library.ids()[0]
    assert {each["keeper"] for each in details.values()} == {keeper}
    assert details[1.0]["neighbour_similarity"] == 1.0
    lower = min(details)
    assert 0.7 <= lower < 1.0
    assert details[lower]["neighbour_similarity"] >= lower
    assert details[lower]["neighbour"] != library.repository.removed().items[1].id


def test_deduping_twice_changes_nothing(library: Library) -> None:
    given(library, *(chat(f"q{n % 3}", long(ANSWER) + f" {n % 5}") for n in range(30)))
    first = dedupe(library)
    assert first.removed
    operations = len(library.repository.operations().items)
    again = dedupe(library)
    assert (again.removed, again.clusters, again.examples) == (0, 0, first.kept)
    assert len(library.repository.operations().items) == operations


def test_deduping_twice_changes_nothing_though_boilerplate_would_be_another(
    library: Library,
) -> None:
    def text(number: int, words: int = 45) -> str:
        return " ".join(f"t{number}w{at}" for at in range(words))

    shared = "as a matter of fact I can tell you exactly that much about it today"
    others = [text(n) for n in range(340)]
    # A sentence in 20 of 401 texts is none in more than 5 %, but in 20 of 361 it is.
    copies = [f"{text(n)} again" for n in range(40)]
    sharing = [f"{text(n)} {shared}" for n in range(400, 419)]
    pair = [text(500), f"{text(500)} {shared}"]
    given(library, *(chat(each, ANSWER) for each in [*others, *copies, *sharing, *pair]))
    assert dedupe(library).near == 40
    assert dedupe(library).removed == 0
    # A newcomer makes it be found anew, and then the pair is one.
    given(library, chat(text(600), ANSWER), name="b.jsonl")
    assert dedupe(library).near == 1


def test_what_was_taken_out_stays_out(library: Library) -> None:
    given(library, chat("one"), chat("one", topic="x"))
    dedupe(library)
    report = library.run("a.jsonl")
    assert (report.imported, report.files[0].returned) == (0, 1)


def test_what_is_restored_is_remembered_not_to_be_a_duplicate(library: Library) -> None:
    given(library, chat("one"), chat("one", topic="x"), chat("one", topic="y"))
    dedupe(library)
    gone = library.repository.removed().items[0].id
    library.repository.restore([gone])
    report = dedupe(library)
    assert (report.removed, len(library.ids())) == (0, 2)
    assert gone in library.ids()
    # It is one duplicate more for the other one, were that to come back.
    library.repository.restore([library.repository.removed().items[0].id])
    assert dedupe(library).removed == 0
    library.repository.commit("all three")
    assert dedupe(library).removed == 0


def test_labelled_examples_stay_unless_told_otherwise(library: Library) -> None:
    given(library, chat("one"), chat("one", topic="x"), chat("two"))
    wanted = library.ids()[1]
    label(library, 1, quality="gold")
    assert dedupe(library, dry_run=True).items[0].keeper.id == wanted
    assert dedupe(library, dry_run=True, keep="first").items[0].keeper.id == library.ids()[0]


def test_a_policy_says_which_stays(library: Library) -> None:
    given(library, chat("one", ANSWER), chat("one", f"{ANSWER}!"))
    given(library, chat("one", f"{ANSWER}."), chat("one", f"{ANSWER}"[:-1] + "N"), name="b.jsonl")
    label(library, 1, score=1)
    label(library, 3, score=7)
    ids = library.ids()

    def kept(policy: str) -> int:
        return ids.index(dedupe(library, dry_run=True, keep=policy).items[0].keeper.id)

    assert kept("first") == 0
    assert kept("last") == 3
    assert kept("longest") == 1
    assert kept("label:score") == 3
    assert kept("source:b.jsonl") == 2


@pytest.mark.parametrize(
    ("options", "kind", "code"),
    [
        ({"keep": "best"}, InvalidInput, "keep-invalid"),
        ({"keep": "label:"}, InvalidInput, "keep-invalid"),
        ({"keep": "label:score"}, NotFound, "keep-not-found"),
        ({"keep": "source:b"}, NotFound, "keep-not-found"),
        ({"threshold": 0.4}, InvalidInput, "threshold-invalid"),
        ({"threshold": float("nan")}, InvalidInput, "threshold-invalid"),
        ({"on": "title"}, InvalidInput, "part-unknown"),
        ({"within": "nothing"}, InvalidInput, "field-unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    library: Library, options: dict[str, Any], kind: type[Exception], code: str
) -> None:
    given(library, chat("one"), chat("two"))
    with pytest.raises(kind) as caught:
        dedupe(library, **options)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_one_prompt_with_two_short_answers_is_a_conflict(library: Library) -> None:
    asked = "My card was charged twice for one coffee this morning. What is this about?"
    given(library, chat(asked, "refund"), chat(asked, "fraud"), chat("Hello?", "greeting"))
    report = dedupe(library, threshold=0.6, all_pairs=True)
    assert (report.removed, report.conflicts) == (0, 1)
    (pair,) = report.pairs
    assert (pair.reason, {pair.id, pair.keeper}) == ("label-conflict", set(library.ids()[:2]))
    first, second = report.conflict_items[0].items
    assert {first.id, second.id} == set(library.ids()[:2])


def test_one_short_prompt_with_two_answers_is_told_by_the_prompt(library: Library) -> None:
    given(library, chat("2 + 2?", "4"), chat("2 + 2?", "5"))
    report = dedupe(library)
    assert (report.removed, report.conflicts) == (0, 1)
    assert report.conflict_items[0].similarity is None


def test_prompts_and_responses_may_be_compared_alone(library: Library) -> None:
    given(
        library,
        chat("one and only question that is asked here", ANSWER),
        chat("one and only question that is asked here", OTHER),
        chat("something else altogether, as you can see", OTHER),
        chat("one and only question that is asked here", "no"),
    )
    assert dedupe(library, dry_run=True).removed == 0
    prompt = dedupe(library, dry_run=True, on="prompt")
    assert (prompt.removed, prompt.exact, prompt.conflicts) == (1, 1, 0)
    response = dedupe(library, dry_run=True, on="response")
    assert (response.removed, response.items[0].keeper.id) == (1, library.ids()[1])


def test_system_messages_and_calls_of_tools(library: Library) -> None:
    def record(system: str, path: str) -> dict[str, Any]:
        call = {"name": "read_file", "arguments": '{"path": "' + path + '"}'}
        tool_call = {"id": "1", "type": "function", "function": call}
        return {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": "please read that file to me"},
                {"role": "assistant", "content": None, "tool_calls": [tool_call]},
            ]
        }

    given(library, record("be kind", "a"), record("be brief", "a"), record("be kind", "b"))
    report = dedupe(library)
    assert (report.exact, report.near) == (0, 1)
    assert report.items[0].items[0].similarity == 1.0


def test_preferences_and_kto_are_compared_with_both_sides(library: Library) -> None:
    def preference(rejected: str) -> dict[str, Any]:
        return {"prompt": "say it", "chosen": ANSWER, "rejected": rejected}

    def kto(label: bool) -> dict[str, Any]:
        return {"prompt": "say it please", "completion": ANSWER, "label": label}

    given(library, preference(OTHER), preference("no idea at all about this thing"))
    given(library, kto(True), kto(False), name="b.jsonl")
    assert dedupe(library).removed == 0


def test_raw_and_empty_examples_are_no_duplicates(library: Library) -> None:
    given(library, {"a": 1}, {"a": 2}, chat("", ""), chat("", "", x=1), {"text": ""})
    report = dedupe(library, exact=False)
    # Two conversations of empty messages are the same conversation.
    assert (report.exact, report.near) == (1, 0)


def test_examples_are_compared_within_a_field(library: Library) -> None:
    given(
        library,
        chat("one", ANSWER, topic="a"),
        chat("one", ANSWER, topic="b"),
        chat("One", ANSWER, topic="a"),
        chat("one", ANSWER, topic="b", n=2),
    )
    report = dedupe(library, within="topic")
    assert (report.exact, report.near, report.clusters) == (1, 1, 2)


def test_marking_takes_nothing_out_and_can_be_done_again(library: Library) -> None:
    given(library, chat("one"), chat("one", topic="x"), chat("two"), chat("three"))
    report = dedupe(library, mark=True)
    assert (report.marked, report.removed, report.kept, report.clusters) == (2, 0, 4, 1)
    name = library.ids()[0][:12]
    assert list(library.labels().values()) == [{"cluster": name}]
    query = library.repository.query(f"labels.cluster = '{name}'")
    assert query.examples == 2
    # A mark is no reason to stay, and goes where there is no cluster any more.
    library.repository.rm([library.ids()[0]])
    assert dedupe(library, mark=True).marked == 0
    assert library.labels() == {}


def test_much_is_not_taken_out_unasked(library: Library) -> None:
    given(library, *(chat(f"question {n % 60}", n=n) for n in range(100)))
    with pytest.raises(Conflict) as caught:
        dedupe(library)
    assert caught.value.code == "dedupe-too-much"
    assert "40 of 100 examples" in caught.value.message
    assert len(library.ids()) == 100
    looked = dedupe(library, dry_run=True)
    assert looked.too_much is not None and looked.removed == 40
    assert dedupe(library, yes=True).kept == 60


def test_a_large_cluster_is_not_collapsed_unasked(library: Library) -> None:
    given(library, *(chat(f"question {max(n, 10)}", n=n) for n in range(120)))
    with pytest.raises(Conflict) as caught:
        dedupe(library)
    assert "one cluster holds 11 of 120" in caught.value.message


def test_settings_of_the_team_are_the_default(library: Library) -> None:
    given(library, chat("one", ANSWER), chat("one", f"{ANSWER}!"))
    (library.folder / "vault.toml").write_text('[dedupe]\nkeep = "last"\nthreshold = 0.9\n')
    report = dedupe(library, dry_run=True)
    assert (report.threshold, report.items[0].keeper.id) == (0.9, library.ids()[1])
    assert dedupe(library, dry_run=True, threshold=0.8, keep="first").threshold == 0.8


def test_the_order_of_import_changes_no_cluster(tmp_path: Path) -> None:
    records = [chat(text, "as you say, it is so and no other way") for text in corpus(120)]
    sizes = []
    for name, order in (("a", records), ("b", records[::-1])):
        (tmp_path / name).mkdir()
        library = Library(tmp_path / name)
        given(library, *order)
        report = dedupe(library, dry_run=True, all_pairs=True)
        groups: dict[str, set[str]] = {}
        for each in report.pairs:
            groups.setdefault(each.keeper, {each.keeper}).add(each.id)
        sizes.append({frozenset(each) for each in groups.values()})
    assert sizes[0] and sizes[0] == sizes[1]


def label(library: Library, at: int, **values: Any) -> None:
    """Label the example at a place of the stage."""
    from tests.support.library import NOW
    from vault.dataset.changing.stage import change_stage
    from vault.dataset.changing.write_labels import with_labels
    from vault.objects.labels.label_set import Label

    def change(draft: Any, dataset: Any) -> Any:
        labels = {name: Label(name, value, "ada", NOW) for name, value in values.items()}
        return with_labels(dataset, {int(dataset.keys()[at]): labels}), None

    change_stage(library.repository._context(), change)


def test_a_snapshot_hands_out_minhashes_of_datasketch(library: Library) -> None:
    given(library, chat("one", long(ANSWER)), chat("one", long(near(ANSWER))), {"raw": 1})
    first, second, raw = library.repository.snapshot("STAGE").minhashes()
    assert 0.5 < first.jaccard(second) < 1
    assert raw.is_empty()


@pytest.mark.parametrize("weights", [(0, 1), (1, 0), (0, None)])
def test_of_weights_the_example_that_is_trained_on_stays(
    library: Library, weights: tuple[int | None, int | None]
) -> None:
    answer = "The library opens at nine on weekdays and at ten on Saturdays, all year round."
    records = [
        {
            "messages": [
                {"role": "user", "content": "When does the library open on weekdays?"},
                {"role": "assistant", "content": answer, "weight": weight},
            ]
        }
        for weight in weights
    ]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.dedupe(yes=True)
    (kept,) = library.records()
    assert kept["messages"][1]["weight"] != 0
