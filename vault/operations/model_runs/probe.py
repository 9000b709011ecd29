"""The probe of an endpoint that nobody knows: does it enforce JSON by a schema, and count tokens?

A probe is a request of the run, counted and kept like any other. What it found stands in `drawn` of
its row, for later runs, and in the journal, for this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vault.generate.answers import Answer, AnswerState
from vault.generate.asking import Stopped
from vault.generate.budget import Limits
from vault.generate.endpoint import OPENAI_URL, Endpoint
from vault.generate.ladder import PROBED, Finding, Step, finding_of, probe_body, step_of
from vault.generate.model import Model
from vault.generate.requests import Request
from vault.objects.log.view import View
from vault.objects.model_run.about import RunAbout
from vault.objects.model_run.request import RequestState, RequestStatus
from vault.objects.model_run.run_object import decode_about, decode_statuses
from vault.operations.model_runs.send import send
from vault.session.context import Context
from vault.store.request_lines import PlannedRequest, decided_line
from vault.store.run_ledger import RunLedger

TYPE = "found"
"""The type of the line with what was found; readers pass over types that they do not know."""

_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Probed:
    """The step by which an endpoint is asked for JSON; `stopped` is why no more can be asked."""

    step: Step
    stopped: Stopped | None = None


def is_probe(status: RequestStatus) -> bool:
    """Return whether a request asks what an endpoint can do, and nothing for the run itself."""
    return status.drawn is not None and _PROBE in json.loads(status.drawn)


def probe(
    context: Context,
    ledger: RunLedger,
    model: Model,
    endpoint: Endpoint,
    limits: Limits,
    *,
    wanted: Step,
) -> Probed:
    """Return the step by which an endpoint is asked, found by at most two requests.

    Nothing is sent where a schema is not wanted, at openai's own address, in a run that has asked
    for something already, and where a run that has ended found out. Raises what `send` raises.
    """
    if wanted is not Step.SCHEMA or endpoint.url == OPENAI_URL:
        return Probed(wanted)
    findings = _kept(ledger, endpoint.model)
    if findings is None and all(map(is_probe, ledger.statuses())):
        known = _found_before(context, context.log.tip().view, endpoint)
        findings = _found_by(ledger.statuses(), endpoint.model) or known
        for step in PROBED:
            if step_of(wanted, findings) is not step or step in {each.step for each in findings}:
                continue
            stopped = _ask(ledger, model, endpoint, limits, step)
            own = _found_by(ledger.statuses(), endpoint.model)
            found = [each for each in own if each.step is step]
            findings = [*findings, *found]
            if stopped is not Stopped.DONE:
                return Probed(step_of(wanted, findings), stopped)
        told = [each.to_json() for each in findings]
        ledger.append([{"type": TYPE, "model": endpoint.model, "found": told}])
    return Probed(step_of(wanted, findings or ()))


def _kept(ledger: RunLedger, model: str) -> list[Finding] | None:
    """Return what a run has found of a model before, None where it has not looked."""
    found = None
    for line in ledger.folder.lines():
        if line.value.get("type") == TYPE and line.value["model"] == model:
            found = [Finding.from_json(each) for each in line.value["found"]]
    return found


def _found_by(statuses: Iterable[RequestStatus], model: str) -> list[Finding]:
    """Return what the probes of a run have found of a model."""
    told = (json.loads(each.drawn)[_PROBE] for each in statuses if each.drawn and is_probe(each))
    return [
        Finding.from_json(each) for each in told if "enforced" in each and each["model"] == model
    ]


def _found_before(context: Context, view: View, endpoint: Endpoint) -> list[Finding]:
    """Return what the last run with a probe found of a model at an address."""
    found: list[tuple[str, list[Finding]]] = []
    for run in view.runs.values():
        if run.object is None:
            continue
        data = context.store.get(run.object)
        about = decode_about(data)
        if _asked(about, endpoint):
            findings = _found_by(decode_statuses(data), endpoint.model)
            found += [(about.started or "", findings)] if findings else []
    return max(found, key=lambda each: each[0])[1] if found else []


def _asked(about: RunAbout, endpoint: Endpoint) -> bool:
    asked = (endpoint.model, endpoint.url)
    return any((each.model, each.endpoint) == asked for each in about.models)


def _ask(
    ledger: RunLedger, model: Model, endpoint: Endpoint, limits: Limits, step: Step
) -> Stopped:
    """Send the probe of a step, or what an earlier process planned of it; keep what it found."""
    planned = [
        each
        for each in ledger.statuses()
        if each.state == RequestState.PLANNED
        and json.loads(each.drawn or "{}")[_PROBE]["model"] == endpoint.model
    ]
    body = probe_body(endpoint.model, model.max_tokens, model.settings, step)
    number = planned[0].request if planned else len(ledger) + 1
    drawn = {"seeds": [], "values": {}, _PROBE: {"step": str(step), "model": endpoint.model}}
    if not planned:
        ledger.plan([PlannedRequest(number, 0, body, drawn=drawn)])
    source = _One(Request(number, 0, ledger.body(number)))
    asked = send(ledger, source, endpoint, limits)
    if source.answer is not None and source.answer.body is not None:
        found = finding_of(step, source.answer.body)
        is_answer = source.answer.state is AnswerState.RECEIVED
        state = RequestState.ACCEPTED if is_answer else RequestState.FAILED
        line: dict[str, Any] = decided_line(number, state, source.answer.reason)
        line["drawn"] = {**drawn, _PROBE: {**found.to_json(), "model": endpoint.model}}
        if is_answer or _is_refused(source.answer):
            ledger.append([line])
    return asked.stopped


def _is_refused(answer: Answer) -> bool:
    """Return whether an endpoint refused the form of a request, and not all requests."""
    return answer.reason in ("http-400", "http-422", "http-500", "http-501")


class _One:
    """A source of one request, which keeps its answer."""

    def __init__(self, request: Request) -> None:
        self._request: Request | None = request
        self.answer: Answer | None = None

    def take(self, in_flight: int) -> Request | None:
        """Return the request once."""
        request, self._request = self._request, None
        return request

    def give(self, number: int, answer: Answer) -> None:
        """Keep the answer."""
        self.answer = answer
