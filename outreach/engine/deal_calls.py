"""Puts today's calls on lists: each call on one, by the rules of ``domain/dealing.py``; and moves one by hand.

Rules
* Only what the gate lets through is dealt. A call that may not be made stands on no list, and the page says why. One
  that had to wait until the youngest child was 18 ends here.
* The list is a column of the offer, and a family has one open offer (a unique index): it is never on two lists.
* It is dealt whenever somebody looks; what stands well stays, so nothing jumps about. The worker deals what nobody
  looked at today.
* Anybody of the area may take over a colleague's call, unless they are on the line; who hands one back passes it on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from outreach.domain import rota, sending
from outreach.domain.access import GRANTS, Actor, Permission, Role, require
from outreach.domain.dealing import Caller, DueCall, deal
from outreach.domain.quiet_hours import at_london, london
from outreach.engine.end_offer import end_offer
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import areas
from outreach.store.conflicts import ConflictRow
from outreach.store.conversations import ConversationRow
from outreach.store.due_calls import Due, due_today
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffAreaRow, StaffRow, shifts_of


@dataclass(frozen=True, slots=True)
class NotTaken:
    why: str


def deal_new(runtime: Runtime) -> int:
    """The worker's part: areas with a due call that was not dealt today. Returns how many went to another list."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        waiting = set(session.scalars(_undealt(now)))
    return deal_calls(runtime, codes=waiting) if waiting else 0


def deal_calls(runtime: Runtime, *, codes: Collection[str] | None = None) -> int:
    """Returns how many calls went to another list."""
    now, moved = runtime.now(), 0
    with runtime.sessions.read() as session:
        waiting = sorted(areas(session) if codes is None else codes)
    for code in waiting:
        with runtime.sessions.begin() as session:
            moved += _deal_area(session, runtime, code, now)
    return moved


def take_over(runtime: Runtime, actor: Actor, *, offer_id: str) -> NotTaken | None:
    """Put a colleague's call, or nobody's, on one's own list."""
    require(actor, Permission.CALL_MAKE)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        offer = session.get(OfferRow, offer_id, with_for_update=True)
        if offer is None or offer.state != "open":
            return NotTaken("This call is no longer to be made.")
        family = session.get_one(FamilyRow, offer.family_id)
        require(actor, Permission.CALL_MAKE, area=family.area_code, family=family.id)
        talking = select(ConversationRow.id).where(
            ConversationRow.family_id == family.id,
            ConversationRow.kind != "text",
            ConversationRow.state.in_(("open", "parked")),
        )
        if session.scalars(talking.limit(1)).first() is not None:
            return NotTaken("A colleague is on this call, or has it to finish.")
        if offer.list_of == actor.id:
            return None
        offer.list_of, offer.list_on, offer.passed_by = actor.id, london(now).date(), None
        if family.assigned_to is None:
            offer.assigned_to = actor.id
        events.note(
            session, "call_taken_over", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family.id,
            subjects=[offer.id],
        )  # fmt: skip
    return None


def _undealt(now: datetime) -> Select[str]:
    """The areas in which something is due that was not looked at today."""
    today = london(now).date()
    return (
        select(FamilyRow.area_code)
        .join(OfferRow, OfferRow.family_id == FamilyRow.id)
        .where(
            OfferRow.state == "open",
            OfferRow.channel.in_(("call", "visit")),
            OfferRow.due_at < at_london(today + timedelta(days=1), time(0)),
            or_(OfferRow.list_on.is_(None), OfferRow.list_on < today),
            FamilyRow.excluded_why.is_(None),
        )
        .distinct()
    )


def _deal_area(session: Session, runtime: Runtime, code: str, now: datetime) -> int:
    today = london(now).date()
    due = {each.offer.id: each for each in due_today(session, [code], now=now, lock=True)}
    for each in [each for each in due.values() if each.grown]:
        end_offer(session, runtime, due.pop(each.offer.id).offer, outcome="withheld", why="youngest_is_18", now=now)
    shifts = shifts_of(session, code)
    staff = {
        row.id: row
        for row in session.scalars(
            select(StaffRow)
            .join(StaffAreaRow, StaffAreaRow.staff_id == StaffRow.id)
            .where(StaffAreaRow.area_code == code, StaffRow.left_at.is_(None))
        )
    }
    barred = _who_knows(session, [each.family.id for each in due.values()])
    calls = [
        _call(each, staff, barred.get(each.family.id, frozenset()), today)
        for each in due.values()
        if isinstance(_asked(each, staff), sending.Send)
    ]
    callers = [
        Caller(id=each, trained=staff[each].trained_in_careful_contact, on=_hours(shifts, each, today))
        for each in rota.on_day(shifts, today)
        if each in staff
        and Role(staff[each].role) is Role.PRACTITIONER
        and Permission.CALL_MAKE in GRANTS[Role.PRACTITIONER]
    ]
    dealt = deal(calls, callers, day=today, covers=rota.covering(shifts, today), at_work=frozenset(staff))
    moved = 0
    for offer_id, each in due.items():
        whose = dealt.get(offer_id)
        if (each.offer.list_of, each.offer.list_on) != (whose, today):
            moved += each.offer.list_of != whose
            each.offer.list_of, each.offer.list_on = whose, today
    return moved


def _asked(due: Due, staff: dict[str, StaffRow]) -> sending.Decision:
    named = staff.get(due.family.assigned_to or "")
    return due.asked_by(named.id if named else "", trained=named.trained_in_careful_contact if named else False)


def _call(due: Due, staff: dict[str, StaffRow], barred: frozenset[str], today: date) -> DueCall:
    offer = due.offer
    known = [each for each in (offer.assigned_to, due.family.assigned_to) if each in staff]
    return DueCall(
        id=offer.id, due_at=offer.due_at, promised=offer.promised, careful=due.careful,
        knows=known[0] if known else None,
        on_list_of=offer.list_of if offer.list_on == today else None, passed_by=offer.passed_by, barred=barred,
    )  # fmt: skip


def _hours(shifts: list[rota.Shift], staff_id: str, day: date) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(
        (at_london(day, each.starts), at_london(day, each.ends))
        for each in shifts
        if each.staff_id == staff_id and each.on(day)
    )


def _who_knows(session: Session, family_ids: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    query = select(ConflictRow.family_id, ConflictRow.staff_id).where(ConflictRow.family_id.in_(family_ids))
    for family_id, staff_id in session.execute(query):
        found.setdefault(family_id, set()).add(staff_id)
    return {family_id: frozenset(who) for family_id, who in found.items()}
