"""What curation is worth: a classifier trained on a round as it came, and on what vault leaves.

    pip install scikit-learn
    python -m tests.benchmarks.curation FOLDER_OF_BANKING77 [--size 4000] [--seeds 5]

FOLDER_OF_BANKING77 has train.csv and test.csv, each with the columns text and category. Prints the
tables of docs/reference/curation-measured.md; takes about five minutes. `--measured-only` leaves
out the faults whose rate is assumed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import vault
from tests.benchmarks.generated_round import (
    ASSUMED,
    RATES,
    WRONG,
    Round,
    Row,
    faulty_round,
    real_rows,
)

HELD_OUT, EVALUATION, PEOPLE = 2_500, 500, 500
VALIDATION = 0.2
OF_PEOPLE = 0.5
"""What a split that holds out rows of people takes of them."""

NEAREST = 3
TEAM = """
[dedupe]
on = "prompt"
threshold = 0.5

[validate.rules.BANK001]
name = "no-category"
severity = "error"
where = "response NOT IN ({})"
"""

SETTLED = "disputes settled by a person"
COPIES = "copies, but no wrong answer"
SPLIT = ("raw", COPIES, f"and {SETTLED}", "no fault planted")
"""What is split, too."""

WRONG_ANSWERS = (WRONG, "misspelt")
"""Faults that a person sees in an example."""


@dataclass(slots=True)
class Scores:
    """Figures of each seed by what was trained on what, in the order in which they came."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep a figure of one seed."""
        self.of.setdefault(name, []).append(value)

    def mean(self, name: str) -> str:
        """Return mean and standard deviation in percent."""
        values = [100 * each for each in self.of[name]]
        return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"

    def difference(self, name: str, other: str) -> str:
        """Return mean and standard deviation of the differences in points, and how many are up."""
        pairs = zip(self.of[name], self.of[other], strict=True)
        values = [100 * (one - two) for one, two in pairs]
        higher = sum(each > 0 for each in values)
        spread = f"{statistics.mean(values):+.1f} ± {statistics.stdev(values):.1f}"
        return f"{spread} ({higher} of {len(values)})"


@dataclass(frozen=True, slots=True)
class Seed:
    """The rows of one seed: what is held out, the evaluation set, and the round."""

    number: int
    held_out: Sequence[Row]
    asked: Sequence[Row]
    made: Round


def classifier() -> Any:
    """Return an untrained classifier of texts: character n-grams and a linear model."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return make_pipeline(grams, LinearSVC(random_state=0))


def trained(rows: Sequence[Row]) -> Any:
    """Return a classifier that was trained on rows."""
    return classifier().fit([text for text, _ in rows], [category for _, category in rows])


def accuracy(model: Any, rows: Sequence[Row]) -> float:
    """Return the share of rows whose category a model names."""
    said = model.predict([text for text, _ in rows])
    right = sum(bool(one == other) for one, (_, other) in zip(said, rows, strict=True))
    return right / len(rows)


def nearest_categories(rows: Sequence[Row]) -> dict[str, Sequence[str]]:
    """Return for each category those that a classifier takes it for most often."""
    half = len(rows) // 2
    model = trained(rows[:half])
    names = [str(each) for each in model.classes_]
    values = model.decision_function([text for text, _ in rows[half:]])
    totals: dict[str, Any] = {}
    for value, (_, category) in zip(values, rows[half:], strict=True):
        totals[category] = totals.get(category, 0) + value
    return {
        name: [names[at] for at in (-total).argsort() if names[at] != name][:NEAREST]
        for name, total in totals.items()
    }


def seeds(rows: Sequence[Row], size: int, count: int, without: Sequence[str]) -> Iterator[Seed]:
    """Yield the rows of each seed; what is held out is in no round."""
    near = nearest_categories(random.Random(0).sample(list(rows), len(rows)))
    for number in range(1, count + 1):
        mixed = random.Random(number).sample(list(rows), len(rows))
        held_out, rest = mixed[:HELD_OUT], mixed[HELD_OUT:]
        asked, rest = rest[:EVALUATION], rest[EVALUATION:]
        people, real = rest[:PEOPLE], rest[PEOPLE:]
        made = faulty_round(people, real, asked, size, near, number, without=without)
        yield Seed(number, held_out, asked, made)


def records(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as chats; each has its number, so that no two are equal."""
    for number, (text, category) in enumerate(rows):
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": category}]
        yield {"messages": messages, "row": number}


