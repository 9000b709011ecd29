"""An OpenAI-compatible server that counts to the last digit what it would bill.

In process (`with BillingServer(...) as server`) or as a process of its own, which outlives a client
that is killed: `python -m tests.support.billing_server --port 0` prints its port. `GET /ledger`
returns every request that came and what was billed for it.

Answers follow from the seed and the text of the request. A script names faults by the text of the
last message, one for each attempt, and `rates` draws them for texts without a script:

| fault | what happens | billed |
|---|---|---|
| `400` and other numbers, `429:2.5` | an error, with `retry-after` after the colon | no |
| `quota` | 429 with `insufficient_quota` | no |
| `redirect:URL` | 307 | no |
| `refuse` | the connection ends before an answer | no |
| `drop` | the same, behind the bill | yes |
| `stall` | no answer, ever | yes |
| `truncate` | half of the body, then the end | yes |
| `html`, `charset`, `not-json` | 200 with a page, Latin-1 that is called UTF-8, half a JSON | yes |
| `malformed` | a whole answer whose text is half a JSON | yes |
| `length`, `refusal`, `no-usage`, `gzip` | answers, as the word says | yes |
| `bare` | an answer as of llama.cpp: details are null or absent | yes |
| `huge` | an answer of 50 MB, without its length | yes |
| `twice` | an answer, billed two times | twice |
| `no-room` | an answer with headers that say that no request is left, for 2.5 s | yes |
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from tests.support.batch_desk import BatchDesk

HUGE_BYTES = 50_000_000
PAGE = b"<!doctype html><title>Sign in</title><p>This network wants to know who you are."

UNBILLED = ("quota", "redirect", "refuse", "form")


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices for 1,000,000 tokens."""

    prompt: Decimal = Decimal("2.50")
    completion: Decimal = Decimal("10.00")


