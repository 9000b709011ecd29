"""Dispatch `dedupe`: among the examples of the stage, or against a version or a file."""

from __future__ import annotations

from vault.errors import InvalidInput
from vault.operations.duplicates.dedupe import DedupeOptions, dedupe
from vault.operations.duplicates.report import DedupeReport
from vault.session.context import Context


def remove_duplicates(context: Context, options: DedupeOptions) -> DedupeReport:
    """Take duplicates out of the stage; with `against`, what matches an example of that.

    Raises InvalidInput (`against-missing` for options of a comparison with nothing), and what
    `dedupe` or `dedupe_against` raises.
    """
    if options.against is None:
        _refuse_options_of_against(options)
        return dedupe(context, options)
    from vault.operations.duplicates.dedupe_against import dedupe_against

    return dedupe_against(context, options.against, options)


def _refuse_options_of_against(options: DedupeOptions) -> None:
    given = {
        "--containment": options.containment is not None,
        "--map": bool(options.mapping),
        "--format": options.format is not None,
    }
    for name, is_given in given.items():
        if is_given:
            raise InvalidInput(
                f"{name} needs --against",
                code="against-missing",
                hint="add --against FILE, such as an evaluation set",
            )
