"""Every offer has one end or a future, and no family has fallen out of the cadence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import and_, exists, func, or_, select

from outreach.domain import sending
from outreach.domain.consent import Standing
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.sending import LOOK_AGAIN, Contact, Purpose, Send
from outreach.domain.working_days import is_working_day, working_days_before
from outreach.engine.end_offer import OUTCOMES
from outreach.engine.proof_rule import Looking, Rule
from outreach.engine.situation import best_number, decide
from outreach.store.alerts import TaskRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffRow
from outreach.store.texts import TextRow

OVERDUE_DAYS = 3
"""Working days after which an offer that was due must be in somebody's hands, or wait for something true."""
SETTLING = timedelta(hours=1)
"""Between the end of one offer and the plan of the next lies one turn of the worker."""
NEEDS_A_TASK = {
    "no_number": "find_number", "number_lost": "find_number", "parents_number": "find_number",
    "compromised": "decide_number",
}  # fmt: skip
"""Reasons that no time mends: they are true only while a person has the task."""


def one_outcome(look: Looking) -> Iterator[str]:
    wrong = or_(
        and_(OfferRow.state == "ended", or_(OfferRow.outcome.not_in(sorted(OUTCOMES)), OfferRow.outcome.is_(None))),
        and_(OfferRow.state == "ended", OfferRow.ended_at.is_(None)),
        and_(OfferRow.state == "open", or_(OfferRow.outcome.is_not(None), OfferRow.ended_at.is_not(None))),
        OfferRow.state.not_in(("open", "ended")),
    )
    yield from look.session.scalars(select(OfferRow.id).where(wrong).order_by(OfferRow.id))


def ended_once(look: Looking) -> Iterator[str]:
    told: Counter[str] = Counter()
    query = select(EventRow.subjects).where(EventRow.name == "offer_ended").execution_options(yield_per=1000)
    for subjects in look.session.scalars(query):
        told.update(subjects)
    ended = select(OfferRow.id, OfferRow.state).order_by(OfferRow.id).execution_options(yield_per=1000)
    for offer_id, state in look.session.execute(ended):
        if told[offer_id] != (1 if state == "ended" else 0):
            yield offer_id


def has_a_future(look: Looking) -> Iterator[str]:
    """Due, or handed over and waiting for an answer, or waiting for something true, or in somebody's hands."""
    limit = _overdue(look.now)
    query = select(OfferRow).where(
        OfferRow.state == "open", or_(OfferRow.due_at < limit, OfferRow.waits_for.is_not(None))
    )
    for offer in look.session.scalars(query.order_by(OfferRow.id).execution_options(yield_per=500)):
        if not (_text_moves(look, offer, limit) if offer.channel == "text" else _call_moves(look, offer, limit)):
            yield offer.id


def _text_moves(look: Looking, offer: OfferRow, limit: datetime) -> bool:
    if offer.closes_at is not None:
        return offer.closes_at >= limit
    conversing = select(ConversationRow.id).where(
        ConversationRow.family_id == offer.family_id, ConversationRow.state.in_(("open", "parked"))
    )
    if look.session.scalars(conversing.limit(1)).first() is not None:
        return True
    if offer.due_at < limit:
        under_way = select(TextRow.id).where(
            TextRow.offer_id == offer.id, TextRow.state == "waiting", TextRow.due_at >= limit
        )
        return look.session.scalars(under_way.limit(1)).first() is not None
    if offer.due_at <= look.now + LOOK_AGAIN or offer.due_at < _far(look.now):
        return True  # it is looked at again soon, whatever it waited for
    number = best_number(look.session, offer.family_id, channel="text")
    contact = Contact(channel="text")
    said = decide(look.session, look.runtime, family_id=offer.family_id, number=number, contact=contact, now=look.now)
    return not isinstance(said, Send)


def _call_moves(look: Looking, offer: OfferRow, limit: datetime) -> bool:
    if offer.due_at >= limit:
        return True
    talking = select(ConversationRow.id).where(
        ConversationRow.offer_id == offer.id, ConversationRow.state.in_(("open", "parked"))
    )
    if _somebody_has(look, offer) or look.session.scalars(talking.limit(1)).first() is not None:
        return True
    number = best_number(look.session, offer.family_id, channel="call")
    contact = Contact(channel="call", purpose=Purpose.PERSON, promised=True, by_named_practitioner=False)
    said = decide(look.session, look.runtime, family_id=offer.family_id, number=number, contact=contact, now=look.now)
    if isinstance(said, Send):
        return False
    about = {offer.family_id, number.id if number else offer.family_id}
    return said.reason not in NEEDS_A_TASK or _has_task(look, about, NEEDS_A_TASK[said.reason])


def _somebody_has(look: Looking, offer: OfferRow) -> bool:
    """It is somebody's own who works here, or stands on a list that was dealt since yesterday; on a day off nobody has
    a list."""
    known = look.session.get(StaffRow, offer.assigned_to) if offer.assigned_to is not None else None
    if known is not None and known.left_at is None:
        return True
    if offer.list_on is None or offer.list_on < london(look.now).date() - timedelta(days=1):
        return False
    return offer.list_of is not None or not is_working_day(offer.list_on)


