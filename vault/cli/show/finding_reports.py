"""Findings for other programs: SARIF 2.1.0 for code review, JUnit XML for build servers.

Written piece by piece while findings arrive, so that memory does not grow with their number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from vault.version import __version__

if TYPE_CHECKING:
    from vault.operations.validation.examine_rows import Finding
    from vault.rules.kernel.any_rule import AnyRule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What XML 1.0 cannot hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sarif_pieces(rules: Sequence[AnyRule], findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the pieces of one SARIF document."""
    driver = {
        "name": "vault",
        "version": __version__,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.name},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": str(rule.severity)},
            }
            for rule in rules
        ],
    }
    tool = _json({"driver": driver})
    yield f'{{"$schema":"{_SCHEMA}","version":"2.1.0","runs":[{{"tool":{tool},"results":['
    for number, each in enumerate(findings):
        yield ("," if number else "") + "\n" + _json(_sarif_result(each))
    yield "\n]}]}\n"


def junit_pieces(rules: Sequence[AnyRule], findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the pieces of one JUnit document: a failed test for each finding.

    The counts that its root may carry are left out: they would have to be known before the end.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    yield '<testsuite name="vault validate">\n'
    for each in findings:
        place = "the set" if each.id is None else f"{each.source}:{each.line} {each.id[:12]}"
        yield (
            f"<testcase classname={_xml(each.code + ' ' + each.name)} name={_xml(place)}>"
            f"<failure type={_xml(each.severity)} message={_xml(_said(each))}/></testcase>\n"
        )
    yield "</testsuite>\n</testsuites>\n"


def _sarif_result(each: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": each.code,
        "level": each.severity,
        "message": {"text": _said(each)},
        "locations": [],
        "partialFingerprints": {"exampleId/v1": f"{each.code}:{each.id or 'set'}"},
    }
    if each.source is not None:
        region = {"startLine": max(1, each.line or 1)}
        artifact = {"uri": quote(each.source, safe="/")}
        location: dict[str, Any] = {
            "physicalLocation": {"artifactLocation": artifact, "region": region}
        }
        if each.path:
            location["logicalLocations"] = [{"fullyQualifiedName": each.path}]
        result["locations"].append(location)
    return result


def _said(each: Finding) -> str:
    return f"{each.path}: {each.message}" if each.path else each.message


def _json(value: Any) -> str:
    # ASCII, so that nothing from data acts on a terminal or a browser.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _xml(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
