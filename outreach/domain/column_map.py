"""Columns under other names: when a person is asked what they mean, what is proposed, and when the answer is whole.

Rules
* A header is *strange* when required columns are missing, columns of unknown names are there in their stead, and
  half of the required ones are known or can be guessed: so much looks like a recognition file. A person is asked.
* So is one in which an unknown name may be a column that need not be there: a hold that is left alone in silence is a
  family that is rung. What a person said is to be left alone is not asked about again.
* What is proposed is a guess by name alone (a few words people use, or nearly the same letters); nothing is read by it
  before a person has said yes.
* The answer is remembered under the names that stand in the header, in whatever order: the signature of one source.
* An answer is remembered once a plan that was made by it is accepted: a wrong one is gone with the plan that shows it.
  A later one replaces it.
* Letters that cannot be seen are no part of a name.
* Each column is named once, and every required one is named.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from outreach.domain.intake_columns import BY_NAME, COLUMNS, REQUIRED

Meanings = Mapping[str, str]
"""The file's own name as ``plain`` writes it -> our column; empty: left alone."""

Recall = Callable[[Sequence[str]], Meanings]
"""What somebody said that the names of a header mean."""


@dataclass(frozen=True, slots=True)
class ColumnAnswer:
    """``names`` as they stand in a header; ``meanings`` under the names as ``plain`` writes them."""

    names: tuple[str, ...]
    meanings: Meanings


LONGEST_NAME = 100
LEFT_ALONE = "{} (left alone)"
"""A name that is ours, of which somebody said that it does not hold what we mean by it."""
_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "family_ref": ("family", "family_id", "household", "household_ref", "household_id", "case_ref", "family_reference"),
    "area": ("area_code", "lpa", "force_area", "local_area", "county"),
    "parent_ref": ("parent", "parent_id", "prisoner_ref", "prisoner_id", "parent_reference"),
    "parent_sex": ("parent_gender", "prisoner_sex"),
    "imprisoned_on": (
        "imprisonment_date",
        "date_of_imprisonment",
        "reception_date",
        "date_of_reception",
        "reception",
        "date_received",
        "custody_date",
    ),
    "custody": ("custody_status", "status", "prison_status"),
    "custody_as_of": ("custody_date_known", "status_date", "as_of"),
    "deceased": ("deceased_person", "deceased_persons", "who_has_died"),
    "parent_phone": ("parent_telephone", "parent_mobile", "prisoner_phone", "prisoner_mobile"),
    "child_ref": ("child", "child_id", "child_reference"),
    "child_first_name": ("child_name", "child_forename", "first_name", "forename"),
    "child_born_on": ("date_of_birth", "dob", "child_dob", "child_date_of_birth", "birth_date", "born"),
    "child_sex": ("child_gender", "gender"),
    "open_to": ("social_care_status", "open_to_social_care", "social_care"),
    "social_worker": ("allocated_social_worker", "allocated_worker", "sw"),
    "carer_ref": ("carer", "carer_id", "carer_reference"),
    "carer_name": ("name_of_carer", "carer_full_name", "full_name", "guardian_name"),
    "carer_relationship": ("relationship", "relationship_to_child", "relation"),
    "carer_phone": (
        "phone",
        "telephone",
        "mobile",
        "carer_mobile",
        "carer_telephone",
        "phone_number",
        "mobile_number",
        "contact_number",
    ),
    "carer_phone_2": ("second_phone", "carer_mobile_2", "phone_2", "other_phone"),
    "carer_language": ("language", "first_language", "preferred_language"),
    "interpreter": ("interpreter_needed", "needs_interpreter"),
    "postcode": ("post_code", "carer_postcode", "zip"),
    "checks": ("checks_status", "checks_complete", "secondary_checks"),
    "hold": ("holds", "hold_reason", "no_contact"),
    "supported_before": ("previous_support", "support_before"),
}
_SPEAKS_OF: dict[str, re.Pattern[str]] = {
    column: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")
    for column, words in {
        "hold": "holds?|no_contact|do_not_contact|safeguarding|officer_safety|witness|victim|shared_household|markers?",
        "open_to": "social_care|child_protection|early_help|child_in_need|cin|cpp?|looked_after",
        "deceased": "deceased|died|dead|deaths?",
        "supported_before": "supported|previous_support|support_before",
        "parent_phone": "(?:parent|prisoner|offender|inmate)s?_(?:.*_)?(?:phone|mobile|tel|telephone)",
    }.items()
}
"""Words by which a name tells of a column that keeps people safe, whatever else it says."""
_CALLED: dict[str, str] = {
    name: column.name
    for column in COLUMNS
    for name in (column.name, column.title.replace("'s ", "_").replace(" ", "_"), *_ALSO_CALLED.get(column.name, ()))
}


