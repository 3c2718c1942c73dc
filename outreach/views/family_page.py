"""One family on one page: who they are, what comes next and why, and one line of time.

Rules
* Only in one's own areas. Staff of other organisations than the police have no such page.
* *Next* is one sentence: the next contact and why then, or that nothing will be sent, why, and until when.
* What is further ahead is said as a plan, never as a promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import RULES, Hold, Kind, Weight, in_force
from outreach.domain.intake_languages import language_name
from outreach.domain.number import LEVEL_LASTS
from outreach.domain.plain_words import OPEN_TO, RELATIONSHIPS, age_said, need_said, number_said, ordinal
from outreach.domain.quiet_hours import Calendar, at_london, london, next_open
from outreach.domain.sending import A_CALL_IS_THE_ANSWER, SAYS
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.areas import AreaRow, service
from outreach.store.cadences import EnrolmentRow, live_enrolment, version
from outreach.store.consents import standing_of
from outreach.store.families import FamilyRow, carer_of, children_of
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import NumberRow, numbers_of, written
from outreach.store.offers import OfferRow, last_contact_at, offers_made, open_offer
from outreach.store.referrals import NeedRow
from outreach.store.staff import OrganisationRow, StaffRow
from outreach.views.family_history import Moment, history
from outreach.views.family_line import safe_contact_of

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


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """``undecided``: the number's id where a supervisor is to decide about it; else empty."""

    written: str
    kind: str
    standing: str
    facts: tuple[str, ...]
    undecided: str = ""


@dataclass(frozen=True, slots=True)
class StandingHold:
    id: str
    says: str
    since: datetime
    until: datetime | None
    second_person: bool
    """Two people are needed to lift it."""
    asked_by: str
    mine: bool
    """I asked for it to be lifted, so somebody else must agree."""


@dataclass(frozen=True, slots=True)
class FamilyPage:
    family_id: str
    ref: str
    carer: str
    relationship: str
    authority: str
    language: str
    interpreter: bool
    area: str
    looked_after_by: str
    next: Next
    offer_id: str | None
    """An open call offer, to start the call from here."""
    children: tuple[str, ...]
    imprisoned_on: date
    custody: str
    custody_as_of: date
    numbers: tuple[PhoneNumber, ...]
    standings: tuple[str, ...]
    needs: tuple[str, ...]
    holds: tuple[StandingHold, ...]
    coming: tuple[Coming, ...]
    """The furthest first."""
    moments: tuple[Moment, ...]
    now: datetime


def family_page(runtime: Runtime, actor: Actor, family_id: str) -> FamilyPage | None:
    """The page, or ``None`` where there is no such family. Raises ``NotAllowed`` outside one's areas."""
    require(actor, Permission.FAMILY_READ)
    now = runtime.now()
    with runtime.sessions.read() as session:
        family = session.get(FamilyRow, family_id)
        if family is None:
            return None
        require(actor, Permission.FAMILY_READ, area=family.area_code)
        sealing.load_keys(session, [family.id, sealing.SERVICE])
        carer, area = carer_of(session, family.id), session.get_one(AreaRow, family.area_code)
        offer, holds = open_offer(session, family.id), open_holds(session, family.id)
        looked_after = session.get(StaffRow, family.assigned_to) if family.assigned_to else None
        return FamilyPage(
            family_id=family.id,
            ref=family.ref,
            carer=_open(session, carer.name, family.id, "carer", "name", carer.id) or "Name destroyed",
            relationship=RELATIONSHIPS.get(carer.relationship, "carer"),
            authority=(carer.authority or "").replace("_", " "),
            language=language_name(family.language),
            interpreter=family.interpreter,
            area=area.name,
            looked_after_by=looked_after.name if looked_after else "nobody in particular",
            next=_next(session, family, offer, holds, now=now),
            offer_id=offer.id if offer and offer.channel in ("call", "visit") else None,
            children=_children(session, family, now=now),
            imprisoned_on=family.imprisoned_on,
            custody=family.custody,
            custody_as_of=family.custody_as_of,
            numbers=tuple(_number(session, row, now=now) for _, row in numbers_of(session, family.id)),
            standings=_standings(session, family),
            needs=_needs(session, family),
            holds=tuple(_hold(session, row, actor) for row in holds),
            coming=_coming(session, family, offer, now=now),
            moments=tuple(history(session, family)),
            now=now,
        )