def rows_of(snapshot: vault.Snapshot) -> list[Row]:
    """Return the rows of a snapshot, in order."""
    found = []
    for each in snapshot:
        asked, answered = each.data["messages"]
        found.append((asked["content"], answered["content"]))
    return found


def opened(folder: Path, rows: Mapping[str, Sequence[Row]], settings: str = "") -> vault.Repository:
    """Return a repository with rows of some sources on its stage, and with settings of a team."""
    folder.mkdir()
    (folder / "vault.toml").write_text(settings, encoding="utf-8")
    repository = vault.init(folder, author="benchmark")
    for source, each in rows.items():
        repository.import_records(records(each), source=source)
    return repository


def team_settings(rows: Sequence[Row]) -> str:
    """Return vault.toml with the list of categories."""
    return TEAM.format(", ".join(f"'{each}'" for each in sorted({each for _, each in rows})))


def curated(folder: Path, seed: Seed, settings: str) -> Iterator[tuple[str, Curated]]:
    """Yield what is left of people's rows and of the round after each step, by the step's name."""
    sources = {"people": seed.made.people, "round": seed.made.rows}
    plain = opened(folder / "plain", sources)
    plain.clean()
    yield "vault by itself", left_in(plain, seed)
    team = opened(folder / "team", sources, settings)
    team.clean(yes=True)
    asked = opened(folder / "asked", {"evaluation": seed.asked})
    asked.commit("evaluation")
    asked.export(output=str(folder / "evaluation.jsonl"))
    team.dedupe(against=str(folder / "evaluation.jsonl"), threshold=0.8)
    yield "with the team's settings", left_in(team, seed)
    disputed = {each.id for each in team.iterate_findings(select=["SETS006"]) if each.id}
    for pair in team.dedupe(dry_run=True, all_pairs=True).pairs:
        if pair.reason == "label-conflict":
            disputed |= {pair.id, pair.keeper}
    generated = [
        each for each in team.snapshot("STAGE") if each.id in disputed and each.source != "people"
    ]
    wrong = [each.id for each in generated if seed.made.faults[each.data["row"]] in WRONG_ANSWERS]
    if wrong:
        team.rm(wrong)
    yield f"and {SETTLED}", left_in(team, seed)
    if len(wrong) < len(generated):
        team.rm([each.id for each in generated if each.id not in set(wrong)])
    yield "or without disputed generated rows", left_in(team, seed)


@dataclass(frozen=True, slots=True)
class Curated:
    """What is left: of the rows of people, of the round, and of the faults that were planted."""

    people: Sequence[Row]
    made: Sequence[Row]
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> list[Row]:
        """All rows."""
        return [*self.people, *self.made]


def left_in(repository: vault.Repository, seed: Seed) -> Curated:
    """Return what is on the stage."""
    stage = repository.snapshot("STAGE")
    made = stage.where("source = 'round'")
    faults = Counter(seed.made.faults[each.data["row"]] for each in made)
    return Curated(rows_of(stage.where("source = 'people'")), rows_of(made), faults)


def halves(
    folder: Path, left: Curated, settings: str, number: int
) -> Iterator[tuple[str, Sequence[Row], Sequence[Row]]]:
    """Yield training and validation rows by the way in which they were split."""
    mixed = random.Random(number).sample(left.rows, len(left.rows))
    cut = round(VALIDATION * len(mixed))
    yield "by row, at random", mixed[cut:], mixed[:cut]
    ways = {
        "`vault split`": (VALIDATION, None),
        "`vault split --hold-out`": (OF_PEOPLE, "source = 'people'"),
    }
    for at, (way, (share, hold_out)) in enumerate(ways.items()):
        sources = {"people": left.people, "round": left.made}
        repository = opened(folder / f"split-{at}", sources, settings)
        sides = {"train": 1 - share, "validation": share}
        repository.split(sides, seed=number, hold_out=hold_out)
        stage = repository.snapshot("STAGE")
        yield way, rows_of(stage.split("train")), rows_of(stage.split("validation"))


