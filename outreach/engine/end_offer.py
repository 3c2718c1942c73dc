"""How an offer ends, moves, or comes to be because the family asked.

Rules
* An offer ends once, in exactly one outcome, with an event; nothing else changes ``state``.
* What follows is the cadence's business: ``run_cadences`` plans the next step of an active enrolment.
* An offer that nobody tried yet can be planned anew: it ends as *superseded*, and its step is to come again. One that
  was tried, promised, or whose text may have gone is left as it is.
* A family has at most one open offer. A contact the family asked for takes the open one over, or is a new one
  outside the steps (step -1).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.engine.as_it_stands import Stands
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, families, few_rows, offers
from outreach.store.base import table_of
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow, live_enrolment, version
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import seal
from outreach.store.texts import TextRow

OUTCOMES = frozenset({f"O{n}" for n in range(1, 12)}) | {
    "no_reply", "stopped", "failed", "withheld", "expired", "superseded",
}  # fmt: skip


_TEXT = table_of(TextRow)
_DROP_WAITING = (
    update(_TEXT)
    .where(_TEXT.c.offer_id == bindparam("offer"), _TEXT.c.state == "waiting", _TEXT.c.purpose == "offer")
    .values(state="dropped", waits_for=bindparam("why"))
)


def end_offer(
    session: Session,
    runtime: Runtime,
    offer: OfferRow,
    *,
    outcome: str,
    now: datetime,
    why: str | None = None,
    by: str = "system",
) -> None:
    """End an open offer. Ending an ended one is the caller's error. Texts that wait for it are dropped."""
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome} is not an outcome")
    if offer.state != "open":
        raise ValueError("the offer has ended already")
    offer.state, offer.outcome, offer.outcome_why, offer.ended_at = "ended", outcome, why, now
    offer.to_follow = now
    few_rows.do(session, _DROP_WAITING, {"offer": offer.id, "why": "offer_ended"})
    events.note(
        session,
        "offer_ended",
        id=runtime.new_id(),
        at=now,
        actor_id=by,
        family_id=offer.family_id,
        subjects=[offer.id],
        data={"outcome": outcome, "step": offer.step, "channel": offer.channel, "why": why},
    )


def plan_anew(
    session: Session, runtime: Runtime, enrolment: EnrolmentRow, *, why: str, now: datetime, by: str = "system"
) -> bool:
    """Supersede the open offer where nobody tried it, so that its step is planned again. False where there is none."""
    query = select(OfferRow).where(OfferRow.family_id == enrolment.family_id, OfferRow.state == "open")
    offer = session.scalars(query.with_for_update()).one_or_none()
    if offer is None or offers.goes_on_as_it_is(session, offer):
        return False
    end_offer(session, runtime, offer, outcome="superseded", why=why, now=now, by=by)
    enrolment.behind = tuple(each for each in enrolment.behind if each != offer.step)
    return True


def move_offer(
    session: Session,
    runtime: Runtime,
    offer: OfferRow,
    *,
    channel: str,
    due_at: datetime,
    now: datetime,
    due_until: datetime | None = None,
    promised: bool = False,
    their_words: str | None = None,
    why: str | None = None,
    by: str = "system",
) -> None:
    """Give an open offer another time or channel: a text answered with *CALL* becomes a call. Its text that waits is
    dropped: it would say what is not true any more."""
    offer.channel, offer.due_at, offer.due_until, offer.promised = channel, due_at, due_until, promised
    offer.closes_at, offer.waits_for = None, None
    few_rows.do(session, _DROP_WAITING, {"offer": offer.id, "why": "offer_moved"})
    if channel == "call":
        offer.script = "first_call" if offer.why == "first_offer" else "reoffer_call"
    if why:
        offer.why = why
    if their_words is not None:
        offer.their_words = seal(
            session, their_words, key_id=offer.family_id, table="offer", column="their_words", row_id=offer.id
        )
    events.note(
        session,
        "offer_moved",
        id=runtime.new_id(),
        at=now,
        actor_id=by,
        family_id=offer.family_id,
        subjects=[offer.id],
        data={"channel": channel, "promised": promised, "why": why},
    )


def asked_offer(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    due_at: datetime,
    now: datetime,
    channel: str = "call",
    due_until: datetime | None = None,
    promised: bool = True,
    their_words: str | None = None,
    why: str = "asked",
    by: str = "system",
    stands: Stands | None = None,
) -> OfferRow:
    """A contact the family asked for: the open offer moves, or a new one is made. Never a second open one.

    For a carer who cannot use the phone by voice, a call becomes a visit, and a coordinator is asked. A caller who
    knows how the family ``stands`` says so.
    """
    if channel == "call" and (families.cannot_use_voice(session, family_id) if stands is None else stands.voiceless):
        channel = "visit"
        open_task(session, runtime, kind="letter_or_visit", subject_id=family_id, family_id=family_id, now=now)
    standing = offers.open_offer(session, family_id) if stands is None else stands.open_offer
    if standing is None:
        enrolment = live_enrolment(session, family_id) if stands is None else stands.live_enrolment
        enrolment = enrolment or _rested(session, runtime, family_id, now=now)
        offer = _new_asked(session, runtime, enrolment, channel=channel, due_at=due_at, now=now)
    else:
        offer = standing
    move_offer(
        session,
        runtime,
        offer,
        channel=channel,
        due_at=due_at,
        due_until=due_until,
        promised=promised,
        their_words=their_words,
        why=why,
        now=now,
        by=by,
    )
    if standing is None:
        few_rows.add(session, offer)
    return offer


def _new_asked(
    session: Session, runtime: Runtime, enrolment: EnrolmentRow, *, channel: str, due_at: datetime, now: datetime
) -> OfferRow:
    enrolment.asked_rounds += 1
    return OfferRow(
        id=runtime.new_id(),
        enrolment_id=enrolment.id,
        family_id=enrolment.family_id,
        step=-1,
        round=enrolment.asked_rounds,
        planned_channel=channel,
        channel=channel,
        script="reoffer_call" if channel == "call" else "offer_again",
        why="asked",
        due_at=due_at,
        assigned_to=session.get_one(FamilyRow, enrolment.family_id).assigned_to,
        made_at=now,
    )


def _rested(session: Session, runtime: Runtime, family_id: str, *, now: datetime) -> EnrolmentRow:
    """An enrolment that plans nothing by itself, for a family whose cadence is over and who asked for a contact."""
    family = session.get_one(FamilyRow, family_id)
    last = (
        session.query(EnrolmentRow)
        .filter_by(family_id=family_id)
        .order_by(EnrolmentRow.began_at.desc(), EnrolmentRow.id.desc())
        .first()
    )
    version_id = (
        last.cadence_version_id if last else session.query(CadenceVersionRow.id).order_by("id").limit(1).scalar()
    )
    steps = version(session, version_id).steps
    row = EnrolmentRow(
        id=runtime.new_id(),
        family_id=family_id,
        cadence_version_id=version_id or "",
        anchor_on=family.imprisoned_on,
        imprisoned_on=family.imprisoned_on,
        state="rested",
        state_why="asked",
        behind=tuple(step.id for step in steps),
        asked_rounds=0,
        noes=0,
        began_at=now,
    )
    session.add(row)
    session.flush()
    return row
