"""The keys of every command's JSON, which scripts rely on: none is ever missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import pair
from tests.support.judged import rubric, says
from tests.support.labelling import Values, label_in_order
from tests.support.recipes import recipe
from vault.cli.frame.command_table import COMMANDS
from vault.repository import Repository

Run = Callable[..., Outcome]

COMMIT = "commit parents author time message meta examples fingerprint branches tags notes"
FILE = "path source format read imported duplicates same_content returned quarantined"
CHANGES = "added removed changed relabelled"
FINDING = "code name severity id source line message"
FIGURES = (
    "examples agreement agreement_interval kappa kappa_interval alpha alpha_interval ac2 "
    "ac2_interval"
)
STATS = (
    "examples turns chars tokens quantiles{turns tokens{min 5 25 50 75 95 max}} "
    "histograms{turns[{least most examples}] tokens[{least most examples}]} kinds sources rounds "
    "splits labels languages cut[{trainer length examples share}] roles tools"
)
TABLE = "table{rows columns values counts}"
MIXTURE = "unassigned parts[{name examples distinct available tokens overlap held_out}]"
COST = "cost{amount currency known possibly}"
RUN = f"run time kind recipe model requests answers accepted {COST} state"
GENERATED = (
    f"run requests answers accepted rejected failed tokens{{prompt cached reasoning completion}} "
    f"{COST} stopped staged wanted retries estimated possibly_billed reasons preview "
    "batch waiting"
)
JUDGED = (
    f"run rubric name judged wanted unjudged skipped skipped_for labels {COST} tokens requests "
    "answers rejected failed reasons stopped possibly_billed consistency repeated pairs flips "
    "quoted unquoted older same_family waiting"
)
INTERVALS = "requests{least most} tokens{least most} cost{least most}"
EXPORT = "commit examples output format sha256 files[{path examples sha256}]"

KEYS: dict[str, list[tuple[str, str]]] = {
    "init": [("init", "path")],
    "import": [
        (
            "import data.jsonl bad.jsonl",
            f"files[{{{FILE}}}] read imported duplicates same_content returned quarantined",
        )
    ],
    "status": [("status", f"branch commit examples staged{{{CHANGES}}} quarantined")],
    "quarantine": [
        ("quarantine", "quarantined[{id source line code reason}]"),
        ("quarantine list", "quarantined[{id source line code reason}]"),
    ],
    "commit": [("commit -m two", f"commit branch parents examples {CHANGES} fingerprint")],
    "log": [
        ("log", f"commits[{{{COMMIT}}}]"),
        ("log --stat", f"commits[{{{COMMIT} validation moved}}]"),
    ],
    "show": [
        ("show HEAD", COMMIT),
        ("show STAGE", COMMIT),
        (
            "show EXAMPLE",
            "id content_id prompt_id kind data labels source line removals commits",
        ),
    ],
    "diff": [
        ("diff", f"from to {CHANGES} unchanged by items[{{change what id old_id}}]"),
        ("diff --by topic", f"by{{x{{{CHANGES}}}}} items"),
        (
            "diff --from-lock old.lock vault.lock",
            "items[{path change old new added removed request unknown}] unchanged",
        ),
        ("diff v1 HEAD --stat", f"from to {CHANGES} unchanged by items validation"),
    ],
    "head": [("head 2", "examples items[{id kind labels data}]")],
    "sample": [("sample 2", "examples items[{id kind labels data}]")],
    "query": [("query --where turns>1", "examples items[{id kind labels data}]")],
    "grep": [("grep the", "examples items[{id kind labels data places[{where found}]}]")],
    "sql": [("sql VALUES(1)", "rows[{col0}]")],
    "stats": [
        (
            "stats --by topic",
            f"{STATS} revision commit tokenizer same_conversation findings by{{x{{{STATS}}}}} "
            "values before moved field is_part html",
        ),
        (
            "stats v1 STAGE --full",
            f"{STATS} tools{{declared called names}} before{{{STATS} commit by findings}} "
            "moved[{field distance value old_share new_share}]",
        ),
    ],
    "agreement": [
        (
            "agreement quality",
            f"{FIGURES} commit labels raters[{{name examples}}] scale weights kappa_of enough_for "
            f"calibrated corrected {TABLE} by notes "
            f"pairs[{{raters examples agreement kappa kappa_interval {TABLE}}}]",
        ),
        ("agreement quality --by topic", f"by{{x{{{FIGURES}}}}}"),
        (
            "agreement quality.anna judge.help.score --cut 0.5",
            "corrected{judge truth examples sensitivity specificity judged judged_rate rate "
            "interval} calibrated",
        ),
    ],
    "score": [
        (
            "score results.csv --name m --value ok --on topic",
            "matched unmatched mean label metric tool unscored first_unmatched examples labelled "
            f"kept repeated shared commit lines_of staged{{{CHANGES}}} dry_run",
        )
    ],
    "plan": [
        (
            "plan --by topic --at-least 5 -n 40",
            "slices[{value examples measured metric interval disagreement propose}] field metric "
            "mean interval measured reliability proposed side unassigned without seen commit "
            "staged output",
        )
    ],
    "validate": [
        (
            "validate",
            "commit target examples examples_with_errors errors warnings findings",
        ),
        (
            "validate --select FORM013",
            f"findings[{{code name severity count items[{{{FINDING}}}]}}]",
        ),
        (
            "validate --fix --quarantine --dry-run",
            "examples errors warnings findings fixes fixed merged quarantined staged dry_run",
        ),
    ],
    "generate": [
        ("generate r.toml -n 2", GENERATED),
        ("generate --resume", GENERATED),
        ("generate r.toml -n 2 --batch", GENERATED),
        (
            "generate r.toml -n 2 --dry-run",
            f"recipe model endpoint wanted cells seeds prompts {INTERVALS} currency "
            "messages[{role content}] dry_run",
        ),
    ],
    "judge": [
        ("judge help.toml", JUDGED),
        (
            "judge help.toml --dry-run",
            f"rubric judges endpoints examples skipped skipped_for {INTERVALS} currency older "
            "same_family messages[{role content}] dry_run",
        ),
    ],
    "runs": [
        ("runs", f"items[{{{RUN}}}]"),
        ("runs show RUN", f"{RUN} possibly_billed waiting rejected failed tokens estimated"),
        (
            "runs show RUN --request 1",
            "run request sample state reason body answer answer_base64 usage cost values seeds "
            "examples answers",
        ),
    ],
    "tag": [("tag", "tags[{name commit message}]"), ("tag v2", "tags[{name commit message}]")],
    "export": [
        ("export -o a.jsonl", EXPORT),
        ("export -o folder", EXPORT),
        (
            "export -o trl --for trl --skip-unsupported",
            f"{EXPORT} trainer layout lines losses meanings unsupported first_unsupported "
            "unassigned beside kept removed judged",
        ),
        (
            "export -o mixed.jsonl --mix mix.toml",
            f"{EXPORT} mixture{{{MIXTURE}}}",
        ),
        ("export --locked", "files[{path examples sha256}] unchanged"),
    ],
    "lock": [
        ("lock --check", "ok items[{path state commit tag}] skipped"),
    ],
    "which": [
        ("which a.jsonl", "sha256 items[{path commit tag examples matches command}]"),
        ("which a.jsonl --line 1", "line{line id source source_line commits} items"),
    ],
    "note": [
        ("note HEAD model=small", "commit items[{key value author time}]"),
        ("note HEAD", "commit items[{key value author time}]"),
    ],
    "checkout": [
        ("checkout v1 -o b.jsonl", EXPORT),
        ("checkout main", f"branch commit staged{{{CHANGES}}}"),
    ],
    "branch": [
        ("branch", "branches[{name commit current}]"),
        ("branch b2", "branches[{name commit current}]"),
    ],
    "switch": [("switch -c b3", f"branch commit staged{{{CHANGES}}}")],
    "clean": [
        ("clean", "steps[{name before after removed}] fixed staged dry_run"),
        ("clean --dry-run", "steps[{name before after removed}] fixed staged dry_run"),
    ],
    "dedupe": [
        (
            "dedupe --threshold 0.9",
            "examples exact near clusters removed kept threshold conflicts marked "
            "items[{examples keeper{id kind labels data} items[{id reason similarity}]}] "
            f"staged{{{CHANGES}}}",
        ),
        ("dedupe --dry-run", "examples exact near clusters removed kept threshold dry_run"),
    ],
    "edit": [
        (
            "edit EXAMPLE",
            "id old_id what copied kind source line labels_kept labels_left findings not_run data "
            f"old_data staged{{{CHANGES}}} reordered dry_run",
        ),
    ],
    "label": [
        ("label quality=gold EXAMPLE", f"labelled examples unchanged staged{{{CHANGES}}} dry_run"),
        ("label quality=gold EXAMPLE --dry-run", "labelled examples dry_run"),
        ("label quality=x --from labels.csv --key topic", "labelled file{records unknown unread}"),
        ("label --list", "labels[{name value count type}] examples commit"),
        ("label --queue quality", "queue examples items[{id kind labels data}]"),
    ],
    "split": [
        (
            "split train=0.9 test=0.1",
            "examples splits{train test} unassigned new{train test} groups divided connecting "
            "large_groups rule{sides{train test} seed group_by stratify hold_out} changed "
            f"may_leave not_compared staged{{{CHANGES}}} dry_run",
        ),
        ("split a=0.5 b=0.5 --group-by topic", "connecting[{id sides{train test}}] unassigned"),
        (
            "split --check --against other.jsonl",
            "leaks checked{revision sides against[{name examples unread}] examples questions "
            "threshold not_compared{unassigned without_text without_question only_shared_text}}",
        ),
    ],
    "rm": [("rm EXAMPLE", f"removed staged{{{CHANGES}}}")],
    "restore": [("restore EXAMPLE", f"restored staged{{{CHANGES}}}")],
    "removed": [("removed v2", "items[{id reason command}]")],
    "revert": [("revert HEAD", f"commit staged{{{CHANGES}}}")],
    "discard": [("discard", f"staged{{{CHANGES}}}")],
    "reset": [("reset v1", f"commit staged{{{CHANGES}}}")],
    "undo": [("undo", "items[{id time author command}]")],
    "redo": [("redo", "items[{id time author command}]")],
    "operations": [("operations", "items[{id time author command}]")],
    "gc": [("gc --dry-run", "removed freed_bytes")],
    "fsck": [("fsck", "ok objects problems repaired")],
    "doctor": [
        (
            "doctor",
            "vault python platform libraries[{name version required}] problems settings reporting "
            "repository{path operations objects object_bytes catalogue free_bytes hard_links}",
        )
    ],
    "completion": [("completion bash", "script")],
}
"""Command lines of each command, and the keys of their documents: `a{b}` an object, `a[{b}]` a
list of objects that is not empty here."""

NO_PROMISE = {"help", "demo", "ui"}
CASES = [(line, keys) for lines in KEYS.values() for line, keys in lines]


def missing(keys: str, value: Any, where: str = "") -> Iterator[str]:
    """Yield the keys of the notation that a JSON value does not have."""
    for name, inner in _split(keys):
        path = f"{where}.{name}"
        if not isinstance(value, dict) or name not in value:
            yield path
            continue
        if inner.startswith("["):
            if not isinstance(value[name], list) or not value[name]:
                yield f"{path}[]"
            else:
                for item in value[name]:
                    yield from missing(inner[2:-2], item, path)
        elif inner:
            yield from missing(inner[1:-1], value[name], path)


def _split(keys: str) -> Iterator[tuple[str, str]]:
    depth, word = 0, ""
    for character in keys + " ":
        depth += (character in "[{") - (character in "]}")
        if character == " " and not depth:
            if match := re.match(r"(\w+)(.*)", word):
                yield match[1], match[2]
            word = ""
        else:
            word += character


def test_every_command_has_its_keys_here() -> None:
    assert set(KEYS) | NO_PROMISE == set(COMMANDS)


@pytest.mark.parametrize(("line", "keys"), CASES, ids=[line for line, _ in CASES])
def test_no_key_is_missing(
    line: str, keys: str, run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/red/green/")
    run("tag", "v1")
    write_lines(committed / "bad.jsonl", [*RECORDS, "{"])
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.", topic="x")])
    run("import", "bad.jsonl", "more.jsonl")
    _prepare(line, run)
    if line.startswith(("generate", "judge", "runs")):
        content = says(bool) if line.startswith("judge") else pair
        with BillingServer(Behaviour(content=content)) as server:
            Path("r.toml").write_bytes(recipe(server.base_url))
            Path("help.toml").write_bytes(rubric(server.base_url))
            outcome = _asked(line, run)
    else:
        outcome = _done(line, run)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("\n") == 1
    assert list(missing(keys, json.loads(outcome.out))) == []


def _asked(line: str, run: Run) -> Outcome:
    if "--resume" in line:
        assert run("generate", "r.toml", "-n", "2", "--max-requests", "1").code == 1
        line += " --max-requests 9"
    elif line.startswith("runs"):
        found = run("generate", "r.toml", "-n", "1", "--json")
        line = line.replace("RUN", json.loads(found.out)["run"])
    return run(*line.split(), "--json")


def _done(line: str, run: Run) -> Outcome:
    if "EXAMPLE" in line:
        run("export", "-o", "ids.jsonl", "--with", "id")
        first = json.loads(Path("ids.jsonl").read_text().splitlines()[0])
        line = line.replace("EXAMPLE", first["_vault"]["id"])
    return run(*line.split(), "--json")


def test_the_check_finds_what_is_missing() -> None:
    assert list(missing("a b{c} d[{e}]", {"b": {}, "d": [{"f": 1}]})) == [".a", ".b.c", ".d.e"]
    assert list(missing("d[{e}]", {"d": []})) == [".d[]"]


def _prepare(line: str, run: Run) -> None:
    """Do what a command needs to have an answer without empty lists."""
    if "FORM013" in line:
        write_lines(Path("raw.jsonl"), [{"question": "Why?"}])
        run("import", "raw.jsonl")
    elif "mix.toml" in line:
        Path("mix.toml").write_text('[[part]]\nname = "all"\nepochs = 2\n')
    elif "labels.csv" in line:
        Path("labels.csv").write_text("topic,x\nx,1\n")
    elif "results.csv" in line:
        Path("results.csv").write_text("topic,ok\nx,1\n")
    elif line in ("lock --check", "export --locked") or line.startswith("which"):
        run("export", "-o", "a.jsonl")
        if line == "export --locked":
            Path("a.jsonl").unlink()
    elif "old.lock" in line:
        Path("old.lock").write_text("")
        run("export", "-o", "a.jsonl")
    elif line == "note HEAD":
        run("note", "HEAD", "a=b")
    elif line == "label --list":
        run("label", "quality=gold", "--where", "turns > 0")
    elif line.startswith("dedupe"):
        write_lines(Path("again.jsonl"), [chat("More?", "Yes.", topic="again")])
        run("import", "again.jsonl")
    elif "--group-by topic" in line:
        _prepare_bridge(run)
    elif "other.jsonl" in line:
        write_lines(Path("other.jsonl"), [chat("Has anybody else asked this?", "No.")])
    elif line == "removed v2":
        run("export", "-o", "ids.jsonl", "--with", "id", "--force")
        text = Path("ids.jsonl").read_text().splitlines()[0]
        run("rm", json.loads(text)["_vault"]["id"])
        run("commit", "-m", "two")
        run("tag", "v2")
    elif line.startswith("agreement"):
        labels: dict[str, Values] = {
            "quality.anna": [True, False, True, True],
            "quality.ben": [True, False, False, True],
            "judge.help.score": [0.9, 0.1, 0.4, 0.7],
        }
        label_in_order(Repository.open(Path.cwd(), author="ada"), labels)
    elif line == "redo":
        run("undo")


def _prepare_bridge(run: Run) -> None:
    """Bring in an example that belongs with examples on two sides."""
    for side in ("train", "test"):
        write_lines(Path(f"{side}.jsonl"), [chat(f"Which side is {side}?", "This.", topic=side)])
        run("import", f"{side}.jsonl")
        run("split", f"{side}=1")
    write_lines(Path("bridge.jsonl"), [chat("Which side is train?", "That.", topic="test")])
    run("import", "bridge.jsonl")