def measure(seed: Seed, settings: str, folder: Path, scores: Scores, sizes: Scores) -> None:
    """Train on what each step leaves, and on controls, and keep the figures."""
    made = seed.made
    sets = {"raw": Curated(made.people, made.rows, Counter(made.faults))}
    sets.update(curated(folder, seed, settings))
    for name in list(sets)[1:]:
        drawn = random.Random(seed.number).sample(list(made.rows), len(sets[name].made))
        sets[f"{name}: as many at random"] = Curated(made.people, drawn)
    sets["no fault planted"] = Curated(made.people, made.good)
    for name, left in sets.items():
        model = trained(left.rows)
        scores.add(name, accuracy(model, seed.held_out))
        scores.add(f"{name}: evaluation", accuracy(model, seed.asked))
        sizes.add(name, len(left.rows))
        for fault in {*left.faults, *made.faults} if left.faults else ():
            sizes.add(f"{fault}|{name}", left.faults[fault])
    faults = zip(made.rows, made.faults, strict=True)
    right = [row for row, fault in faults if fault not in (*WRONG_ANSWERS, "refusal")]
    sets[COPIES] = Curated(made.people, right)
    for at, name in enumerate(SPLIT):
        (folder / f"rows-{at}").mkdir()
        for way, training, validation in halves(
            folder / f"rows-{at}", sets[name], settings, seed.number
        ):
            model = trained(training)
            scores.add(f"{name}|{way}|said", accuracy(model, validation))
            scores.add(f"{name}|{way}|held out", accuracy(model, seed.held_out))


def tables(scores: Scores, sizes: Scores) -> Iterator[str]:
    """Yield the tables as Markdown."""
    yield "| trained on | rows | held out, % | against raw, points | evaluation set, % |"
    yield "|---|---|---|---|---|"
    names = [name for name in sizes.of if "|" not in name]
    for name in names:
        mean = statistics.mean(sizes.of[name])
        against = "" if name == "raw" else scores.difference(name, "raw")
        asked = scores.mean(f"{name}: evaluation")
        yield f"| {name} | {mean:,.0f} | {scores.mean(name)} | {against} | {asked} |"
    yield ""
    steps = [name for name in names if f"|{name}" in sizes.of]
    yield f"| planted fault | {' | '.join(steps)} |"
    yield f"|---|{'---|' * len(steps)}"
    for fault in (each for each in (*RATES, WRONG, "") if f"{each}|raw" in sizes.of):
        left = (statistics.mean(sizes.of[f"{fault}|{name}"]) for name in steps)
        yield f"| {fault or 'none'} | {' | '.join(f'{each:,.0f}' for each in left)} |"
    yield ""
    yield "| rows | split | validation says, % | held out, % | too high by, points |"
    yield "|---|---|---|---|---|"
    for said in (name for name in scores.of if name.endswith("|said")):
        name, way, _ = said.split("|")
        held = f"{name}|{way}|held out"
        error = scores.difference(said, held)
        yield f"| {name} | {way} | {scores.mean(said)} | {scores.mean(held)} | {error} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=4_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--measured-only", action="store_true")
    asked = parser.parse_args(arguments)
    rows = real_rows(asked.folder)
    settings = team_settings(rows)
    scores, sizes = Scores(), Scores()
    without: Mapping[bool, Sequence[str]] = {True: ASSUMED, False: ()}
    for seed in seeds(rows, asked.size, asked.seeds, without[asked.measured_only]):
        with tempfile.TemporaryDirectory() as folder:
            measure(seed, settings, Path(folder), scores, sizes)
    print("\n".join(tables(scores, sizes)))


if __name__ == "__main__":
    main()
