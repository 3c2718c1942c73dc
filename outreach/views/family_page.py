"""One family on one page: who they are, what comes next and why, and one line of time.

Rules
* Only in one's own areas. Staff of other organisations than the police have no such page.
* What comes next, and after, is ``family_plan``'s; what was, ``family_history``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.asides import ASIDES, kept_said
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.intake_languages import language_name
from outreach.domain.number import LEVEL_LASTS
from outreach.domain.plain_words import OPEN_TO, RELATIONSHIPS, age_said, need_said, number_said
from outreach.domain.quiet_hours import london
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.areas import AreaRow
from outreach.store.asides import last_aside
from outreach.store.cadences import CadenceRow, CadenceVersionRow, live_enrolment
from outreach.store.consents import standing_of
from outreach.store.conversations import privacy_told
from outreach.store.families import FamilyRow, carer_of, children_of
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import NumberRow, numbers_of, written
from outreach.store.offers import open_offer
from outreach.store.referrals import NeedRow
from outreach.store.staff import OrganisationRow, StaffRow
from outreach.views.family_agreed import AgreedPartner, Stopped, agreed_partners, what_is_stopped
from outreach.views.family_apart import ConflictList, conflict_list
from outreach.views.family_exceptions import OwnException, own_exceptions
from outreach.views.family_history import Moment, history
from outreach.views.family_line import safe_contact_of
from outreach.views.family_plan import Coming, Next, coming, next_contact


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
    cannot_use_voice: bool
    next: Next
    offer_id: str | None
    """An open call offer, to start the call from here."""
    children: tuple[str, ...]
    imprisoned_on: date
    custody: str
    custody_as_of: date
    numbers: tuple[PhoneNumber, ...]
    standings: tuple[str, ...]
    partners: tuple[AgreedPartner, ...]
    stopped: Stopped | None
    needs: tuple[str, ...]
    asides: tuple[tuple[str, str], ...]
    """What they said apart from the offer."""
    privacy_told: datetime | None
    """When the privacy information was given by voice, for the first time."""
    apart: ConflictList | None
    """Who may not see this family; for the coordinator alone."""
    holds: tuple[StandingHold, ...]
    exceptions: tuple[OwnException, ...]
    cadence: str
    """The name of the cadence they are in; empty where they are in none."""
    coming: tuple[Coming, ...]
    """The furthest first."""
    moments: tuple[Moment, ...]
    now: datetime


def family_page(runtime: Runtime, actor: Actor, family_id: str) -> FamilyPage | None:
    """The page, or ``None`` where there is no such family. Raises ``NotAllowed`` outside one's areas."""
    require(actor, Permission.FAMILY_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
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
            cannot_use_voice=carer.cannot_use_voice,
            next=next_contact(session, family, offer, holds, now=now),
            offer_id=offer.id if offer and offer.channel in ("call", "visit") else None,
            children=_children(session, family, now=now),
            imprisoned_on=family.imprisoned_on,
            custody=family.custody,
            custody_as_of=family.custody_as_of,
            numbers=tuple(_number(session, row, now=now) for _, row in numbers_of(session, family.id)),
            standings=_standings(session, family),
            partners=agreed_partners(session, family),
            stopped=what_is_stopped(session, family),
            needs=_needs(session, family),
            asides=_asides(session, family),
            privacy_told=privacy_told(session, family.id),
            apart=conflict_list(session, actor, family),
            holds=tuple(_hold(session, row, actor) for row in holds),
            exceptions=own_exceptions(session, family.id),
            cadence=_cadence(session, family),
            coming=coming(session, family, offer, now=now),
            moments=tuple(history(session, family)),
            now=now,
        )


def _cadence(session: Session, family: FamilyRow) -> str:
    enrolment = live_enrolment(session, family.id)
    if enrolment is None:
        return ""
    made = session.get_one(CadenceVersionRow, enrolment.cadence_version_id)
    return session.get_one(CadenceRow, made.cadence_id).name


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
            undecided=row.id,
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


def _asides(session: Session, family: FamilyRow) -> tuple[tuple[str, str], ...]:
    row = last_aside(session, family.id)
    return kept_said({one.column: getattr(row, one.column) for one in ASIDES}) if row is not None else ()


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