def promises_stand(look: Looking) -> Iterator[str]:
    """A time the family was given is not taken away by software, untried and with nobody told."""
    taken_away = select(OfferRow).where(
        OfferRow.state == "ended", OfferRow.promised.is_(True), OfferRow.tries == 0,
        OfferRow.outcome.in_(("superseded", "expired", "withheld", "failed", "no_reply")),
    )  # fmt: skip
    for offer in look.session.scalars(taken_away.order_by(OfferRow.id)):
        told = select(TaskRow.id).where(TaskRow.family_id == offer.family_id, TaskRow.made_at >= offer.made_at)
        later = select(OfferRow.id).where(
            OfferRow.family_id == offer.family_id, OfferRow.id != offer.id, OfferRow.made_at >= offer.ended_at
        )
        told_or_later = [*look.session.scalars(told.limit(1)), *look.session.scalars(later.limit(1))]
        if not told_or_later:
            yield offer.id


def nobody_fell_out(look: Looking) -> Iterator[str]:
    """Enrolments that neither plan, nor wait, nor ended."""
    settled = look.now - SETTLING
    ended_lately = exists().where(OfferRow.family_id == EnrolmentRow.family_id, OfferRow.ended_at > settled)
    open_offer = exists().where(OfferRow.family_id == EnrolmentRow.family_id, OfferRow.state == "open")
    yesterday = london(look.now).date() - timedelta(days=1)
    fallen = or_(
        and_(EnrolmentRow.state == "active", EnrolmentRow.began_at < settled, ~open_offer, ~ended_lately),
        and_(
            EnrolmentRow.state == "rested",
            ~open_offer,
            or_(
                EnrolmentRow.rest_until < yesterday,
                and_(EnrolmentRow.rest_until.is_(None), EnrolmentRow.state_why.is_(None)),
            ),
        ),
        and_(EnrolmentRow.state == "ended", EnrolmentRow.state_why.is_(None)),
        EnrolmentRow.state.not_in(("active", "rested", "ended")),
    )
    yield from look.session.scalars(select(EnrolmentRow.id).where(fallen).order_by(EnrolmentRow.id))


def everybody_was_enrolled(look: Looking) -> Iterator[str]:
    """Families in custody that were never in any cadence, without a word why."""
    stopped = exists().where(
        ConsentRow.family_id == FamilyRow.id, ConsentRow.purpose == "contact",
        ConsentRow.value.in_(("withdrawn", "refused")),
    )  # fmt: skip
    never = ~exists().where(EnrolmentRow.family_id == FamilyRow.id)
    query = select(FamilyRow.id).where(
        FamilyRow.custody != "released",
        FamilyRow.excluded_why.is_(None),
        FamilyRow.listed.is_(True),
        never,
        ~stopped,
        FamilyRow.supported_before == "no",
    )
    yield from look.session.scalars(query.order_by(FamilyRow.id))


def stopped_have_no_offer(look: Looking) -> Iterator[str]:
    """An open offer of a family that stopped its channel."""
    stops = select(ConsentRow.family_id).where(
        ConsentRow.purpose == "contact", ConsentRow.value.in_(("withdrawn", "refused"))
    )
    query = select(OfferRow).where(OfferRow.state == "open", OfferRow.family_id.in_(stops)).order_by(OfferRow.id)
    standing: dict[str, Standing] = {}
    for offer in look.session.scalars(query):
        if offer.family_id not in standing:
            standing[offer.family_id] = standing_of(look.session, offer.family_id)
        if offer.channel in standing[offer.family_id].stopped:
            yield offer.id


def one_at_a_time(look: Looking) -> Iterator[str]:
    """The unique indexes see to it; this looks whether they are there and kept."""
    for row in (OfferRow, EnrolmentRow):
        live = row.state == "open" if row is OfferRow else row.state != "ended"
        query = select(row.family_id).where(live).group_by(row.family_id).having(func.count() > 1)
        yield from look.session.scalars(query.order_by(row.family_id))


def _has_task(look: Looking, about: set[str], kind: str) -> bool:
    """Whether a person has it: for the family, or (two families may share one) for the number."""
    concerns = or_(TaskRow.family_id.in_(about), TaskRow.subject_id.in_(about))
    query = select(TaskRow.id).where(concerns, TaskRow.kind == kind, TaskRow.done_at.is_(None))
    return look.session.scalars(query.limit(1)).first() is not None


def _overdue(now: datetime) -> datetime:
    return at_london(working_days_before(london(now).date(), OVERDUE_DAYS), time(0))


def _far(now: datetime) -> datetime:
    return now + timedelta(days=2 * OVERDUE_DAYS)


RULES = (
    Rule("one_outcome", "Every ended offer has exactly one named outcome, and no open one has any.", one_outcome),
    Rule("ended_once", "Every offer that ended did so once, and that is written down.", ended_once),
    Rule(
        "has_a_future",
        "Every open offer is due, or waits for something that is true now, or is in somebody's hands.",
        has_a_future,
    ),
    Rule("promises_stand", "No time that a family was given was taken away with nobody told.", promises_stand),
    Rule(
        "nobody_fell_out",
        "Every family in a cadence has a next offer, a rest with a reason, or an end.",
        nobody_fell_out,
    ),
    Rule(
        "everybody_enrolled", "Every family in custody is in a cadence, or was, or said stop.", everybody_was_enrolled
    ),
    Rule("stop_ends_offers", "No family has an open offer by a channel that it stopped.", stopped_have_no_offer),
    Rule("one_at_a_time", "No family has two open offers or two live enrolments.", one_at_a_time),
)
assert sending.SAYS.keys() >= NEEDS_A_TASK.keys()
