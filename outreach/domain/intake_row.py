"""One row of a recognition file: its values, or every problem it has.

Rules
* A blank required cell, a value outside a list, an impossible or future date rejects the row. All of its
  problems are found at once, one a cell, each saying what to do.
* An unusable phone, a postcode or social worker we cannot read, and the lack of a social worker only warn.
* A cell is plain data, whatever it begins with; the apostrophe that guards a formula in a spreadsheet is taken
  off again. Letters that cannot be seen are taken out of names, so that equal names are equal.
* Most cells of a file say what a cell of that column said before (an area, a date, a code): each is read once.
* Nobody in the file is imprisoned before 1960, and a child older than 25 is a wrong date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from outreach.domain.import_plan import AreaFacts, Problem
from outreach.domain.intake_columns import BY_NAME, COLUMNS, Column, Holds
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
from outreach.domain.recognition_table import TableRow

EARLIEST_IMPRISONMENT = date(1960, 1, 1)
OLDEST_CHILD = 25
OF_AGE = 18
LONGEST = {Holds.REFERENCE: 120, Holds.NAME: 200, Holds.PERSON: 250}
SHOWN = 100
"""Letters of a wrong value that are shown."""

_GUARDED = re.compile(r"'(?=[=+\-@])")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+")
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_SEX = {"female": "F", "male": "M"}
_HELPED = frozenset({"early_help", "child_in_need", "child_protection", "child_we_care_for"})

NOT_YET = "This date has not come yet. Put in the right one."
BLANK = "This may not be empty. Fill it in."
TOO_LONG = "This is longer than {} letters. Shorten it."
LINE_BREAK = "This runs over more than one line: a quotation mark is missing, or a line break is too many."
CONTROL = "This holds a character that cannot be shown. Type the value again."


@dataclass(frozen=True, slots=True)
class IntakeRow:
    """The values of a row that can be taken. An empty text, tuple or None: the file did not say."""

    number: int
    family_ref: str
    area: str
    parent_ref: str
    parent_sex: str
    imprisoned_on: date
    custody: str
    custody_as_of: date | None
    deceased: tuple[str, ...]
    parent_phone: str
    child_ref: str
    child_first_name: str
    child_born_on: str
    child_sex: str
    open_to: str
    social_worker: tuple[str, str]
    carer_ref: str
    carer_name: str
    carer_relationship: str
    carer_phone: str
    carer_phone_2: str
    carer_language: str
    interpreter: bool | None
    postcode: str
    checks: str
    hold: tuple[str, ...]
    supported_before: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a row is judged by, beside itself."""

    today: date
    areas: Mapping[str, AreaFacts]
    fictional_allowed: bool = False


@dataclass(slots=True)
class ReadRow:
    """``row`` is None where there are ``problems``. ``said`` has what could be read of a rejected row."""

    row: IntakeRow | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Warned:
    """A value to go on with, and what to say about the one that was there."""

    value: Any
    problem: str


