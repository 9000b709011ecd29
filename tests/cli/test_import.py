"""`vault import`: what became of each record, in words and as JSON."""

from __future__ import annotations

import gzip
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines

Run = Callable[..., Outcome]


def test_an_import_says_what_became_of_every_record(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    again = [*RECORDS, {**RECORDS[0], "topic": "other"}, chat("New?", "Yes."), '{"messages": [{"ro']
    write_lines(project / "more.jsonl", again)
    outcome = run("import", "more.jsonl")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "more.jsonl: read 6 records as chat",
        "       2 imported",
        "         1 of these are a known conversation with other metadata",
        "       3 already there, not stored again",
        "         3 of these from data.jsonl",
        "       1 could not be read, kept in quarantine",
        "         first: line 6: the text ends inside the string that begins at character",
        "         16",
        "staged: 5 added (5 examples in all)",
    ]
    assert outcome.err.splitlines() == [
        "warning: 1 record could not be read and went to quarantine",
        "hint:  `vault quarantine list` tells what is wrong",
        'hint:  `vault diff` shows the changes, `vault commit -m "..."` records them',
    ]


def test_json_counts_per_file_and_in_all(run: Run, project: Path) -> None:
    (project / "more.jsonl.gz").write_bytes(gzip.compress((project / "data.jsonl").read_bytes()))
    report = json.loads(run("import", "data.jsonl", "more.jsonl.gz", "--json").out)
    first, second = report["files"]
    assert (first["path"], first["source"], first["format"]) == ("data.jsonl",) * 2 + ("chat",)
    assert (first["read"], first["imported"], second["duplicates"]) == (3, 3, 3)
    assert (report["read"], report["imported"], report["duplicates"]) == (6, 3, 3)


def test_strict_imports_the_rest_and_exits_with_one(run: Run, project: Path) -> None:
    write_lines(project / "bad.jsonl", [*RECORDS, "{"])
    assert run("import", "bad.jsonl", "--strict").code == 1
    assert json.loads(run("status", "--json").out)["examples"] == 3
    assert run("import", "data.jsonl", "--strict").code == 0


def test_an_input_without_a_readable_record_is_refused(run: Run, project: Path) -> None:
    write_lines(project / "bad.jsonl", ["{", "["])
    outcome = run("import", "bad.jsonl")
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert lines[0].startswith("error: nothing in bad.jsonl could be read: line 1: ")
    assert lines[2] == "code:  nothing-readable"


def test_an_empty_input_is_told(run: Run, project: Path) -> None:
    (project / "empty.jsonl").write_text("")
    outcome = run("import", "empty.jsonl")
    assert outcome.code == 0
    assert outcome.err.startswith("warning: there was no record to read\n")


def test_a_file_that_is_not_there_is_not_found(run: Run, project: Path) -> None:
    outcome = run("import", "dota.jsonl")
    assert outcome.code == 3
    assert outcome.err.splitlines() == [
        "error: dota.jsonl does not exist",
        "hint:  did you mean data.jsonl?",
        "code:  file-not-found",
    ]
    assert run("import", "zzz").err.splitlines()[1] == "hint:  `ls .` lists what is there"


def test_replace_makes_the_source_what_the_file_holds(run: Run, committed: Path) -> None:
    write_lines(committed / "data.jsonl", RECORDS[:2])
    outcome = run("import", "--replace", "data.jsonl")
    assert "staged: 1 removed (2 examples in all)" in outcome.out


def test_replace_all_update_and_a_trial(run: Run, committed: Path) -> None:
    write_lines(committed / "edited.jsonl", [{**RECORDS[1], "topic": "rain"}])
    assert json.loads(run("import", "edited.jsonl", "--dry-run", "--json").out)["imported"] == 1
    assert run("status", "--json").out.count('"added":0')
    trial = run("import", "edited.jsonl", "--dry-run")
    assert trial.out.endswith("a dry run: nothing was stored or staged\n")
    assert "leave out --dry-run" in trial.err
    assert run("import", "--replace-all", "edited.jsonl").code == 0
    assert json.loads(run("status", "--json").out)["examples"] == 1


