"""No template of a stranger hangs or fills the memory: each attack ends in a failure, soon."""

from __future__ import annotations

import resource
import sys
from typing import Any

import pytest

from vault.generate.recipe.fuel import MOST_CHARS
from vault.generate.recipe.templates import TemplateFailed, fault_of, filled, rendered

LONG = "x" * 900_000
VALUES: dict[str, Any] = {
    "s": LONG,
    "t": "ab",
    "many": ["y"] * 90_000,
    "answer": {"n": 3, "tags": ["a", "b"], "text": "one\ntwo", "o": {"k": 1}},
}
DOUBLED = "".join(f"{{% set v{n + 1} = [v{n}, v{n}] %}}" for n in range(70))
PAIRS = DOUBLED.replace("[", "(").replace("]", ")")
NESTED = "{% for a in many %}" * 9 + "{% endfor %}" * 9
LADDER = "".join(f"{{% set v{n + 1} = v{n} ~ v{n} %}}" for n in range(70))
POWERS = "".join(f"{{% set v{n + 1} = v{n} * v{n} %}}" for n in range(70))
HASHED = (1 << 61) - 1
ATTACKS = {
    "ljust": "{{ t.ljust(10000000000) }}",
    "center": "{{ t.center(10000000000) }}",
    "center filter": "{{ t | center(10000000000) }}",
    "zfill": "{{ t.zfill(10000000000) }}",
    "expandtabs": "{{ t.expandtabs(10000000000) }}",
    "format width": "{{ '{:>10000000000}'.format(t) }}",
    "format map": "{{ '{a:>10000000000}'.format_map({'a': t}) }}",
    "percent width": "{{ '%10000000000d' % 1 }}",
    "format filter": "{{ '%10000000000d' | format(1) }}",
    "repetition": "{{ t * 10000000000 }}",
    "repetition of a list": "{{ [t] * 10000000000 }}",
    "repetition from the right": "{{ 10000000000 * t }}",
    "repetition of a repetition": "{{ (t * 400000) * 400000 }}",
    "replace method": "{{ s.replace('x', s) }}",
    "replace filter": "{{ s | replace('x', s) }}",
    "replace of nothing": "{{ s.replace('', s) }}",
    "replace many": "{{ many | map('replace', 'y', s) | list | length }}",
    "join": "{{ many | join(s) }}",
    "join method": "{{ s.join(many) }}",
    "join of letters": "{{ s | join(s) }}",
    "indent": "{{ s | indent(10000000000) }}",
    "wordwrap": "{{ s | wordwrap(1, wrapstring=s) }}",
    "batch": "{{ many | batch(10000000000, 'x') | list }}",
    "slice": "{{ many | slice(10000000000) | list }}",
    "sum of lists": "{{ [many, many, many] | sum(start=[]) }}",
    "tojson indent": "{{ answer | tojson(10000000000) }}",
    "round": "{{ 1.5 | round(10000000000, 'ceil') }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "products": "{% set v0 = 12345 %}" + POWERS + "{{ v70 }}",
    "concatenation": "{% set v0 = t %}" + LADDER + "{{ v70 }}",
    "shared lists": "{% set v0 = [t] %}" + DOUBLED + "{{ v70 }}",
    "comparison of shared lists": "{% set v0 = [t] %}" + DOUBLED + "{{ v70 == [v69, v69] }}",
    "hash of shared pairs": "{% set v0 = (t, t) %}" + PAIRS + "{{ {v70: 1} | length }}",
    "lookup by shared pairs": "{% set v0 = (t, t) %}" + PAIRS + "{{ answer[v70] }}",
    "nested ranges": "{% for a in range(99999) %}" * 2 + "{% endfor %}" * 2,
    "nested loops": NESTED,
    "nested loops that print": NESTED.replace("{% endfor %}", "x{% endfor %}", 1),
    "range": "{% for a in range(100001) %}x{% endfor %}",
    "a long body": "{% for a in range(90000) %}" + "{% if t %}{% endif %}" * 900 + "{% endfor %}",
    "long conditions": "{% for a in range(90000) %}{% set b = "
    + "t and " * 90
    + "t %}{% endfor %}",
    "comparing in a loop": "{% for a in many %}{% if s == s ~ 'y' %}{% endif %}{% endfor %}",
    "searching in a loop": "{% for a in many %}{% if 'z' in s %}{% endif %}{% endfor %}",
    "selecting": "{{ many | select('in', many) | list | length }}",
    "selecting by text": "{{ many | select('eq', s) | list | length }}",
    "slicing in a loop": "{% for a in many %}{% set b = s[1:] %}{% endfor %}",
    "upper in a loop": "{% for a in many %}{% set b = s.upper() %}{% endfor %}",
    "filter in a loop": "{% for a in many %}{% set b = s | upper %}{% endfor %}",
    "splitting in a loop": "{% for a in many %}{% set b = s.split('x') %}{% endfor %}",
    "sorting by a long path": "{{ many | sort(attribute='a.' * 400000) | length }}",
    "sorting in a loop": "{% for a in many %}{% set b = many | sort %}{% endfor %}",
    "searching from behind": "{{ s.rfind('xy' ~ 'x' * 400000) }}",
    "splitting from behind": "{{ s.rsplit(sep='xy' ~ 'x' * 400000) }}",
    "partition from behind": "{{ s.rpartition('xy' ~ 'x' * 400000) }}",
    "stripping": "{{ s.strip('ab' * 400000 ~ 'x') }}",
    "trimming": "{{ s | trim('ab' * 400000 ~ 'x') }}",
    "numbers of one hash": f"{{{{ range(0, {HASHED} * 60000, {HASHED}) | unique | list }}}}",
    "many parts": "{{ t }}" * 20_000,
    "a long list": "{{ [" + "1," * 20_000 + "] | length }}",
    "macro": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "recursive loop": "{% for a in many recursive %}{{ loop(many) }}{% endfor %}",
    "namespace": "{% set n = namespace(x=t) %}{% set n.x = n.x ~ n.x %}{{ n.x }}",
    "cycler": "{{ cycler(t) }}",
    "too many letters": "{{ s }}{{ s }}",
    "nested too deep": "{{ " + "(" * 3_000 + "t" + ")" * 3_000 + " }}",
    "loops too deep": "{% for a in t %}" * 30 + "{% endfor %}" * 30,
}


