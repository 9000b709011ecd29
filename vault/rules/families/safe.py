"""SAFE: personal data and secrets, in what anyone says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from vault.rules.families.sample_records import ASK, PLAIN, TOLD, answered, chat, tooled, user
from vault.rules.families.sample_records import call as tool_call
from vault.rules.families.sample_records import calling as calling_tool
from vault.rules.kernel.rule import Check, Fault, Rule, Severity, Trigger
from vault.rules.kernel.subject import Subject
from vault.rules.recognisers import personal_data
from vault.rules.recognisers.personal_data import Recogniser

_MOST_READ = 1_000_000


def _finds(recogniser: Recogniser, what: str, shows: Callable[[str], str]) -> Check:
    def check(subject: Subject) -> Iterator[Fault]:
        for each in subject.texts():
            match = next(recogniser.find(each.text[:_MOST_READ]), None)
            if match is not None:
                yield Fault(f"{what}: {shows(match)}", each.path)

    return check


def _masked(match: str) -> str:
    """Return the beginning of what was found: enough to search for it, not enough to use it."""
    return f"{match[:4]}… ({len(match)} characters)"


def _personal(match: str) -> str:
    match = match.strip(" (:")
    return f"{match[:2]}…{match[-2:]}"


def _rule(
    code: str,
    name: str,
    severity: Severity,
    why: str,
    recogniser: Recogniser,
    *,
    what: str,
    fails: tuple[str, ...],
    passes: tuple[str, ...],
) -> Rule:
    shows = _masked if severity is Severity.ERROR else _personal
    return Rule(
        code=code,
        name=name,
        severity=severity,
        why=why,
        check=_finds(recogniser, what, shows),
        fails=(
            *map(answered, fails),
            chat(user(fails[0]), TOLD),
            tooled(ASK, calling_tool(tool_call({"note": fails[0]}))),
            {"question": fails[0]},
        ),
        passes=(PLAIN, *map(answered, passes)),
        trigger=Trigger.TEXT,
        sought=recogniser.pattern,
        hint=recogniser.hint,
    )


_SECRET = (
    "Whoever downloads the model, or the data, can use it. Models repeat what they were trained "
    "on, also what only the user said. Revoke it, then take it out."
)
_PERSONAL = (
    "Models repeat personal data that they were trained on, also what only the user said, and "
    "privacy law asks for a reason to process it."
)

# Secrets of the examples are put together here, so that no scanner of source code stops at them.
_AWS = "AKIA" + "QWERTZUIOPASDFGH"
_GITHUB = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"
_JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiI3MzkxIn0." + "mK8vQ2xR5tY7wZ1aB4cD6eF9gH3jL0nP"
_KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA7bq9"

RULES = (
    _rule(
        "SAFE001",
        "email-address",
        Severity.WARNING,
        _PERSONAL,
        personal_data.MAIL,
        what="an e-mail address",
        fails=("Write to maria.huber@gmx.at, she knows.",),
        passes=("Write to info@example.com.", "Use @decorator and user@host."),
    ),
    _rule(
        "SAFE002",
        "phone-number",
        Severity.WARNING,
        _PERSONAL,
        personal_data.PHONE,
        what="a phone number",
        fails=("Call +43 664 8273915.", "Call (415) 682-9173."),
        passes=("Call 555-0123.", "The sum is 1234567890.", "Order 2024-10-11-0042", "+1 is 2"),
    ),
    _rule(
        "SAFE003",
        "card-number",
        Severity.ERROR,
        "A number of a payment card with a right check digit. Numbers that are published for "
        "tests, such as 4111 1111 1111 1111, are not reported here but by SAFE011, which is off "
        "by default. " + _PERSONAL,
        personal_data.CARD,
        what="a card number",
        fails=("My card is 4539 5787 6362 1486.", "It is 5425-2334-3010-9903."),
        passes=(
            "Try 4242 4242 4242 4242.",
            "My card is 4539 5787 6362 1487.",
            "ISBN 9783161484100",
        ),
    ),
    _rule(
        "SAFE004",
        "bank-account",
        Severity.ERROR,
        "An IBAN with a right checksum. " + _PERSONAL,
        personal_data.IBAN,
        what="an IBAN",
        fails=("Send it to AT61 1904 3002 3457 3201.", "DE89370400440532013000 is mine."),
        passes=("Send it to AT61 1904 3002 3457 3202.", "Part AB12 CDEF GHIJ KLMN"),
    ),
    _rule(
        "SAFE005",
        "network-address",
        Severity.WARNING,
        "A public address may lead to a person or to a machine that nobody should know of.",
        personal_data.ADDRESS,
        what="a public network address",
        fails=("Connect to 93.184.216.34.",),
        passes=("Connect to 192.168.0.12.", "Version 1.2.3.4 is out.", "Ask 8.8.8.8."),
    ),
    _rule(
        "SAFE006",
        "private-key",
        Severity.ERROR,
        "A private key. " + _SECRET,
        personal_data.PRIVATE_KEY,
        what="a private key",
        fails=(_KEY,),
        passes=("It begins with -----BEGIN RSA PRIVATE " + "KEY-----, then the key.",),
    ),
    _rule(
        "SAFE007",
        "service-token",
        Severity.ERROR,
        "A key or token of a well-known service: AWS, GitHub, GitLab, Slack, Google, OpenAI, "
        "Anthropic, Stripe, Hugging Face, npm, PyPI, SendGrid, Twilio, Telegram, DigitalOcean, "
        "Shopify, age. " + _SECRET,
        personal_data.TOKEN,
        what="a token of a service",
        fails=(f"Use {_AWS} for it.", f"git clone with {_GITHUB}"),
        passes=("Use AKIAIOSFODNN7" + "EXAMPLE for it.", "sk-" + "x" * 40, "sk-your-key-goes-here"),
    ),
    _rule(
        "SAFE008",
        "json-web-token",
        Severity.ERROR,
        "A JSON web token. " + _SECRET,
        personal_data.JWT,
        what="a JSON web token",
        fails=(f"Authorization: Bearer {_JWT}",),
        passes=("It looks like eyJhbGciOi.eyJzdWIi.signature",),
    ),
    _rule(
        "SAFE009",
        "login-in-address",
        Severity.ERROR,
        "An address with a name and a password in it. " + _SECRET,
        personal_data.LOGIN,
        what="an address with a password",
        fails=("postgres://admin:hT7" + "kq9Lz@db.acme.io/shop",),
        passes=("postgres://user:password" + "@localhost/db", "https://a.io:8080/x@y"),
    ),
    _rule(
        "SAFE010",
        "social-security-number",
        Severity.ERROR,
        "A social security number of the United States, by its form. " + _PERSONAL,
        personal_data.SOCIAL_NUMBER,
        what="a social security number",
        fails=("My number is 536-22-8714.",),
        passes=("My number is 123-45-6789.", "On 2024-10-11", "Part 000-12-3456"),
    ),
    replace(
        _rule(
            "SAFE011",
            "published-test-number",
            Severity.WARNING,
            "A number that is published for tests or documentation: of a card (4111 1111 1111 "
            "1111), an account, a phone (555-0100), a key. It belongs to nobody, and shows that "
            "the text was made up. Off by default.",
            personal_data.PUBLISHED,
            what="a published test number",
            fails=("My card is 4111 1111 1111 1111.", "Call (415) 555-0132.", "It is 078-05-1120."),
            passes=(
                "My card is 4539 5787 6362 1486.",
                "Order 5550-1234",
                "My number is 536-22-8714.",
            ),
        ),
        is_default=False,
    ),
)
