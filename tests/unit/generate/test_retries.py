"""Verdicts on exchanges, delays and rate-limit headers."""

from __future__ import annotations

import pytest

from vault.generate.endpoint import Exchange, Fault
from vault.generate.retries import (
    Verdict,
    backoff_seconds,
    reset_seconds,
    retry_after_seconds,
    verdict_of,
)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((200, Verdict.RECEIVED), (201, Verdict.RECEIVED), (302, Verdict.REFUSED)),
        *((400, Verdict.FAILED), (401, Verdict.REFUSED), (403, Verdict.REFUSED)),
        *((404, Verdict.REFUSED), (408, Verdict.BUSY), (409, Verdict.BUSY)),
        *((413, Verdict.FAILED), (422, Verdict.FAILED), (429, Verdict.LIMITED)),
        *((500, Verdict.BUSY), (502, Verdict.BUSY), (529, Verdict.BUSY)),
    ],
)
def test_a_status_has_a_verdict(status: int, verdict: Verdict) -> None:
    assert verdict_of(Exchange(status)) is verdict


def test_a_fault_has_a_verdict() -> None:
    assert verdict_of(Exchange(fault=Fault.UNSENT)) is Verdict.UNREACHABLE
    assert verdict_of(Exchange(fault=Fault.BROKEN)) is Verdict.POSSIBLY_BILLED
    assert verdict_of(Exchange(fault=Fault.LATE)) is Verdict.POSSIBLY_BILLED
    assert verdict_of(Exchange(fault=Fault.TOO_LONG)) is Verdict.TOO_LONG


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b'{"error": {"code": "insufficient_quota"}}', Verdict.QUOTA),
        (b'{"error": {"code": null, "type": "insufficient_quota"}}', Verdict.QUOTA),
        (b'{"error": {"code": "rate_limit_exceeded"}}', Verdict.LIMITED),
        (b'{"error": "insufficient_quota"}', Verdict.LIMITED),
        (b'{"error": {"code": ["x"]}}', Verdict.LIMITED),
        (b"<html>", Verdict.LIMITED),
        (b"\xff", Verdict.LIMITED),
    ],
)
def test_a_spent_quota_is_no_rate_limit(body: bytes, verdict: Verdict) -> None:
    assert verdict_of(Exchange(429, body=body)) is verdict


def test_delays_double_up_to_a_minute() -> None:
    delays = [backoff_seconds(failures, 0.0) for failures in range(1, 10)]
    assert delays == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff_seconds(10_000, 1.0) == 45.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "20", "retry-after-ms": "150"}, 0.15),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_an_endpoint_may_name_the_time(headers: dict[str, str], seconds: float) -> None:
    assert retry_after_seconds(headers) == seconds


@pytest.mark.parametrize(
    ("left", "limit", "reset", "seconds"),
    [
        ("5000", "90000", "1s", 0.0),
        ("100", "90000", "1s", 1.0),
        ("100", "90000", "1m0.5s", 60.0),
        ("100", "90000", "20ms", 0.02),
        ("100", "100", "1s", 0.0),
        ("100", "90000", "soon", 0.0),
        ("none", "90000", "1s", 0.0),
        ("0", None, "7", 7.0),
    ],
)
def test_tokens_that_are_left_make_a_pause(
    left: str, limit: str | None, reset: str, seconds: float
) -> None:
    headers = {"x-ratelimit-remaining-tokens": left, "x-ratelimit-reset-tokens": reset}
    if limit is not None:
        headers["x-ratelimit-limit-tokens"] = limit
    assert reset_seconds(headers, 600) == seconds
