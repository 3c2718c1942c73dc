"""A carer who cannot use the phone by voice is reached in another way.

Rules
* It is a fact about the carer, said on a call or known from elsewhere; a person writes it down and can take it back.
* From then on nobody rings: the gate withholds every call. What was a call is a text where the gate has nothing
  against texts to them at all, they read English and have not said no; else a visit, which stands on the same list,
  and a coordinator is asked once whether a letter is the better way. Careful contact makes neither: the coordinator
  decides.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.domain import sending
from outreach.domain.access import Actor, Permission, require
from outreach.domain.wording import Level
from outreach.engine.situation import best_number, decide
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, families, offers
from outreach.store.cadences import live_enrolment
from outreach.store.families import FamilyRow


def say_voice(runtime: Runtime, actor: Actor, *, family_id: str, possible: bool) -> str:
    """Whether they can use the phone by voice; the way of what comes next: ``call``, ``text`` or ``visit``."""
    require(actor, Permission.CONSENT_RECORD)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.CONSENT_RECORD, area=family.area_code, family=family.id)
        carer = families.carer_of(session, family.id)
        if carer.cannot_use_voice is not possible:
            return way_for(session, runtime, family=family, way="call", now=now)
        carer.cannot_use_voice = not possible
        session.flush()
        events.note(
            session, "voice_possible" if possible else "voice_ruled_out", id=runtime.new_id(), at=now,
            actor_id=actor.id, family_id=family.id, subjects=[carer.id],
        )  # fmt: skip
        way = way_for(session, runtime, family=family, way="call", now=now)
        offer = offers.open_offer(session, family.id)
        if offer is not None and offer.channel == "call":
            offer.channel = way
        return way


def way_for(session: Session, runtime: Runtime, *, family: FamilyRow, way: str, now: datetime) -> str:
    """``way`` itself, or for a call that nobody could hear, the way that is left."""
    if way != "call" or not families.carer_of(session, family.id).cannot_use_voice:
        return way
    if _may_be_texted(session, runtime, family, now):
        return "text"
    open_task(session, runtime, kind="letter_or_visit", subject_id=family.id, family_id=family.id, now=now)
    return "visit"


def _may_be_texted(session: Session, runtime: Runtime, family: FamilyRow, now: datetime) -> bool:
    """Waiting for an hour or a colleague is no objection; only what withholds a text is."""
    enrolment = live_enrolment(session, family.id)
    if family.language.split("-")[0] != "en" or (enrolment is not None and enrolment.noes):
        return False
    number = best_number(session, family.id, channel="text")
    contact = sending.Contact(channel="text", level=Level.L0)
    answer = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
    return not isinstance(answer, sending.Withhold)
