"""Phone numbers: parsed once, to E.164, with what kind of line it is and whether we may use it.

Rules
* Any UK way of writing it, or international with ``+`` or ``00``. A UK number that lost its leading zero
  in a spreadsheet is understood; one that Excel turned into ``4.47E+11`` is lost, and that is said.
* A kind is ``mobile``, ``landline`` or ``other``. Texts go to UK mobiles only, so a ``mobile`` is a UK one
  and any number abroad is ``other``: it can be rung.
* Premium, shared-cost and short numbers, and numbers with an extension, are not usable.
* Ofcom's drama numbers belong to nobody. They count as usable only where ``fictional_allowed`` says so (the
  demo, the rehearsal, benchmarks and tests), so that live use never rings one.
* Most cells of a file hold a UK mobile, written plainly: those are told by the very pattern that ``phonenumbers``
  has for them, thirty times faster than by asking it; everything else is asked.
* A number is never shown whole where its last four digits do.

Source: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A usable number. ``region`` is the country it belongs to (``GB`` for all of +44), or empty."""

    e164: str
    kind: PhoneKind
    region: str
    fictional: bool = False

    @property
    def last_four(self) -> str:
        return self.e164[-4:]

    @property
    def takes_texts(self) -> bool:
        return self.kind is PhoneKind.MOBILE

    @property
    def written(self) -> str:
        """As people write it: ``07700 900123``; numbers abroad as ``+48 512 345 678``."""
        if self.kind is PhoneKind.MOBILE:
            return f"0{self.e164[3:7]} {self.e164[7:]}"
        number = phonenumbers.parse(self.e164)
        if self.fictional:
            digits = "0" + self.e164.removeprefix("+44")
            cut = (3, 7) if digits[1] == "2" else (5,)
            return " ".join(digits[i:j] for i, j in zip((0, *cut), (*cut, 11), strict=True))
        national = number.country_code == _UK
        style = PhoneNumberFormat.NATIONAL if national else PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, style)


@dataclass(frozen=True, slots=True)
class UnusablePhone:
    """Why a number cannot be used, as a sentence that says what to do."""

    problem: str


_UK = 44

# Ofcom's numbers for drama, without the leading zero: (how it begins, what kind).
_DRAMA: tuple[tuple[str, PhoneKind], ...] = (
    ("7700900", PhoneKind.MOBILE),
    *(
        (prefix, PhoneKind.LANDLINE)
        for prefix in (
            "1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960",
            "1514960", "1614960", "1914980", "1632960", "2079460", "28964960", "29201800",
        )
    ),
    ("8081570", PhoneKind.OTHER),
    ("9098790", PhoneKind.OTHER),
    ("3069990", PhoneKind.OTHER),
)  # fmt: skip

_KINDS: dict[int, PhoneKind] = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
}

_NEVER: frozenset[int] = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)

_PLAIN_MOBILE = re.compile(r"(?:\+44|0044|0) ?(7(?: ?[0-9]){9})", re.ASCII)
_GB = PhoneMetadata.metadata_for_region("GB", None)
_OF_MOBILES = _GB.mobile.national_number_pattern if _GB and _GB.mobile else None
_MOBILE = re.compile(_OF_MOBILES or "(?!)", re.ASCII)

_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_WHOLE_FLOAT = re.compile(r"([0-9]{9,15})\.0+")
_LONGEST = 40
"""Letters; no way of writing one number is longer."""

NOT_A_NUMBER = "This is not a phone number we can read. Write it like 07700 900123, or +48 512 345 678 from abroad."
SPREADSHEET_ATE_IT = (
    "The spreadsheet has shortened this number and its digits are lost. "
    "Format the column as text and type the number again."
)
NOT_ASSIGNED = "No such number is in use. Look for a missing or a wrong digit."
WRONG_LENGTH = "This number has too few or too many digits. Give one whole number in this cell."
COSTS_MONEY = "This is a premium or shared-cost number, not a person's. Give the carer's own number."
EXTENSION = "This number has an extension. Give a number that rings at the carer's."
FICTIONAL = "This is one of the numbers kept for films and examples; nobody answers it. Give the real one."


def parse_phone(text: str, *, fictional_allowed: bool = False) -> Phone | UnusablePhone:
    """Read ``text`` as the rules above say. Never raises; an empty text is not a number."""
    text = text.strip()
    if (plain := _PLAIN_MOBILE.fullmatch(text)) is not None:
        national = plain[1].replace(" ", "")
        if _MOBILE.fullmatch(national) and not national.startswith(_DRAMA[0][0]):
            return Phone("+44" + national, PhoneKind.MOBILE, region="GB")
    if _SCIENTIFIC.fullmatch(text):
        return UnusablePhone(SPREADSHEET_ATE_IT)
    if whole := _WHOLE_FLOAT.fullmatch(text):
        text = whole[1]
    if len(text) > _LONGEST:
        return UnusablePhone(NOT_A_NUMBER)
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as error:
        too_long = error.error_type == phonenumbers.NumberParseException.TOO_LONG
        return UnusablePhone(WRONG_LENGTH if too_long else NOT_A_NUMBER)
    if number.extension:
        return UnusablePhone(EXTENSION)
    if re.search(r"[A-Za-z]", text):
        # The library reads letters off a keypad ("07700 MUM"); here they are a note in the cell.
        return UnusablePhone(NOT_A_NUMBER)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if (drama := _drama_kind(e164)) is not None:
        if not fictional_allowed:
            return UnusablePhone(FICTIONAL)
        return Phone(e164, drama, region="GB", fictional=True)
    if not phonenumbers.is_possible_number(number):
        return UnusablePhone(WRONG_LENGTH)
    if not phonenumbers.is_valid_number(number):
        return UnusablePhone(NOT_ASSIGNED)
    kind = phonenumbers.number_type(number)
    if kind in _NEVER:
        return UnusablePhone(COSTS_MONEY)
    if number.country_code != _UK:
        return Phone(e164, PhoneKind.OTHER, region=phonenumbers.region_code_for_number(number) or "")
    return Phone(e164, _KINDS.get(kind, PhoneKind.OTHER), region="GB")


def kind_of(e164: str) -> PhoneKind:
    """The kind of a number that was read before."""
    if e164.startswith("+44") and _MOBILE.fullmatch(e164, 3):
        return PhoneKind.MOBILE
    phone = parse_phone(e164, fictional_allowed=True)
    return phone.kind if isinstance(phone, Phone) else PhoneKind.OTHER


def is_fictional(e164: str) -> bool:
    """Whether this is one of Ofcom's drama numbers."""
    return _drama_kind(e164) is not None


def _drama_kind(e164: str) -> PhoneKind | None:
    national = e164.removeprefix("+44")
    if national == e164 or len(national) != 10:
        return None
    return next((kind for prefix, kind in _DRAMA if national.startswith(prefix)), None)
