"""The consent conversation by text: the same engine as a call, with the reply reader picking the answers.

Rules (DESIGN 4.6 rule 6)
* It opens only where the area has switched it on, they never said no to its charity, the number is verified at L2,
  and the wording in the family's language is no draft and (live) approved. Else a yes makes a call task.
* Each part is asked for on its own, by a number. What answers a question is said in ``asked_by_text``; anything else
  goes to a person and the conversation waits; a stop or danger ends it (``receive``).
* The question after an answer waits for a minute: that answer told twice has come by then.
* Nothing is recorded as consent before the end is reached; then all of it at once, with one referral.
* What follows silence is said in ``follow_conversations``.
* A colleague who writes to them, or books a call, goes on by voice: the conversation ends, and what it had still to
  say is not sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.domain.quiet_hours import london
from outreach.domain.script import REFERRALS, Given
from outreach.domain.wording import Level, fill
from outreach.engine import pinned
from outreach.engine.agreed import make_referral, write_consents, write_needs
from outreach.engine.asked_by_text import (
    NotTaken,
    number_allows,
    question_answered,
    said_no,
)
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import rest_enrolment
from outreach.engine.queue_text import queue_text, text_values
from outreach.engine.refer import hold_unopened, lock_for_referral
from outreach.engine.said_lately import ONCE_MORE
from outreach.engine.situation import pattern_of
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.areas import AreaRow
from outreach.store.base import table_of
from outreach.store.conversations import ConversationRow, answers_of
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.spoken_values import spoken_values
from outreach.store.texts import TextRow

log = structlog.get_logger()
SCRIPT, REMINDER = "consent_by_text", "consent_nudge"
BY_A_PERSON = "answered_by_a_person"


def may_converse(session: Session, runtime: Runtime, *, family: FamilyRow, number: NumberRow, now: datetime) -> bool:
    """Whether consent may be asked for by text, of this family, on this number, now."""
    area = session.get_one(AreaRow, family.area_code)
    if not area.text_consent or area.partner_id is None:
        return False
    if not number_allows(session, number, now=now) or said_no(session, family.id):
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
    ask(session, runtime, row, answers_id=answers.id, due_at=now, now=now)
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
) -> NotTaken | None:
    """Take the number they sent; ``None`` where it was taken. Else why it is no answer, and nothing moves."""
    bundle, stands = pinned.walked(session, conversation)
    question = question_answered(
        session, runtime, conversation, bundle=bundle, stands=stands, answer=str(answer), text=text, now=now
    )
    if isinstance(question, NotTaken):
        return question
    given = Given(stands.position or "", stands.visit, str(answer))
    pinned.write_answer(
        session, runtime, conversation, given, by=None, now=now, text_id=text.id, question_id=question.id
    )
    _drop_waiting(session, conversation)  # a reminder of what is answered now
    _, stands = pinned.walked(session, conversation)
    over = stands.ended is not None
    ask(session, runtime, conversation, answers_id=text.id, due_at=now if over else now + ONCE_MORE, now=now)
    if over:
        _close(session, runtime, conversation, text=text, now=now)
    return None


def break_off(
    session: Session, runtime: Runtime, conversation: ConversationRow, *, why: str, now: datetime, by: str = "family"
) -> None:
    """End it without anything agreed: a stop, danger, somebody else on the phone, silence, a person who goes on by
    voice. What it had still to say is not sent."""
    conversation.state, conversation.outcome, conversation.ended_at = "ended", None, now
    _drop_waiting(session, conversation)
    _note(session, runtime, "conversation_broken_off", conversation, why=why, by=by, now=now)


_TEXT = table_of(TextRow)
_DROP_WAITING = (
    update(_TEXT)
    .where(
        _TEXT.c.number_id == bindparam("number"), _TEXT.c.conversation_id == bindparam("conversation"),
        _TEXT.c.state == "waiting",
    )
    .values(state="dropped", waits_for=NotTaken.OVER.value)
)  # fmt: skip


def _drop_waiting(session: Session, conversation: ConversationRow) -> None:
    session.execute(_DROP_WAITING, {"number": conversation.number_id, "conversation": conversation.id})


_OPEN_OF_FAMILY = (
    select(ConversationRow)
    .where(
        ConversationRow.family_id == bindparam("family_id"), ConversationRow.kind == "text",
        ConversationRow.state == "open",
    )
    .order_by(ConversationRow.id)
    .with_for_update()
)  # fmt: skip


def break_off_all(
    session: Session, runtime: Runtime, *, family_id: str, why: str, now: datetime, by: str = "family"
) -> bool:
    """End every text conversation of a family, on whichever number. False where there is none."""
    found = session.scalars(_OPEN_OF_FAMILY, {"family_id": family_id}).all()
    if found:
        offers.lock_open(session, [family_id])  # before its texts, as everywhere
    for row in found:
        break_off(session, runtime, row, why=why, now=now, by=by)
    return bool(found)


def go_on_by_voice(session: Session, runtime: Runtime, *, family_id: str, by: str, now: datetime) -> None:
    """A colleague wrote to them in words of their own: what comes next answers that, and a person rings."""
    if break_off_all(session, runtime, family_id=family_id, why=BY_A_PERSON, now=now, by=by):
        ring(session, runtime, family_id=family_id, by=by, now=now)


def ring(session: Session, runtime: Runtime, *, family_id: str, by: str, now: datetime) -> None:
    """Put a call on the list, unless one is promised; and tell somebody that they began to answer."""
    offer = offers.open_offer(session, family_id)
    if offer is None or offer.channel != "call" or not offer.promised:
        asked_offer(session, runtime, family_id=family_id, due_at=now, promised=False, now=now, by=by)
    open_task(session, runtime, kind="finish_consent", subject_id=family_id, family_id=family_id, now=now)


def ask(
    session: Session,
    runtime: Runtime,
    row: ConversationRow,
    *,
    answers_id: str | None,
    due_at: datetime,
    now: datetime,
    reminds: bool = False,
) -> None:
    """Queue the words of the step the conversation stands on. ``reminds``: once more, behind a kind word."""
    bundle, stands = pinned.walked(session, row)
    if stands.position is None or row.number_id is None:
        return
    step = bundle.step(stands.position)
    if not step.say:
        return
    body = fill(step.say, spoken_values(session, family_id=row.family_id, staff_id=None, now=now))
    if reminds and (REMINDER, row.language) in runtime.library.wordings:
        kind_word = runtime.library.wording(REMINDER, row.language)
        values = text_values(session, runtime, family_id=row.family_id, wanted=kind_word.values)
        body = f"{kind_word.render(**values)} {body}"
    queue_text(
        session,
        runtime,
        number_id=row.number_id,
        family_id=row.family_id,
        purpose="conversation",
        wording=REMINDER if reminds else None,
        body=body,
        language=row.language,
        level=int(Level.L2),
        wording_version=bundle.version,
        offer_id=row.offer_id,
        answers_id=answers_id,
        conversation_id=row.id,
        due_at=due_at,
        now=now,
    )


def _close(session: Session, runtime: Runtime, row: ConversationRow, *, text: TextRow, now: datetime) -> None:
    bundle, stands = pinned.walked(session, row)
    texts = {given.address: given.text_id or text.id for given in answers_of(session, row.id)}
    outcome = str(stands.ended)
    row.state, row.outcome, row.ended_at = "ended", outcome, now
    write_consents(
        session, runtime, conversation=row, bundle=bundle, stands=stands, by="family", how="text", now=now,
        texts=texts,
    )  # fmt: skip
    if outcome in REFERRALS:
        lock_for_referral(session, row.family_id)
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


def _note(
    session: Session,
    runtime: Runtime,
    name: str,
    row: ConversationRow,
    *,
    why: str,
    now: datetime,
    by: str = "family",
) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=row.family_id, subjects=[row.id],
        data={"why": why},
    )  # fmt: skip
