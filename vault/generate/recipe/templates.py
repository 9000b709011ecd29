"""Templates of prompts and records: Jinja2's sandbox, where nothing undefined becomes a text.

With `sandbox` the home of jinja2. A recipe may come from a stranger, so its templates reach no
Python object, and none hangs or fills the memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from vault.errors import InvalidInput
from vault.generate.recipe.fuel import MOST_CHARS, fuelled, weight

if TYPE_CHECKING:
    from jinja2 import Template

    from vault.generate.recipe.sandbox import Sandbox

_ALONE = re.compile(r"\{\{[-+]?((?:(?!\}\}|\{\{).)*?)[-+]?\}\}", re.DOTALL)


class TemplateFailed(Exception):
    """A template that does not fit the values: an answer lacks a member, for instance."""


def fault_of(text: str, *, is_value: bool = False) -> str | None:
    """Return why a text is no template, None if it is one; `is_value` as `filled` reads it."""
    environment = _environment()
    import jinja2

    try:
        alone = _ALONE.fullmatch(text.strip()) if is_value else None
        with fuelled():
            if alone is None:
                environment.from_string(text)
            else:
                environment.compile_expression(alone[1])
    except jinja2.TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    except Exception as error:  # such as of parentheses that are nested too deep
        return f"it cannot be read: {error or type(error).__name__}"
    return None


def names_in(text: str) -> set[str]:
    """Return the variables that a template uses; none of a text that is no template."""
    from jinja2 import meta

    try:
        return set(meta.find_undeclared_variables(_environment().parse(text)))
    except Exception:  # `fault_of` tells it
        return set()


def variable_alone(text: str) -> str | None:
    """Return the variable that a template is, exactly `{{ name }}`; None of any other text."""
    alone = _ALONE.fullmatch(text.strip())
    name = "" if alone is None else alone[1].strip()
    return name if name.isidentifier() else None


def rendered(text: str, values: Mapping[str, Any]) -> str:
    """Return the text that a template gives. Raises TemplateFailed."""
    parts, size = [], 0
    try:
        with fuelled():
            for part in _template(text).generate(values):
                parts.append(part)
                size += len(part)
                if size > MOST_CHARS:
                    raise TemplateFailed(f"the text is longer than {MOST_CHARS:,} characters")
    except TemplateFailed:
        raise
    except Exception as error:  # whatever a filter raises for a value that it was not made for
        raise _failed(error) from None
    return "".join(parts)


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a record whose texts are templates, filled in. Raises TemplateFailed.

    A text that is exactly one `{{ … }}` becomes the value itself, of whatever type; keys stay.
    """
    if isinstance(value, str):
        alone = _ALONE.fullmatch(value.strip())
        return rendered(value, values) if alone is None else _evaluated(alone[1], values)
    if isinstance(value, Mapping):
        return {key: filled(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, values) for each in value]
    return value


def _evaluated(expression: str, values: Mapping[str, Any]) -> Any:
    import jinja2

    try:
        with fuelled():
            found = _expression(expression)(values)
        if isinstance(found, jinja2.Undefined):
            str(found)  # raises, with the name of what is missing
        weight(found)  # what is shared would be written out each time
    except Exception as error:  # as in `rendered`
        raise _failed(error) from None
    try:
        # What has no JSON form is no part of a record, such as a method of a text.
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise TemplateFailed(f"{{{{{expression}}}}} gives no JSON value") from None
    if len(text) > MOST_CHARS:
        raise TemplateFailed(f"the value is longer than {MOST_CHARS:,} characters")
    return json.loads(text)


# Compiling takes a millisecond, ten times what filling in takes; a recipe has a dozen of them.
@lru_cache(256)
def _template(text: str) -> Template:
    return _environment().from_string(text)


@lru_cache(256)
def _expression(text: str) -> Callable[[Mapping[str, Any]], Any]:
    return _environment().compile_expression(text, undefined_to_none=False)


def _failed(error: Exception) -> TemplateFailed:
    return TemplateFailed(str(error) or type(error).__name__)


@cache
def _environment() -> Sandbox:
    try:
        from vault.generate.recipe.sandbox import Sandbox
    except ImportError:
        raise InvalidInput(
            "recipes need the library jinja2, which is not installed",
            code="generate-missing",
            hint="pip install 'dataset-vault[generate]'",
        ) from None
    return Sandbox()