_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def plain(name: str) -> str:
    """A column's name in small letters, with underscores for spaces and hyphens."""
    seen = name if name.isascii() else _UNSEEN.sub("", name)
    return re.sub(r"[\s\-_]+", "_", seen.strip().lower()).strip("_")[:LONGEST_NAME]


def signature(names: Iterable[str]) -> str:
    """SHA-256 in hex of the names of a header, in whatever order they stand."""
    return hashlib.sha256("\x1f".join(sorted(plain(name) for name in names if plain(name))).encode()).hexdigest()


def strangers(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a header that are not ours."""
    return tuple(name for name in names if plain(name) and plain(name) not in BY_NAME)


def guessed(names: Sequence[str]) -> dict[str, str]:
    """What the unknown names may mean, each column at most once; names as ``plain`` writes them."""
    free = {column for column in BY_NAME if column not in {plain(name) for name in names}}
    found: dict[str, str] = {}
    for guess in (_known_for, _looks_like, _speaks_of):  # what people are known to write comes first
        for name in map(plain, strangers(names)):
            column = "" if name in found else guess(name, free)
            if column:
                found[name] = column
                free.discard(column)
    return found


def _known_for(name: str, free: Collection[str]) -> str:
    column = _CALLED.get(name, "")
    return column if column in free else ""


def _looks_like(name: str, free: Collection[str]) -> str:
    alike = get_close_matches(name, [each for each, column in _CALLED.items() if column in free], n=1, cutoff=0.82)
    return _CALLED[alike[0]] if alike else ""


def _speaks_of(name: str, free: Collection[str]) -> str:
    return next((column for column, words in _SPEAKS_OF.items() if column in free and words.search(name)), "")


def is_strange(names: Sequence[str], settled: Collection[str] = ()) -> bool:
    """Whether a person should be asked what the names mean. ``settled``: names that somebody said to leave alone."""
    known = {plain(name) for name in names} & BY_NAME.keys()
    missing = [column for column in REQUIRED if column not in known]
    may_mean = guessed([name for name in names if plain(name) not in settled])
    if not missing:
        return bool(may_mean)
    likely = sum(column in known or column in may_mean.values() for column in REQUIRED)
    return len(missing) <= len(strangers(names)) and likely * 2 >= len(REQUIRED)


def wrong_with(meanings: Meanings, names: Sequence[str]) -> tuple[str, ...]:
    """What is not right yet about an answer, in sentences; none: the file can be read by it."""
    called = [meaning_of(name, meanings) for name in names if plain(name)]
    times = Counter(name for name in called if name in BY_NAME)
    said = [f"Two columns are said to be {name}. Choose one." for name, count in sorted(times.items()) if count > 1]
    missing = [name for name in REQUIRED if name not in times]
    if missing:
        said.append(f"No column is said to be {', '.join(missing)}. Choose one, or have the file exported with it.")
    unknown = sorted({column for column in meanings.values() if column and column not in BY_NAME})
    return (*said, *(f"There is no column {column}." for column in unknown))


def answer_about(names: tuple[str, ...], said: Meanings) -> ColumnAnswer:
    """An answer without what goes without saying: that a column holds what it is called."""
    meant = {plain(name): column for name, column in said.items() if plain(name) and plain(name) != column}
    return ColumnAnswer(names, meant)


def meaning_of(name: str, meanings: Meanings) -> str:
    """Our column for a name of the file; where it has none, the name as it was written."""
    written = plain(name)
    if written in meanings:
        return meanings[written] or (LEFT_ALONE.format(written) if written in BY_NAME else name.strip()[:LONGEST_NAME])
    return written if written in BY_NAME else name.strip()[:LONGEST_NAME]
