"""pandas and `datasets` read what is exported for verl, open-instruct and Unsloth: `-m slow`.

Unsloth itself needs a GPU, verl a heavy environment: what they load with runs here.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

ASKED = [{"role": "user", "content": "When?"}]


def export(library: Library, trainer: str, *records: dict[str, Any], **options: Any) -> None:
    """Import some records and export them into the folder `data`."""
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.export(
        "STAGE", output=str(library.folder / "data"), trainer=trainer, **options
    )


def read(library: Library) -> Any:
    """Return what pandas and `datasets` make of the Parquet file."""
    told = run_loader("trl", "load_parquet", "data/train.parquet", folder=library.folder)
    return json.loads(told)


def test_pandas_reads_messages_for_verl_as_objects(library: Library) -> None:
    thinking = {"chat_template_kwargs": {"enable_thinking": False}}
    chats = [chat("why?"), chat("how?", "So.")]
    export(library, "verl", *({**each, **thinking} for each in chats))
    rows = [{**each, "enable_thinking": False} for each in chats]
    assert read(library) == {"rows": rows, "same": True}


def test_pandas_reads_answers_for_verl_as_objects(library: Library) -> None:
    export(
        library, "verl", {"prompt": ASKED, "reply": 4, "topic": "x"}, answer="reply", verifier="v"
    )
    row = {
        "data_source": "v",
        "prompt": ASKED,
        "ability": None,
        "reward_model": {"style": "rule", "ground_truth": "4"},
        "extra_info": {"fields": '{"topic":"x"}'},
    }
    assert read(library) == {"rows": [row], "same": True}


def test_an_answer_that_looks_like_a_date_stays_a_text(library: Library) -> None:
    export(library, "rlvr", {"prompt": ASKED, "ground_truth": "2024-05-01", "dataset": "match"})
    row = {"messages": ASKED, "ground_truth": "2024-05-01", "dataset": "match"}
    assert read(library) == {"rows": [row], "same": True}


def test_the_script_for_unsloth_loads_both_sides(library: Library) -> None:
    export(library, "unsloth", chat("why?"), chat("how?", "So."))
    library.label("why?", split="train")
    library.label("how?", split="validation")
    library.repository.export("STAGE", output=str(library.folder / "data"), trainer="unsloth")
    # Unsloth takes no `datasets` of version 5; axolotl's is one that it takes.
    told = json.loads(run_loader("axolotl", "load_unsloth", "data/train.py", folder=library.folder))
    assert told["rows"] == {"train": 1, "validation": 1}
    assert told["first"]["train"] == {
        "prompt": chat("why?")["messages"][:1],
        "completion": chat("why?")["messages"][1:],
    }
