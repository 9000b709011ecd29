"""Replacing personal data and secrets in a text, before it leaves the machine."""

from __future__ import annotations

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
