"""What comes next for one family, and after that: one sentence's worth, and a plan that is never a promise.

Rules
* *Next* is the open offer, or the step the cadence would plan now; or that nothing will be sent, why, until when.
* A rest ends on its day, and is said with its reason. What software holds back a person may still do by a call.
* Dates further ahead are kind hours by the cadence as it is today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.hold import RULES, Hold, Kind, Weight, in_force
from outreach.domain.plain_words import ordinal
from outreach.domain.quiet_hours import Calendar, at_london, london, next_open
from outreach.domain.sending import A_CALL_IS_THE_ANSWER, SAYS
from outreach.store.areas import AreaRow, service
from outreach.store.cadences import EnrolmentRow, live_enrolment, version
from outreach.store.consents import standing_of
from outreach.store.families import FamilyRow, children_of
from outreach.store.holds import HoldRow
from outreach.store.offers import OfferRow, last_contact_at, offers_made

EXCLUDED = {
    "foster_carer": "a foster carer looks after the children; it goes through the local authority",
    "child_we_care_for": "the local authority looks after a child; it goes through them",
    "deceased": "somebody in the family has died; a person decides",
}
RESTS = {
    "accepted": "they said yes, and the charity takes it from here",
    "info_given": "they have the details and may come by themselves",
    "not_now": "they said not now",
    "thinking": "they are thinking about it",
    "later": "they asked for later",
    "declined": "they said no",
    "already_supported": "they have support already",
    "over_18": "the child is over 18",
    "youngest_is_18": "the youngest child is 18",
    "not_for_them": "it was not for this family",
    "no_step_left": "every offer of the cadence was made",
    "imprisoned_again": "a parent was imprisoned again, and the cadence began anew",
    "stopped": "they asked us to stop",
    "asked": "what they asked for was done",
}
"""Why a cadence rests or is over, as a sentence goes on: *Nothing more is planned:* …"""


@dataclass(frozen=True, slots=True)
class Next:
    """``kind``: ``contact`` (``what``, ``at``, ``until``, ``because``), ``held`` (``because``, ``until``), ``over``."""

    kind: str
    what: str = ""
    at: datetime | None = None
    until: datetime | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """A step that is planned but not yet an offer."""

    day: date
    title: str


def next_contact(
    session: Session, family: FamilyRow, offer: OfferRow | None, rows: list[HoldRow], *, now: datetime
) -> Next:
    if family.excluded_why:
        return Next(kind="held", because=EXCLUDED.get(family.excluded_why, "this family is not contacted"))
    stopped = standing_of(session, family.id).stopped
    if {"text", "call"} <= stopped:
        return Next(kind="held", because="they asked us to stop")
    holds = [Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until) for row in rows]
    for hold in in_force(holds, now):
        a_call_answers = hold.kind in A_CALL_IS_THE_ANSWER and offer is not None and offer.channel == "call"
        if hold.weight is not Weight.CAREFUL and not a_call_answers:
            return Next(kind="held", because=RULES[hold.kind].says, until=hold.until)
    if offer is None:
        return _planned(session, family, now=now)
    if offer.channel == "text" and service(session).paused_at is not None:
        return Next(kind="held", because=SAYS["service_paused"])
    if offer.closes_at is not None:
        return Next(
            kind="contact",
            what="an answer to our text, or",
            until=None,
            at=offer.closes_at,
            because="we wait until then",
        )
    because = SAYS.get(offer.waits_for or "") or _because(session, offer)
    return Next(
        kind="contact",
        what=f"a {offer.channel}",
        at=max(offer.due_at, now) if not offer.promised else offer.due_at,
        until=offer.due_until,
        because=because,
    )


def _because(session: Session, offer: OfferRow) -> str:
    if offer.why == "asked":
        return "they asked"
    if offer.why == "after_no":
        return "half a year has passed since they said no"
    if offer.why == "first_offer" and offer.step == 0:
        return "nobody has offered yet"
    return f"it is the {ordinal(offers_made(session, offer.enrolment_id) + (offer.tries == 0))} offer of the cadence"


def _planned(session: Session, family: FamilyRow, *, now: datetime) -> Next:
    """What comes when no offer is open: the next step of the cadence, after a rest where there is one."""
    enrolment = live_enrolment(session, family.id) or _last_enrolment(session, family.id)
    if enrolment is None:
        return Next(kind="over", because="the family is in no cadence")
    why = RESTS.get(enrolment.state_why or "", "")
    if enrolment.state_why == "stopped" and not standing_of(session, family.id).stopped >= {"text", "call"}:
        why = "they asked us to be in touch again, and somebody is to book the call"
    if enrolment.state == "ended" or (enrolment.state == "rested" and enrolment.rest_until is None):
        return Next(kind="over", because=why or "the cadence is over")
    pattern = version(session, enrolment.cadence_version_id)
    begins = at_london(enrolment.rest_until, time(0)) if enrolment.rest_until else now
    planned = cadence.plan(
        pattern,
        next_step=enrolment.next_step,
        anchor=enrolment.anchor_on,
        made=offers_made(session, enrolment.id),
        last_contact=last_contact_at(session, family.id),
        calendar=_calendar(session, family, pattern),
        now=max(begins, now),
    )
    if planned is None:
        return Next(kind="over", because="every offer of the cadence was made")
    step = pattern.steps[planned.step]
    return Next(kind="contact", what=f"a {step.channel}", at=planned.due_at, because=why or "the cadence says so")


def _last_enrolment(session: Session, family_id: str) -> EnrolmentRow | None:
    query = select(EnrolmentRow).where(EnrolmentRow.family_id == family_id)
    return session.scalars(query.order_by(EnrolmentRow.began_at.desc(), EnrolmentRow.id.desc()).limit(1)).first()


def _calendar(session: Session, family: FamilyRow, pattern: cadence.Cadence) -> Calendar:
    born = tuple(child.born_on for child in children_of(session, family.id))
    nation = session.get_one(AreaRow, family.area_code).nation
    return cadence.calendar_for(pattern, nation=nation, born_on=born, imprisoned_on=family.imprisoned_on)


def _steps_ahead(session: Session, family: FamilyRow, *, after: OfferRow | None) -> list[tuple[date, cadence.Step]]:
    enrolment = live_enrolment(session, family.id)
    if enrolment is None or (enrolment.state == "rested" and enrolment.rest_until is None):
        return []
    pattern = version(session, enrolment.cadence_version_id)
    first = enrolment.next_step if after is None or after.step < 0 else max(enrolment.next_step, after.step + 1)
    left = (
        pattern.most_offers - offers_made(session, enrolment.id) - (1 if after is not None and after.tries == 0 else 0)
    )
    places = list(range(first, len(pattern.steps)))[: max(left, 0)]
    return [(pattern.step_day(place, enrolment.anchor_on), pattern.steps[place]) for place in places]


def coming(session: Session, family: FamilyRow, offer: OfferRow | None, *, now: datetime) -> tuple[Coming, ...]:
    enrolment = live_enrolment(session, family.id)
    if family.excluded_why or enrolment is None:
        return ()
    pattern = version(session, enrolment.cadence_version_id)
    calendar = _calendar(session, family, pattern)
    not_before = max(now, at_london(enrolment.rest_until, time(0))) if enrolment.rest_until else now
    planned = []
    for day, step in _steps_ahead(session, family, after=offer):
        opens = next_open(pattern.hours, calendar, max(at_london(day, time(0)), not_before))
        if opens is not None and opens > now:
            planned.append(Coming(day=london(opens).date(), title=f"Planned: a {step.channel}"))
    return tuple(reversed(planned if offer is not None else planned[1:]))
