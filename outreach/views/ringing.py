"""*Who is ringing?* A number, its last four digits, or words of a name, looked up without reading what is sealed.

Rules
* In one's own areas; beyond them only with a reason, which is noted, and then for the initials and the area alone:
  whoever works there takes the call. Nothing asked for is kept, logged or put in an address.
* A whole number beats its last digits; every word of a name must fit. At most twenty families, and it says when
  there were more.
* For each family: what is safe to say to a voice nobody has recognised yet is nothing; the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.import_matches import name_words
from outreach.domain.phone import Phone, parse_phone
from outreach.runtime import Runtime
from outreach.store import areas
from outreach.store.families import FamilyRow, NameIndexRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import blind
from outreach.views.family_line import FamilyLine, family_lines

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """``by``: ``number``, ``last four digits``, ``name`` or ``reference``; empty when nothing could be looked up."""

    families: tuple[FamilyLine, ...]
    more: bool
    by: str
    elsewhere: tuple[str, ...] = ()
    """Areas that know such a family; asked for beyond one's own."""


def who_is_ringing(runtime: Runtime, actor: Actor, asked: str, *, beyond: bool = False) -> Found:
    require(actor, Permission.FAMILY_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        by, ids = _look(session, asked.strip())
        known = select(FamilyRow.id, FamilyRow.area_code).where(FamilyRow.id.in_(ids)).order_by(FamilyRow.ref)
        rows = session.execute(known).all()
        found = [family_id for family_id, area in rows if actor.works_in(area)]
        lines = family_lines(session, found[:MOST], now=now)
        others = {area for _, area in rows if not actor.works_in(area)} if beyond else set()
        names = {code: row.name for code, row in areas.areas(session).items()} if others else {}
        return Found(
            families=tuple(lines[each] for each in found[:MOST]),
            more=len(found) > MOST,
            by=by,
            elsewhere=tuple(sorted(names[code] for code in others)),
        )


def _look(session: Session, asked: str) -> tuple[str, set[str]]:
    digits = "".join(each for each in asked if each.isdigit())
    phone = parse_phone(asked, fictional_allowed=True) if len(digits) > 6 else None
    if isinstance(phone, Phone):
        return "number", _on(session, NumberRow.e164_index, blind(session, "e164", phone.e164))
    if len(digits) == 4 and len(asked) == 4:
        found = _on(session, NumberRow.last4_index, blind(session, "last4", digits))
        return "last four digits", found
    by_reference = set(session.scalars(select(FamilyRow.id).where(FamilyRow.ref == asked)))
    if by_reference:
        return "reference", by_reference
    words = name_words(asked)
    return ("name", _named(session, words)) if words else ("", set())


def _on(session: Session, index: object, value: str) -> set[str]:
    query = (
        select(FamilyNumberRow.family_id)
        .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
        .where(index == value, FamilyNumberRow.off_at.is_(None))  # type: ignore[arg-type]
    )
    return set(session.scalars(query))


def _named(session: Session, words: Iterable[str]) -> set[str]:
    found: set[str] | None = None
    for word in sorted(set(words)):
        query = select(NameIndexRow.family_id).where(NameIndexRow.word == blind(session, "name", word))
        here = set(session.scalars(query))
        found = here if found is None else found & here
    return found or set()
