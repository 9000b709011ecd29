"""What a plan is worth: real rows for a model's weak classes, against as many spread evenly.

    pip install scikit-learn
    python -m tests.benchmarks.closed_loop FOLDER_OF_BANKING77 [--seeds 5]

FOLDER_OF_BANKING77 has train.csv and test.csv, each with the columns text and category. Rows that
were held back are the generator: a local server hands them out by the category that a request asks
for. Prints the table of docs/reference/closed-loop-measured.md; takes about ten minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import vault
from tests.benchmarks.curation import Scores, accuracy, records, rows_of, trained
from tests.benchmarks.generated_round import Row, real_rows
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.evaluations import lm_eval_samples
from vault.dataset.choosing.select import Selection

CATEGORIES, HELD_OUT, LEAST_ROWS = 40, 30, 120
MEASURED = (3, 15)
"""Rows of each category that the model is evaluated on."""

STARTS = {"unbalanced": (2, 30), "balanced": (8, 8)}
"""Rows of the smallest and the largest category to begin with; others lie between them."""

COUNTS = (200, 400)
WAYS = ("plan of the metric", "plan of the counts")

RECIPE = """
seed = {seed}
[model]
name = "real-rows"
base_url = "{url}"
max_tokens = 200
price = "none"
[vary]
category = {categories}
[prompt]
user = "{{{{ category }}}}"
[example]
messages = [
  {{ role = "user", content = "{{{{ answer.text }}}}" }},
  {{ role = "assistant", content = "{{{{ category }}}}" }},
]
category = "{{{{ category }}}}"
"""


@dataclass(frozen=True, slots=True)
class Seed:
    """The rows of one seed: what to begin with, the evaluation set, what is held out, and what the
    generator has of each category."""

    number: int
    training: Sequence[Row]
    measured: Sequence[Row]
    held_out: Sequence[Row]
    pool: dict[str, list[str]]


def seed_of(rows: Sequence[Row], number: int, start: str, measured: int) -> Seed:
    """Return the rows of a seed: sizes of categories are a geometric row from least to most."""
    least, most = STARTS[start]
    by_category: dict[str, list[str]] = {}
    for text, category in rows:
        by_category.setdefault(category, []).append(text)
    source = random.Random(number)
    large = sorted(name for name, texts in by_category.items() if len(texts) >= LEAST_ROWS)
    names = source.sample(large, CATEGORIES)
    found = Seed(number, [], [], [], {})
    for place, name in enumerate(names):
        texts = iter(source.sample(by_category[name], len(by_category[name])))
        size = round(least * (most / least) ** (place / (CATEGORIES - 1)))
        for rows_of_seed, count in (
            (found.held_out, HELD_OUT),
            (found.measured, measured),
            (found.training, size),
        ):
            assert isinstance(rows_of_seed, list)
            rows_of_seed += [(next(texts), name) for _ in range(count)]
        found.pool[name] = list(texts)
    return found


def opened(folder: Path, seed: Seed) -> vault.Repository:
    """Return a repository with both sides, committed."""
    repository = vault.init(folder, author="benchmark")
    for side, rows in (("train", seed.training), ("test", seed.measured)):
        path = folder / f"{side}.jsonl"
        made = ({**each, "category": row[1]} for each, row in zip(records(rows), rows, strict=True))
        path.write_text("".join(f"{json.dumps(each)}\n" for each in made), encoding="utf-8")
    sides = [str(folder / "train.jsonl"), str(folder / "test.jsonl")]
    repository.import_files(sides, split_from_name=True)
    repository.commit("begin")
    return repository


def evaluate(repository: vault.Repository, folder: Path) -> Any:
    """Train on the side train, evaluate on the exported side test, and score; return the model."""
    model = trained(rows_of(repository.snapshot("HEAD").split("train")))
    test = folder / "evaluated.jsonl"
    repository.export("HEAD", output=str(test), selection=Selection("test"), force=True)
    docs = [json.loads(line) for line in test.read_text("utf-8").splitlines()]
    asked, answers = ([each["messages"][at]["content"] for each in docs] for at in (0, 1))
    right = [
        int(said == answer) for said, answer in zip(model.predict(asked), answers, strict=True)
    ]
    path = lm_eval_samples(folder / "samples_bank_1.jsonl", docs, right)
    repository.score(path, "linear", "exact_match", lines_of=str(test))
    repository.commit("scored")
    return model


def generated(folder: Path, seed: Seed, **options: Any) -> vault.Repository:
    """Return a copy of a repository after a round of generating."""
    pool = {name: list(texts) for name, texts in seed.pool.items()}

    def next_row(text: str, _: random.Random) -> str:
        return json.dumps({"text": pool[text].pop()})

    repository = vault.open(folder, author="benchmark")
    with BillingServer(Behaviour(content=next_row)) as server:
        recipe = folder / "recipe.toml"
        categories = json.dumps(sorted(seed.pool))
        recipe.write_text(
            RECIPE.format(seed=seed.number, url=server.base_url, categories=categories),
            encoding="utf-8",
        )
        report = repository.generate(str(recipe), **options)
    assert report.stopped == "done", report.stopped
    repository.commit("generated")
    return repository


def measure(seed: Seed, name: str, folder: Path, scores: Scores) -> None:
    """Generate in each way, train on what there is then, and keep the figures."""
    base = folder / "base"
    base.mkdir()
    repository = opened(base, seed)
    before = accuracy(evaluate(repository, base), seed.held_out)
    begun = len(rows_of(repository.snapshot("HEAD").split("train")))
    for count in COUNTS:
        plans = {way: str(folder / f"{count}-{at}.toml") for at, way in enumerate(WAYS)}
        repository.plan("category", metric="eval.linear", count=count, output=plans[WAYS[0]])
        repository.plan("category", count=count, output=plans[WAYS[1]])
        ways: dict[str, dict[str, Any]] = {
            "evenly": {"count": count},
            **{way: {"plan": path} for way, path in plans.items()},
        }
        scores.add(f"{name}|{count}|before", before)
        for at, (way, options) in enumerate(ways.items()):
            copy = folder / f"{count}-{at}"
            shutil.copytree(base, copy)
            stage = generated(copy, seed, **options).snapshot("HEAD")
            made = rows_of(stage.where("split = 'train' OR origin IS NOT NULL"))
            assert len(made) == begun + count
            scores.add(f"{name}|{count}|{way}", accuracy(trained(made), seed.held_out))
            shutil.rmtree(copy)


def table(scores: Scores) -> Iterator[str]:
    """Yield the table as Markdown."""
    ways = " | ".join(f"{way}, % | against evenly, points" for way in WAYS)
    yield f"| begin | measured | generated | before, % | evenly, % | {ways} |"
    yield "|---|---|---|---|---|" + "---|---|" * len(WAYS)
    for start, measured, count in product(STARTS, MEASURED, COUNTS):
        name = f"{start}|{measured}|{count}|"
        cells = [scores.mean(f"{name}before"), scores.mean(f"{name}evenly")]
        for way in WAYS:
            cells += [scores.mean(name + way), scores.difference(name + way, f"{name}evenly")]
        yield f"| {start} | {measured} | {count} | {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args(arguments)
    rows = real_rows(asked.folder)
    scores = Scores()
    for start, measured in product(STARTS, MEASURED):
        for number in range(1, asked.seeds + 1):
            seed = seed_of(rows, number, start, measured)
            with tempfile.TemporaryDirectory() as folder:
                measure(seed, f"{start}|{measured}", Path(folder), scores)
    print("\n".join(table(scores)))


if __name__ == "__main__":
    main()
