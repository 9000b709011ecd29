"""The sandbox that templates run in: no Python object is reached, and no work is unbounded.

Jinja2's own sandbox keeps Python's objects out of reach. This one also leaves out what can hang or
fill the memory (macros, recursion, formatting by width), and lets all that is left burn fuel. With
`templates` the home of jinja2, loaded on use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

from vault.generate.recipe.fuel import burn, charged, check_number, check_size, looped

KNOWN_FILTERS = """
abs capitalize count d default dictsort first float groupby indent int items join last length list
lower map max min reject rejectattr replace reverse round select selectattr sort string title tojson
trim truncate unique upper urlencode wordcount
"""
"""The filters of templates: what they give is no longer than what they are given, or counted."""

KNOWN_TESTS = """
!= < <= == > >= boolean defined divisibleby eq equalto even false float ge gt greaterthan in integer
iterable le lessthan lower lt mapping ne none number odd sequence string true undefined upper
"""

_OF_TEXTS = """
capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric
isspace istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind
rpartition rsplit rstrip split splitlines startswith strip swapcase title upper
"""

METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(_OF_TEXTS.split()),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
}
"""The methods that templates may call."""

_LOOP = frozenset({"changed", "cycle"})
_KNOWN_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call, nodes.Filter, nodes.Test),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv),
    *(nodes.Mod, nodes.Concat, nodes.With),
)
_PRINTED = (str, int, float, list, tuple, dict, type(None), Undefined)
_MOST_NODES = 10_000
_MOST_INDENT = 100
_MOST_PRECISION = 20
_CHARGED, _LOOPED = "charged", "looped"


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of templates. Whoever compiles or renders with it gives it fuel."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self) -> None:
        # No escaping: prompts and records are no HTML. A line feed at the end belongs to the text.
        super().__init__(
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            finalize=_printed,
            optimized=False,
        )
        self.filters = {name: _burning(name, FILTERS[name]) for name in KNOWN_FILTERS.split()}
        self.filters |= {_CHARGED: charged, _LOOPED: looped}
        self.tests = {name: _burning(name, TESTS[name]) for name in KNOWN_TESTS.split()}
        self.globals = {"range": self.globals["range"]}

    def _generate(self, source: nodes.Template, *rest: Any, **more: Any) -> str:
        """Return the code of a template, in which every use of a value burns fuel."""
        for count, node in enumerate(source.find_all(nodes.Node)):
            if count >= _MOST_NODES:  # compiling takes a tenth of a millisecond for each
                raise TemplateSyntaxError(f"it has more than {_MOST_NODES:,} parts", node.lineno)
            if not isinstance(node, _KNOWN_NODES) or getattr(node, "recursive", False):
                kind = "recursive loop" if isinstance(node, nodes.For) else type(node).__name__
                raise TemplateSyntaxError(f"{kind.lower()} is not for templates", node.lineno)
        return super()._generate(_Charging().visit(source), *rest, **more)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a member; of a JSON object the one of that name, such as `items`."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a member, as `getattr` does where it is no element. Raises TooMuch."""
        charged(argument)
        return super().getitem(obj, argument)

    def wrap_str_format(self, value: Any) -> None:
        """Return nothing: no text is formatted by a text."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether an attribute is one of METHODS, or of a loop."""
        if isinstance(obj, LoopContext):
            return super().is_safe_attribute(obj, attr, value)
        return any(isinstance(obj, kind) and attr in names for kind, names in METHODS.items())

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether it is one of METHODS, `range`, or a method of a loop."""
        if obj is self.globals["range"] or isinstance(obj, Undefined):
            return True  # what is not defined says so when it is called
        if not isinstance(obj, BuiltinMethodType | MethodType):
            return False
        name, owner = obj.__name__, obj.__self__
        if isinstance(owner, LoopContext):
            return name in _LOOP
        return any(isinstance(owner, kind) and name in names for kind, names in METHODS.items())

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method. Raises SecurityError, TooMuch."""
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str | dict | list):
            charged(owner)
            _check_growth(__obj.__name__, owner, (*args, *kwargs.values()))
        for each in (*args, *kwargs.values()):
            charged(each)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the result of an operator. Raises SecurityError, TooMuch."""
        charged(left)
        charged(right)
        for one, other in ((left, right), (right, left)):
            if operator == "*" and hasattr(one, "__len__") and isinstance(other, int):
                check_size(len(one) * max(other, 0))
        if operator == "%" and not isinstance(left, int | float):
            raise SecurityError("% is for numbers")
        found = super().call_binop(context, operator, left, right)
        if isinstance(found, int):
            check_number(found)
        return found


class _Charging(NodeTransformer):
    """Puts what burns fuel around the values that loops, comparisons and texts are made of."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        """Let a loop burn what all of its rounds take."""
        parts = [*node.body, *([] if node.test is None else [node.test])]
        count = sum(1 + sum(1 for _ in each.find_all(nodes.Node)) for each in parts)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _LOOPED, [nodes.Const(count)])
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        """Let a comparison burn what is compared."""
        self.generic_visit(node)
        node.expr = _filtered(node.expr, _CHARGED)
        for each in node.ops:
            each.expr = _filtered(each.expr, _CHARGED)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Concat:
        """Let a text burn its parts."""
        self.generic_visit(node)
        node.nodes = [_filtered(each, _CHARGED) for each in node.nodes]
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:
        """Let the key of an object burn what is hashed."""
        self.generic_visit(node)
        node.key = _filtered(node.key, _CHARGED)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        """Let a slice burn what is copied."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, _CHARGED)
        return node


