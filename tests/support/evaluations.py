"""Files of evaluation results, in the shapes in which the tools write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def lm_eval_samples(
    path: Path, docs: Sequence[Any], scores: Sequence[Any], *, filter_name: str = "none"
) -> str:
    """Write `samples_TASK_DATE.jsonl` of lm-evaluation-harness: one line for each document."""
    lines = [
        {
            "doc_id": at,
            "doc": doc,
            "target": "yes",
            "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": {"until": ["\n"]}}},
            "resps": [["yes"]],
            "filtered_resps": ["yes"],
            "filter": filter_name,
            "metrics": ["exact_match"],
            "doc_hash": f"{at:064x}",
            "prompt_hash": f"{at:064x}",
            "target_hash": f"{at:064x}",
            "exact_match": score,
        }
        for at, (doc, score) in enumerate(zip(docs, scores, strict=True))
    ]
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in lines)
    return str(path)


def inspect_log(path: Path, samples: Sequence[dict[str, Any]]) -> str:
    """Write a log of Inspect as JSON; each sample has an `id`, its `input`, and a `value`."""
    made = [
        {
            "id": each["id"],
            "epoch": each.get("epoch", 1),
            "input": each["input"],
            "target": "yes",
            "messages": [],
            "scores": None
            if each["value"] is None
            else {"match": {"value": each["value"], "answer": "yes", "history": []}},
            "metadata": each.get("metadata", {}),
            **({"error": {"message": "lost"}} if each["value"] is None else {}),
        }
        for each in samples
    ]
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "bank", "model": "m"},
        "plan": {"steps": []},
        "results": {"scores": []},
        "stats": {},
        "samples": made,
    }
    path.write_text(json.dumps(log, indent=2), encoding="utf-8")
    return str(path)


def promptfoo_output(path: Path, rows: Sequence[dict[str, Any]], **runtime: Any) -> str:
    """Write the JSON of `promptfoo eval -o`; each row has `vars`, and `score` or a failure."""
    results = [
        {
            "promptIdx": each.get("promptIdx", 0),
            "testIdx": at,
            "promptId": "p",
            "provider": {"id": each.get("provider", "openai:m"), "label": ""},
            "prompt": {"raw": "Answer", "label": "p1"},
            "vars": each["vars"],
            "testCase": {"vars": each["vars"]},
            "success": each["score"] >= 0.5,
            "score": each["score"],
            "failureReason": each.get("failureReason", 0),
            "namedScores": {"tone": each["score"]},
        }
        for at, each in enumerate(rows)
    ]
    output = {
        "evalId": "eval-1",
        "results": {"version": 3, "timestamp": "t", "prompts": [], "results": results, "stats": {}},
        "config": {},
        "shareableUrl": None,
        "runtimeOptions": runtime,
    }
    path.write_text(json.dumps(output, indent=2), encoding="utf-8")
    return str(path)
