"""What comes next for one family, and after that: one sentence's worth, and a plan that is never a promise.

Rules
* *Next* is the open offer, or the step the cadence would plan now; or that nothing will be sent, why, until when.
* What they asked for themselves goes before: no contact before a day, their own day, their own channel.
* A rest ends on its day, and is said with its reason. What software holds back a person may still do by a call.
* Dates further ahead are kind hours by the cadence as it is today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.hold import RULES, Hold, Kind, Weight, in_force
from outreach.domain.plain_words import ordinal
from outreach.domain.quiet_hours import Calendar, at_london, london
from outreach.domain.sending import SAYS, bars_a_call
from outreach.store.areas import AreaRow, service
from outreach.store.cadences import EnrolmentRow, live_enrolment, version
from outreach.store.consents import standing_of
from outreach.store.exceptions import own_of, paused_until
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
    "youngest_is_18": "the youngest child is 18, or will be before the next contact",
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
    why: str


def next_contact(
    session: Session, family: FamilyRow, offer: OfferRow | None, rows: list[HoldRow], *, now: datetime
) -> Next:
    if family.excluded_why:
        return Next(kind="held", because=EXCLUDED.get(family.excluded_why, "this family is not contacted"))
    stopped = standing_of(session, family.id).stopped
    if {"text", "call"} <= stopped:
        return Next(kind="held", because="they asked us to stop")
    holds = [Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until) for row in rows]
    holds_now = in_force(holds, now)
    for hold in holds_now:
        calls = offer is not None and offer.channel == "call" and hold.weight is Weight.WAITING
        if hold.weight is not Weight.CAREFUL and not (calls and not bars_a_call(hold, holds_now)):
            return Next(kind="held", because=RULES[hold.kind].says, until=hold.until)
    pause = paused_until(session, family.id, now)
    if pause is not None and not (offer is not None and offer.asked_for):
        return Next(kind="held", because="they asked us to wait", until=at_london(pause, time(0)))
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
        until=offer.due_until if offer.promised else None,
        because=because,
    )


def _because(session: Session, offer: OfferRow) -> str:
    if offer.why == "asked":
        return "they asked"
    if offer.why == "after_no":
        return "half a year has passed since they said no"
    if offer.why == "first_offer":
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
    standing = _standing(session, enrolment)
    planned = cadence.plan(pattern, standing, calendar=_calendar(session, family, pattern), now=max(begins, now))
    if planned is None:
        grown = standing.grown_on is not None and pattern.next_step(standing.behind) is not None
        return Next(kind="over", because=RESTS["youngest_is_18" if grown else "no_step_left"])
    because = "it is the day they named" if planned.theirs else why or "the cadence says so"
    return Next(kind="contact", what=f"a {planned.channel}", at=planned.due_at, because=because)


def _standing(session: Session, enrolment: EnrolmentRow) -> cadence.Standing:
    last = last_contact_at(session, enrolment.family_id)
    return cadence.Standing(
        anchor=enrolment.anchor_on,
        behind=enrolment.behind,
        made=offers_made(session, enrolment.id),
        last_contact=None if last is None else london(last).date(),
        own=own_of(session, enrolment.family_id),
        grown_on=cadence.grown_on(child.born_on for child in children_of(session, enrolment.family_id)),
    )


def _last_enrolment(session: Session, family_id: str) -> EnrolmentRow | None:
    query = select(EnrolmentRow).where(EnrolmentRow.family_id == family_id)
    return session.scalars(query.order_by(EnrolmentRow.began_at.desc(), EnrolmentRow.id.desc()).limit(1)).first()


def _calendar(session: Session, family: FamilyRow, pattern: cadence.Cadence) -> Calendar:
    born = tuple(child.born_on for child in children_of(session, family.id))
    nation = session.get_one(AreaRow, family.area_code).nation
    return cadence.calendar_for(pattern, nation=nation, born_on=born, imprisoned_on=family.imprisoned_on)


def coming(session: Session, family: FamilyRow, offer: OfferRow | None, *, now: datetime) -> tuple[Coming, ...]:
    """What follows the next contact, if nobody answers; the furthest first."""
    enrolment = live_enrolment(session, family.id)
    if family.excluded_why or enrolment is None or (enrolment.state == "rested" and enrolment.rest_until is None):
        return ()
    pattern = version(session, enrolment.cadence_version_id)
    standing = _standing(session, enrolment)
    begins = max(now, at_london(enrolment.rest_until, time(0))) if enrolment.rest_until else now
    if offer is not None:
        begins = max(begins, offer.due_at)
        made = standing.made + (offer.step >= 0 and offer.tries == 0)
        standing = replace(standing, made=made, last_contact=london(begins).date())
    planned = list(cadence.timeline(pattern, standing, calendar=_calendar(session, family, pattern), now=begins))
    found = [
        Coming(day=london(each.due_at).date(), title=f"Planned: a {each.channel}", why=_why(each, pattern, standing))
        for each in planned
    ]
    return tuple(reversed(found if offer is not None else found[1:]))


def _why(planned: cadence.Planned, pattern: cadence.Cadence, standing: cadence.Standing) -> str:
    if planned.theirs:
        return "It is the day they named."
    by = "" if planned.channel == planned.step.channel else f"; by {planned.channel}, as they asked"
    return f"{planned.step.after.said().capitalize()}{by}."
