"""How fast the explorer is, measured in Chromium: `python -m tests.benchmarks.explorer FOLDER`.

FOLDER is a repository with many examples. Prints the seconds from an act to what it shows, the time
of frames while the list is scrolled, and the memory of the server. Run it on a quiet machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FRAMES = """
() => new Promise((resolve) => {
  const list = document.querySelector(".list");
  const times = [];
  let last = performance.now();
  const step = (now) => {
    times.push(now - last);
    last = now;
    list.scrollTop += 900;
    if (times.length < 180) requestAnimationFrame(step);
    else resolve(times.slice(5).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
})
"""


def seconds(act: Callable[[], object]) -> float:
    """Return how long an act takes, in seconds."""
    start = time.perf_counter()
    act()
    return round(time.perf_counter() - start, 3)


def measured(page: Page, link: str) -> dict[str, float]:
    """Return the seconds of what a person does."""

    def shows(text: str) -> None:
        page.wait_for_function(
            "(text) => document.querySelector('.count')?.innerText.includes(text)"
            " && document.querySelector('.row .answer') !== null",
            arg=text,
            polling="raf",
        )

    def jump(share: float) -> None:
        page.evaluate(
            "(share) => { const l = document.querySelector('.list');"
            " l.scrollTop = share * l.scrollHeight; }",
            share,
        )
        page.wait_for_function(
            "() => { const seen = [...document.querySelectorAll('.row')]; const box ="
            " document.querySelector('.list').getBoundingClientRect(); return seen.some((row) => {"
            " const r = row.getBoundingClientRect(); return r.top >= box.top && r.top < box.bottom"
            " - 60 && row.querySelector('.answer') !== null; }); }",
            polling="raf",
        )

    def start() -> None:
        page.goto(link)
        page.wait_for_selector(".row .answer")

    def step() -> None:
        before = page.locator(".row.here").get_attribute("id")
        page.keyboard.press("j")
        page.wait_for_function(
            "(id) => document.querySelector('.row.here').id !== id", arg=before, polling="raf"
        )

    def choose() -> None:
        page.keyboard.press("Enter")
        shows(" of ")

    found = {"first rows": seconds(start)}
    for share in (0.5, 0.91, 0.13):
        found[f"jump to {share:.0%}"] = seconds(partial(jump, share))
    times = page.evaluate(FRAMES)
    found["frame p50, ms"] = round(times[len(times) // 2], 1)
    found["frame p95, ms"] = round(times[int(len(times) * 0.95)], 1)
    page.keyboard.press("Home")
    page.wait_for_selector(".row.here .answer")
    found["next example, median"] = sorted(seconds(step) for _ in range(40))[20]
    page.keyboard.press("e")
    page.keyboard.type("tokens > 60")
    found["filter"] = seconds(choose)
    found |= searched(page)
    heap = page.evaluate("performance.memory?.usedJSHeapSize ?? 0")
    found["heap of the tab, MB"] = round(heap / 1e6, 1)
    return found


def searched(page: Page) -> dict[str, float]:
    """Return the seconds from a text to its first rows, and to all of them, over all examples."""
    page.evaluate("location.hash = ''")
    page.reload()
    page.wait_for_selector(".row .answer")
    page.keyboard.press("/")
    page.keyboard.type("history")

    def first() -> None:
        page.keyboard.press("Enter")
        page.wait_for_selector(".row mark")

    def all_of_it() -> None:
        page.wait_for_function(
            "() => !document.querySelector('.count').innerText.includes('searched')", polling="raf"
        )

    first_seconds = seconds(first)
    rest = seconds(all_of_it)
    return {"first hits": first_seconds, "all hits": round(first_seconds + rest, 3)}


LABELLED = 200
LABEL_KEYS = """
(count) => new Promise((resolve) => {
  const here = () => document.querySelector(".row.here")?.id;
  const times = [];
  const press = () => {
    if (times.length === count) return resolve(times.sort((a, b) => a - b));
    const before = here();
    const turn = document.querySelector(".pane .turns")?.textContent;
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
    const look = () => {
      const now = document.querySelector(".pane .turns")?.textContent;
      const isNext = here() !== before && now !== turn && now !== undefined;
      if (!isNext) return requestAnimationFrame(look);
      // After the frame in which it changed: what was painted.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        times.push(performance.now() - start);
        setTimeout(press, 60);
      };
      channel.port2.postMessage(0);
    };
    requestAnimationFrame(look);
  };
  press();
})
"""


def labelled(page: Page) -> dict[str, float]:
    """Return the milliseconds from a key that labels to the next example, painted.

    The label is `quality`, of which 1 is a key. Counts until all is confirmed.
    """
    page.keyboard.press("=")
    page.keyboard.type("quality=gold")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="1 gold").wait_for()
    page.keyboard.press("j")
    start = time.perf_counter()
    times = page.evaluate(LABEL_KEYS, LABELLED)
    page.get_by_text(f"{LABELLED + 1} given, all saved").wait_for()
    return {
        "labelled": LABELLED,
        "seconds": round(time.perf_counter() - start, 1),
        "key to next painted, p50 ms": round(times[LABELLED // 2], 1),
        "p95 ms": round(times[int(LABELLED * 0.95)], 1),
        "slowest ms": round(times[-1], 1),
    }


def in_browser(program: str | None, link: str) -> dict[str, float]:
    """Measure all of it in one tab."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        found = measured(page, link)
        page.goto(link.partition("#")[0])
        page.wait_for_selector(".pane .turns")
        found |= labelled(page)
        browser.close()
    return found


def main(folder: Path) -> None:
    """Measure the explorer of a repository, started anew and then once more."""
    program = os.environ.get("VAULT_CHROMIUM") or shutil.which("chromium")
    command = [sys.executable, "-m", "vault", "ui", "--no-browser"]
    for run in ("cold", "warm"):
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        started = time.perf_counter()
        link = server.stdout.readline().strip()
        found: dict[str, float] = {"link printed": round(time.perf_counter() - started, 3)}
        try:
            found |= in_browser(program, link)
            status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
        finally:
            server.terminate()
            server.wait()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        found["peak of the server, MB"] = round(int(peak.split()[1]) / 1024)
        sys.stdout.write(json.dumps({"run": run, **found}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
