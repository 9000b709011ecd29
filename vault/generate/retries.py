"""Verdicts on exchanges: which of them are answers, which are tried again, and after how long.

Pure. Retry headers are those of openai's API, which compatible servers send too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum

from vault.generate.endpoint import Exchange, Fault

FIRST_DELAY_SECONDS = 0.5
MOST_DELAY_SECONDS = 60.0
"""Bounds of the delay before a retry for which the endpoint names none."""

_RETRIED = (408, 409, 429)
_ENDS_RUN = (401, 403, 404)
_QUOTA_WORDS = ("insufficient_quota", "billing_hard_limit_reached")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Verdict(Enum):
    """The next step after an exchange."""

    RECEIVED = "received"
    POSSIBLY_BILLED = "possibly billed"
    """Sent, and nobody knows whether it was answered: never sent again unasked."""
    TOO_LONG = "too long"
    FAILED = "failed"
    """This request will never be answered."""
    REFUSED = "refused"
    """No request of the run will be answered: the key, the address or the model is wrong."""
    QUOTA = "quota"
    """Nothing is left to pay with."""
    LIMITED = "limited"
    """Too many requests: all of them wait."""
    BUSY = "busy"
    """An error that may pass."""
    UNREACHABLE = "unreachable"
    """Nothing was sent."""


_OF_FAULTS = {
    Fault.UNSENT: Verdict.UNREACHABLE,
    Fault.BROKEN: Verdict.POSSIBLY_BILLED,
    Fault.LATE: Verdict.POSSIBLY_BILLED,
    Fault.TOO_LONG: Verdict.TOO_LONG,
}


def verdict_of(exchange: Exchange) -> Verdict:
    """Return what is to be done about an exchange."""
    if exchange.fault is not None:
        return _OF_FAULTS[exchange.fault]
    status = exchange.status
    if 200 <= status < 300:
        return Verdict.RECEIVED
    if status in _ENDS_RUN or status < 400:
        # A redirect is not followed: it could take key and prompt to another host.
        return Verdict.REFUSED
    if status == 429:
        return Verdict.QUOTA if _is_out_of_quota(exchange.body) else Verdict.LIMITED
    return Verdict.BUSY if status in _RETRIED or status >= 500 else Verdict.FAILED


def backoff_seconds(failures: int, jitter: float) -> float:
    """Return the delay after so many failures: it doubles, less up to a quarter.

    `jitter` is from 0 to 1, so that requests that failed together do not return together.
    """
    delay = min(FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 16), MOST_DELAY_SECONDS)
    return delay * (1 - 0.25 * jitter)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long the endpoint asks to wait; None if it does not say."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        # By the clock of the endpoint, not by ours.
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait.total_seconds(), 0.0)


def reset_seconds(headers: Mapping[str, str], tokens: int) -> float:
    """Return how long the rate limits leave no room for another request of `tokens`; 0 if they do.

    `tokens` are the most that it can use. A limit smaller than that is no reason to wait for ever.
    """
    waits = [0.0]
    for kind, needed in (("requests", 1), ("tokens", tokens)):
        left = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
        limit = _number(headers.get(f"x-ratelimit-limit-{kind}"))
        if left is not None and left < (needed if limit is None else min(needed, limit)):
            waits.append(_duration(headers.get(f"x-ratelimit-reset-{kind}", "")))
    return min(max(waits), MOST_DELAY_SECONDS)


def _is_out_of_quota(body: bytes) -> bool:
    try:
        error = json.loads(body)["error"]
        return error.get("code") in _QUOTA_WORDS or error.get("type") in _QUOTA_WORDS
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text.strip()):
        return None
    return float(text)


def _duration(text: str) -> float:
    """Return the seconds of a text such as `6m0s`, `1.5s` or `20ms`; 0 if it is none."""
    parts = _DURATION.findall(text[:40])
    if "".join(number + unit for number, unit in parts) != text:
        return 0.0
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