def test_update_puts_edits_in_the_place_of_records_with_the_same_key(
    run: Run, project: Path
) -> None:
    write_lines(project / "old.jsonl", [{**RECORDS[0], "key": "k1"}])
    edited = json.loads(json.dumps(RECORDS[0]).replace("?", " please?"))
    write_lines(project / "new.jsonl", [{**edited, "key": "k1"}])
    run("import", "old.jsonl")
    run("commit", "-m", "one")
    run("import", "new.jsonl", "--update", "--key", "key")
    staged = json.loads(run("status", "--json").out)["staged"]
    assert staged == {"added": 0, "removed": 0, "changed": 1, "relabelled": 0}


def test_a_mapping_says_who_speaks(run: Run, project: Path) -> None:
    write_lines(project / "qa.jsonl", [{"question": "a?", "reply": "b"}])
    raw = run("import", "qa.jsonl", "--dry-run")
    assert "as raw" in raw.out
    report = run("import", "qa.jsonl", "--map", "user=question", "--map", "assistant=reply")
    assert "read 1 record as chat" in report.out


def test_a_raw_import_hints_at_the_mapping_and_what_a_later_mapping_does_not_change(
    run: Run, project: Path
) -> None:
    write_lines(project / "qa.jsonl", [{"question": "a?", "reply": "b"}])
    assert "--map user=FIELD --map assistant=FIELD" in run("import", "qa.jsonl").err
    again = run("import", "qa.jsonl", "--map", "user=question", "--map", "assistant=reply")
    assert "hint:  what was there stays as it was first read" in again.err


@pytest.mark.parametrize("mode", ["--replace", "--replace-all"])
def test_replacing_reads_a_source_anew_when_it_is_read_in_another_way(
    mode: str, run: Run, project: Path
) -> None:
    write_lines(project / "qa.jsonl", [{"question": "a?", "answer": "b"}])
    run("import", "qa.jsonl")
    run("commit", "-m", "raw")
    mapped = (mode, "--map", "user=question", "--map", "assistant=answer")
    first = json.loads(run("import", "qa.jsonl", *mapped, "--json").out)
    assert (first["imported"], first["staged"]["examples"]) == (1, 1)
    statistics = json.loads(run("show", "STAGE", "--json").out)["statistics"]
    assert (statistics["kinds"], statistics["turns"]) == ({"chat": 1}, 2)
    assert json.loads(run("diff", "--json").out)["unchanged"] == 1
    run("commit", "-m", "mapped")
    again = json.loads(run("import", "qa.jsonl", *mapped, "--json").out)
    assert (again["imported"], again["duplicates"]) == (0, 1)
    assert run("fsck").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--replace", "--update"], "modes-exclude"),
        (["--key", "id"], "key-without-update"),
        (["--map", "user"], "pair-invalid"),
        (["--map", "user=a", "--map", "user=b"], "pair-twice"),
        (["--format", "nonsense"], "format-unknown"),
    ],
)
def test_options_that_make_no_sense_are_bad_usage(
    words: list[str], code: str, run: Run, project: Path
) -> None:
    outcome = run("import", "data.jsonl", *words)
    assert outcome.code == 2
    assert outcome.err.splitlines()[2] == f"code:  {code}"
    assert len(outcome.err.splitlines()) == 3


def test_standard_input_is_a_file_too(shell: Callable[..., Outcome]) -> None:
    outcome = shell("""vault init -q && echo '{"text": "hello"}' | vault import - --source api""")
    assert outcome.code == 0
    assert outcome.out.startswith("standard input: read 1 record as text\n")


def test_names_of_files_cannot_act_on_the_terminal(run: Run, project: Path) -> None:
    name = "a\x1b[31mb.jsonl"
    write_lines(project / name, RECORDS)
    outcome = run("import", name)
    assert outcome.out.startswith("a\\x1b[31mb.jsonl: read 3 records")


def test_the_log_of_operations_says_what_was_typed(run: Run, project: Path) -> None:
    from vault.cli.frame.invocation import Invocation

    run("-C", ".", "import", "data.jsonl", "--json", "--source", "it's")
    repository = Invocation().repository()
    entry = repository._log.newest()
    assert (entry.author, entry.command) == ("ada", "import")
    done = repository.operations(limit=1).items[0]
    assert shlex.split(done.command) == ["import", "data.jsonl", "--source", "it's"]


