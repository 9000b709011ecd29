"""Recipes for tests: the smallest that works, with parts of it replaced."""

from __future__ import annotations

SEEDLESS = """
seed = 7

[model]
name = "m"
base_url = "{url}"
max_tokens = 60
price = "none"

[vary]
topic = ["cards", "loans", "fees"]
tone = {{ polite = 3, angry = 1 }}

[prompt]
user = "Write a {{{{ tone }}}} question about {{{{ topic }}}}."

[answer]
format = "json"

[example]
messages = [
  {{ role = "user", content = "{{{{ answer.user }}}}" }},
  {{ role = "assistant", content = "{{{{ answer.assistant }}}}" }},
]
topic = "{{{{ topic }}}}"
"""


def recipe(url: str = "http://127.0.0.1:9/v1", *, more: str = "", **replaced: str) -> bytes:
    """Return a recipe for a server; of each name in `replaced` the first line
    that begins with it is exchanged."""
    text = SEEDLESS.format(url=url)
    for name, line in replaced.items():
        before, found, after = text.partition(f"\n{name} =")
        assert found, f"the recipe has no line {name}"
        text = f"{before}\n{line}\n{after.partition(chr(10))[2]}"
    return (text + more).encode()
