"""Pictures of the explorer for the docs: `python -m docs.tools.pictures`, run at the root.

Makes a small repository from the data of `vault demo` and a few records of its own, opens the
explorer in Chromium and writes docs/how-to/pictures/*.png. `VAULT_CHROMIUM` names the program where
it is not `chromium`. Nothing compares the pixels: run it when the page has changed, and look.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parents[1] / "how-to" / "pictures"
_PNG = b"\x89PNG\r\n\x1a\n"
_READ_PIXELS = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let text = "";
  for (let at = 0; at < data.length; at += 8192) {
    text += String.fromCharCode(...data.subarray(at, at + 8192));
  }
  return [image.width, image.height, btoa(text)];
}"""
_WIDE = (1280, 700)
_NARROW = (360, 700)
_SYSTEM = "You are the support assistant of Lantern, a shop for bicycle lights."
_TABLE = (
    "Two fit your bicycle:\n\n| light | lumens | price |\n|---|---|---|\n"
    "| **Ember 2** | 80 | 29 EUR |\n| **Beacon** | 120 | 45 EUR |\n\n"
    "The *Ember 2* is brighter than the law asks for."
)


def _chat(*messages: tuple[str, str], topic: str) -> dict[str, object]:
    said = [{"role": role, "content": text} for role, text in (("system", _SYSTEM), *messages)]
    return {"messages": said, "metadata": {"topic": topic}}


def _records() -> list[dict[str, object]]:
    """Return what the demo lacks: Markdown, a tool that is called, and faults that rules find."""
    call = {"name": "order_status", "arguments": json.dumps({"order": 4471, "with": ["parcel"]})}
    return [
        _chat(
            ("user", "Which rear lights do you have for a racing bicycle?"),
            ("assistant", _TABLE),
            ("user", "And which of them can I charge by USB?"),
            ("assistant", "As an AI language model, I cannot know that. Write to [EMAIL]."),
            topic="advice",
        ),
        {
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": "Has order 4471 left yet?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
                },
                {
                    "role": "tool",
                    "tool_call_id": "call_1",
                    "content": '{"state": "sent", "day": 3}',
                },
                {"role": "assistant", "content": "Yes, it left on the third of this month."},
            ],
            "metadata": {"topic": "orders"},
        },
    ]


def make_repository(folder: Path) -> None:
    """Make the repository that is shown: two rounds, labels, sides, findings."""
    demo = files("vault") / "demo"
    for name in ("round-1.jsonl", "round-2.jsonl"):
        (folder / name).write_bytes((demo / name).read_bytes())
    lines = (json.dumps(each) + "\n" for each in _records())
    (folder / "advice.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "vault.toml").write_text(
        '[labels.quality]\nvalues = ["gold", "good", "bad"]\n', encoding="utf-8"
    )
    for words in (
        ["init"],
        ["import", "advice.jsonl", "--round", "advice"],
        ["import", "round-1.jsonl", "--source", "support", "--round", "first"],
        ["commit", "-m", "round 1"],
        ["tag", "v1"],
        ["import", "round-2.jsonl", "--source", "support", "--replace", "--round", "second"],
        ["split", "train=0.8", "validation=0.2", "--seed", "7"],
        ["label", "quality=gold", "--where", "tokens > 44"],
        ["label", "quality=bad", "--where", "tokens < 34"],
        ["validate"],
    ):
        # `validate` ends with 1 where it finds something, as it should here.
        done = _vault(folder, *words, stdout=subprocess.DEVNULL)
        if done.wait() not in (0, 1):
            raise SystemExit(f"vault {' '.join(words)} failed")


def _vault(folder: Path, *words: str, stdout: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "vault", "-C", str(folder), *words]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True)


@contextmanager
def _explorer(folder: Path) -> Iterator[str]:
    """Run the explorer, and give the link that it prints."""
    process = _vault(folder, "ui", "--no-browser", "--name", "ada", stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        found = (re.search(r"http://\S+#token=\S+", line) for line in process.stdout)
        yield next(each[0] for each in found if each)
    finally:
        process.terminate()
        process.wait()


def _reading(page: Page) -> None:
    page.locator(".findings").get_by_role("button").first.click()
    page.locator(".findings .why").first.wait_for()


def _labelling(page: Page) -> None:
    for key in ("j", "j", "1", "2", "1", "f"):
        page.keyboard.press(key)
    page.get_by_text("4 given, all saved").first.wait_for()


def _trainer(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.locator(".trainer").get_by_role("combobox").select_option("openai")
    page.locator(".learnt").first.wait_for()


def _statistics(page: Page) -> None:
    page.keyboard.press("s")
    page.get_by_label("Beside version").fill("v1")
    page.keyboard.press("Enter")
    page.locator(".moved").first.wait_for()


def _narrow(page: Page) -> None:
    page.locator(".row").nth(3).click()
    page.locator(".pane article").wait_for()


VIEWS: dict[str, tuple[tuple[int, int], Callable[[Page], None]]] = {
    "explorer-reading": (_WIDE, _reading),
    "explorer-labelling": (_WIDE, _labelling),
    "explorer-trainer": (_WIDE, _trainer),
    "explorer-statistics": (_WIDE, _statistics),
    "explorer-narrow": (_NARROW, _narrow),
}
"""The pictures by name: the size in pixels, and what a person does before each."""


def take_pictures(target: Path, browser: Browser) -> None:
    """Write all pictures to a folder; takes some 20 s."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "support"
        folder.mkdir()
        make_repository(folder)
        for name, ((width, height), act) in VIEWS.items():
            with _explorer(folder) as link:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(link)
                page.locator(".panes > .facets section").first.wait_for(state="attached")
                page.locator(".pane article").wait_for(state="attached")
                act(page)
                page.wait_for_load_state("networkidle")
                page.mouse.move(0, 0)
                page.evaluate("document.activeElement.blur()")
                small = packed(browser.new_page(), page.screenshot())
                (target / f"{name}.png").write_bytes(small)
                page.close()


def packed(page: Page, png: bytes) -> bytes:
    """Return a PNG with its 256 most frequent colours, others by the nearest: a third of the bytes.

    An empty page of the browser reads it.
    """
    width, height, pixels = page.evaluate(_READ_PIXELS, base64.b64encode(png).decode())
    page.close()
    shades = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(-1, 4)[:, :3]
    colours, place, counts = np.unique(shades, axis=0, return_inverse=True, return_counts=True)
    kept = colours[np.argsort(-counts, kind="stable")[:256]]
    apart = ((colours[:, None].astype(int) - kept[None].astype(int)) ** 2).sum(axis=2)
    indexes = apart.argmin(axis=1).astype(np.uint8)[place.reshape(height, width)]
    rows = b"".join(b"\0" + row.tobytes() for row in indexes)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", head), (b"PLTE", kept.tobytes()), (b"IDAT", zlib.compress(rows, 9))]
    return _PNG + b"".join(_part(*each) for each in [*parts, (b"IEND", b"")])


def _part(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def main() -> None:
    """Take the pictures of the docs."""
    program = os.environ.get("VAULT_CHROMIUM") or shutil.which("chromium")
    # Letters in shades of grey alone have fewer colours.
    settings = ["--no-sandbox", "--disable-lcd-text"]
    with sync_playwright() as playwright:
        take_pictures(PICTURES, playwright.chromium.launch(executable_path=program, args=settings))


if __name__ == "__main__":
    main()
