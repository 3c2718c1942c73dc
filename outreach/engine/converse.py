"""The consent conversation by text: the same engine as a call, with the reply reader picking the answers.

Rules (DESIGN 4.6 rule 6)
* It opens only where the area has switched it on, the number is verified at L2, and the wording in the family's
  language is no draft and (live) approved. Else a yes makes a call task.
* Each part is asked for on its own, by 1 or 2. Anything but one of the numbers on offer goes to a person and the
  conversation waits; a stop or danger ends it (``receive``).
* Nothing is recorded as consent before the end is reached; then all of it at once, with one referral.
* A half-finished one is followed up once, after a day; two days later it becomes a call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.domain.number import NumberStanding
from outreach.domain.quiet_hours import london
from outreach.domain.script import REFERRALS, Given
from outreach.domain.wording import Level, fill
from outreach.engine import pinned
from outreach.engine.agreed import make_referral, write_consents, write_needs
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import rest_enrolment
from outreach.engine.queue_text import queue_text, text_values
from outreach.engine.refer import hold_unopened
from outreach.engine.situation import number_value, pattern_of
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.spoken_values import spoken_values
from outreach.store.texts import TextRow

log = structlog.get_logger()
SCRIPT = "consent_by_text"
NUDGE_AFTER = timedelta(days=1)
CALL_AFTER = timedelta(days=3)


def may_converse(session: Session, runtime: Runtime, *, family: FamilyRow, number: NumberRow, now: datetime) -> bool:
    """Whether consent may be asked for by text, of this family, on this number, now."""
    area = session.get_one(AreaRow, family.area_code)
    if not area.text_consent or area.partner_id is None:
        return False
    known = number_value(session, number)
    if known.families != 1 or known.standing is not NumberStanding.VERIFIED or known.level(now) < Level.L2:
        return False
    try:
        bundle = runtime.library.bundle(SCRIPT, family.language)
    except LookupError:
        return False
    return pinned.may_be_used(session, runtime, bundle)


def begin(
    session: Session,
    runtime: Runtime,
    *,
    family: FamilyRow,
    number_id: str,
    offer: OfferRow | None,
    answers: TextRow,
    now: datetime,
) -> ConversationRow:
    """Open the conversation and queue its first question."""
    pin = pinned.pin(session, runtime, name=SCRIPT, language=family.language, now=now)
    row = ConversationRow(
        id=runtime.new_id(),
        kind="text",
        family_id=family.id,
        offer_id=offer.id if offer else None,
        number_id=number_id,
        script=SCRIPT,
        bundle_version=pin.version,
        language=pin.language,
        state="open",
        began_at=now,
        touched_at=now,
    )
    session.add(row)
    session.flush()
    if offer is not None:
        offer.closes_at = None
    _ask(session, runtime, row, answers=answers, now=now)
    return row


_OPEN = (
    select(ConversationRow)
    .where(
        ConversationRow.number_id == bindparam("number_id"), ConversationRow.kind == "text",
        ConversationRow.state == "open",
    )
    .with_for_update()
)  # fmt: skip


def open_with(session: Session, number_id: str) -> ConversationRow | None:
    """The text conversation that goes on with a number."""
    return session.scalars(_OPEN, {"number_id": number_id}).one_or_none()


def take_answer(
    session: Session, runtime: Runtime, conversation: ConversationRow, *, answer: int, text: TextRow, now: datetime
) -> bool:
    """Take the number they sent. False where it is none of those on offer: a person looks, nothing moves."""
    bundle, stands = pinned.walked(session, conversation)
    if stands.position is None or bundle.step(stands.position).answer(str(answer)) is None:
        return False
    given = Given(stands.position, stands.visit, str(answer))
    pinned.write_answer(session, runtime, conversation, given, by=None, now=now, text_id=text.id)
    _, stands = pinned.walked(session, conversation)
    _ask(session, runtime, conversation, answers=text, now=now)
    if stands.ended is not None:
        _close(session, runtime, conversation, text=text, now=now)
    return True


def break_off(session: Session, runtime: Runtime, conversation: ConversationRow, *, why: str, now: datetime) -> None:
    """End it without anything agreed: a stop, danger, somebody else on the phone, silence."""
    conversation.state, conversation.outcome, conversation.ended_at = "ended", None, now
    _note(session, runtime, "conversation_broken_off", conversation, why=why, now=now)


_OPEN_OF_FAMILY = (
    select(ConversationRow)
    .where(
        ConversationRow.family_id == bindparam("family_id"), ConversationRow.kind == "text",
        ConversationRow.state == "open",
    )
    .order_by(ConversationRow.id)
    .with_for_update()
)  # fmt: skip


def break_off_all(session: Session, runtime: Runtime, *, family_id: str, why: str, now: datetime) -> None:
    """End every text conversation of a family, on whichever number."""
    for row in session.scalars(_OPEN_OF_FAMILY, {"family_id": family_id}).all():
        break_off(session, runtime, row, why=why, now=now)


def follow_up(runtime: Runtime) -> int:
    """Nudge each half-finished conversation once; then make it a call."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        stale = select(ConversationRow.id).where(
            ConversationRow.kind == "text",
            ConversationRow.state == "open",
            ConversationRow.touched_at <= now - NUDGE_AFTER,
        )
        found = session.scalars(stale.order_by(ConversationRow.id)).all()
    for conversation_id in found:
        with runtime.sessions.begin() as session:
            row = session.scalars(
                select(ConversationRow).where(ConversationRow.id == conversation_id).with_for_update()
            ).one()
            if row.state == "open":
                _follow_up(session, runtime, row, now=now)
    return len(found)