def _next(session: Session, family: FamilyRow, offer: OfferRow | None, rows: list[HoldRow], *, now: datetime) -> Next:
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


def _coming(session: Session, family: FamilyRow, offer: OfferRow | None, *, now: datetime) -> tuple[Coming, ...]:
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


def _children(session: Session, family: FamilyRow, *, now: datetime) -> tuple[str, ...]:
    today = london(now).date()
    said = []
    for row in children_of(session, family.id):
        name = _open(session, row.first_name, family.id, "child", "first_name", row.id) or "A child"
        age = age_said(row.born_on, today.year, today.month, today.day)
        said.append(f"{name}, {age}; {OPEN_TO.get(row.open_to, row.open_to)}")
    return tuple(said)


def _number(session: Session, row: NumberRow, *, now: datetime) -> PhoneNumber:
    standing = {
        "unverified": "nobody has spoken to them on it yet",
        "verified": "spoken to in person",
        "compromised": "somebody else was on it: nothing automatic",
        "lost": "a stranger's",
    }.get(row.standing, row.standing)
    if row.is_parents:
        return PhoneNumber(
            written=number_said(written(session, row)),
            kind=row.kind,
            standing="the imprisoned parent's: never used",
            facts=(),
        )
    facts = [each for each in safe_contact_of(session, row, now=now) if "nobody has spoken" not in each]
    if row.standing == "verified" and row.verified_at is not None:
        level = row.level if now - row.verified_at < LEVEL_LASTS else 0
        facts.insert(0, f"texts may say: {('nothing about support', 'support', 'support and the charity')[level]}")
        standing += f" on {london(row.verified_at).day} {london(row.verified_at):%B %Y}"
    return PhoneNumber(
        written=number_said(written(session, row)),
        kind=row.kind,
        standing=standing,
        facts=tuple(facts),
        undecided=row.id if row.standing == "compromised" else "",
    )


def _standings(session: Session, family: FamilyRow) -> tuple[str, ...]:
    standing = standing_of(session, family.id)
    said = []
    for partner_id in sorted(standing.referred_to):
        partner = session.get(OrganisationRow, partner_id)
        said.append(f"Agreed to be referred to {partner.name if partner else 'a partner'}")
    for partner_id in sorted(standing.refused):
        partner = session.get(OrganisationRow, partner_id)
        said.append(f"Does not want a referral to {partner.name if partner else 'a partner'}")
    ways = {"text": "texts", "call": "calls"}
    said += [f"Said stop to {ways[each]}" for each in sorted(standing.stopped)]
    return tuple(said) or ("Nothing has been asked yet",)


def _needs(session: Session, family: FamilyRow) -> tuple[str, ...]:
    rows = session.query(NeedRow).filter_by(family_id=family.id).order_by(NeedRow.primary.desc(), NeedRow.at).all()
    return tuple(
        dict.fromkeys(("Most of all " if row.primary else "Also ") + need_said(row.kind, row.detail) for row in rows)
    )


def _hold(session: Session, row: HoldRow, actor: Actor) -> StandingHold:
    rule = RULES[Kind(row.kind)]
    asked = session.get(StaffRow, row.asked_by) if row.asked_by else None
    return StandingHold(
        id=row.id,
        says=rule.says,
        since=row.set_at,
        until=row.until,
        second_person=rule.weight is not Weight.WAITING,
        asked_by=asked.name if asked else "",
        mine=row.asked_by == actor.id,
    )


def _open(session: Session, value: bytes | None, family_id: str, table: str, column: str, row_id: str) -> str | None:
    return sealing.unseal(session, value, key_id=family_id, table=table, column=column, row_id=row_id)
