"""Recognisers of personal data and secrets: a pattern, and a test of what it finds.

The tests are checksums where there are any (Luhn for cards: ISO/IEC 7812-1; modulo 97 for IBAN:
ISO 13616), else lists of what documentation uses as examples. Nothing is looked up anywhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_LEAST_DISTINCT = 8
_EXAMPLE_HOSTS = re.compile(
    r"^(?:you|your\w*)@|(?:^|[.@])(?:example\d*|test|invalid|localhost|domain|email|mail|website"
    r"|xyz"
    r"|(?:my|your|our)?company|yourdomain"
    r"|abc|acme|sample|server|host)\.|\.(?:example|test|invalid|local|localhost)$",
    re.I,
)
_EXAMPLE_WORDS = re.compile(
    r"example|sample|dummy|your|placeholder|change|xxxx|\*\*\*|\.\.\.|1234567|abcdef|password"
    r"|secret"
    r"|test|fake|redacted",
    re.I,
)
_IBAN_LENGTHS: Mapping[str, int] = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BH": 22,
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IQ": 23,
    "IS": 26,
    "IT": 27,
    "JO": 30,
    "KW": 30,
    "KZ": 20,
    "LB": 28,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
    "XK": 20,
}
_TEST_CARDS = frozenset(
    {
        *("4111111111111111", "4242424242424242", "4012888888881881", "4000000000000002"),
        *("5555555555554444", "5105105105105100", "378282246310005", "371449635398431"),
        *("6011111111111117", "6011000990139424", "3530111333300000", "30569309025904"),
    }
)
_TEST_SOCIAL_NUMBERS = ("078-05-1120", "123-45-6789", "219-09-9999")
_TEST_IBANS = (
    *("GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606"),
    *("NL91ABNA0417164300", "AT611904300234573201", "CH9300762011623852957", "BE68539007547034"),
    *("ES9121000418450200051332", "IT60X0542811101000000123456", "GB29NWBK60161331926819"),
)
"""Examples of the registry of ISO 13616 and of what explains it."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One kind of data: a pattern that RE2 and Python read alike, and the test of a match.

    `hint` is a pattern that every match has within, where that is looked for much faster.
    """

    pattern: str
    is_real: Callable[[str], bool]
    hint: str = ""

    def find(self, text: str) -> Iterator[str]:
        """Yield every match in a text that passes the test."""
        for match in re.finditer(self.pattern, text):
            if self.is_real(match.group()):
                yield match.group()


def passes_luhn(digits: str) -> bool:
    """Tell whether the last of some digits is the check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def passes_mod_97(iban: str) -> bool:
    """Tell whether an IBAN without spaces has the length of its country and a right checksum."""
    if len(iban) != _IBAN_LENGTHS.get(iban[:2]):
        return False
    return int("".join(str(int(each, 36)) for each in iban[4:] + iban[:4])) % 97 == 1


def _is_iban(match: str) -> bool:
    # The pattern may have taken the beginning of the next word.
    iban = match.replace(" ", "")
    return passes_mod_97(iban[: _IBAN_LENGTHS.get(iban[:2], 0)])


def _is_card(match: str) -> bool:
    digits = re.sub(r"\D", "", match)
    short = {"34": 15, "37": 15, "30": 14, "36": 14, "38": 14}.get(digits[:2])
    known = len(digits) == short or (len(digits) == 16 and (digits[0] in "456" or short is None))
    known = known and (digits[0] in "3456" or "2221" <= digits[:4] <= "2720")
    is_varied = len(set(digits)) > 4 and "1234567" not in digits
    return known and is_varied and digits not in _TEST_CARDS and passes_luhn(digits)


def _is_mail(match: str) -> bool:
    return not _EXAMPLE_HOSTS.search(match)


def _is_phone(match: str) -> bool:
    digits = re.sub(r"\D", "", match)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 4 and not _is_fictional(digits)


def _is_fictional(digits: str) -> bool:
    return "555" in digits or any(run in digits for run in ("123456", "987654", "000000"))


def _is_public_address(match: str) -> bool:
    try:
        address = ipaddress.ip_address(match)
    except ValueError:
        return False
    first = match.partition(".")[0]
    # What looks like a version or a mask; resolvers that everybody names are nobody's address.
    is_told = (
        match in ("123.45.67.89", "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9")
        or int(first) < 11
    )
    return address.is_global and not is_told and not match.endswith(".0")


def _is_varied(match: str) -> bool:
    return len(set(match)) >= _LEAST_DISTINCT and not _EXAMPLE_WORDS.search(match)


def _is_social_number(match: str) -> bool:
    area, group, serial = match.split("-")
    is_issued = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return is_issued and match not in _TEST_SOCIAL_NUMBERS


def _is_published(match: str) -> bool:
    bare = re.sub(r"[ -]", "", match)
    is_card = bare in _TEST_CARDS
    is_iban = any(bare.startswith(each) for each in _TEST_IBANS)
    is_other = match.endswith("EXAMPLE") or ("555" in match and len(bare) in (7, 10))
    return is_card or is_iban or is_other or match in _TEST_SOCIAL_NUMBERS


def _always(match: str) -> bool:
    return True


MAIL = Recogniser(
    r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}\b",
    _is_mail,
    hint=r"[A-Za-z0-9._%+-]@[A-Za-z0-9-]",
)
PHONE = Recogniser(
    r"(?:^|[ (:])\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}\b"
    r"|\(\d{3}\) ?\d{3}-\d{4}\b|\b[2-9]\d{2}-[2-9]\d{2}-\d{4}\b",
    _is_phone,
)
CARD = Recogniser(r"\b\d{4}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,4})?\b", _is_card)
IBAN = Recogniser(
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
    _is_iban,
)
ADDRESS = Recogniser(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", _is_public_address)
PRIVATE_KEY = Recogniser(
    r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)*[A-Za-z0-9+/=:]{16}", _always
)
TOKEN = Recogniser(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,90}\b|\bglpat-[\w-]{20}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{20,80}\b|\bhooks\.slack\.com/services/T\w+/B\w+/\w{20,}"
    r"|\bAIza[0-9A-Za-z_-]{35}\b|\bya29\.[\w-]{30,}"
    r"|\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{24,200}\b|\b[sr]k_live_[0-9A-Za-z]{20,99}\b"
    r"|\bhf_[A-Za-z0-9]{30,40}\b|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}"
    r"|\bSG\.[\w-]{22}\.[\w-]{43}\b|\bSK[0-9a-f]{32}\b|\b\d{8,10}:AA[\w-]{33}\b"
    r"|\bdop_v1_[0-9a-f]{64}\b|\bshpat_[0-9a-fA-F]{32}\b|\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
    _is_varied,
)
JWT = Recogniser(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}", _is_varied)
LOGIN = Recogniser(
    r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@<>{}\[\]\"']{1,64}:[^\s/:@<>{}\[\]\"'$]{6,64}@[\w.-]+",
    lambda match: not _EXAMPLE_WORDS.search(match.partition("://")[2].rpartition("@")[0]),
)
SOCIAL_NUMBER = Recogniser(r"\b\d{3}-\d{2}-\d{4}\b", _is_social_number)
PUBLISHED = Recogniser(
    r"\b\d{4}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,4})?\b|\b\d{3}-\d{2}-\d{4}\b"
    r"|\bAKIA[0-9A-Z]{9}EXAMPLE\b"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
    r"|\b(?:\d{3}[ .-])?555[ .-]01\d{2}\b",
    _is_published,
)
"""Numbers that are published for tests and documentation, and belong to nobody."""
