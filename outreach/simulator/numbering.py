"""Phone numbers as the simulated network knows them, and ids in Twilio's shape."""

from __future__ import annotations

import re
import uuid

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def new_sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


def is_number(words: str) -> bool:
    return _E164.fullmatch(words) is not None


def is_uk_landline(number: str) -> bool:
    """+44 1... and +44 2... are places, +44 3... are services: texts to them may be read aloud."""
    return number.startswith(("+441", "+442", "+443"))


def as_people_write(number: str) -> str:
    """UK numbers as they stand on a shop sign, others as they are."""
    if not number.startswith("+44"):
        return number
    rest = "0" + number.removeprefix("+44")
    if rest.startswith("02"):
        return f"{rest[:3]} {rest[3:7]} {rest[7:]}"
    return f"{rest[:5]} {rest[5:]}"


def to_e164(words: str) -> str:
    """What a person typed on the phones page, as E.164 where it can be read so."""
    digits = re.sub(r"[\s()-]", "", words)
    return "+44" + digits[1:] if digits.startswith("0") and not digits.startswith("00") else digits
