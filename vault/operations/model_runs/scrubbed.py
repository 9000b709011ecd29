"""Texts without the personal data and secrets that validate's SAFE rules recognise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from vault.rules.recognisers import personal_data

_KINDS = (
    # Keys and logins first: an address inside of one is part of it.
    (personal_data.PRIVATE_KEY, "[PRIVATE KEY]"),
    (personal_data.JWT, "[TOKEN]"),
    (personal_data.TOKEN, "[TOKEN]"),
    (personal_data.LOGIN, "[LOGIN]"),
    (personal_data.MAIL, "[EMAIL]"),
    (personal_data.IBAN, "[IBAN]"),
    (personal_data.CARD, "[CARD]"),
    (personal_data.SOCIAL_NUMBER, "[SOCIAL SECURITY NUMBER]"),
    (personal_data.ADDRESS, "[IP ADDRESS]"),
    (personal_data.PHONE, "[PHONE]"),
)


def scrubbed(text: str) -> str:
    """Return a text with what the SAFE rules recognise replaced by the name of its kind."""
    for recogniser, name in _KINDS:
        for match in sorted(set(recogniser.find(text)), key=len, reverse=True):
            text = text.replace(match, name)
    return text


@lru_cache(maxsize=1_024)
def _scrubbed_name(name: str) -> str:
    # Nearly all are those of messages: looking for addresses in each would take half of the time.
    return scrubbed(name)


def scrubbed_value(value: Any) -> Any:
    """Return a JSON value with every text in it scrubbed, names of members too."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Mapping):
        return {_scrubbed_name(name): scrubbed_value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed_value(each) for each in value]
    return value
