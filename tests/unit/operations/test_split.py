"""`split`: who belongs together, what is drawn, and that nothing moves."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.edits import data_folder
from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidExpression, InvalidInput
from vault.objects.digest import example_id
from vault.objects.json.text import canonical_bytes, parse

LONG = " ".join(f"word{at}" for at in range(60))
BANKING = data_folder() / "banking77" / "train.csv"


def sides(library: Library) -> dict[str, str]:
    """Return the side of each example that has one, by its id."""
    items = library.repository.head(20_000, "STAGE").items
    return {each.id: str(each.labels["split"]) for each in items if "split" in each.labels}


def id_of(record: Mapping[str, Any]) -> str:
    """Return the id of a record."""
    return example_id(canonical_bytes(record)).hex()


def many(count: int, **others: Any) -> list[dict[str, Any]]:
    """Return chats that have nothing in common."""
    return [chat(f"question {at * 7919} of {at}", f"answer {at}", **others) for at in range(count)]


def bring(library: Library, records: Sequence[Any], name: str = "a.jsonl") -> None:
    """Import records from a file of their own."""
    library.write(name, records)
    library.run(name)


def test_shares_are_met_and_told(library: Library) -> None:
    bring(library, many(2_000))
    report = library.repository.split({"train": 0.9, "validation": 0.1})
    assert report.splits == report.new == dict(Counter(sides(library).values()))
    assert 160 < report.splits["validation"] < 240
    assert (report.unassigned, report.groups, report.examples) == (0, 0, 2_000)
    assert list(report.splits) == ["train", "validation"]


def test_examples_with_one_prompt_are_on_one_side(library: Library) -> None:
    bring(library, [chat(f"question {at // 4} of {at // 4}", f"{at}") for at in range(400)])
    report = library.repository.split({"train": 0.5, "test": 0.5})
    found = sides(library)
    for at in range(0, 400, 4):
        group = [chat(f"question {at // 4} of {at // 4}", f"{each}") for each in range(at, at + 4)]
        assert len({found[id_of(each)] for each in group}) == 1
    assert report.groups == 100


def test_near_duplicates_are_on_one_side_whatever_their_answers(library: Library) -> None:
    pairs = [(f"{LONG} {at} {LONG} {word}", word) for at in range(30) for word in ("yes", "no")]
    records = [chat(question.replace("word", f"w{at // 2}-"), answer)
               for at, (question, answer) in enumerate(pairs)]  # fmt: skip
    bring(library, records)
    report = library.repository.split({"train": 0.5, "test": 0.5}, seed=1)
    found = sides(library)
    for one, other in zip(records[::2], records[1::2], strict=True):
        assert found[id_of(one)] == found[id_of(other)]
    assert report.groups == 30
    assert set(report.splits.values()) != {60, 0}


def test_a_field_keeps_examples_together(library: Library) -> None:
    records = [{**each, "customer": at // 10} for at, each in enumerate(many(300))]
    for each in records[-20:]:
        del each["customer"]
    bring(library, records)
    report = library.repository.split({"train": 0.5, "test": 0.5}, group_by="data.customer")
    found = sides(library)
    by_customer: dict[Any, set[str]] = {}
    for each in records:
        by_customer.setdefault(each.get("customer"), set()).add(found[id_of(each)])
    assert by_customer.pop(None) == {"train", "test"}
    assert all(len(each) == 1 for each in by_customer.values())
    assert report.groups == 28


def test_new_examples_follow_the_recorded_rule(library: Library) -> None:
    bring(library, many(300))
    library.repository.split({"train": 0.7, "validation": 0.3}, seed=5)
    library.repository.commit("one")
    before = sides(library)
    bring(library, many(600), "b.jsonl")
    report = library.repository.split()
    found = sides(library)
    assert {id_: found[id_] for id_ in before} == before
    assert sum(report.new.values()) == 300
    assert (report.rule.seed, report.changed) == (5, False)
    # As if all had come at once.
    other = Library(library.folder / "other")
    bring(other, many(600))
    other.repository.split({"train": 0.7, "validation": 0.3}, seed=5)
    assert sides(other) == found


def test_a_split_of_nothing_new_is_no_operation(library: Library) -> None:
    bring(library, many(20))
    library.repository.split({"train": 0.7, "validation": 0.3})
    operations = len(library.repository.operations().items)
    report = library.repository.split()
    assert len(library.repository.operations().items) == operations
    assert set(report.new.values()) == {0}


def test_the_rule_is_undone_and_parked_with_the_stage(library: Library) -> None:
    bring(library, many(20))
    library.repository.commit("one")
    library.repository.switch("other", create=True)
    library.repository.split({"train": 0.7, "validation": 0.3})
    library.repository.switch("main")
    with pytest.raises(InvalidInput) as caught:
        library.repository.split()
    assert caught.value.code == "split-rule-missing"
    library.repository.switch("other")
    library.repository.split()
    library.repository.undo()
    library.repository.redo()
    assert library.repository.fsck().problems == ()


def test_other_shares_are_for_new_examples_only(library: Library) -> None:
    bring(library, many(200))
    library.repository.split({"train": 0.5, "validation": 0.5})
    before = sides(library)
    bring(library, many(400), "b.jsonl")
    report = library.repository.split({"train": 0.5, "test": 0.5})
    found = sides(library)
    assert {id_: found[id_] for id_ in before} == before
    assert report.changed
    assert report.new["train"] + report.new["test"] == 200 and "validation" in report.splits
    assert report.splits["validation"] == list(before.values()).count("validation")


def test_a_newcomer_that_connects_two_sides_gets_none(library: Library) -> None:
    ends = [chat(f"question {at * 7919} of {at}", f"{at}", topic=str(at)) for at in range(40)]
    bring(library, ends)
    library.repository.split({"train": 0.5, "test": 0.5})
    before = sides(library)
    train, test = (next(e for e in ends if before[id_of(e)] == side) for side in ("train", "test"))
    bridge = chat(train["messages"][0]["content"], "?", topic=test["topic"])
    alone = chat(test["messages"][0]["content"], "!", topic="none")
    bring(library, [bridge, alone], "b.jsonl")
    report = library.repository.split(group_by="topic")
    found = sides(library)
    assert id_of(bridge) not in found and found[id_of(alone)] == "test"
    assert report.unassigned == 1
    (told,) = report.connecting
    assert told.id == id_of(bridge)
    assert told.sides == {"train": id_of(train), "test": id_of(test)}
    # Without one of the ends it belongs to the other.
    library.repository.rm([id_of(train)])
    assert library.repository.split().unassigned == 0
    assert sides(library)[id_of(bridge)] == "test"


def test_a_smaller_id_takes_the_key_of_the_group(library: Library) -> None:
    group = sorted((chat("the same question", f"{at}") for at in range(9)), key=id_of)
    bring(library, [group[4]])
    library.repository.split({"train": 0.5, "test": 0.5})
    bring(library, [group[0], group[8]], "b.jsonl")
    library.repository.split()
    labels = {each.id: each.labels for each in library.repository.head(9, "STAGE").items}
    assert "_group" not in labels[id_of(group[4])]
    assert labels[id_of(group[0])]["_group"] == labels[id_of(group[8])]["_group"]
    assert labels[id_of(group[0])]["_group"] == id_of(group[4])
    assert len({each["split"] for each in labels.values()}) == 1
    # The founder leaves; who comes later still gets its key, and its side.
    side = labels[id_of(group[4])]["split"]
    library.repository.rm([id_of(group[4])])
    bring(library, [group[1]], "c.jsonl")
    library.repository.split()
    labels = {each.id: each.labels for each in library.repository.head(9, "STAGE").items}
    assert labels[id_of(group[1])] == {"_group": id_of(group[4]), "split": side}
    # And the founder itself, when it is let in again.
    library.write("d.jsonl", [group[4]])
    library.run("d.jsonl", readmit=True)
    library.repository.split()
    assert set(sides(library).values()) == {side}


def test_who_comes_back_finds_its_group_by_the_key_alone(library: Library) -> None:
    founder, other = sorted((chat(f"a question {at}", "?", topic="x") for at in (1, 2)), key=id_of)
    bring(library, [founder, other, *many(50)])
    library.repository.split({"train": 0.5, "test": 0.5}, group_by="topic")
    side = sides(library)[id_of(other)]
    library.repository.rm([id_of(founder)])
    library.run("a.jsonl", readmit=True)
    # The rule groups by the topic no longer: only the key still says that they belong together.
    library.repository.split({"train": 0.001, "test": 0.999} if side == "train" else
                             {"train": 0.999, "test": 0.001})  # fmt: skip
    assert sides(library)[id_of(founder)] == side


def test_groups_that_grow_together_keep_their_sides(library: Library) -> None:
    bring(library, [chat("one question", "1", a="x"), chat("another question", "2", b="y")])
    library.repository.split({"train": 1})
    bring(library, [chat("one question", "3", b="y")], "b.jsonl")
    report = library.repository.split(group_by="b")
    assert report.unassigned == 0 and report.groups == 1
    assert set(sides(library).values()) == {"train"}


def test_a_changed_answer_keeps_the_side(library: Library) -> None:
    bring(library, [{**each, "key": at} for at, each in enumerate(many(30))])
    library.repository.split({"train": 0.5, "test": 0.5})
    before = sides(library)
    edited = {**many(30)[3], "key": 3}
    edited["messages"] = [edited["messages"][0], {"role": "assistant", "content": "another"}]
    library.write("b.jsonl", [edited])
    library.run("b.jsonl", mode="update", key="key")
    library.repository.split()
    assert sides(library)[id_of(edited)] == before[id_of({**many(30)[3], "key": 3})]


def test_only_what_may_be_held_out_leaves_the_first_side(library: Library) -> None:
    real = [chat(f"real {at * 7919} or {at}", f"{at}") for at in range(200)]
    made = [chat(f"made {at * 7919} or {at}", f"{at}") for at in range(200)]
    made += [chat(each["messages"][0]["content"], "a copy") for each in real[:100]]
    bring(library, real, "real.jsonl")
    bring(library, made, "made.jsonl")
    rule = {"train": 0.5, "test": 0.5}
    report = library.repository.split(rule, hold_out="source = 'real.jsonl'")
    found = sides(library)
    assert report.may_leave == 200
    assert all(found[id_of(each)] == "train" for each in [*made, *real[:100]])
    assert 30 < [found[id_of(each)] for each in real[100:]].count("test") < 70
    # With strata, too, and the shares hold among those that may.
    other = Library(library.folder / "other")
    bring(other, real, "real.jsonl")
    bring(other, made[:200], "made.jsonl")
    report = other.repository.split(rule, hold_out="source = 'real.jsonl'", stratify="kind")
    assert report.splits == {"train": 300, "test": 100}


def test_what_may_not_be_held_out_does_not_follow_its_group_there(library: Library) -> None:
    real = [chat(f"real {at * 7919} or {at}", f"{at}") for at in range(40)]
    bring(library, real, "real.jsonl")
    library.repository.split({"train": 0.5, "test": 0.5}, hold_out="source = 'real.jsonl'")
    before = sides(library)
    held = next(each for each in real if before[id_of(each)] == "test")
    made = chat(held["messages"][0]["content"], "generated")
    more = chat(held["messages"][0]["content"], "real as well")
    bring(library, [made], "made.jsonl")
    library.write("real.jsonl", [*real, more])
    library.run("real.jsonl")
    report = library.repository.split()
    found = sides(library)
    assert id_of(made) not in found and found[id_of(more)] == "test"
    assert [(each.id, each.sides) for each in report.connecting] == [
        (id_of(made), {"test": id_of(held)})
    ]


def test_each_stratum_has_its_shares(library: Library) -> None:
    sizes = {"a": 400, "b": 50, "c": 11, "d": 1}
    topics = [topic for topic, size in sizes.items() for _ in range(size)]
    records = [{**each, "topic": topic} for each, topic in zip(many(462), topics, strict=True)]
    records += [chat(f"without {at * 7919}") for at in range(100)]
    bring(library, records)
    library.repository.split({"train": 0.8, "test": 0.2}, stratify="topic")
    found = sides(library)
    held = Counter(each.get("topic") for each in records if found[id_of(each)] == "test")
    assert {topic: held[topic] for topic in ("a", "b", None)} == {"a": 80, "b": 10, None: 20}
    assert held["c"] in (2, 3) and abs(sum(held.values()) - 562 * 0.2) < 2


def test_many_small_strata_do_not_empty_a_side(library: Library) -> None:
    records = [{**each, "topic": at // 3} for at, each in enumerate(many(900))]
    bring(library, records)
    report = library.repository.split({"train": 0.9, "test": 0.1}, stratify="data.topic")
    assert report.splits == {"train": 810, "test": 90}


def test_a_stratum_that_grows_row_by_row_keeps_its_shares(library: Library) -> None:
    options: Any = {"stratify": "topic"}
    for batch in range(10):
        records = [chat(f"{batch} {at * 7919} {at}", f"{at}", topic=at) for at in range(30)]
        bring(library, records, f"{batch}.jsonl")
        library.repository.split({"train": 0.8, "test": 0.2}, **options)
    held: Counter[int] = Counter()
    for each in library.repository.head(300, "STAGE").items:
        held[parse(each.data)[0]["topic"]] += each.labels["split"] == "test"
    assert set(held.values()) <= {1, 2, 3} and sum(held.values()) == 60


def test_a_group_larger_than_a_side_goes_to_one_that_holds_it(library: Library) -> None:
    for seed in range(3):
        other = Library(library.folder / str(seed))
        bring(other, [*many(150), *(chat("the same question", f"{at}") for at in range(60))])
        report = other.repository.split({"train": 0.8, "test": 0.2}, seed=seed)
        (large,) = report.large_groups
        assert (large.examples, large.sides) == (60, {"train": 60})
        assert 10 < report.splits["test"] < 60


def test_records_without_text_are_drawn_one_by_one(library: Library) -> None:
    bring(library, [{"question_text": at, "x": {"y": at}} for at in range(50)])
    report = library.repository.split({"train": 0.5, "test": 0.5})
    assert report.not_compared == 50 and report.unassigned == 0
    assert set(sides(library).values()) == {"train", "test"}


def test_an_empty_stage_is_split_into_nothing(library: Library) -> None:
    report = library.repository.split({"train": 0.5, "test": 0.5}, stratify="data.topic")
    assert report.splits == {"train": 0, "test": 0}
    bring(library, many(30, topic="x"))
    assert sum(library.repository.split().splits.values()) == 30


def test_sides_that_came_with_the_data_are_kept(library: Library) -> None:
    bring(library, many(40))
    library.label(library.questions()[0], split="golden")
    bring(library, [chat(library.questions()[0], "another answer")], "b.jsonl")
    report = library.repository.split({"train": 0.5, "test": 0.5})
    assert report.splits["golden"] == 2
    assert report.new["golden"] == 1


def test_groups_that_another_rule_divided_are_counted(library: Library) -> None:
    bring(library, [{**each, "customer": at // 10} for at, each in enumerate(many(100))])
    assert library.repository.split({"train": 0.5, "test": 0.5}).divided == 0
    before = sides(library)
    report = library.repository.split({"train": 0.5, "test": 0.5}, group_by="customer")
    assert sides(library) == before
    assert (report.groups, report.divided) == (10, 10)


def test_keys_of_groups_are_not_exported(library: Library) -> None:
    bring(library, [chat("the same question", f"{at}") for at in range(3)])
    library.repository.split({"train": 1})
    items = library.repository.head(3, "STAGE").items
    assert sum("_group" in each.labels for each in items) == 2
    assert library.labels() == {"the same question": {"split": "train"}}


# Rules


@pytest.mark.parametrize(
    ("shares", "code", "hint"),
    [
        ({"train": 0.9, "test": 0.2}, "shares-invalid", "train=0.8 test=0.2"),
        ({"train": 0.5}, "shares-invalid", "train=1"),
        ({"train": "90%", "test": 0.1}, "shares-invalid", "write train=0.9"),
        ({"train": 90, "test": 10}, "shares-invalid", "write train=0.9"),
        ({"train": 1, "test": 0}, "shares-invalid", "write test=0.9"),
        ({"train": "nan", "test": 0}, "shares-invalid", "write train=0.9"),
        ({"Train": 1}, "side-invalid", ": train"),
        ({"unassigned": 1}, "side-invalid", ": rest"),
        ({"9": 1}, "side-invalid", ": validation"),
    ],
)
def test_shares_that_make_no_sense_are_refused(
    library: Library, shares: dict[str, Any], code: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        library.repository.split(shares)
    assert caught.value.code == code
    assert str(caught.value.hint).endswith(hint)


def test_vault_toml_has_the_rule_of_the_team(library: Library) -> None:
    toml = library.folder / "vault.toml"
    toml.write_text(
        '[split]\nsides = { train = 0.8, test = 0.2 }\nseed = 3\nstratify = "data.topic"\n'
        "hold_out = \"data.topic = 'a'\"\ngroup_by = 'source'\n"
    )
    bring(library, many(50, topic="a"))
    report = library.repository.split(seed=4)
    rule = report.rule
    assert (rule.sides, rule.seed, rule.stratify) == ({"train": 0.8, "test": 0.2}, 4, "data.topic")
    assert (rule.hold_out, rule.group_by) == ("data.topic = 'a'", "source")
    toml.write_text("[split]\nseed = 9\n")
    assert library.repository.split().rule.seed == 9
    assert library.repository.split().rule.stratify == "data.topic"
    assert library.repository.split({"train": 1}).rule.stratify is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sides = { train = 0.8 }", "shares-invalid"),
        ('sides = { train = "x" }', "shares-invalid"),
        ("sides = 3", "config-invalid"),
        ("seed = 1.5", "config-invalid"),
        ('hold_out = "turns >"', "expression-invalid"),
        ("sdies = 3", "config-key-unknown"),
    ],
)
def test_faults_of_vault_toml_name_it(library: Library, text: str, code: str) -> None:
    (library.folder / "vault.toml").write_text(f"[split]\n{text}\n")
    with pytest.raises(InvalidInput) as caught:
        library.repository.split({"train": 1} if "sides" not in text else None)
    assert caught.value.code == code
    assert "vault.toml" in caught.value.message


@pytest.mark.parametrize("option", ["group_by", "stratify"])
@pytest.mark.parametrize("name", ["data.topix", "topix", "labels.quality", "messages"])
def test_a_field_that_no_example_has_is_told(library: Library, option: str, name: str) -> None:
    bring(library, many(5, topic="x"))
    arguments: Any = {option: name}
    with pytest.raises(InvalidInput) as caught:
        library.repository.split({"train": 1}, **arguments)
    assert caught.value.code == "field-unknown"
    if "topix" in name:
        assert caught.value.hint == "did you mean data.topic?"


def test_an_expression_with_a_fault_is_told_before_anything_is_read(library: Library) -> None:
    with pytest.raises(InvalidExpression):
        library.repository.split({"train": 1}, hold_out="turns >")


def test_there_is_no_stage_to_split_on_a_detached_head(library: Library) -> None:
    bring(library, many(5))
    library.repository.commit("one")
    library.repository.tag("v1")
    library.repository.checkout("v1")
    with pytest.raises(Conflict):
        library.repository.split({"train": 1})


def test_clean_splits_by_the_rule_that_there_is(library: Library) -> None:
    bring(library, many(50))
    assert [each.name for each in library.repository.clean().steps][-1] == "dedupe"
    library.repository.split({"train": 0.5, "test": 0.5})
    before = sides(library)
    bring(library, many(80), "b.jsonl")
    assert library.repository.clean(dry_run=True).new == library.repository.clean().new
    after = sides(library)
    assert len(after) == 80 and {id_: after[id_] for id_ in before} == before
    step = library.repository.clean().steps[-1]
    assert (step.name, step.before, step.after, step.removed) == ("split", 80, 80, 0)


def test_group_keys_from_elsewhere_do_no_harm(library: Library) -> None:
    bring(library, many(5))
    for question, key in zip(library.questions(), ["x", "00", "0" * 33, 5, True], strict=True):
        library.label(question, _group=key)
    library.repository.split({"train": 1})
    assert set(sides(library).values()) == {"train"}


# The done-when


def batches_of(records: Sequence[Any], count: int, seed: int) -> list[list[Any]]:
    """Return records in some batches, in an order of their own."""
    shuffled = [*records]
    random.Random(seed).shuffle(shuffled)
    return [shuffled[at::count] for at in range(count)]


def check_batches(folder: Path, batches: Sequence[Sequence[Any]], stratify: str | None) -> None:
    """Split after each batch: nothing has moved, and shares are within two points."""
    library = Library(folder)
    before: dict[str, str] = {}
    for number, batch in enumerate(batches):
        bring(library, batch, f"{number}.jsonl")
        options: Any = {"seed": 7, "stratify": stratify} if not number else {}
        shares = {"train": 0.9, "validation": 0.1} if not number else None
        report = library.repository.split(shares, **options)
        after = sides(library)
        assert {id_: after.get(id_) for id_ in before} == before
        placed = sum(report.splits.values())
        assert abs(report.splits["validation"] / placed - 0.1) <= 0.02
        assert report.unassigned <= 0.02 * report.examples
        before = after


@pytest.mark.parametrize("stratify", ["category", None])
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_batches_keep_sides_and_shares(tmp_path: Path, seed: int, stratify: str | None) -> None:
    rng = random.Random(seed)
    records = [
        chat(f"question {rng.randrange(2_000)} of many", f"answer {at}", category=at % 77)
        for at in range(3_000)
    ]
    check_batches(tmp_path / "new", batches_of(records, 10, seed), stratify)


@pytest.fixture(scope="module")
def banking() -> list[dict[str, Any]]:
    """The training set of banking77: messages of customers, each with its intent."""
    with BANKING.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [chat(row["text"], row["category"], category=row["category"]) for row in rows]


real = pytest.mark.skipif(not BANKING.exists(), reason="the data is not beside the checkout")


@real
def test_more_of_banking77_moves_nothing(tmp_path: Path, banking: list[dict[str, Any]]) -> None:
    first, second = banking[1_000:], banking[:1_000]
    check_batches(tmp_path / "new", [first, second], "category")


@real
@pytest.mark.parametrize("seed", [1, 2])
def test_banking77_in_ten_batches_moves_nothing(
    tmp_path: Path, banking: list[dict[str, Any]], seed: int
) -> None:
    check_batches(tmp_path / "new", batches_of(banking, 10, seed), "category")


@real
def test_banking77_as_it_is_keeps_the_shares_of_each_intent(library: Library) -> None:
    library.run(str(BANKING), mapping={"user": "text", "assistant": "category"})
    report = library.repository.split(
        {"train": 0.9, "validation": 0.1}, seed=7, stratify="category"
    )
    intents: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for each in library.repository.head(20_000, "STAGE").items:
        category = parse(each.data)[0]["category"]
        intents[category] += 1
        held[category] += each.labels["split"] == "validation"
    assert report.unassigned == 0
    assert all(abs(held[each] - 0.1 * count) <= 2 for each, count in intents.items())


def test_a_side_is_taken_off_and_drawn_again(library: Library) -> None:
    library.write("a.jsonl", [chat(f"question {n} of {n * 7}") for n in range(6)])
    library.run("a.jsonl")
    library.repository.split({"train": 1.0})
    before = library.repository.operations().items
    one = library.ids()[:1]
    library.repository.label({}, one, remove=["split"])
    assert library.repository.labels().labels[-1].count == len(library.ids()) - 1
    library.repository.split({"test": 1.0})
    assert library.repository.query("split = 'test'").items[0].id == one[0]
    assert len(library.repository.operations().items) == len(before) + 2


def test_a_field_that_nobody_has_is_not_recorded(library: Library) -> None:
    library.write("a.jsonl", [chat(f"question {n} of {n * 7}") for n in range(6)])
    library.run("a.jsonl")
    library.repository.split({"train": 1.0})
    wrong: list[dict[str, Any]] = [{"stratify": "nobody"}, {"group_by": "nobody"}]
    for rule in wrong:
        with pytest.raises(InvalidInput) as caught:
            library.repository.split({"train": 1.0}, **rule)
        assert caught.value.code == "field-unknown"


def test_empty_values_group_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    empty: list[Any] = ["", [], {}, None, " "]
    rows = [chat(f"question number {n} about {n * 7}", who=empty[n % 5]) for n in range(40)]
    library.write("a.jsonl", [*rows, chat("one", who="ada"), chat("two", who="ada")])
    library.run("a.jsonl")
    report = library.repository.split({"a": 0.5, "b": 0.5}, group_by="who")
    assert report.groups == 1
