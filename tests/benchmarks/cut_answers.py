"""How many cut answers `answer-cut` finds among whole ones, and how many whole ones it suspects.

    python -m tests.benchmarks.cut_answers FOLDER [--seeds 3]

FOLDER has `gpteacher` (codegen, roleplay, toolformer) and `llama-factory` (Alpaca, DPO), as JSON
lists; without it nothing is measured. Of each set at most 2,000 answers are imported, some of them
cut at a random character, and validated as anybody would. Prints the table of
docs/reference/rules-measured.md; takes two minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import vault

SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)
MOST = 2_000
OF_MIXTURE = 300
"""Answers that each set gives to the mixture of all."""

SETS = {
    "roleplay": "gpteacher/roleplay-simple-deduped-roleplay-instruct.json",
    "code": "gpteacher/codegen-instruct.json",
    "tool calls": "gpteacher/toolformer-dedupe-only-dataset.json",
    "Alpaca": "llama-factory/alpaca_en_demo.json",
    "DPO, chosen": "llama-factory/dpo_en_demo.json",
}
Pair = tuple[str, str]


def pairs_of(path: Path) -> Iterator[Pair]:
    """Yield question and answer of each record of a file."""
    for record in json.loads(path.read_text(encoding="utf-8")):
        if "chosen" in record:
            yield record["conversations"][-1]["value"], record["chosen"]["value"]
        else:
            asked = f"{record['instruction']}\n{record.get('input', '')}".strip()
            yield asked, record.get("response") or record.get("output") or ""


def sets_of(folder: Path) -> dict[str, list[Pair]]:
    """Return the pairs of each set that is there, and a mixture of all."""
    found: dict[str, list[Pair]] = {}
    for name, path in SETS.items():
        if (folder / path).exists():
            # Answers of one character cannot be cut.
            found[name] = [pair for pair in pairs_of(folder / path) if len(pair[1]) > 1]
    rng = random.Random(0)
    mixture = [pair for pairs in found.values() for pair in rng.sample(pairs, OF_MIXTURE)]
    return {**found, "all five, mixed": mixture} if found else {}


def cut_some(pairs: Sequence[Pair], share: float, rng: random.Random) -> tuple[list[Any], set[int]]:
    """Return chats of some pairs, a share of their answers cut, and the positions of those."""
    chosen = rng.sample(pairs, min(MOST, len(pairs)))
    cut = set(rng.sample(range(len(chosen)), round(share * len(chosen))))
    records = []
    for at, (asked, answer) in enumerate(chosen):
        said = answer[: rng.randrange(1, len(answer))] if at in cut else answer
        messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        # The number keeps two cut answers apart that became equal.
        records.append({"messages": messages, "number": at})
    return records, cut


def suspected(records: Sequence[Any]) -> set[int]:
    """Return the positions of records in which `answer-cut` finds a fault."""
    with tempfile.TemporaryDirectory() as folder:
        repository = vault.init(folder, author="benchmark")
        path = Path(folder) / "all.jsonl"
        path.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")
        repository.import_files([str(path)])
        found = repository.iterate_findings(select=["answer-cut"])
        return {each.line - 1 for each in found if each.line is not None}


def measure(pairs: Sequence[Pair], share: float, seeds: int) -> tuple[float, float]:
    """Return the share of cut answers found, and of whole ones suspected, over some seeds."""
    found = false = cut_count = whole_count = 0
    for seed in range(seeds):
        records, cut = cut_some(pairs, share, random.Random(seed))
        hit = suspected(records)
        found += len(hit & cut)
        false += len(hit - cut)
        cut_count += len(cut)
        whole_count += len(records) - len(cut)
    return found / max(1, cut_count), false / max(1, whole_count)


def main() -> None:
    """Print a row for each set: what is found, and what is suspected, for each share of cuts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    sets = sets_of(given.folder)
    if not sets:
        print(f"nothing to measure: no data in {given.folder}")
        return
    print(f"| set | {' | '.join(f'{share:.0%} cut' for share in SHARES)} |")
    print(f"|---|{'---|' * len(SHARES)}")
    for name, pairs in sets.items():
        cells = []
        for share in SHARES:
            found, false = measure(pairs, share, given.seeds)
            parts = [f"{found:.0%}"] if share else []
            parts += [f"{false:.1%} false"] if share < 1 else []
            cells.append(", ".join(parts))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
