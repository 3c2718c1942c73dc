"""Danger was told, wishes were read, referrals were consented to, and what may only be appended to was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from outreach.domain.consent import fold
from outreach.domain.hold import Kind
from outreach.engine.alerts import PAUSE_AFTER
from outreach.engine.proof_rule import Looking, Rule
from outreach.store import events
from outreach.store.alerts import AlertRow, AlertToldRow
from outreach.store.append_only import guarded
from outreach.store.consents import ConsentRow, entries_of
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.events import EventRow, LinkRow
from outreach.store.holds import HoldRow
from outreach.store.referrals import ReferralRow
from outreach.store.tables import APPEND_ONLY
from outreach.store.texts import TextRow

LINKED_WITHIN = timedelta(days=1)
AT_ONCE = timedelta(minutes=1)
"""Who looked and who rang may have read the clock in another order than they committed in."""


def every_alert_was_told(look: Looking) -> Iterator[str]:
    heard = exists().where(
        AlertToldRow.alert_id == AlertRow.id,
        or_(AlertToldRow.result == "accepted", AlertToldRow.channel == "console"),
    )
    late = look.now - PAUSE_AFTER
    query = select(AlertRow.id).where(AlertRow.taken_at.is_(None), AlertRow.raised_at < late)
    yield from look.session.scalars(query.where(or_(~heard, AlertRow.paused_area.is_(False))).order_by(AlertRow.id))


def nobody_rang_what_was_not_read(look: Looking) -> Iterator[str]:
    """By the order of commits, as ids say it: call and hold lock the family's open offer. In danger a person may."""
    held, calls = (HoldRow.kind == Kind.READ_FIRST.value), ConversationRow.kind.in_(("call", "visit"))
    query = (
        select(ConversationRow, HoldRow.lifted_at)
        .join(HoldRow, HoldRow.family_id == ConversationRow.family_id)
        .where(held, calls, HoldRow.id < ConversationRow.id)
    )
    for call, lifted_at in look.session.execute(query.order_by(ConversationRow.id)):
        unread = lifted_at is None or lifted_at > call.began_at + AT_ONCE
        if unread and not _in_danger(look, call) and not _on_paper(look, call):
            yield call.id


def _in_danger(look: Looking, call: ConversationRow) -> bool:
    query = select(HoldRow.id).where(
        HoldRow.family_id == call.family_id, HoldRow.kind == Kind.ALERT.value, HoldRow.id < call.id,
        or_(HoldRow.lifted_at.is_(None), HoldRow.lifted_at > call.began_at),
    )  # fmt: skip
    return look.session.scalars(query.limit(1)).first() is not None


def _on_paper(look: Looking, call: ConversationRow) -> bool:
    """It was rung away from here, and entered afterwards: nobody was asked."""
    query = select(EventRow.subjects).where(EventRow.family_id == call.family_id, EventRow.name == "call_made_on_paper")
    return any(call.id in subjects for subjects in look.session.scalars(query))


def referrals_were_consented_to(look: Looking) -> Iterator[str]:
    """Folded as the ledger stood when the referral was made: its own conversation's entries are of that moment."""
    query = select(ReferralRow.id, ReferralRow.family_id, ReferralRow.partner_id, ReferralRow.made_at)
    for referral in look.session.execute(query.order_by(ReferralRow.id)).all():
        then = [one for one in entries_of(look.session, referral.family_id) if one.at <= referral.made_at]
        standing = fold(then)
        if not standing.may_share(referral.partner_id, "share.name_number"):
            yield referral.id


def consents_were_asked(look: Looking) -> Iterator[str]:
    """Each part that was agreed to or refused by text has a question of its own, which went before its own answer."""
    question, reply = aliased(TextRow), aliased(TextRow)
    asked = exists().where(
        AnswerRow.conversation_id == ConsentRow.conversation_id,
        AnswerRow.address == ConsentRow.wording_name,
        reply.id == AnswerRow.text_id,
        question.id == AnswerRow.question_id,
        question.conversation_id == AnswerRow.conversation_id,
        question.number_id == reply.number_id,
        question.handed_over_at <= reply.at,
    )
    by_text = select(ConsentRow.id).where(ConsentRow.how == "text", ConsentRow.conversation_id.is_not(None), ~asked)
    yield from look.session.scalars(by_text.order_by(ConsentRow.id))


def what_is_appended_stays(look: Looking) -> Iterator[str]:
    there = guarded(look.session.connection())
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            if (table, verb) not in there:
                yield f"{table}:{verb.lower()}"


def the_chain_holds(look: Looking) -> Iterator[str]:
    broken, _, _ = events.first_broken_link(look.session)
    if broken is not None:
        yield f"link {broken}"


def events_are_linked(look: Looking) -> Iterator[str]:
    unlinked = ~exists().where(LinkRow.event_id == EventRow.id)
    query = select(EventRow.id).where(and_(EventRow.at < look.now - LINKED_WITHIN, unlinked))
    yield from look.session.scalars(query.order_by(EventRow.id))


RULES = (
    Rule(
        "alerts_told", "Somebody was told of every alert, and its area pauses until it is taken.", every_alert_was_told
    ),
    Rule(
        "read_before_ringing",
        "Nobody rang while what may be a wish to stop waited to be read.",
        nobody_rang_what_was_not_read,
    ),
    Rule("referrals_consented", "Every referral stood on a consent when it was made.", referrals_were_consented_to),
    Rule("consents_asked", "Every consent by text answers a question that was sent before.", consents_were_asked),
    Rule("append_only", "The database refuses to change or delete what is only appended.", what_is_appended_stays),
    Rule("chain_holds", "The chain of events holds.", the_chain_holds),
    Rule("events_linked", "Every event of more than a day ago is in the chain.", events_are_linked),
)
