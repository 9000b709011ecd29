"""`export --mix`: parts in the size asked for, the same anywhere, never what is held out."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.drafting import label
from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound, VaultError
from vault.operations.exports.export_report import ExportReport
from vault.operations.exports.mixtures.mixed_rows import PartFigures
from vault.repository import Repository


def rows(start: int, count: int, topic: str) -> list[dict[str, Any]]:
    return [
        chat(f"{topic} {n}?", f"answer {n} {'x' * (n % 40)}", topic=topic)
        for n in range(start, start + count)
    ]


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [*rows(0, 120, "bank"), *rows(0, 60, "card")])
    library.run("a.jsonl")
    library.repository.commit("one")
    library.repository.tag("v1")
    return library


def mix(library: Library, text: str, output: str = "mixed.jsonl", **options: Any) -> ExportReport:
    """Export a mixture that is described in TOML."""
    path = library.folder / "mix.toml"
    path.write_text(text, encoding="utf-8")
    target = str(library.folder / output)
    return library.repository.export(mix=str(path), output=target, force=True, **options)


def lines(library: Library, output: str = "mixed.jsonl") -> list[Any]:
    return [json.loads(line) for line in (library.folder / output).read_bytes().splitlines()]


def questions(library: Library, output: str = "mixed.jsonl") -> list[str]:
    return [each["messages"][0]["content"] for each in lines(library, output)]


def figures(report: ExportReport) -> dict[str, PartFigures]:
    assert report.mixture is not None
    return {each.name: each for each in report.mixture.parts}


def part(name: str, size: str, where: str | None = None, **others: str) -> str:
    told = {"where": where or f"data.topic = '{name}'", **others}
    members = "".join(f'{key} = "{value}"\n' for key, value in told.items())
    return f'[[part]]\nname = "{name}"\n{size}\n{members}'


def test_sizes_told_are_sizes_written(filled: Library) -> None:
    report = mix(filled, part("bank", "epochs = 2.5") + part("card", "count = 25"))
    counts = Counter(each.split()[0] for each in questions(filled))
    told = figures(report)
    assert counts == {"bank": told["bank"].examples, "card": 25}
    assert report.examples == sum(counts.values())
    assert 240 < told["bank"].examples < 360
    assert (told["bank"].distinct, told["bank"].available) == (120, 120)
    assert (told["card"].distinct, told["card"].available) == (25, 60)


def test_repeats_are_of_every_example_before_any_comes_again(filled: Library) -> None:
    mix(filled, part("card", "count = 150\nmax_repeat = 2.5"))
    repeats = Counter(Counter(questions(filled)).values())
    assert repeats == {3: 30, 2: 30}


def test_shares_divide_what_the_other_parts_leave(filled: Library) -> None:
    text = (
        part("few", "count = 20", "data.topic = 'bank' AND line <= 40")
        + part("bank", "share = 3")
        + part("card", "share = 1")
        + "[mix]\ntotal = 100\n"
    )
    told = figures(mix(filled, text))
    assert [each.examples for each in told.values()] == [20, 60, 20]
    assert told["bank"].overlap == 20
    assert len(set(questions(filled))) == 100


def test_tokens_are_a_budget(filled: Library) -> None:
    text = part("bank", "share = 0.5") + part("card", "share = 0.5") + "[mix]\ntokens = 400\n"
    told = figures(mix(filled, text))
    for each in told.values():
        assert 180 <= each.tokens <= 200


@pytest.mark.parametrize("order", ["shuffle", "interleave", "parts"])
def test_every_order_writes_the_same_rows(filled: Library, order: str) -> None:
    text = part("bank", "epochs = 1.5") + part("card", "count = 90\nmax_repeat = 2")
    mix(filled, text, "usual.jsonl")
    mix(filled, text + f'[mix]\norder = "{order}"\n')
    written = questions(filled)
    assert Counter(written) == Counter(questions(filled, "usual.jsonl"))
    topics = [each.split()[0] for each in written]
    if order == "parts":
        assert topics == sorted(topics)
        assert written[:120] == [f"bank {n}?" for n in range(120)]
    if order == "interleave":
        share = topics.count("card") / len(topics)
        for end in range(1, len(topics)):
            assert abs(topics[:end].count("card") - share * end) <= 1


def test_other_seeds_draw_other_rows(filled: Library) -> None:
    drawn = []
    for seed in (0, 1):
        mix(filled, part("bank", "count = 50") + f"[mix]\nseed = {seed}\n")
        drawn.append(set(questions(filled)))
    assert 10 < len(drawn[0] & drawn[1]) < 40


def test_an_example_of_two_parts_is_written_by_the_first(filled: Library) -> None:
    text = part("card", "count = 10") + part("all", "epochs = 1", "turns = 2")
    told = figures(mix(filled, text))
    assert (told["card"].examples, told["all"].examples, told["all"].overlap) == (10, 170, 10)
    assert len(set(questions(filled))) == 180
    again = figures(mix(filled, text + "[mix]\nallow_overlap = true\n"))
    assert again["all"].examples == 180


def test_parts_may_be_of_other_versions(filled: Library) -> None:
    filled.repository.rm(where="data.topic = 'card'")
    filled.repository.commit("two")
    text = part("bank", "epochs = 1") + part("card", "epochs = 1", revision="v1")
    mix(filled, text)
    assert Counter(each.split()[0] for each in questions(filled)) == {"bank": 120, "card": 60}


def test_the_training_side_is_mixed_and_the_others_are_whole(filled: Library) -> None:
    filled.repository.split({"train": 0.8, "validation": 0.2})
    filled.repository.commit("split")
    report = mix(filled, part("card", "epochs = 3"), "data")
    folder = filled.folder / "data"
    assert sorted(each.name for each in folder.iterdir()) == ["train.jsonl", "validation.jsonl"]
    validation = questions(filled, "data/validation.jsonl")
    staged = filled.repository.query(where="split = 'validation'", limit=999).items
    assert len(validation) == len(set(validation)) == len(staged) > 20
    train = set(questions(filled, "data/train.jsonl"))
    assert train and all(each.startswith("card") for each in train)
    assert not train & set(validation)
    assert report.examples == 3 * len(train) + len(validation)
    mix(filled, part("card", "epochs = 3"), "alone.jsonl", selection=selected("validation"))
    assert questions(filled, "alone.jsonl") == validation
    with pytest.raises(NotFound) as caught:
        mix(filled, part("card", "epochs = 3"), "x.jsonl", selection=selected("tests"))
    assert caught.value.code == "split-not-found"


def selected(split: str) -> Any:
    from vault.dataset.choosing.select import Selection

    return Selection(split=split)


def test_what_any_version_holds_out_is_refused(filled: Library) -> None:
    filled.repository.split({"train": 0.8, "validation": 0.2})
    filled.repository.commit("split")
    text = part("bank", "epochs = 1") + part("card", "epochs = 1", revision="v1")
    with pytest.raises(InvalidInput) as caught:
        mix(filled, text)
    assert caught.value.code == "mix-held-out"
    assert 'of 60 examples of the part "card"' in caught.value.message
    told = figures(mix(filled, text + "[mix]\nskip_held_out = true\n", "data"))
    held = set(questions(filled, "data/validation.jsonl"))
    train = set(questions(filled, "data/train.jsonl"))
    assert not train & held
    assert told["card"].held_out == sum(each.startswith("card") for each in held) > 0
    assert told["card"].available + told["card"].held_out == 60


def test_what_the_exported_version_holds_out_is_refused(filled: Library) -> None:
    filled.repository.split({"train": 0.8, "validation": 0.2})
    filled.repository.commit("split")
    text = part("card", "epochs = 1", revision="v1")
    with pytest.raises(InvalidInput) as caught:
        mix(filled, text)
    assert caught.value.code == "mix-held-out"
    mix(filled, text + "[mix]\nskip_held_out = true\n", "data")
    held = set(questions(filled, "data/validation.jsonl"))
    train = set(questions(filled, "data/train.jsonl"))
    assert train and held and not train & held
    assert len(mix(filled, text, revision="v1").files) == 1


def test_the_training_side_is_not_written_whole(filled: Library) -> None:
    filled.repository.split({"train": 0.6, "validation": 0.2, "test": 0.2})
    filled.repository.commit("split")
    mix(filled, part("card", "epochs = 1", split="validation"), "data")
    names = sorted(each.name for each in (filled.folder / "data").iterdir())
    assert names == ["test.jsonl", "validation.jsonl"]


def test_another_answer_to_a_held_out_prompt_is_refused(library: Library) -> None:
    library.write("a.jsonl", [chat("same?", "one"), chat("same?", "two"), *rows(0, 9, "bank")])
    library.run("a.jsonl")
    sides = [{"split": "validation"}, *[{"split": "train"}] * 10]
    label(library.repository, dict(enumerate(sides)))
    library.repository.commit("one")
    at = library.ids()[1]
    with pytest.raises(InvalidInput) as caught:
        mix(library, part("all", "epochs = 1", "turns = 2"))
    assert caught.value.code == "mix-held-out"
    assert at[:12] in caught.value.message


def test_the_lock_writes_a_mixture_again_in_a_copy(filled: Library, tmp_path: Path) -> None:
    filled.repository.split({"train": 0.8, "validation": 0.2})
    filled.repository.commit("split")
    text = part("bank", "epochs = 1.5", revision="HEAD") + part("card", "share = 1")
    text += "[mix]\ntotal = 170\nseed = 3\n"
    mix(filled, text, "data")
    mix(filled, text, "trained", trainer="trl")
    before = {each: each.read_bytes() for each in sorted(filled.folder.glob("*/*.jsonl"))}
    assert len(before) == 4
    # Neither the file of the mixture nor what HEAD is now matters any more.
    (filled.folder / "mix.toml").unlink()
    filled.write("more.jsonl", rows(500, 50, "card"))
    filled.run("more.jsonl")
    filled.repository.commit("more")
    copy = tmp_path / "copy"
    shutil.copytree(filled.folder, copy)
    for path in before:
        (copy / path.relative_to(filled.folder)).unlink()
    repository = Repository.open(copy)
    report = repository.export_locked()
    assert len(report.files) == 4
    for path, data in before.items():
        assert (copy / path.relative_to(filled.folder)).read_bytes() == data
    # HEAD has moved on since; nothing is edited or missing.
    assert {each.state for each in repository.check_lock().items} == {"stale"}


def test_which_finds_the_example_of_a_repeated_line(filled: Library) -> None:
    mix(filled, part("card", "epochs = 2"))
    written = questions(filled)
    for number in (1, 60, 120):
        found = filled.repository.which(str(filled.folder / "mixed.jsonl"), line=number)
        assert found.line is not None
        assert filled.id_of(written[number - 1], "HEAD") == found.line.id


def test_a_table_holds_a_mixture(filled: Library) -> None:
    mix(filled, part("card", "epochs = 2"), "mixed.parquet")
    mix(filled, part("card", "epochs = 2"))
    table = pq.read_table(filled.folder / "mixed.parquet")
    written = [json.loads(each) for each in table.column("messages").to_pylist()]
    assert written == [each["messages"] for each in lines(filled)]


def test_repeats_and_shuffles_over_many_chunks(library: Library) -> None:
    for number in range(9):
        library.write(f"{number}.jsonl", rows(number * 40, 40, "bank"))
        library.run(f"{number}.jsonl")
    library.repository.commit("one")
    mix(library, part("bank", "epochs = 3"))
    assert Counter(questions(library)) == {f"bank {n}?": 3 for n in range(360)}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (part("card", "count = 61"), "write count = 60, or max_repeat = 2"),
        (part("card", "count = 151\nmax_repeat = 2.5"), "write count = 150, or max_repeat = 3"),
        (
            part("bank", "share = 0.5") + part("card", "share = 0.5") + "[mix]\ntotal = 200\n",
            "total = 121 is the largest that can be met",
        ),
        (
            part("bank", "share = 2") + part("card", "share = 1") + "[mix]\ntotal = 999\n",
            "total = 180 is the largest that can be met",
        ),
        (
            part("bank", "epochs = 1") + part("card", "share = 1") + "[mix]\ntotal = 120\n",
            "write total above 120",
        ),
        (part("none", "epochs = 1"), "leave the part out"),
        (part("a", "epochs = 1", "turns = 2") + part("card", "count = 3"), "allow_overlap = true"),
        (
            part("a", "epochs = 1", "turns = 2")
            + part("card", "share = 3")
            + "[mix]\ntotal = 190\n",
            "allow_overlap = true",
        ),
        (part("bank", "share = 1") + f"[mix]\ntotal = 1{'0' * 4000}\n", "total = 120 is the"),
        (part("bank", "share = 1") + "[mix]\ntokens = 1\n", "write larger ones"),
        (part("bank", "epochs = 0.00001"), "write larger ones"),
    ],
)
def test_what_cannot_be_met_is_refused_with_what_can(filled: Library, text: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        mix(filled, text)
    assert caught.value.code == "mix-infeasible"
    assert hint in str(caught.value.hint)
    assert not (filled.folder / "mixed.jsonl").exists()


def test_the_largest_total_can_be_met_and_no_larger_one(filled: Library) -> None:
    parts = part("bank", "share = 0.37") + part("card", "share = 0.63\nmax_repeat = 1.2")
    parts += part("mixed", "share = 0.2", "line % 3 = 0")
    for name in ("total", "tokens"):
        with pytest.raises(InvalidInput) as caught:
            mix(filled, parts + f"[mix]\n{name} = 100000\n")
        most = int(str(caught.value.hint).split(" is the")[0].split()[-1])
        report = mix(filled, parts + f"[mix]\n{name} = {most}\n")
        if name == "total":
            assert report.examples == most
        with pytest.raises(InvalidInput):
            mix(filled, parts + f"[mix]\n{name} = {most + 1}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no [[part]]"),
        ("[[part]", "is not TOML"),
        ("[[parts]]\n", 'the file has "parts"'),
        ("part = 3\n", "no list of tables"),
        (f'[[part]]\nname = "a"\ncount = {"9" * 5000}\n', "too many digits"),
        ('[[part]]\nname = "a"\nepochs = 1e99999999999999999999\n', "too many digits"),
        ('[[part]]\nname = "a"\nepochs = 1e-99999999\n', "than 18 digits"),
        ('[[part]]\nname = "a"\nshare = 1e99999999\n[mix]\ntotal = 3\n', "than 18 digits"),
        ('[[part]]\nname = "  "\ncount = 1\n', "no name"),
        ("mix = 3\n", "no table"),
        ('[[part]]\nname = "a"\n', "exactly one of"),
        ('[[part]]\nname = "a"\ncount = 1\nepochs = 1\n', "exactly one of"),
        ("[[part]]\ncount = 1\n", "no name"),
        ('[[part]]\nname = "a"\ncount = 0\n', "not above 0"),
        ('[[part]]\nname = "a"\nepochs = inf\n', "is no number"),
        ('[[part]]\nname = "a"\nepochs = 1e9\n', "more than 1,000 epochs"),
        ('[[part]]\nname = "a"\nepochs = true\n', "is no number"),
        ('[[part]]\nname = "a"\ncount = 1.5\n', "is no whole number"),
        ('[[part]]\nname = "a"\ncount = 1\nmax_repeat = 0.5\n', "is not from 1 to"),
        ('[[part]]\nname = "a"\nepochs = 1\nmax_repeat = 2\n', "say already how often"),
        ('[[part]]\nname = "a"\ncount = 1\nwere = "x"\n', 'has "were", which means nothing'),
        ('[[part]]\nname = "a"\ncount = 1\nwhere = ""\n', "is not text"),
        ('[[part]]\nname = "a"\nshare = 1\n', "does not say of how much"),
        ('[[part]]\nname = "a"\ncount = 1\n[mix]\ntotal = 3\n', "no part has a share"),
        ('[[part]]\nname = "a"\nshare = 1\n[mix]\ntotal = 3\ntokens = 3\n', "one size"),
        ('[[part]]\nname = "a"\nshare = 1\n[mix]\ntotal = 0\n', "not above 0"),
        ('[[part]]\nname = "a"\ncount = 1\n[[part]]\nname = "a"\ncount = 1\n', 'called "a"'),
        ('[[part]]\nname = "a"\ncount = 1\n[mix]\norder = "shufle"\n', 'the order "shufle"'),
        ('[[part]]\nname = "a"\ncount = 1\n[mix]\nallow_overlap = 1\n', "neither true nor false"),
    ],
)
def test_a_file_that_is_no_mixture_is_refused(filled: Library, text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        mix(filled, text)
    assert caught.value.code == "mix-invalid"
    assert said in caught.value.message


def test_filters_of_the_team_are_understood(filled: Library) -> None:
    (filled.folder / "vault.toml").write_text("[filters]\ncards = \"data.topic = 'card'\"\n")
    report = mix(filled, '[[part]]\nname = "c"\nfilter = "cards"\nepochs = 1\n')
    assert report.examples == 60
    with pytest.raises(NotFound):
        mix(filled, '[[part]]\nname = "c"\nfilter = "card"\nepochs = 1\n')


@pytest.mark.parametrize(
    "options",
    [
        {"where": "turns = 2"},
        {"selection": {"sample": 3}},
        {"selection": {"shuffle": True}},
        {"selection": {"seed": 3}},
    ],
)
def test_other_choices_do_not_go_with_a_mixture(filled: Library, options: Any) -> None:
    from vault.dataset.choosing.select import Selection

    if "selection" in options:
        options = {"selection": Selection(**options["selection"])}
    with pytest.raises(InvalidInput) as caught:
        mix(filled, part("card", "epochs = 1"), **options)
    assert caught.value.code == "option-not-for-mix"


def test_a_part_cannot_be_of_the_stage(filled: Library) -> None:
    with pytest.raises(VaultError) as caught:
        mix(filled, part("card", "epochs = 1", revision="STAGE"))
    assert caught.value.code in ("mix-invalid", "revision-not-found")


def test_a_stranger_s_lock_is_read_with_care(filled: Library) -> None:
    mix(filled, part("card", "epochs = 1"))
    path = filled.folder / "vault.lock"
    lock = json.loads(path.read_text())
    changes: list[Any] = [
        {"parts": []},
        {"parts": [{"name": "a", "epochs": "NaN"}]},
        {"parts": [{"name": "a", "epochs": 1}]},
        {"parts": [{"name": "a\ud800", "count": 1}]},
        {"parts": [{"name": "a", "epochs": "1e-99999999"}]},
        {"parts": [{"name": "a", "share": "1e99999999"}], "total": 3},
        {"parts": [{"name": "a", "count": 1, "max_repeat": "0"}]},
        [],
    ]
    for change in changes:
        lock["files"]["mixed.jsonl"]["mix"] = change
        path.write_text(json.dumps(lock))
        with pytest.raises(InvalidInput) as caught:
            filled.repository.export_locked()
        assert caught.value.code == "lock-damaged"
        assert "says of 'mixed.jsonl' what no export writes" in caught.value.message


def test_a_mixture_of_a_later_version_is_kept(filled: Library) -> None:
    mix(filled, part("card", "epochs = 1"))
    path = filled.folder / "vault.lock"
    lock = json.loads(path.read_text())
    lock["files"]["mixed.jsonl"]["mix"]["parts"][0]["weight"] = "0.5"
    path.write_text(json.dumps(lock))
    assert (
        "--locked" in filled.repository.which(str(filled.folder / "mixed.jsonl")).items[0].command
    )
    (filled.folder / "mixed.jsonl").unlink()
    with pytest.raises(InvalidInput) as caught:
        filled.repository.export_locked()
    assert caught.value.code == "lock-not-met"
    mix(filled, part("card", "epochs = 1"), "other.jsonl")
    kept = json.loads(path.read_text())["files"]["mixed.jsonl"]
    assert kept == lock["files"]["mixed.jsonl"]
