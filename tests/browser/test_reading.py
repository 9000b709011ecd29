"""The example that is read: Markdown, calls, findings, system prompts, pictures."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_examples import chosen, count, reading
from tests.browser.test_overview import HOSTILE
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

MARKDOWN = """# A plan

Here is **the *whole* plan**, with `code`, _slanted_, and [a link](https://example.org/a_(b)).

1. First
   - a point
2. Then

> quoted
> > twice

| name | value |
|------|------:|
| a    | $x_1$ |

```python
print("x" * 2)
```
---
The end: __init__ and 2*3*4."""

HOSTILE_MARKDOWN = [
    *HOSTILE,
    "[x](javascript:alert(1)) ![p](https://example.org/p.png) <http://example.org/auto>",
    "[a]: https://example.org/reference 'title'\n\n[a] and [b][a]",
    "| a | b |\n|---|---|\n| 1 | 2 | 3 too many |\n| \\| escaped",
    '```"><script>alert(1)</script>\nnever closed',
    "- a\n\tb tab\n\n  c\n* d\n+ e\n 10) f",
    "***all* of** it ** is * odd __dunder__ *nested **wrongly* here**",
    "`` a ` b `` and `open\n\n> - 1. # deep\n>>>>>>>>>> deeper",
    "\\*not\\* &lt;b&gt; <b onclick=alert(1)>bold</b> a<br>b",
    "Title\n=====\n\n    indented\n\n\r\n# carriage\r\n\r\n---\r\nreturn",
    "\u202e**turned**\u202c `zero\u200bwidth` | \ufeff | \x1b[1m",
]


def letters(text: str) -> str:
    """Return what words are made of."""
    return "".join(each for each in text if each.isalnum())


def shown_letters(turn: Locator) -> str:
    """Return the letters that are shown of a message, without marks of what cannot be seen."""
    script = """(turn) => {
        const copy = turn.cloneNode(true);
        for (const each of copy.querySelectorAll('.mark, .role')) each.remove();
        return copy.textContent;
    }"""
    return letters(str(turn.evaluate(script)))


def answers(library: Library, *texts: str, **others: Any) -> None:
    """Import one conversation whose answers are these texts."""
    messages = []
    for text in texts:
        messages += [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]
    library.write("a.jsonl", [{"messages": messages, **others}])
    library.run("a.jsonl")


def png() -> bytes:
    """Return a picture of one pixel, as bytes that a browser draws."""

    def part(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", pixel) + part(b"IEND", b"")


def test_markdown_is_shown_and_raw_by_a_key(library: Library, open_page: Open) -> None:
    answers(library, MARKDOWN)
    page = open_page()
    rich = reading(page).locator(".turn.assistant .rich")
    expect(rich.locator("strong em")).to_have_text("whole")
    expect(rich.locator(".level-1")).to_have_text("A plan")
    assert rich.locator(".marker").all_inner_texts() == ["1.", "2."]
    expect(rich.locator("blockquote blockquote")).to_have_text("twice")
    expect(rich.get_by_role("cell")).to_have_text(["a", "$x_1$"])
    expect(rich.locator("pre")).to_have_text('print("x" * 2)')
    expect(rich.locator(".address")).to_have_text("(https://example.org/a_(b))")
    expect(rich).to_contain_text("__init__ and 2*3*4")
    expect(reading(page).locator("a, img")).to_have_count(0)
    page.keyboard.press("r")
    assert reading(page).locator(".turn.assistant .text").inner_text() == MARKDOWN
    page.reload()
    assert reading(page).locator(".turn.assistant .text").inner_text() == MARKDOWN
    reading(page).get_by_role("button", name="Raw").click()
    expect(rich.locator("strong em")).to_have_text("whole")


def test_no_word_of_a_hostile_text_is_lost(library: Library, open_page: Open) -> None:
    answers(library, *HOSTILE_MARKDOWN)
    page = open_page()
    turns = reading(page).locator(".turn.assistant")
    expect(turns).to_have_count(len(HOSTILE_MARKDOWN))
    for number, text in enumerate(HOSTILE_MARKDOWN):
        assert shown_letters(turns.nth(number)) == letters(text), text
    expect(reading(page).locator("a, img, script, b, br")).to_have_count(0)
    assert "gone" not in page.title()


@pytest.mark.parametrize(
    "text",
    [
        " " * 100_000 + "x",
        "whole" + " " * 150_000 + "x",
        "a|b\n---" + " " * 150_000 + "x",
        "|a" * 49_000 + "|\n" + "|-" * 49_000 + "|",
        "|a|b|\n|-|-|\n" + "|a|b|\n" * 16_000,
        "\u200b" * 190_000,
    ],
    ids=["blanks", "after a word", "below a head", "cells", "rows", "invisible"],
)
def test_a_large_text_is_few_elements_at_once(library: Library, open_page: Open, text: str) -> None:
    page = open_page()
    nodes, steps = page.evaluate(
        "async (text) => {"
        " const { render } = await import('/static/vendor/preact.js');"
        " const { html } = await import('/static/html.js');"
        " const { Text } = await import('/static/view/reading/rich.js');"
        " const box = document.createElement('div'); const from = performance.now();"
        " render(html`<${Text} text=${text} sought='' />`, box);"
        " return [box.querySelectorAll('*').length, performance.now() - from]; }",
        text,
    )
    # What takes the square of the length takes longer than this by far: 10 seconds and more.
    assert steps < 3_000
    assert nodes < 20_000


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("a\u200bb", ["U+200B"]),
        ("\u202e\u2066a", ["U+202E U+2066"]),
        ("\u200b" * 400_000, ["U+200B × 400,000"]),
        ("\u200b\u200c" * 3 + "a\u200d", ["U+200B U+200C × 6", "U+200D"]),
        ("\u200b\u200c\u200d\u2060", ["U+200B U+200C U+200D … × 4"]),
    ],
)
def test_a_run_of_invisible_characters_is_one_mark(
    library: Library, open_page: Open, text: str, marks: list[str]
) -> None:
    found = open_page().evaluate(
        "(text) => import('/static/text.js').then(({ shown }) =>"
        " shown(text).filter((part) => typeof part !== 'string')"
        ".map((part) => part.props.children))",
        text,
    )
    assert found == marks


def test_invisible_characters_are_marked_in_markdown(library: Library, open_page: Open) -> None:
    answers(library, "**a\u200bb** `c\u202ed`\n\n- \u2066e")
    page = open_page()
    rich = reading(page).locator(".rich").last
    expect(rich.locator("strong .mark")).to_have_text("U+200B")
    expect(rich.locator("code .mark")).to_have_text("U+202E")
    expect(rich.locator("li .mark")).to_have_text("U+2066")


def test_a_sought_text_is_marked_over_marks_of_syntax(library: Library, open_page: Open) -> None:
    answers(library, "It is **very** cold.\n\n*Very* it is.")
    page = open_page()
    expect(reading(page)).to_contain_text("cold")
    for text, marked, is_rich in [
        ("very", ["very", "Very"], True),
        ("**very** c", ["**very** c"], False),
    ]:
        page.keyboard.press("/")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(text + "\n")
        expect(reading(page).locator(".turn.assistant mark")).to_have_text(marked)
        expect(reading(page).locator(".turn.assistant .rich")).to_have_count(int(is_rich))
        page.keyboard.press("Escape")


def test_markdown_ends_whatever_the_text(library: Library, open_page: Open) -> None:
    answers(library, "x")
    page = open_page()
    expect(reading(page)).to_contain_text("x")
    texts = [
        "'`'.repeat(100_000)",
        "'` `` '.repeat(30_000)",
        "'> '.repeat(90_000)",
        "'*a '.repeat(60_000)",
        "'**a*b_c'.repeat(25_000)",
        "'[a]('.repeat(45_000)",
        "'\\\\('.repeat(90_000)",
        "'```x\\n'.repeat(39_000)",
        "'- '.repeat(90_000)",
        "'|a|\\n|-|\\n'.repeat(20_000)",
        "'a|b\\n' + '|-'.repeat(90_000) + 'x'",
        "'x'.repeat(5_000_000)",
    ]
    told = page.evaluate(f"""async () => {{
        const {{ markdownOf }} = await import('/static/markdown.js');
        return [{", ".join(texts)}].map((text) => markdownOf(text)?.length ?? null);
    }}""")
    assert len(told) == len(texts)
    # Too many elements, or too many characters: the text is shown as it stands.
    assert [told[1], told[4], told[-1]] == [None, None, None]
    assert all(each is None or each > 0 for each in told)


CALLS = {
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": name,
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                }
                for name, arguments in [
                    ("weather", '{"id":12345678901234567891,"inner":"{\\"deep\\":[1.10]}"}'),
                    ("news", "{}"),
                ]
            ],
        },
        {"role": "tool", "tool_call_id": "weather", "content": '{"sky":"grey"}'},
        {"role": "tool", "tool_call_id": "gone", "content": "lost"},
        {"role": "assistant", "content": "Grey."},
    ]
}


def test_calls_and_answers_lead_to_each_other(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [CALLS])
    library.run("a.jsonl")
    page = open_page()
    turns = reading(page).locator(".turn")
    call, other = (turns.nth(1).locator(".call").nth(number) for number in (0, 1))
    expect(call.locator("pre")).to_contain_text('"id": 12345678901234567891')
    expect(call.locator("pre")).to_contain_text('"deep": [\n      1.1')
    expect(other).to_contain_text("no answer")
    expect(turns.nth(2).locator("pre")).to_have_text('{\n  "sky": "grey"\n}')
    expect(turns.nth(3)).to_contain_text("answer to no call")
    call.get_by_role("button", name="answered in turn 3").click()
    expect(turns.nth(2)).to_be_focused()
    turns.nth(2).get_by_role("button", name="answer of weather, called in turn 2").press("Enter")
    expect(turns.nth(1)).to_be_focused()
    page.keyboard.press("r")
    expect(call.locator("pre")).to_contain_text('"{\\"deep\\":[1.10]}"')
    expect(turns.nth(2)).to_contain_text('{"sky":"grey"}')


def test_findings_are_shown_at_their_turns(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [chat("Who?", "As an AI language model, I count ninety."), chat("a?")])
    library.run("a.jsonl")
    page = open_page()
    findings = reading(page).get_by_role("region", name="Findings")
    expect(findings.get_by_role("listitem")).to_have_count(1)
    expect(findings).to_contain_text("warning")
    code = findings.get_by_role("button", name=re.compile("TEXT004"))
    expect(findings.locator(".why")).to_have_count(0)
    code.click()
    expect(findings.locator(".why")).to_contain_text("claim to be that one")
    findings.get_by_role("button", name="turn 2").click()
    turn = reading(page).locator(".turn.assistant")
    expect(turn).to_be_focused()
    expect(turn.locator(".role")).to_contain_text("TEXT004")
    expect(reading(page)).to_contain_text("not known for this version: run vault validate")
    library.repository.validate()
    page.reload()
    expect(reading(page)).to_contain_text("TEXT004")
    expect(reading(page)).not_to_contain_text("not known for this version")
    page.keyboard.press("j")
    expect(reading(page)).to_contain_text("a?")
    page.wait_for_load_state("networkidle")
    expect(findings).to_have_count(0)


def test_a_system_prompt_is_named_and_asked_for(library: Library, open_page: Open) -> None:
    rows = [chat(f"q{number}?") for number in range(5)]
    for number, row in enumerate(rows):
        text = "It's a long one. " * 50 if number < 3 else f"Other {number}"
        row["messages"].insert(0, {"role": "system", "content": text})
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    page = open_page()
    named = reading(page).get_by_role("button", name="system #1, in 3 examples")
    expect(named).to_be_visible()
    named.click()
    expect(count(page)).to_have_text("3 of 5 examples")
    page.go_back()
    expect(count(page)).to_have_text("5 examples")
    page.keyboard.press("End")
    expect(reading(page)).to_contain_text("in this example alone")


def test_a_picture_is_shown_after_a_click(
    library: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 400")
    picture = "data:text/html;base64," + base64.b64encode(png() + bytes(60)).decode()
    drawn = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='x'/>" * 5).decode()
    content = [
        {"type": "text", "text": "Look."},
        {"type": "reasoning", "value": "Hm **so**."},
        {"type": "image_url", "image_url": {"url": picture}},
        {"type": "image_url", "image_url": {"url": drawn}},
        {"type": "image_url", "image_url": {"url": "https://example.org/" + "a" * 60}},
    ]
    answer = {"role": "assistant", "content": "Red."}
    library.write("a.jsonl", [{"messages": [{"role": "user", "content": content}, answer]}])
    library.run("a.jsonl")
    page = open_page()
    expect(reading(page).locator(".rich strong")).to_have_text("so")
    buttons = reading(page).get_by_role("button", name=re.compile("Show picture"))
    expect(buttons).to_have_text(["Show picture, 129 bytes", "Show picture, 85 bytes"])
    expect(reading(page)).to_contain_text("https://example.org/aaa")
    buttons.first.click()
    shown = reading(page).locator("img")
    expect(shown).to_have_js_property("naturalWidth", 1)
    assert str(shown.get_attribute("src")).startswith("blob:")
    buttons.first.click()
    expect(reading(page)).to_contain_text("neither PNG, JPEG nor WebP")
    expect(reading(page).locator("img")).to_have_count(1)


def test_very_large_examples_are_read(library: Library, open_page: Open) -> None:
    messages = [chat(f"**q{n}**", f"a{n}")["messages"] for n in range(1_000)]
    wide = {f"field{number}": number for number in range(5_000)}
    rows = [
        {"messages": [message for pair in messages for message in pair]},
        chat("Long?", "`x` **y** " * 500_000),
        chat("Wide?", "Yes.", **wide),
    ]
    library.write("a.jsonl", [json.loads(json.dumps(each)) for each in rows])
    library.run("a.jsonl")
    page = open_page()
    expect(reading(page).locator(".turn")).to_have_count(2_000)
    expect(reading(page).locator(".turn").last).to_contain_text("a999")
    page.keyboard.press("t")
    expect(reading(page).get_by_text("not trained on")).to_have_count(1_000)
    page.keyboard.press("t")
    page.keyboard.press("j")
    expect(chosen(page)).to_have_text("Long?")
    expect(reading(page)).to_contain_text("characters are left out")
    reading(page).get_by_role("button", name="Show all").click()
    expect(reading(page).locator(".turn.assistant .text")).to_contain_text("`x` **y**")
    page.keyboard.press("j")
    expect(reading(page).get_by_role("row")).to_have_count(5_000)


def test_nothing_is_wider_than_a_phone(library: Library, open_page: Open) -> None:
    long = "`" + "x" * 400 + "` **" + "y" * 400 + "**\n\n|" + "z" * 200 + "|\n|-|\n"
    answers(library, MARKDOWN, long)
    page = open_page(viewport={"width": 360, "height": 700})
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("Enter")
    for key in ("", "t", "r"):
        if key:
            page.keyboard.press(key)
        expect(reading(page)).to_contain_text("A plan")
        page.wait_for_load_state("networkidle")
        assert _widest(page) <= 360


def _widest(page: Page) -> int:
    script = (
        "() => Math.max(document.body.scrollWidth, document.querySelector('.pane').scrollWidth)"
    )
    return int(page.evaluate(script))
