"""A family in one line, as lists show it: initials and reference, language, and how it is safe to reach them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.intake_languages import language_name
from outreach.domain.number import LEVEL_LASTS, takes_message
from outreach.domain.plain_words import initials
from outreach.store import sealing
from outreach.store.areas import AreaRow
from outreach.store.families import CarerRow, FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow

_VOICEMAIL = {"neutral": "neutral voicemail only", "ok": "voicemail is fine"}


@dataclass(frozen=True, slots=True)
class FamilyLine:
    """``safe_contact``: facts in words, what matters most first. ``careful``: one of them is a danger to forget."""

    id: str
    ref: str
    who: str
    area: str
    area_code: str
    language: str
    interpreter: bool
    assigned_to: str | None
    safe_contact: tuple[str, ...]
    careful: bool
    no_voice: bool = False
    """They cannot use the phone by voice."""


def family_lines(session: Session, family_ids: Iterable[str], *, now: datetime) -> dict[str, FamilyLine]:
    """The lines of many families with a handful of queries."""
    ids = sorted(set(family_ids))
    sealing.load_keys(session, [*ids, sealing.SERVICE])
    areas = {code: name for code, name in session.execute(select(AreaRow.code, AreaRow.name))}  # noqa: C416
    numbers = _first_numbers(session, ids)
    found: dict[str, FamilyLine] = {}
    for start in range(0, len(ids), 500):
        query = (
            select(FamilyRow, CarerRow)
            .join(CarerRow, CarerRow.family_id == FamilyRow.id)
            .where(FamilyRow.id.in_(ids[start : start + 500]))
        )
        for family, carer in session.execute(query):
            area = areas.get(family.area_code, family.area_code)
            found[family.id] = family_line(session, family, carer, numbers.get(family.id), area=area, now=now)
    return found


def family_line(
    session: Session, family: FamilyRow, carer: CarerRow, number: NumberRow | None, *, area: str, now: datetime
) -> FamilyLine:
    """The line of one family, as it is reached on ``number``."""
    name = sealing.unseal(session, carer.name, key_id=family.id, table="carer", column="name", row_id=carer.id)
    return FamilyLine(
        id=family.id,
        ref=family.ref,
        who=initials(name or ""),
        area=area,
        area_code=family.area_code,
        language=language_name(family.language),
        interpreter=family.interpreter,
        assigned_to=family.assigned_to,
        safe_contact=_facts(session, family, carer, number, now=now),
        no_voice=carer.cannot_use_voice,
        careful=carer.cannot_use_voice or family.interpreter or (number is not None and _careful(number)),
    )


def safe_contact_of(session: Session, number: NumberRow, *, now: datetime) -> list[str]:
    """What is known about reaching somebody safely on one number, in words."""
    facts = []
    if number.standing == "compromised":
        facts.append("somebody else has been on this number")
    elif number.standing == "unverified":
        facts.append("nobody has spoken to them on this number yet")
    if number.shared == "yes":
        facts.append("shared phone")
    times = sealing.unseal(
        session, number.private_times, key_id=sealing.SERVICE, table="number", column="private_times", row_id=number.id
    )
    if times:
        facts.append(f"private: {times}")
    leaves = takes_message(number.standing, number.voicemail, careful=False)
    facts.append(_VOICEMAIL[number.voicemail] if leaves else "no voicemail")
    phrase = sealing.unseal(
        session, number.exit_phrase, key_id=sealing.SERVICE, table="number", column="exit_phrase", row_id=number.id
    )
    if phrase:
        facts.append(f"ends a call with “{phrase}”")
    if number.texts_stopped_at is not None:
        facts.append("no texts: they said stop")
    elif number.standing == "verified" and number.verified_at is not None and now - number.verified_at >= LEVEL_LASTS:
        facts.append("what texts may say was agreed more than 90 days ago")
    return facts


def _careful(number: NumberRow) -> bool:
    return (
        number.standing == "compromised"
        or number.shared == "yes"
        or number.private_times is not None
        or number.exit_phrase is not None
    )


def _facts(
    session: Session, family: FamilyRow, carer: CarerRow, number: NumberRow | None, *, now: datetime
) -> tuple[str, ...]:
    facts = ["no number"] if number is None else safe_contact_of(session, number, now=now)
    if carer.cannot_use_voice:
        facts.append("cannot use the phone by voice")
    if family.interpreter:
        facts.append(f"interpreter: {language_name(family.language)}")
    elif family.language != "en":
        facts.append(f"speaks {language_name(family.language)}")
    return tuple(facts)


def _first_numbers(session: Session, ids: list[str]) -> dict[str, NumberRow]:
    first: dict[str, NumberRow] = {}
    for start in range(0, len(ids), 500):
        query = (
            select(FamilyNumberRow.family_id, NumberRow)
            .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
            .where(
                FamilyNumberRow.family_id.in_(ids[start : start + 500]),
                FamilyNumberRow.off_at.is_(None),
                NumberRow.is_parents.is_(False),
            )
            .order_by(FamilyNumberRow.position, NumberRow.id)
        )
        for family_id, number in session.execute(query):
            first.setdefault(family_id, number)
    return first
