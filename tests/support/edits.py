"""Real texts edited, removed and shuffled, with what became of each known."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.library import Library, chat

FILES = (
    "banking77/train.csv",
    "gsm8k/train.jsonl",
    "gpteacher/toolformer-dedupe-only-dataset.json",
    "gpteacher/codegen-instruct.json",
    "gpteacher/roleplay-simple-deduped-roleplay-instruct.json",
    "llama-factory/alpaca_en_demo.json",
    "llama-factory/glaive_toolcall_en_demo.json",
    "llama-factory/dpo_en_demo.json",
    "llama-factory/kto_en_demo.json",
)


@dataclass(frozen=True)
class Edited:
    """Chats before and after: `truth` maps a question of `after` to the one it was edited from."""

    before: Sequence[Any]
    after: Sequence[Any]
    truth: dict[str, str]


@dataclass(frozen=True)
class Score:
    """How many edited examples there are, how many were paired with what, and how many rightly."""

    edited: int
    paired: int
    right: int

    @property
    def precision(self) -> float:
        """The share of the pairs that are right."""
        return self.right / max(self.paired, 1)

    @property
    def recall(self) -> float:
        """The share of the edited examples that were paired rightly."""
        return self.right / max(self.edited, 1)


def data_folder() -> Path:
    """Return the nearest `shared/data` that stands beside a folder around this file."""
    for folder in Path(__file__).resolve().parents:
        found = folder.parent / "shared" / "data"
        if found.is_dir():
            return found
    return Path("/nowhere")


def texts_of(path: Path) -> list[str]:
    """Return the text of each record of a file, each once: all that anybody says in it."""
    if path.suffix == ".csv":
        with open(path, encoding="utf-8", newline="") as file:
            return list(dict.fromkeys(each["text"] for each in csv.DictReader(file)))
    text = path.read_text("utf-8")
    records = json.loads(text) if path.suffix == ".json" else map(json.loads, text.splitlines())
    return list(dict.fromkeys("\n".join(_texts(each)) for each in records))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if not isinstance(value, (dict, list)):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [text for each in inner for text in _texts(each)]


def edited(texts: Sequence[str], share: float, seed: int) -> Edited:
    """Edit a fifth of some texts, `share` of the words of each; remove a fifth; shuffle the rest.

    Three edits in five exchange a word for one of another text, one removes a word, one adds one.
    """
    rng = random.Random(seed)
    words = [word for text in texts[:2000] for word in text.split()]
    after, truth = [], {}
    for text in texts:
        fate = rng.random()
        if fate < 0.2:
            continue
        if fate < 0.4:
            changed = _edited(rng, text, share, words)
            if changed not in truth and changed.strip() != text.strip():
                truth[changed] = text
                text = changed
        after.append(text)
    rng.shuffle(after)
    # Everybody answers the same, so that the question alone tells what is what.
    return Edited(
        [chat(text, "Fine.") for text in texts],
        [chat(text, "Fine.") for text in dict.fromkeys(after)],
        truth,
    )


def _edited(rng: random.Random, text: str, share: float, words: Sequence[str]) -> str:
    parts = text.split(" ")
    for _ in range(max(1, round(len(parts) * share))):
        at = rng.randrange(len(parts))
        fate = rng.random()
        if fate < 0.6:
            parts[at] = rng.choice(words)
        elif fate < 0.8 and len(parts) > 1:
            del parts[at]
        else:
            parts.insert(at, rng.choice(words))
    return " ".join(parts)


def score(library: Library, data: Edited) -> Score:
    """Commit both sides, compare them, and count what was paired."""
    for name, records in (("before", data.before), ("after", data.after)):
        library.write(f"{name}.jsonl", records)
        library.run(f"{name}.jsonl", mode="replace-all")
        library.repository.commit(name)
    pairs = {}
    for each in library.repository.iterate_diff("HEAD~1", "HEAD"):
        if each.change == "changed":
            found = each.to_json()
            new, old = (found[name]["messages"][0]["content"] for name in ("data", "old_data"))
            pairs[new] = old
    right = sum(data.truth.get(new) == old for new, old in pairs.items())
    return Score(len(data.truth), len(pairs), right)