@pytest.mark.parametrize("argument", ["$'in/b\\xff.jsonl'", "in", "'in/*.jsonl'"])
def test_a_name_that_is_not_utf8_is_stored_with_its_bytes_escaped(
    argument: str, shell: Callable[..., Outcome]
) -> None:
    made = "vault init -q && mkdir in && printf '{\"text\":\"a\"}\\n' > $'in/b\\xff.jsonl'"
    outcome = shell(f"{made} && vault import -q {argument} && vault show STAGE --json")
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads(outcome.out)["statistics"]["sources"] == {"in/b\\xff.jsonl": 1}


def test_a_row_of_one_cell_is_told_so(run: Run, project: Path) -> None:
    (project / "a.csv").write_text("q,a\n1,2\n1\n")
    assert "1 cell where the header has 2" in run("import", "a.csv").out


def test_names_of_sources_and_rounds_need_not_be_utf8(run: Run, project: Path) -> None:
    outcome = run("import", "data.jsonl", "--source", "s\udcff", "--round", "r\udcff", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["files"][0]["source"] == "s\\xff"


@pytest.mark.parametrize(
    ("mode", "what"), [("--replace", " of this source"), ("--replace-all", "")]
)
def test_replacing_says_how_many_examples_it_took_out(
    mode: str, what: str, run: Run, committed: Path
) -> None:
    write_lines(committed / "data.jsonl", RECORDS[:1])
    assert "       2 taken out of the stage" in run("import", mode, "data.jsonl").out
    (committed / "data.jsonl").write_text("")
    outcome = run("import", mode, "data.jsonl")
    told = f"there was no record to read: 1 example{what} was taken out of the stage"
    assert f"warning: {told}" in outcome.err


def test_pairs_that_fit_are_named_with_what_to_type(run: Run, project: Path) -> None:
    record = {"problem": "2+2?", "solution": "Two and two.", "Correct Answer": "4", "answer": "4"}
    write_lines(project / "math.jsonl", [record])
    outcome = run("import", "math.jsonl")
    assert "math.jsonl: read 1 record as raw" in outcome.out
    assert "problem and solution, or problem and answer may be prompt and answer" in outcome.err
    assert "--replace --map user=problem --map assistant=solution" in outcome.err
    mapped = ["--map", "user=problem", "--map", "assistant=solution"]
    assert "as chat" in run("import", "math.jsonl", "--replace", *mapped).out


def test_well_known_pairs_and_prompts_are_read(run: Run, project: Path) -> None:
    write_lines(project / "qa.jsonl", [{"question": "2+2?", "answer": "4"}])
    assert "read 1 record as prompt-completion" in run("import", "qa.jsonl").out
    write_lines(project / "rl.jsonl", [{"prompt": "3+3?", "ground_truth": "6"}])
    assert "read 1 record as prompt" in run("import", "rl.jsonl").out
    found = json.loads(run("query", "--where", "kind = 'prompt'", "--json").out)["items"]
    assert [each["data"]["prompt"] for each in found] == ["3+3?"]
    asked = json.loads(run("query", "--where", "prompt = '2+2?'", "--json").out)["items"]
    assert [each["data"]["answer"] for each in asked] == ["4"]
    truth = json.loads(run("query", "--where", "data.ground_truth = '6'", "--json").out)["items"]
    assert len(truth) == 1
    codes = [each["code"] for each in json.loads(run("validate", "--json").out)["findings"]]
    assert not [each for each in codes if not each.startswith("SETS")]
    told = json.loads(run("validate", "--target", "openai", "--json").out)["findings"]
    assert "TURN016" in [each["code"] for each in told]


def test_plain_text_is_a_file_a_line_or_a_paragraph(run: Run, project: Path) -> None:
    (project / "poem.txt").write_text("One,\ntwo.\n\nThree.\n")
    whole = run("import", "poem.txt", "--dry-run")
    assert "poem.txt: read 1 record as text" in whole.out
    assert "read 3 records as text" in run("import", "poem.txt", "--lines", "--dry-run").out
    assert "read 2 records as text" in run("import", "poem.txt", "--paragraphs").out
    items = json.loads(run("query", "--where", "kind = 'text'", "--json").out)["items"]
    assert [each["data"] for each in items] == [{"text": "One,\ntwo."}, {"text": "Three."}]
    (project / "poem.txt").write_text("One,\ntwo.\n\nFour.\n")
    again = run("import", "--replace", "poem.txt")
    assert "read 2 records as text" in again.out, "a source is read as it was before"
    both = run("import", "poem.txt", "--lines", "--paragraphs")
    assert (both.code, "text-units-exclude" in both.err) == (2, True)
    other = run("import", "data.jsonl", "--lines")
    assert (other.code, "no-text-files" in other.err) == (2, True)


def test_text_that_is_not_utf8_goes_to_quarantine(run: Run, project: Path) -> None:
    (project / "poem.txt").write_bytes(b"One\nZw\xf6lf\n")
    outcome = run("import", "poem.txt", "--lines")
    assert (outcome.code, "first: line 2: invalid UTF-8 at byte 2" in outcome.out) == (0, True)
    assert run("import", "poem.txt", "--source", "whole").code == 2


def test_arguments_in_another_order_are_told(run: Run, project: Path) -> None:
    def called(given: dict[str, str]) -> dict[str, object]:
        call = {"function": {"name": "book", "arguments": given}}
        return {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}

    records = [called({"a": "1", "b": "2"}), called({"b": "2", "a": "1"})]
    write_lines(project / "calls.jsonl", records)
    outcome = run("import", "calls.jsonl")
    assert "1 of these have their keys in another order" in outcome.out
    assert "write arguments as JSON text" in outcome.err


def test_files_beside_data_are_not_read_and_named(run: Run, project: Path) -> None:
    folder = project / "set"
    folder.mkdir()
    write_lines(folder / "train.jsonl", [chat("Where?", "Here.")])
    (folder / "dataset_info.json").write_text('{"features": {}}')
    (folder / "more.xlsx").write_bytes(b"PK")
    (folder / "README.md").write_text("About")
    outcome = run("import", "set")
    assert outcome.code == 0
    assert "read 1 record as chat" in outcome.out
    assert "not read: set/dataset_info.json: describes a dataset" in outcome.out
    assert "not read: set/more.xlsx: save it as CSV" in outcome.out
    assert "README" not in outcome.out
    assert json.loads(run("import", "set", "--json").out)["left_out"][0]["path"].endswith("json")


def test_a_file_beside_data_is_read_when_it_is_named(run: Run, project: Path) -> None:
    write_lines(project / "state.json", [chat("Where?", "Here.")])
    assert "read 1 record as chat" in run("import", "state.json").out


def test_a_folder_of_what_is_not_read_says_so(run: Run, project: Path) -> None:
    folder = project / "set"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(b"PK")
    outcome = run("import", "set")
    assert outcome.code == 2
    assert "only such as set/a.xlsx" in outcome.err
    assert "hint:  save it as CSV" in outcome.err


def test_what_mends_a_file_is_told_beside_what_was_read(run: Run, project: Path) -> None:
    (project / "a.jsonl").write_bytes(b'{"text": "a"} {"text": "b"}\n{"text": "c"}\n')
    outcome = run("import", "a.jsonl")
    assert outcome.code == 0
    told = "hint:  a.jsonl: several objects stand on one line; write one on each line: jq -c . "
    assert f"{told}a.jsonl > records.jsonl" in outcome.err


def test_names_that_are_nearly_right_are_proposed(run: Run, project: Path) -> None:
    (project / "a.csv").write_text("Prompt, completion\nWhere?, Here.\n")
    outcome = run("import", "a.csv")
    assert "--map user=Prompt --map 'assistant= completion'" in outcome.err


def test_a_file_that_was_edited_and_read_again_is_told(run: Run, project: Path) -> None:
    assert run("import", "data.jsonl").code == 0
    edited = [*RECORDS[:2], chat("Where is my order?", "It left us today.", topic="orders")]
    write_lines(project / "data.jsonl", edited)
    again = run("import", "data.jsonl")
    assert "data.jsonl was read before, and 2 of its records are there" in again.err
    assert "if the other 1 are edited: `vault undo`, then --replace" in again.err
    write_lines(project / "other.jsonl", edited)
    assert "was read before" not in run("import", "other.jsonl").err
    assert "was read before" not in run("import", "data.jsonl", "--replace").err