_REMARKS = (Unreadable, _Warned)
_NEW = object()
MOST_REMEMBERED = 10_000
"""Different cells of a column whose meaning is kept: more than there are dates, codes and phones of a month."""
_DIFFERENT = frozenset({Holds.REFERENCE, Holds.NAME})
"""Columns whose cells are mostly different ones."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*(?: [A-Za-z0-9_.\-]+)*").fullmatch
"""A reference or name that says itself: nothing in it is to be taken out, guarded or put right."""


class RowReader:
    """Reads the rows of one file. ``columns`` has the place of each column among the cells; an absent column is an
    empty cell."""

    def __init__(self, columns: Mapping[str, int], around: Around) -> None:
        self._around = around
        self._absent = {each.name: _value("", each, around) for each in COLUMNS if each.name not in columns}
        self._present = tuple((each.name, columns[each.name]) for each in COLUMNS if each.name in columns)
        self._read_before: dict[str, dict[str, Any]] = {each.name: {} for each in COLUMNS}

    def read(self, row: TableRow) -> ReadRow:
        read = ReadRow()
        if row.fault:
            read.problems.append(Problem(row.number, "", row.cells[0][:SHOWN], row.fault))
        for name, value in self._absent.items():
            self._take(read, row, name, "", value)
        cells, before = row.cells, self._read_before
        for name, place in self._present:
            cell = cells[place]
            value = before[name].get(cell, _NEW)
            if value is _NEW:
                value = self._value(name, cell)
            if isinstance(value, _REMARKS):
                self._take(read, row, name, cell, value)
            else:
                read.said[name] = value
        if not read.problems:
            read.row = IntakeRow(number=row.number, **read.said)
            read.warnings.extend(_second_looks(read.row, self._around))
        return read

    def value(self, name: str, cell: str) -> Any:
        """What a cell of this column says: a value, ``Unreadable``, or a value with a warning."""
        value = self._read_before[name].get(cell, _NEW)
        return self._value(name, cell) if value is _NEW else value

    def _value(self, name: str, cell: str) -> Any:
        column = BY_NAME[name]
        if column.holds in _DIFFERENT:
            return cell if _PLAIN(cell) and len(cell) <= SHOWN else _value(cell, column, self._around)
        value = _value(cell, column, self._around)
        before = self._read_before[name]
        if len(before) < MOST_REMEMBERED:
            before[cell] = value
        return value

    def _take(self, read: ReadRow, row: TableRow, name: str, cell: str, value: Any) -> None:
        problem = Problem(row.number, name, cell.strip()[:SHOWN], getattr(value, "problem", ""))
        if isinstance(value, Unreadable):
            if not row.fault:
                read.problems.append(problem)
            return
        if isinstance(value, _Warned):
            read.warnings.append(problem)
            value = value.value
        read.said[name] = value


def _value(cell: str, column: Column, around: Around) -> Any:
    plain = cell.isascii() and cell.isprintable()
    text = cell.strip() if plain else unicodedata.normalize("NFC", _UNSEEN.sub("", cell)).strip()
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


def _phone(text: str, column: Column, around: Around) -> str | _Warned:
    phone = parse_phone(text, fictional_allowed=around.fictional_allowed)
    return _Warned("", phone.problem) if isinstance(phone, UnusablePhone) else phone.e164


def _person(text: str, column: Column, around: Around) -> tuple[str, str] | _Warned:
    name, address = parseaddr(text)
    if _EMAIL.fullmatch(address):
        return (" ".join(name.split()), address)
    return _Warned((text, ""), "No e-mail address is in this. Write it like Jo Example <jo@example.gov.uk>.")


def _language(text: str, column: Column, around: Around) -> str | Unreadable:
    return read_language(text)


def _yes_no(text: str, column: Column, around: Around) -> bool | Unreadable:
    value = _YES.get(text.lower())
    return Unreadable("Write yes or no, or leave it empty.") if value is None else value


def _postcode(text: str, column: Column, around: Around) -> str | _Warned:
    match = _POSTCODE.fullmatch(text.upper().replace(" ", ""))
    return f"{match[1]} {match[2]}" if match else _Warned("", "This is not a postcode. It is left out.")


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


def _second_looks(row: IntakeRow, around: Around) -> list[Problem]:
    """What is odd about a row that can be taken."""
    warnings = []
    if row.open_to in _HELPED and row.social_worker == ("", ""):
        warnings.append(
            Problem(row.number, "social_worker", "",
                    "The child is open to help and no social worker is named: a notice would go to the area's "
                    "front door. Add the name and address if you know them.")
        )  # fmt: skip
    if row.custody_as_of and row.custody_as_of < row.imprisoned_on:
        warnings.append(
            Problem(row.number, "custody_as_of", row.custody_as_of.isoformat(),
                    "This is before the imprisonment. Look at both dates.")
        )  # fmt: skip
    if earliest_day(row.child_born_on) > row.imprisoned_on + timedelta(days=300):
        warnings.append(
            Problem(row.number, "child_born_on", row.child_born_on,
                    f"The child was born long after the imprisonment ({row.imprisoned_on.isoformat()}). "
                    "Look whether the two dates are swapped.")
        )  # fmt: skip
    age = age_of(row.child_born_on, around.today)
    if age >= OF_AGE:
        warnings.append(
            Problem(row.number, "child_born_on", row.child_born_on,
                    f"This child is {age}. Look at the date; offers are for families with a child under 18.")
        )  # fmt: skip
    return warnings
