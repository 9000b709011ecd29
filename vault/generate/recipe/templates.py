"""Templates of prompts and records: Jinja2's sandbox, where nothing undefined becomes a text.

The home of jinja2. A recipe may come from a stranger, so its templates reach no Python object.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from vault.errors import InvalidInput

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

MOST_CHARS = 1_000_000
"""Characters of a text that a template gives, at most."""

_ALONE = re.compile(r"\{\{[-+]?((?:(?!\}\}|\{\{).)*?)[-+]?\}\}", re.DOTALL)


class TemplateFailed(Exception):
    """A template that does not fit the values: an answer lacks a member, for instance."""


def fault_of(text: str, *, is_value: bool = False) -> str | None:
    """Return why a text is no template, None if it is one; `is_value` as `filled` reads it."""
    import jinja2

    try:
        alone = _ALONE.fullmatch(text.strip()) if is_value else None
        if alone is None:
            _environment().from_string(text)
        else:
            _environment().compile_expression(alone[1])
    except jinja2.TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    return None


def names_in(text: str) -> set[str]:
    """Return the variables that a template uses; none of a text that is no template."""
    import jinja2
    from jinja2 import meta

    try:
        return set(meta.find_undeclared_variables(_environment().parse(text)))
    except jinja2.TemplateSyntaxError:
        return set()


def variable_alone(text: str) -> str | None:
    """Return the variable that a template is, exactly `{{ name }}`; None of any other text."""
    alone = _ALONE.fullmatch(text.strip())
    name = "" if alone is None else alone[1].strip()
    return name if name.isidentifier() else None


def rendered(text: str, values: Mapping[str, Any]) -> str:
    """Return the text that a template gives. Raises TemplateFailed."""
    try:
        found = _template(text).render(values)
    except Exception as error:  # whatever a filter raises for a value that it was not made for
        raise _failed(error) from None
    if len(found) > MOST_CHARS:
        raise TemplateFailed(f"the text is longer than {MOST_CHARS:,} characters")
    return found


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
        found = _expression(expression)(values)
        if isinstance(found, jinja2.Undefined):
            str(found)  # raises, with the name of what is missing
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
def _environment() -> SandboxedEnvironment:
    try:
        from jinja2 import StrictUndefined, Undefined
        from jinja2.exceptions import SecurityError
        from jinja2.runtime import Context
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise InvalidInput(
            "recipes need the library jinja2, which is not installed",
            code="generate-missing",
            hint="pip install 'dataset-vault[generate]'",
        ) from None

    class Environment(ImmutableSandboxedEnvironment):
        """The sandbox, which also refuses the plainest ways to fill the memory."""

        intercepted_binops = frozenset({"*", "**"})

        def getattr(self, obj: Any, attribute: str) -> Any:
            """Return a member; of a JSON object the one of that name, such as `items`."""
            if isinstance(obj, Mapping) and attribute in obj:
                return obj[attribute]
            return super().getattr(obj, attribute)

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            """Return a product. Raises SecurityError where it may be large."""
            sequences = [len(each) for each in (left, right) if hasattr(each, "__len__")]
            numbers = [each for each in (left, right) if isinstance(each, int)]
            if operator == "**" or (sequences and math.prod(sequences + numbers) > MOST_CHARS):
                raise SecurityError(f"{operator} may give too much")
            return super().call_binop(context, operator, left, right)

    printed = (str, int, float, list, tuple, dict, type(None), Undefined)

    def finalize(value: object) -> object:
        """Return a value to be printed. Raises SecurityError for one such as a method."""
        if isinstance(value, printed):
            return value
        raise SecurityError(f"{type(value).__name__} has no text")  # but a place in the memory

    # No escaping: prompts and records are no HTML. A line feed at the end belongs to the text.
    environment = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, finalize=finalize
    )
    del environment.filters["random"], environment.globals["lipsum"]  # other texts each time
    return environment
