"""One cell of a recognition file: what it says, or what is wrong with it and what to do.

Rules
* A blank required cell, a value outside a list, an impossible or future date is ``Unreadable``: it rejects the row.
* An unusable phone, a postcode or social worker we cannot read is only ``Warned`` of.
* A cell is plain data, whatever it begins with; the apostrophe that guards a formula in a spreadsheet is taken
  off again. Letters that cannot be seen are taken out, so that what looks equal is equal; but for the joiners that
  names in Persian and in the languages of India are written with.
* Nobody in the file is imprisoned before 1960, and a child older than 25 is a wrong date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from outreach.domain.import_plan import AreaFacts
from outreach.domain.intake_columns import Column, Holds
from outreach.domain.intake_dates import (
    Unreadable,
    earliest_day,
    latest_day,
    read_birth,
    read_date,
    years_between,
)
from outreach.domain.intake_languages import read_language
from outreach.domain.phone import UnusablePhone, parse_phone

EARLIEST_IMPRISONMENT = date(1960, 1, 1)
OLDEST_CHILD = 25
LONGEST = {Holds.REFERENCE: 120, Holds.NAME: 200, Holds.PERSON: 250}
SHOWN = 100
"""Letters of a wrong value that are shown."""

_GUARDED = re.compile(r"'(?=[=+\-@])")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_JOINED = "\u0600-\u08ff\u0900-\u109f\u1780-\u18af"
"""The letters of Arabic and Indic scripts, and of those like them: a joiner behind one of them changes how it is
written."""
_UNSEEN_IN_NAMES = re.compile(
    f"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]|(?<![{_JOINED}])[\u200c\u200d]"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+")
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_SEX = {"female": "F", "male": "M"}

NOT_YET = "This date has not come yet. Put in the right one."
BLANK = "This may not be empty. Fill it in."
TOO_LONG = "This is longer than {} letters. Shorten it."
LINE_BREAK = "This runs over more than one line: a quotation mark is missing, or a line break is too many."
CONTROL = "This holds a character that cannot be shown. Type the value again."


@dataclass(frozen=True, slots=True)
class Around:
    """What a row is judged by, beside itself."""

    today: date
    areas: Mapping[str, AreaFacts]
    fictional_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Warned:
    """A value to go on with, and what to say about the one that was there."""

    value: Any
    problem: str


def value_of(cell: str, column: Column, around: Around) -> Any:
    """What a cell of this column says: a value, ``Unreadable``, or ``Warned`` with the value to go on with."""
    plain = cell.isascii() and cell.isprintable()
    text = cell.strip() if plain else _seen(cell, column)
    text = _GUARDED.sub("", text, count=1) if text.startswith("'") else text
    if not text:
        return Unreadable(BLANK) if column.required else _NOTHING.get(column.holds, "")
    if not plain and ("\n" in text or "\r" in text):
        return Unreadable(LINE_BREAK)
    if not plain and _CONTROL.search(text.replace("\t", " ")):
        return Unreadable(CONTROL)
    longest = LONGEST.get(column.holds, SHOWN)
    if len(text) > longest:
        return Unreadable(TOO_LONG.format(longest))
    return _READERS[column.holds](" ".join(text.split()), column, around)


def _seen(cell: str, column: Column) -> str:
    unseen = _UNSEEN_IN_NAMES if column.holds is Holds.NAME else _UNSEEN
    return unicodedata.normalize("NFC", unseen.sub("", cell)).strip()


def _reference(text: str, column: Column, around: Around) -> str:
    return text


def _area(text: str, column: Column, around: Around) -> str | Unreadable:
    code = text.upper()
    if code in around.areas:
        return code
    known = ", ".join(sorted(around.areas)) or "none yet"
    return Unreadable(f"This is no area you work in. They are: {known}. A coordinator can add one.")


def _date(text: str, column: Column, around: Around) -> date | Unreadable:
    day = read_date(text)
    if isinstance(day, Unreadable):
        return day
    if day > around.today:
        return Unreadable(NOT_YET)
    if day < EARLIEST_IMPRISONMENT:
        return Unreadable(f"This date is too long ago to be the {column.title}. Put in the right one.")
    return day


def _birth(text: str, column: Column, around: Around) -> str | Unreadable:
    born_on = read_birth(text)
    if isinstance(born_on, Unreadable):
        return born_on
    if earliest_day(born_on) > around.today:
        return Unreadable(NOT_YET)
    age = age_of(born_on, around.today)
    if age > OLDEST_CHILD:
        return Unreadable(f"The child would be {age} years old. Put in the right date of birth.")
    return born_on


def _choice(text: str, column: Column, around: Around) -> str | Unreadable:
    return _one_of(text, column)


def _choices(text: str, column: Column, around: Around) -> tuple[str, ...] | Unreadable:
    values = [_one_of(part, column) for part in re.split(r"[;,|]", text) if part.strip()]
    wrong = next((value for value in values if isinstance(value, Unreadable)), None)
    return wrong or tuple(value for value in column.values if value in values)


def _one_of(text: str, column: Column) -> str | Unreadable:
    plain = re.sub(r"[\s\-_]+", "_", text.strip().lower())
    for value in column.values:
        if plain == value.lower() or _SEX.get(plain) == value:
            return value
    blank = "" if column.required else ", or leave it empty"
    several = ", several parted by semicolons" if column.holds is Holds.CHOICES else ""
    return Unreadable(f"This is not one of the values we know: {', '.join(column.values)}{several}{blank}.")


def _phone(text: str, column: Column, around: Around) -> str | Warned:
    phone = parse_phone(text, fictional_allowed=around.fictional_allowed)
    return Warned("", phone.problem) if isinstance(phone, UnusablePhone) else phone.e164


def _person(text: str, column: Column, around: Around) -> tuple[str, str] | Warned:
    name, address = parseaddr(text)
    if _EMAIL.fullmatch(address):
        return (" ".join(name.split()), address)
    return Warned((text, ""), "No e-mail address is in this. Write it like Jo Example <jo@example.gov.uk>.")


def _language(text: str, column: Column, around: Around) -> str | Unreadable:
    return read_language(text)


def _yes_no(text: str, column: Column, around: Around) -> bool | Unreadable:
    value = _YES.get(text.lower())
    return Unreadable("Write yes or no, or leave it empty.") if value is None else value


def _postcode(text: str, column: Column, around: Around) -> str | Warned:
    match = _POSTCODE.fullmatch(text.upper().replace(" ", ""))
    return f"{match[1]} {match[2]}" if match else Warned("", "This is not a postcode. It is left out.")


_READERS: dict[Holds, Callable[[str, Column, Around], Any]] = {
    Holds.REFERENCE: _reference,
    Holds.NAME: _reference,
    Holds.AREA: _area,
    Holds.DATE: _date,
    Holds.BIRTH: _birth,
    Holds.CHOICE: _choice,
    Holds.CHOICES: _choices,
    Holds.PHONE: _phone,
    Holds.PERSON: _person,
    Holds.LANGUAGE: _language,
    Holds.YES_NO: _yes_no,
    Holds.POSTCODE: _postcode,
}
_NOTHING: dict[Holds, Any] = {
    Holds.DATE: None,
    Holds.CHOICES: (),
    Holds.PERSON: ("", ""),
    Holds.YES_NO: None,
}


@lru_cache(maxsize=20_000)
def age_of(born_on: str, today: date) -> int:
    """The least that a child born then, as precisely as the file says, is old on that day."""
    return years_between(latest_day(born_on), today)