def _follow_up(session: Session, runtime: Runtime, row: ConversationRow, *, now: datetime) -> None:
    if row.nudged_at is None:
        row.nudged_at = now
        if row.number_id is not None:
            queue_text(
                session, runtime, number_id=row.number_id, family_id=row.family_id, purpose="conversation",
                wording="consent_nudge", values=text_values(session, runtime, family_id=row.family_id),
                conversation_id=row.id, now=now,
            )  # fmt: skip
    elif now - row.touched_at >= CALL_AFTER:
        break_off(session, runtime, row, why="silence", now=now)
        asked_offer(session, runtime, family_id=row.family_id, due_at=now, promised=False, now=now)
        open_task(session, runtime, kind="finish_consent", subject_id=row.id, family_id=row.family_id, now=now)


def _ask(session: Session, runtime: Runtime, row: ConversationRow, *, answers: TextRow, now: datetime) -> None:
    """Queue the words of the step the conversation stands on."""
    bundle, stands = pinned.walked(session, row)
    if stands.position is None or row.number_id is None:
        return
    step = bundle.step(stands.position)
    if not step.say:
        return
    queue_text(
        session,
        runtime,
        number_id=row.number_id,
        family_id=row.family_id,
        purpose="conversation",
        body=fill(step.say, spoken_values(session, family_id=row.family_id, staff_id=None, now=now)),
        language=row.language,
        level=int(Level.L2),
        wording_version=bundle.version,
        offer_id=row.offer_id,
        answers_id=answers.id,
        conversation_id=row.id,
        now=now,
    )


def _close(session: Session, runtime: Runtime, row: ConversationRow, *, text: TextRow, now: datetime) -> None:
    bundle, stands = pinned.walked(session, row)
    outcome = str(stands.ended)
    row.state, row.outcome, row.ended_at = "ended", outcome, now
    write_consents(
        session, runtime, conversation=row, bundle=bundle, stands=stands, by="family", how="text", now=now,
        text_id=text.id,
    )  # fmt: skip
    write_needs(session, runtime, conversation=row, stands=stands, now=now)
    if outcome in REFERRALS:
        make_referral(session, runtime, conversation=row, by="family", now=now)
        if open_holds(session, row.family_id):
            hold_unopened(session, runtime, family_id=row.family_id, by="system", now=now)
    offer = offers.open_offer(session, row.family_id)
    if offer is not None:
        end_offer(session, runtime, offer, outcome=outcome, now=now, by="family")
    weeks = pattern_of(session, row.family_id).later_default_weeks
    until = None if outcome in REFERRALS else london(now).date() + timedelta(weeks=weeks)
    rest_enrolment(
        session, runtime, family_id=row.family_id, why="accepted" if until is None else "not_now", until=until, now=now
    )
    _note(session, runtime, "conversation_ended", row, why=outcome, now=now)


def _note(session: Session, runtime: Runtime, name: str, row: ConversationRow, *, why: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="family", family_id=row.family_id, subjects=[row.id],
        data={"why": why},
    )  # fmt: skip
