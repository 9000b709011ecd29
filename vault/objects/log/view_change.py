"""What differs between two views, small where little changed, and walkable both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vault.objects.log.view import PARTS, View, part_from_json, part_to_json


class ViewChange(NamedTuple):
    """The names that differ between two views, as each of the two has them.

    A name that only one of them has is only on that side.
    """

    old: View
    new: View

    def is_undoable(self) -> bool:
        """Tell whether anything differs that `undo` takes back."""
        return self.old.undoable() != self.new.undoable()


def difference(old: View, new: View) -> ViewChange:
    """Return what leads from one view to another. Costs a look at every name."""
    gone: dict[str, Any] = {}
    come: dict[str, Any] = {}
    for part in PARTS:
        before, after = getattr(old, part), getattr(new, part)
        if before is not after:
            gone[part] = {name: each for name, each in before.items() if after.get(name) != each}
            come[part] = {name: each for name, each in after.items() if before.get(name) != each}
    return ViewChange(View(**gone), View(**come))


def applied(view: View, change: ViewChange) -> View:
    """Return the view after a change. Raises ValueError if it is not the one that was changed."""
    parts = {}
    for part in PARTS:
        gone, come = getattr(change.old, part), getattr(change.new, part)
        values = getattr(view, part)
        if gone or come:
            values = _exchanged(values, gone, come)
        parts[part] = values
    return View(**parts)


def _exchanged(
    values: Mapping[Any, Any], gone: Mapping[Any, Any], come: Mapping[Any, Any]
) -> dict[Any, Any]:
    result = dict(values)
    for name in {**gone, **come}:
        if result.get(name) != gone.get(name):
            raise ValueError(f"{name} is not what the change says that it was")
        result.pop(name, None)
    result.update(come)
    return result


def change_to_json(change: ViewChange) -> dict[str, Any]:
    """Return a change as JSON values: for each part, name to `[old, new]`, null where absent."""
    result = {}
    for part in PARTS:
        old, new = (part_to_json(part, getattr(side, part)) for side in (change.old, change.new))
        result[part] = {name: [old.get(name), new.get(name)] for name in {**old, **new}}
    return result


def change_from_json(value: Mapping[str, Any]) -> ViewChange:
    """Return the change of these JSON values.

    Raises KeyError, TypeError or ValueError if they are not one.
    """
    if set(value) != set(PARTS):
        raise ValueError(f"it changes {sorted(set(value) ^ set(PARTS))}, of which nothing is known")
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for part in PARTS:
        pairs = {name: (before, after) for name, (before, after) in value[part].items()}
        if any(before == after for before, after in pairs.values()):
            raise ValueError(f"of its {part} one stays as it is")
        befores = {name: each for name, (each, _) in pairs.items() if each is not None}
        afters = {name: each for name, (_, each) in pairs.items() if each is not None}
        old[part], new[part] = part_from_json(part, befores), part_from_json(part, afters)
    return ViewChange(View(**old), View(**new))
