"""No text went out that must not: after a stop, during a hold, at an unkind hour, twice, or to the wrong phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from outreach.domain import cadence
from outreach.domain.hold import RULES as HOLDS
from outreach.domain.hold import Weight
from outreach.domain.quiet_hours import Calendar, Hours, london, openings
from outreach.engine.proof_rule import Looking, Rule
from outreach.engine.settle_texts import ASK_A_PERSON_AFTER
from outreach.engine.situation import calendar_of
from outreach.runtime import real_time
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.batches import BatchRow
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow
from outreach.store.consents import ConsentRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.texts import TextRow

URGENT = ("stop", "crisis")
NOT_SOFTWARE = (*URGENT, "person")
WENT = ("accepted", "sent", "delivered", "undelivered", "unknown", "sending")
MAY_HAVE_ARRIVED = ("sending", "accepted", "unknown", "sent", "delivered")
SLACK = timedelta(minutes=30)

GONE = and_(TextRow.direction == "out", TextRow.claim.is_not(None), TextRow.state.in_((*WENT, "failed")))
"""Texts that were handed over, or may have been: a refusal takes the claim away again."""


def nothing_after_a_stop(look: Looking) -> Iterator[str]:
    """By the order of commits: the claim's id and the stop's were both made while the number was locked."""
    stopped: dict[str, str] = {}
    turns = (EventRow.id, EventRow.name, EventRow.subjects, EventRow.data)
    said = select(*turns).where(EventRow.name.in_(("stop_recorded", "contact_reopened")))
    for event_id, name, subjects, data in look.session.execute(said.order_by(EventRow.id)):
        if "text" not in data.get("scope", ()):
            continue
        if name == "contact_reopened":
            stopped.pop(subjects[0], None)
        else:
            stopped.setdefault(subjects[0], event_id)
    query = (
        select(TextRow)
        .join(NumberRow, NumberRow.id == TextRow.number_id)
        .where(GONE, NumberRow.texts_stopped_at.is_not(None))
    )
    confirmed: set[str] = set()
    for text in look.session.scalars(query.order_by(TextRow.number_id, TextRow.claim)):
        if text.number_id not in stopped or (text.claim or "") < stopped[text.number_id]:
            continue
        if text.purpose == "stop" and text.number_id not in confirmed:
            confirmed.add(text.number_id)
            continue
        yield text.id


def nothing_after_the_family_stopped(look: Looking) -> Iterator[str]:
    """A stop on one of their numbers counts for all of them."""
    stop = aliased(ConsentRow)
    reopened = exists().where(
        ConsentRow.family_id == TextRow.family_id, ConsentRow.purpose == "contact", ConsentRow.value == "reopened",
        ConsentRow.channel.in_(("any", "text")), ConsentRow.id > stop.id, ConsentRow.id < TextRow.claim,
    )  # fmt: skip
    query = select(TextRow.id).join(stop, stop.family_id == TextRow.family_id).where(
        GONE, TextRow.purpose != "stop", stop.purpose == "contact", stop.value.in_(("withdrawn", "refused")),
        stop.channel.in_(("any", "text")), TextRow.claim > stop.id, ~reopened,
    )  # fmt: skip
    yield from look.session.scalars(query.distinct().order_by(TextRow.id))


def none_during_a_hold(look: Looking) -> Iterator[str]:
    waiting = [kind.value for kind, rule in HOLDS.items() if rule.weight is Weight.WAITING]
    stood = and_(
        HoldRow.id < TextRow.claim,
        or_(HoldRow.lifted_at.is_(None), HoldRow.lifted_at > TextRow.handed_over_at),
        or_(HoldRow.until.is_(None), HoldRow.until > TextRow.handed_over_at),
    )
    binds = or_(HoldRow.kind.not_in(waiting), TextRow.purpose.not_in(NOT_SOFTWARE))
    query = select(TextRow.id).join(HoldRow, HoldRow.family_id == TextRow.family_id).where(GONE, stood, binds)
    yield from look.session.scalars(query.distinct().order_by(TextRow.id))


def none_at_an_unkind_hour(look: Looking) -> Iterator[str]:
    """Only texts whose time of hand-over is known: where somebody died on the way, nobody noted it."""
    versions: dict[str, list[tuple[datetime, cadence.Cadence]]] = {}
    home: dict[str, str] = {}
    for row in look.session.scalars(select(CadenceVersionRow).order_by(CadenceVersionRow.number)):
        versions.setdefault(row.cadence_id, []).append((row.made_at, cadence.read_cadence(row.body)))
        home[row.id] = row.cadence_id
    query = (
        select(
            TextRow.id,
            TextRow.family_id,
            TextRow.handed_over_at,
            TextRow.purpose,
            (OfferRow.due_until > TextRow.handed_over_at).label("on_their_day"),
        )
        .outerjoin(OfferRow, OfferRow.id == TextRow.offer_id)
        .where(GONE, TextRow.purpose.not_in(NOT_SOFTWARE), TextRow.family_id.is_not(None))
        .where(TextRow.lease_until.is_(None), TextRow.handed_over_at.is_not(None))
        .order_by(TextRow.family_id, TextRow.id)
    )
    for family_id, texts in groupby(look.session.execute(query), key=lambda row: row.family_id):
        enrolments = look.session.scalars(select(EnrolmentRow).where(EnrolmentRow.family_id == family_id)).all()
        for text in texts:
            patterns = [
                _at(versions[home[one.cadence_version_id]], text.handed_over_at)
                for one in enrolments
                if one.began_at <= text.handed_over_at and (one.ended_at is None or one.ended_at >= text.handed_over_at)
            ] or [cadence.DEFAULT]
            purpose = "answer" if text.on_their_day else text.purpose  # tender dates do not bind either
            if not any(_kind(look, family_id, purpose, pattern, text.handed_over_at) for pattern in patterns):
                yield text.id


def _at(versions: list[tuple[datetime, cadence.Cadence]], moment: datetime) -> cadence.Cadence:
    return [pattern for made_at, pattern in versions if made_at <= moment or pattern is versions[0][1]][-1]


def _kind(look: Looking, family_id: str, purpose: str, pattern: cadence.Cadence, moment: datetime) -> bool:
    family = look.session.get_one(FamilyRow, family_id)
    area = look.session.get_one(AreaRow, family.area_code)
    always = Calendar(area.nation, winter=False)
    if not _open(pattern.hours, always, moment):
        return False
    if purpose != "offer" or _open(pattern.hours, calendar_of(look.session, family, area, pattern), moment):
        return True
    # On a day that is tender now. Birthdays and dates of imprisonment come from the file, which may have changed.
    changed = select(func.max(EventRow.at)).where(EventRow.family_id == family_id, EventRow.name == "family_changed")
    winter_only = _open(pattern.hours, Calendar(area.nation, winter=pattern.winter_rest), moment)
    return winter_only and (look.session.scalar(changed) or moment) > moment


def _open(hours: Hours, calendar: Calendar, moment: datetime) -> bool:
    return any(start <= moment <= end for start, end in openings(hours, calendar, london(moment).date()))


def no_offer_went_twice(look: Looking) -> Iterator[str]:
    """Another text of the same offer goes only where the one before is known not to have arrived."""
    query = (
        select(TextRow.offer_id)
        .where(TextRow.direction == "out", TextRow.purpose == "offer", TextRow.offer_id.is_not(None))
        .where(TextRow.state.in_(MAY_HAVE_ARRIVED))
        .group_by(TextRow.offer_id)
        .having(func.count() > 1)
    )
    yield from (offer_id for offer_id in look.session.scalars(query.order_by(TextRow.offer_id)) if offer_id)


def one_text_per_step(look: Looking) -> Iterator[str]:
    """The same step of one enrolment is texted once, however often it was planned."""
    query = (
        select(func.max(OfferRow.id))
        .join(TextRow, TextRow.offer_id == OfferRow.id)
        .where(TextRow.direction == "out", TextRow.purpose == "offer", TextRow.state.in_(MAY_HAVE_ARRIVED))
        .where(OfferRow.step >= 0)
        .group_by(OfferRow.enrolment_id, OfferRow.step)
        .having(func.count() > 1)
    )
    yield from look.session.scalars(query)


def none_to_a_compromised_number(look: Looking) -> Iterator[str]:
    query = (
        select(TextRow.id)
        .join(NumberRow, NumberRow.id == TextRow.number_id)
        .where(GONE, NumberRow.standing == "compromised", TextRow.handed_over_at > NumberRow.compromised_at)
    )
    yield from look.session.scalars(query.order_by(TextRow.id))


def none_to_two_families(look: Looking) -> Iterator[str]:
    """Since the last file that changed one of the families on it, the number is certain to be shared."""
    shared = select(FamilyNumberRow.number_id).where(FamilyNumberRow.off_at.is_(None))
    shared = shared.group_by(FamilyNumberRow.number_id).having(func.count() > 1)
    for number_id in look.session.scalars(shared.order_by(FamilyNumberRow.number_id)).all():
        on = select(FamilyNumberRow.family_id).where(
            FamilyNumberRow.number_id == number_id, FamilyNumberRow.off_at.is_(None)
        )
        since = look.session.scalar(
            select(func.max(EventRow.at)).where(
                EventRow.family_id.in_(on), EventRow.name.in_(("family_imported", "family_changed"))
            )
        )
        if since is not None:
            query = select(TextRow.id).where(
                GONE, TextRow.number_id == number_id, TextRow.purpose.not_in(NOT_SOFTWARE),
                TextRow.handed_over_at > since,
            )  # fmt: skip
            yield from look.session.scalars(query.order_by(TextRow.id))


def none_to_an_imprisoned_parent(look: Looking) -> Iterator[str]:
    last = look.session.scalar(select(func.max(BatchRow.committed_at)))
    if last is not None:
        query = (
            select(TextRow.id)
            .join(NumberRow, NumberRow.id == TextRow.number_id)
            .where(GONE, NumberRow.is_parents.is_(True), TextRow.handed_over_at > last)
        )
        yield from look.session.scalars(query.order_by(TextRow.id))


def every_unknown_is_settled(look: Looking) -> Iterator[str]:
    with_somebody = exists().where(TaskRow.kind == "settle_unknown", TaskRow.subject_id == TextRow.id)
    late = look.now - ASK_A_PERSON_AFTER - SLACK
    query = select(TextRow.id).where(
        or_(
            and_(TextRow.state == "unknown", TextRow.handed_over_at < late, ~with_somebody),
            and_(TextRow.state == "sending", TextRow.lease_until < real_time(look.runtime) - SLACK),
        )
    )
    yield from look.session.scalars(query.order_by(TextRow.id))


def the_queue_moves(look: Looking) -> Iterator[str]:
    query = select(TextRow.id).where(TextRow.state == "waiting", TextRow.due_at < look.now - timedelta(days=3))
    yield from look.session.scalars(query.order_by(TextRow.id))


RULES = (
    Rule("nothing_after_stop", "No text went to a number after its stop, but one confirmation.", nothing_after_a_stop),
    Rule(
        "nothing_after_stop_of_family",
        "No text went to a family after it stopped texts, on any of its numbers.",
        nothing_after_the_family_stopped,
    ),
    Rule("none_during_hold", "No text went out while a hold stood that forbids it.", none_during_a_hold),
    Rule(
        "kind_hours",
        "Every text by software went inside the hours and on no closed day, but for urgent ones.",
        none_at_an_unkind_hour,
    ),
    Rule("never_twice", "No offer was texted twice, unless the text before did not arrive.", no_offer_went_twice),
    Rule("one_text_per_step", "No step of a cadence was texted twice to a family.", one_text_per_step),
    Rule("not_compromised", "No text went to a number after somebody else was on it.", none_to_a_compromised_number),
    Rule("not_two_families", "No text by software went to a number of two families.", none_to_two_families),
    Rule("not_a_parents", "No text went to an imprisoned parent's number.", none_to_an_imprisoned_parent),
    Rule(
        "unknown_settled", "Every text that may have gone out is settled, or with a person.", every_unknown_is_settled
    ),
    Rule("queue_moves", "No text stands in the queue for days.", the_queue_moves),
)
