"""The columns of the recognition file: one table that the reader, the schema and the template are made from.

Rules
* One row per child and imprisoned parent; rows with the same ``family_ref`` are one family.
* ``required`` is about the cell: the column must be there and no row may leave it blank.
* A value of a list may be written with capitals or with spaces for underscores. Several values of one cell are
  separated by semicolons.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from outreach.domain.intake_dates import BIRTH_FORM, DATE_FORM


class Holds(StrEnum):
    """What a cell of the column holds."""

    REFERENCE = "reference"
    AREA = "area"
    DATE = "date"
    BIRTH = "birth"
    CHOICE = "choice"
    CHOICES = "choices"
    NAME = "name"
    PHONE = "phone"
    PERSON = "person"
    LANGUAGE = "language"
    YES_NO = "yes_no"
    POSTCODE = "postcode"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    """In plain words, as problems and changes name it."""
    holds: Holds
    about: str
    required: bool = False
    values: tuple[str, ...] = ()
    example: str = ""


SEXES = ("F", "M", "X")
CUSTODY = ("remand", "sentenced", "released")
DECEASED = ("parent", "carer", "child")
OPEN_TO = ("none", "early_help", "child_in_need", "child_protection", "child_we_care_for", "unknown")
RELATIONSHIPS = (
    "mother", "father", "grandparent", "other_relative", "foster_carer", "special_guardian", "other", "unknown",
)  # fmt: skip
CHECKS = ("complete", "pending")
HOLD = (
    "no_contact_order", "officer_safety", "shared_household", "live_safeguarding", "witness_in_case",
    "carer_is_victim", "confidential_address",
)  # fmt: skip
SUPPORTED = ("no", "paramount", "school", "self", "other")
YES_NO = ("yes", "no")

COLUMNS: tuple[Column, ...] = (
    Column("family_ref", "family", Holds.REFERENCE,
           "The core's stable key of the household around one carer.", required=True, example="F001"),
    Column("area", "area", Holds.AREA, "Code of a configured area.", required=True, example="OXF"),
    Column("parent_ref", "imprisoned parent", Holds.REFERENCE,
           "The core's key of the imprisoned parent; never a name.", required=True, example="P001"),
    Column("parent_sex", "parent's sex", Holds.CHOICE, "Sex of the imprisoned parent.", values=SEXES, example="M"),
    Column("imprisoned_on", "date of imprisonment", Holds.DATE,
           "Date of reception into prison.", required=True, example="2025-12-29"),
    Column("custody", "custody", Holds.CHOICE, "Where the parent is now.", required=True, values=CUSTODY,
           example="remand"),
    Column("custody_as_of", "date of that knowledge", Holds.DATE,
           "When the custody was known; the day of the import where empty. A new date here alone is no change.",
           example="2026-01-02"),
    Column("deceased", "deceased", Holds.CHOICES,
           "Who has died. All automation for the family ends silently and a person decides.", values=DECEASED),
    Column("parent_phone", "parent's phone", Holds.PHONE,
           "The imprisoned parent's number, only so that it is never contacted."),
    Column("child_ref", "child", Holds.REFERENCE, "The core's key of the child.", required=True, example="K001"),
    Column("child_first_name", "child's first name", Holds.NAME,
           "For the practitioner's eyes only, never in a text.", example="Robin"),
    Column("child_born_on", "child's date of birth", Holds.BIRTH,
           "Date of birth; where only that is known, YYYY-MM or YYYY.", required=True, example="2017-04-02"),
    Column("child_sex", "child's sex", Holds.CHOICE, "Sex of the child.", values=SEXES, example="F"),
    Column("open_to", "help that is open", Holds.CHOICE,
           "What the child is open to with social care. Empty: none found, once the checks are complete.",
           values=OPEN_TO, example="none"),
    Column("social_worker", "social worker", Holds.PERSON,
           "The allocated social worker as Name <address>.", example="Jo Example <jo@example.gov.uk>"),
    Column("carer_ref", "carer", Holds.REFERENCE, "The core's key of the carer.", required=True, example="C001"),
    Column("carer_name", "carer's name", Holds.NAME, "Name of the carer.", required=True, example="Sam Example"),
    Column("carer_relationship", "carer's relationship", Holds.CHOICE,
           "What the carer is to the child. A foster carer is never contacted by this service.", required=True,
           values=RELATIONSHIPS, example="mother"),
    Column("carer_phone", "carer's phone", Holds.PHONE,
           "Any UK way of writing it, or international.", example="07700 900000"),
    Column("carer_phone_2", "carer's second phone", Holds.PHONE, "Tried after the first."),
    Column("carer_language", "carer's language", Holds.LANGUAGE,
           "BCP 47 tag or English name; English where empty.", example="en"),
    Column("interpreter", "interpreter", Holds.YES_NO, "Whether an interpreter is needed.", values=YES_NO,
           example="no"),
    Column("postcode", "postcode", Holds.POSTCODE, "Of the household.", example="OX1 1AA"),
    Column("checks", "checks", Holds.CHOICE,
           "The secondary research and safeguarding checks. Only when complete does an empty hold mean none found.",
           required=True, values=CHECKS, example="complete"),
    Column("hold", "hold", Holds.CHOICES,
           "Reasons for no contact until the hold is lifted (no_contact_order, officer_safety, shared_household, "
           "live_safeguarding, witness_in_case), or for careful contact: a named, trained practitioner, by call "
           "only (carer_is_victim, confidential_address).", values=HOLD),
    Column("supported_before", "support before", Holds.CHOICE,
           "Whether the family had support before, and through whom.", values=SUPPORTED, example="no"),
)  # fmt: skip

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
REQUIRED: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.required)

WHY_COLUMN = "what_is_wrong"
"""The column that a download of failed rows begins with."""
KEEP_SAFE: dict[str, str] = {
    "hold": "no family has one, where the checks are complete",
    "open_to": "no child of theirs is open to help, where the checks are complete, so no social worker is told",
    "deceased": "nobody of theirs has died",
    "parent_phone": "no number is the imprisoned parent's, so one of his could be rung",
    "supported_before": "they had no support before, so they are offered it anew",
}
"""Columns that need not be there and keep people safe, and what their absence says of the families of a file."""

_PATTERNS: dict[Holds, str] = {Holds.BIRTH: BIRTH_FORM, Holds.DATE: DATE_FORM}


def table_schema() -> dict[str, Any]:
    """The table above as a Frictionless Table Schema (https://specs.frictionlessdata.io/table-schema/)."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "title": "Recognition file",
        "description": "One row per child and imprisoned parent, handed over monthly by the matching core.",
        "fields": [_field(column) for column in COLUMNS],
        "primaryKey": ["family_ref", "child_ref", "parent_ref"],
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": column.required}
    if column.holds in (Holds.CHOICE, Holds.YES_NO):
        constraints["enum"] = list(column.values)
    elif column.holds is Holds.CHOICES:
        one = "|".join(column.values)
        constraints["pattern"] = f"({one})(;({one}))*"
    elif column.holds in _PATTERNS:
        constraints["pattern"] = _PATTERNS[column.holds]
    field: dict[str, Any] = {
        "name": column.name,
        "title": column.title[0].upper() + column.title[1:],
        "type": "string",
        "description": column.about,
        "constraints": constraints,
    }
    return field | ({"example": column.example} if column.example else {})