@dataclass(slots=True)
class Entry:
    """One request that came, and what was billed for it."""

    number: int
    text: str
    body: str
    headers: Mapping[str, str]
    fault: str | None
    prompt: int = 0
    completion: int = 0
    times: int = 0
    cost: Decimal = Decimal(0)
    is_batched: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The behaviour of a server: faults by text, faults by chance, and how long answers are."""

    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    is_longest: bool = False
    """Every answer has as many tokens as its request allows."""
    delay_seconds: float = 0.0
    is_uneven: bool = False
    """The delay is anything up to that, so that answers overtake each other."""
    content: Callable[[str, random.Random], str] | None = None
    """The text of an answer, by the text of the request and a chance of its own each time."""
    message: Callable[[str], dict[str, Any]] | None = None
    """The message of an answer, whole, by the text of the request."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """What becomes of a `response_format` by its type: `enforce`, or `400`; else it is ignored."""
    together: int = 0
    """Nothing is answered before so many requests are there at the same time, once."""


class Ledger:
    """All requests that came, in order."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.entries: list[Entry] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections = 0

    def bill(self, entry: Entry, prompt: int, completion: int, *, times: int = 1) -> None:
        """Bill tokens for a request."""
        entry.prompt, entry.completion, entry.times = prompt, completion, times
        prices = self.tariff
        tokens = prompt * prices.prompt + completion * prices.completion
        entry.cost = times * tokens / Decimal(1_000_000)
        if entry.is_batched:
            entry.cost /= 2

    @property
    def billed(self) -> Decimal:
        """The sum of all bills."""
        return sum((entry.cost for entry in self.entries), Decimal(0))

    @property
    def billed_tokens(self) -> int:
        """The tokens of all bills."""
        return sum(each.times * (each.prompt + each.completion) for each in self.entries)

    def of(self, text: str) -> list[Entry]:
        """Return the requests whose last message is this text."""
        return [entry for entry in self.entries if entry.text == text]

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /ledger` answers."""
        requests = [
            {
                "number": each.number,
                "text": each.text,
                "body": each.body,
                "fault": each.fault,
                "prompt": each.prompt,
                "completion": each.completion,
                "billed": each.times > 0,
                "times": each.times,
                "cost": format(each.cost, "f"),
            }
            for each in self.entries
        ]
        return {
            "requests": requests,
            "billed": format(self.billed, "f"),
            "most_in_flight": self.most_in_flight,
        }


class BillingServer:
    """The server, in a thread with a loop of its own, between `with` and its end."""

    def __init__(
        self, behaviour: Behaviour | None = None, tariff: Tariff | None = None, port: int = 0
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.ledger = Ledger(tariff or Tariff())
        self.port = port
        self.desk = BatchDesk(self._answered_in_batch)
        self._attempts: dict[str, int] = {}
        self._together = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server

    @property
    def base_url(self) -> str:
        """The address for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def wait(self) -> None:
        """Serve until the process ends."""
        self._thread.join()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", self.port, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.ledger.connections += 1
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")
        method, path, _ = line.split(" ")
        pairs = (each.partition(":") for each in fields if each)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if method == "GET" and path == "/ledger":
            await _send(writer, 200, _json(self.ledger.as_json()))
        elif method == "GET" and path == "/v1/models":
            models = {"object": "list", "data": [{"id": "tiny", "object": "model"}]}
            await _send(writer, 200, _json(models))
        elif path.startswith(("/v1/files", "/v1/batches")):
            found = self.desk.serve(method, path, body)
            if found is None:
                return False
            await _send(writer, *found)
        elif method == "POST" and path == "/v1/chat/completions":
            self.ledger.in_flight += 1
            self.ledger.most_in_flight = max(self.ledger.most_in_flight, self.ledger.in_flight)
            try:
                if self.ledger.in_flight >= self.behaviour.together:
                    self._together.set()
                await self._together.wait()
                if self.behaviour.delay_seconds:
                    share = random.random() if self.behaviour.is_uneven else 1.0
                    await asyncio.sleep(share * self.behaviour.delay_seconds)
                return await self._complete(writer, headers, body)
            finally:
                self.ledger.in_flight -= 1
        else:
            await _send(writer, 404, _error("no such path", "not_found"))
        return True

    async def _complete(
        self, writer: asyncio.StreamWriter, headers: Mapping[str, str], body: bytes
    ) -> bool:
        request = json.loads(body)
        text = str(request["messages"][-1]["content"])
        form = (request.get("response_format") or {}).get("type")
        fault = self._fault(text)
        if self.behaviour.forms.get(str(form)) == "400":
            fault = "form"
        number = len(self.ledger.entries) + 1
        entry = Entry(number, text, body.decode(), dict(headers), fault)
        self.ledger.entries.append(entry)
        word, _, argument = (fault or "").partition(":")
        if word.isdecimal() or word in UNBILLED:
            return await _turn_away(writer, word, argument)
        answer = self._answered(request, text, word)
        usage = answer["usage"]
        self.ledger.bill(
            entry,
            usage["prompt_tokens"],
            usage["completion_tokens"],
            times=2 if word == "twice" else 1,
        )
        return await _answer(writer, word, answer)

    def _answered_in_batch(self, request: dict[str, Any], text: str) -> dict[str, Any]:
        """Return the answer to a request of a batch, billed at half the price."""
        fault = self._fault(text)
        body = json.dumps(request, ensure_ascii=False)
        entry = Entry(len(self.ledger.entries) + 1, text, body, {}, fault, is_batched=True)
        self.ledger.entries.append(entry)
        answer = self._answered(request, text, fault or "")
        usage = answer["usage"]
        self.ledger.bill(entry, usage["prompt_tokens"], usage["completion_tokens"])
        return answer

    def _fault(self, text: str) -> str | None:
        attempt = self._attempts[text] = self._attempts.get(text, 0) + 1
        scripted = self.behaviour.script.get(text)
        if scripted is not None:
            return scripted[attempt - 1] if attempt <= len(scripted) else None
        drawn = self._chance(text, attempt).random()
        for fault, rate in self.behaviour.rates.items():
            drawn -= rate
            if drawn < 0:
                return fault
        return None

    def _answered(self, request: Mapping[str, Any], text: str, word: str) -> dict[str, Any]:
        most = request.get("max_completion_tokens", request.get("max_tokens", 16))
        is_longest = self.behaviour.is_longest or word == "length"
        chance = self._chance(text, 0)
        size = most if is_longest else chance.randint(min(1, most), most)
        words = [chance.choice(("red", "green", "blue", "round")) for _ in range(size)]
        content: str | None = " ".join(words)
        if self.behaviour.content is not None:
            times = self._attempts[text]
            content = self.behaviour.content(text, self._chance(text, times + 1_000_000))
        form = request.get("response_format") or {}
        if self.behaviour.forms.get(str(form.get("type"))) == "enforce":
            content = _enforced(form, content)
        if word == "malformed":
            content = '{"user": "Where is '
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if self.behaviour.message is not None:
            message = self.behaviour.message(text)
        if word == "refusal":
            message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
        count = request.get("n", 1)
        choices = [
            {"index": n, "message": message, "finish_reason": "length" if is_longest else "stop"}
            for n in range(count)
        ]
        # The dearest tokenizer: a token for each byte, and some around each message.
        texts = [str(each.get("content")) for each in request["messages"]]
        prompt = sum(len(each.encode()) + 4 for each in texts)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": size * count,
            "total_tokens": prompt + size * count,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }
        return {
            "id": f"chatcmpl-{hashlib.sha256(text.encode()).hexdigest()[:12]}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": request.get("model", "tiny"),
            "choices": choices,
            "usage": usage,
        }

    def _chance(self, text: str, attempt: int) -> random.Random:
        return random.Random(f"{self.behaviour.seed}/{attempt}/{text}")


async def _turn_away(writer: asyncio.StreamWriter, word: str, argument: str) -> bool:
    if word == "refuse":
        return False
    if word == "redirect":
        await _send(writer, 307, b"", {"location": argument})
    elif word == "form":
        await _send(writer, 400, _error("response_format is not supported.", "invalid"))
    elif word == "quota":
        error = _error("You exceeded your current quota.", "insufficient_quota")
        await _send(writer, 429, error)
    else:
        more = {"Retry-After": argument} if argument else {}
        await _send(writer, int(word), _error(f"This is error {word}.", "scripted"), more)
    return True


async def _answer(writer: asyncio.StreamWriter, word: str, answer: dict[str, Any]) -> bool:
    if word == "drop":
        return False
    if word == "stall":
        await asyncio.Event().wait()
    if word == "huge":
        return await _send_huge(writer)
    more = {}
    if word == "no-usage":
        del answer["usage"]
    elif word == "bare":
        usage = answer["usage"]
        del usage["completion_tokens_details"]
        usage["prompt_tokens_details"] = None
    elif word == "no-room":
        more = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2.5s"}
    body = _json(answer)
    if word == "html":
        body, more = PAGE, {"content-type": "text/html"}
    elif word == "charset":
        body, more = "é".encode("latin-1") * 9, {"content-type": "text/plain; charset=utf-8"}
    elif word == "not-json":
        body = body[: len(body) // 2]
    elif word == "gzip":
        body, more = gzip.compress(body), {"content-encoding": "gzip"}
    if word == "truncate":
        writer.write(_head(200, {"content-length": str(len(body))}) + body[: len(body) // 2])
        await writer.drain()
        return False
    await _send(writer, 200, body, more)
    return True


async def _send_huge(writer: asyncio.StreamWriter) -> bool:
    """Send 50 MB in parts, without saying how much it will be."""
    part = b" " * 100_000
    writer.write(_head(200, {"transfer-encoding": "chunked"}))
    for _ in range(HUGE_BYTES // len(part)):
        writer.write(b"%x\r\n%s\r\n" % (len(part), part))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, more: Mapping[str, str] | None = None
) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **(more or {}),
    }
    writer.write(_head(status, headers) + body)
    await writer.drain()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _error(message: str, code: str) -> bytes:
    return _json({"error": {"message": message, "type": code, "code": code}})


def _enforced(form: Mapping[str, Any], content: str | None) -> str | None:
    """Return an answer that has the form: the one that is there if it is JSON, save of a probe."""
    if form.get("json_schema", {}).get("name") == "probe":
        return '{"colour": "red"}'
    try:
        json.loads(content or "")
    except ValueError:
        return '{"colour": "red"}'
    return content


def _pairs() -> Callable[[str, random.Random], str]:
    # Here, since it needs vault, and a server that answers with words does not.
    from tests.support.generated import pair

    return pair


def main() -> None:
    """Serve as a process of its own, and print the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--script", default="{}", help="JSON: a text to the faults of its attempts")
    parser.add_argument("--rates", default="{}", help="JSON: a fault to how often it comes, 0 to 1")
    parser.add_argument("--longest", action="store_true", help="answers as long as allowed")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--pairs", action="store_true", help="answers are questions with answers")
    given = parser.parse_args()
    content = _pairs() if given.pairs else None
    behaviour = Behaviour(
        json.loads(given.script),
        json.loads(given.rates),
        given.seed,
        given.longest,
        given.delay,
        content=content,
    )
    with BillingServer(behaviour, port=given.port) as server:
        print(server.port, flush=True)
        server.wait()


if __name__ == "__main__":
    main()