@pytest.fixture(autouse=True)
def _bounded() -> Any:
    """Let memory beyond what is there, and 512 MB, end in an error."""
    if sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails_as_text(name: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        rendered(ATTACKS[name], VALUES)
    assert str(caught.value) and "MemoryError" not in str(caught.value)


@pytest.mark.parametrize("name", [each for each in ATTACKS if ATTACKS[each].count("{{") == 1])
def test_an_attack_fails_as_a_value(name: str) -> None:
    text = ATTACKS[name]
    with pytest.raises(TemplateFailed) as caught:
        filled({"a": text[text.index("{{") :] if text.startswith("{{") else text}, VALUES)
    assert "MemoryError" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{% macro f() %}{% endmacro %}", "line 1: macro is not for templates"),
        ("{% for a in t recursive %}{% endfor %}", "line 1: recursive loop is not for templates"),
        ("{% include 'x' %}", "line 1: include is not for templates"),
        ("{{ t ** 2 }}", "line 1: pow is not for templates"),
        ("{{ t | center(9) }}", "line 1: No filter named 'center'"),
        ("{{ " + "(" * 3_000 + "t" + ")" * 3_000 + " }}", "it cannot be read"),
    ],
)
def test_what_is_not_for_templates_is_a_fault(text: str, fault: str) -> None:
    assert (fault_of(text) or "").startswith(fault)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ answer.tags | join(', ') | upper }}", "A, B"),
        ("{% for a in answer.tags %}{{ loop.index }}{{ a }}{% endfor %}", "1a2b"),
        ("{% for k, v in answer.o.items() %}{{ k }}={{ v }}{% endfor %}", "k=1"),
        ("{{ answer.text.splitlines() | map('upper') | list }}", "['ONE', 'TWO']"),
        ("{{ answer.text.rpartition('t')[0].strip('eno') }}", "\n"),
        ("{{ [3, 1, 3] | unique | list }}", "[3, 1]"),
        ("{{ answer.text.replace('o', '0') | indent(2) }}", "0ne\n  tw0"),
        ("{% if answer.n > 2 and 'a' in answer.tags %}yes{% endif %}", "yes"),
        ("{{ answer.x | default('none') }} {{ answer.n % 2 }} {{ t * 2 ~ t }}", "none 1 ababab"),
        ("{{ answer | tojson | length > 9 }} {{ 2.675 | round(1) }}", "True 2.7"),
        ("{{ answer.tags | selectattr('x', 'undefined') | list | length }}", "2"),
        ("{% set a = answer.tags[1:] %}{{ a }}", "['b']"),
        ("{% for n in range(3) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba"),
    ],
)
def test_what_people_write_goes_on_working(text: str, told: str) -> None:
    assert fault_of(text) is None
    assert rendered(text, VALUES) == told


def test_long_texts_are_no_attacks() -> None:
    values = {"seeds": [{"prompt": "p" * 2_000, "response": "r" * 2_000} for _ in range(200)]}
    text = "{% for s in seeds %}{{ s.prompt }}: {{ s.response }}\n{% endfor %}"
    assert len(rendered(text, values)) == 200 * 4_003
    assert len(rendered("{{ s }}", VALUES)) == 900_000 < MOST_CHARS