def _filtered(node: nodes.Node, name: str, args: list[nodes.Expr] | None = None) -> nodes.Expr:
    assert isinstance(node, nodes.Expr), "statements have no value"
    return nodes.Filter(node, name, args or [], [], None, None, lineno=node.lineno)


def _printed(value: object) -> object:
    """Return a value to be printed. Raises SecurityError for one such as a method."""
    if not isinstance(value, _PRINTED):
        raise SecurityError(f"{type(value).__name__} has no text")  # but a place in the memory
    return charged(value)


def _burning(name: str, function: Any) -> Callable[..., Any]:
    """Return a filter or test that burns what it is given."""
    # Some are given their environment or context first.
    first = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def burning(*args: Any, **more: Any) -> Any:
        given = [charged(each) for each in args[first:]]
        for each in more.values():
            charged(each)
        settings = [*given[1:], *more.values()]
        if given and isinstance(given[0], list | tuple | Mapping):
            # Such as the path of an attribute, which is followed in each element.
            texts = sum(len(each) for each in settings if isinstance(each, str))
            burn(texts * len(given[0]))
        if given and name in _GROWING:
            _check_growth(name, given[0], settings)
        return function(*args[:first], *given, **more)

    return burning


_GROWING = frozenset({"join", "replace", "indent", "round", "tojson", "trim", "unique"})
_FROM_BEHIND = frozenset({"rfind", "rpartition", "rsplit"})
_STRIPPING = frozenset({"lstrip", "rstrip", "strip", "trim"})


def _check_growth(name: str, value: Any, args: Any) -> None:
    """Burn what a filter or method takes beyond its values. Raises TooMuch, SecurityError."""
    texts = [each for each in args if isinstance(each, str)]
    longest = max(map(len, texts), default=0)
    match name:
        case "join":
            # Of the filter the value is the list, of the method it is what stands between.
            between = len(value) if isinstance(value, str) and not texts else longest
            parts = value if not isinstance(value, str) or texts else args[0]
            check_size(between * len(parts))
        case "replace" if texts:
            count = str(value).count(texts[0]) if isinstance(value, str) else 0
            check_size(count * longest)
        case "indent":
            wide = next((each for each in args if isinstance(each, int | str)), 4)
            width = len(wide) if isinstance(wide, str) else wide
            if width > _MOST_INDENT:
                raise SecurityError(f"indent is for at most {_MOST_INDENT} characters")
            check_size(width * (str(value).count("\n") + 1))
        case "round":
            if any(isinstance(each, int) and abs(each) > _MOST_PRECISION for each in args):
                raise SecurityError(f"round is for at most {_MOST_PRECISION} digits")
        case "tojson" if args:
            raise SecurityError("tojson has no indent in templates")
        case "unique" if not isinstance(value, str) and not all(
            isinstance(each, str) for each in value
        ):
            # Numbers can be chosen so that all have one hash.
            burn(len(value) ** 2)
        case _ if name in _FROM_BEHIND or name in _STRIPPING:
            # Each character is held against all that is looked for.
            burn(longest * len(str(value)))
        case _:
            burn(1)
