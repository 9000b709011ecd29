"""`runs cancel`: give a run up that is not finished; what was answered and staged stays."""

from __future__ import annotations

from dataclasses import replace

from vault.objects.log.view import Run, View
from vault.objects.model_run.run_object import encode_run
from vault.operations.generating.open_runs import CANCELLED, run_to_resume, vault_folder
from vault.operations.generating.runs import ShownRun, show_run
from vault.session.context import Context
from vault.session.recording import record, writing
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger


def cancel_run(context: Context, run: str) -> ShownRun:
    """Give up a run that may go on: its answers are kept, and nothing is asked any more.

    Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`), Corrupt.
    """
    name = run_to_resume(context, context.log.tip().view, run)
    vault = vault_folder(context)
    with RunFolder.open(vault, name, clock=lambda: context.intent.time) as folder:
        ledger = RunLedger.open(folder)
        ledger.set_state(CANCELLED)
        about = ledger.about
        with writing(context):
            answers = context.store.put(encode_run(about, ledger.rows()))
            found = Run(answers, CANCELLED, about.names())

            def change(view: View) -> tuple[View, None]:
                return replace(view, runs={**view.runs, name: found}), None

            record(context, change)
        folder.remove()
    return show_run(context, name)
