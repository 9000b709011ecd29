"""Card payments as a model writes them for the how-to page, with the faults that models have."""

from __future__ import annotations

import json
import random
import re

_SHOPS = {
    "groceries": ("Nordkauf", "Marktfrisch", "Korbladen", "Gruenhof", "Hofkiste", "Feldkost"),
    "restaurants": ("Trattoria Lume", "Zum Anker", "Bao House", "Casa Verde", "Taverna Ilios"),
    "fuel": ("Tankhof", "Petrolia", "Autostopp Nord", "Route Fuel", "Zapfwerk", "Station Sued"),
    "pharmacy": ("Loewen Apotheke", "Medikum", "Stadtapotheke", "Vitalis", "Rosen Apotheke"),
}
_CITIES = ("Graz", "Linz", "Ulm", "Kiel", "Bern", "Basel", "Mainz", "Trier", "Jena", "Bonn", "Wels")
_KINDS = ("Card payment", "Contactless payment", "Debit", "Mobile payment", "Chip payment")
_MONTHS = ("January", "March", "April", "June", "August", "October", "December")
_NOTES = ("for the weekend", "with a voucher", "second try", "paid twice before", "refund pending")
_CLASS = re.compile(r"of the class ([a-z ]+)")
_SEED = re.compile(r'"prompt": "([^"]+)"')
FAULTS = {"cut": 0.03, "copy": 0.03, "again": 0.04}
"""How often an answer is half a JSON, a seed word for word, or the same payment once more."""


def payment(text: str, chance: random.Random) -> str:
    """Return an answer to a prompt of the page: a payment of the class that it asks for."""
    category = next(iter(_CLASS.findall(text)), "groceries")
    drawn = chance.random()
    fault = None
    for name, rate in FAULTS.items():
        drawn -= rate
        if drawn < 0:
            fault = name
            break
    if fault == "again":
        chance = random.Random(category)
    written = _written(category, chance)
    if fault == "copy":
        written = next(iter(_SEED.findall(text)), written)
    answer = json.dumps({"transaction": written})
    return answer[: len(answer) // 2] if fault == "cut" else answer


def _written(category: str, chance: random.Random) -> str:
    day = f"{chance.randint(1, 28)} {chance.choice(_MONTHS)}"
    amount = f"{chance.randint(2, 180)}.{chance.randrange(100):02} EUR"
    where = f"{chance.choice(_SHOPS[category])}, {chance.choice(_CITIES)}"
    note = chance.choice(_NOTES)
    return (
        f"{chance.choice(_KINDS)} {where}, {day}, {note}, "
        f"till {chance.randrange(1, 100)}, reference {chance.randrange(1000, 10_000)}, {amount}"
    )
