"""Guides a call, one answer at a time, and loses nothing if the line or the browser drops.

Rules
* A call is opened on an open offer by call, by somebody of its area, if the gate agrees: no hold, no stop, no
  compromised number; *careful contact* only by the family's named, trained practitioner. Opening twice, or
  opening what a colleague left, is the same call again, and the gate is asked again while nobody was rung.
* Where the area asks for practice first, nobody opens a call who has not been through it (``practise``).
* The words are those of a first offer until somebody has told them, in safety, who we are (``script_for``).
* The call pins the script it began with. Each answer is committed as it is given; the same answer twice is once.
  An answer to another question than the one that stands is refused with a reason, and changes nothing; so is one by a
  colleague who has not said that they carry on.
* Changing an earlier answer keeps the later ones that are still on the way, and marks the others as replaced.
* Danger is told at once, not at the end: the first answer that shows it raises an alert (``call_danger``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.domain import sending
from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import RULES, Kind
from outreach.domain.quiet_hours import london
from outreach.domain.script import RETURNED, Bundle, Given, Walk
from outreach.domain.script_json import bundle_from_json
from outreach.domain.script_walk import change, walk
from outreach.engine import pinned
from outreach.engine.alerts import watch_alerts
from outreach.engine.call_danger import raise_danger
from outreach.engine.practise import still_to_practise
from outreach.engine.situation import best_number, decide
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow, answers_of, privacy_told
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import DataKeyRow, open_rows
from outreach.store.staff import StaffRow
from outreach.store.texts import TextRow

OPEN = ("open", "parked")
FIRST_OFFER, OFFER_AGAIN = "first_call", "reoffer_call"
RUNG_FIRST, RUNG_AGAIN = "rung_first", "rung_again"
CALLS_FROM, CALLS_UNTIL = time(8), time(21)
"""A person who rings chooses the hour, between these (DOMAIN 5: what those who ring people up agreed on)."""
AT_NIGHT = (
    "This call cannot be made now: nobody is rung before eight or after nine in the evening who has not asked for it."
)
NO_PARTNER = (
    "This area has no charity yet that a family could be referred to, and a call asks by its name. "
    "A coordinator names one: Gate, What it goes by."
)
WE_WILL_RING = ("call_soon", "call_booked")
"""Wordings that are not true any more once somebody rings: they must not go out after the call."""


@dataclass(frozen=True, slots=True)
class Opened:
    """``begun``: something was said in it before; whoever is on the line now is asked anew who it is."""

    conversation_id: str
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer stands. ``ended``: the call is at its end, and waits to be closed. ``danger``: an alert was raised."""

    ended: bool
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, as a sentence for the person who asked."""

    why: str


@dataclass(frozen=True, slots=True)
class NotPractised(Refusal):
    """The area asks for practice calls first."""


def open_call(runtime: Runtime, actor: Actor, *, offer_id: str, they_rang: bool = False) -> Opened | Refusal:
    """Begin the call of an offer, or come back to it. ``they_rang``: they are on the line already."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        offer = session.get(OfferRow, offer_id, with_for_update=True)
        if offer is None:
            return Refusal("There is no such call any more.")
        family = session.get_one(FamilyRow, offer.family_id)
        require(actor, Permission.CALL_MAKE, area=family.area_code, family=family.id)
        unready = not_practised(session, runtime, actor, family)
        if unready is not None:
            return unready
        standing = standing_call(session, family.id)
        if standing is not None:
            return come_back(session, runtime, actor, family, standing, offer, now=now)
        if offer.state != "open" or offer.channel not in ("call", "visit"):
            return Refusal("This call is no longer to be made. Look at the family's page for what comes next.")
        number = best_number(session, family.id, channel="call")
        objection = objection_to(
            session, runtime, actor, family, number, promised=offer.asked_for, channel=offer.channel, now=now
        )
        if objection is not None:
            return Refusal(objection)
        if session.get_one(AreaRow, family.area_code).partner_id is None:
            return Refusal(NO_PARTNER)
        name = script_for(session, runtime, offer, they_rang=they_rang)
        row = pinned.pin(session, runtime, name=name, language="en", now=now)
        if not pinned.may_be_used(session, runtime, bundle_from_json(row.content)):
            return Refusal("The words of this call are not approved yet. A coordinator and a supervisor have to.")
        conversation = ConversationRow(
            id=runtime.new_id(),
            kind=offer.channel,
            family_id=family.id,
            offer_id=offer.id,
            number_id=number.id if number else None,
            staff_id=actor.id,
            script=name,
            bundle_version=row.version,
            language="en",
            state="open",
            began_at=now,
            touched_at=now,
        )
        session.add(conversation)
        offer.assigned_to = actor.id
        session.execute(
            update(TextRow)
            .where(TextRow.family_id == family.id, TextRow.state == "waiting", TextRow.wording.in_(WE_WILL_RING))
            .values(state="dropped", waits_for="rung_already")
        )
        note_call(session, runtime, "call_opened", conversation, actor, now=now, data={"script": name})
        return Opened(conversation.id)


def script_for(session: Session, runtime: Runtime, offer: OfferRow, *, they_rang: bool) -> str:
    """Which words a call begins with. Whom nobody has told yet who we are and how we know hears it now, whatever step
    of the cadence this is; whoever rings us is asked for the name, which no line of ours says."""
    told = privacy_told(session, offer.family_id) is not None
    if they_rang:
        return RUNG_AGAIN if told else RUNG_FIRST
    if (offer.script, "en") not in runtime.library.scripts or offer.script == OFFER_AGAIN:
        return OFFER_AGAIN if told else FIRST_OFFER
    return offer.script


def answer(
    runtime: Runtime, actor: Actor, *, conversation_id: str, step: str, visit: int, answer: str, words: str = ""
) -> Answered | Refusal:
    """Give the answer to the question that stands. The same answer again changes nothing."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        bundle, stands = pinned.walked(session, conversation)
        before = next((t.given for t in stands.trail if (t.given.step, t.given.visit) == (step, visit)), None)
        if before is not None and before.answer == answer:
            return Answered(ended=_is_over(stands))
        if conversation.state not in OPEN:
            return Refusal("This call is closed.")
        if before is not None:
            return Refusal("This was answered already. Choose Change beside it to answer it anew.")
        theirs = with_a_colleague(session, actor, conversation)
        if theirs is not None:
            return theirs
        left = any(one.id == answer for one in bundle.exits(step, ended=True)) if stands.ended is not None else True
        if not left or (stands.position, stands.visit) != (step, visit):
            return Refusal("The call has moved on since this page was shown. Here is where it stands now.")
        given = Given(step, visit, answer, words.strip())
        said = _write(session, runtime, actor, conversation, bundle, stands, given, now=now)
    return _told(runtime, said)


def change_answer(
    runtime: Runtime, actor: Actor, *, conversation_id: str, step: str, visit: int, answer: str, words: str = ""
) -> Answered | Refusal:
    """Answer an earlier question anew. What depended on the old answer is asked again."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.state not in OPEN:
            return Refusal("This call is closed. What was recorded can be mended on the family's page.")
        bundle, stands = pinned.walked(session, conversation)
        old = next((t.given for t in stands.trail if (t.given.step, t.given.visit) == (step, visit)), None)
        if old is None:
            return Refusal("There is no such answer to change.")
        given = Given(step, visit, answer, words.strip() or (old.words if old.answer == answer else ""))
        if given == old:
            return Answered(ended=_is_over(stands))
        theirs = with_a_colleague(session, actor, conversation)
        if theirs is not None:
            return theirs
        said = _write(session, runtime, actor, conversation, bundle, stands, given, now=now)
    return _told(runtime, said)


def add_words(
    runtime: Runtime, actor: Actor, *, conversation_id: str, step: str, visit: int, words: str
) -> Answered | Refusal:
    """Put down what they said beside an answer that was given, also at the end of the call."""
    with runtime.sessions.read() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        _, stands = pinned.walked(session, conversation)
    old = next((t.given for t in stands.trail if (t.given.step, t.given.visit) == (step, visit)), None)
    if old is None:
        return Refusal("There is no such answer.")
    return change_answer(
        runtime, actor, conversation_id=conversation_id, step=step, visit=visit, answer=old.answer, words=words
    )


def leave(runtime: Runtime, actor: Actor, *, conversation_id: str) -> None:
    """Finish later: the call stands under *Finish later*, with every answer."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.state == "open":
            conversation.state, conversation.touched_at = "parked", now
            note_call(session, runtime, "call_parked", conversation, actor, now=now)


def resume(runtime: Runtime, actor: Actor, *, conversation_id: str) -> None:
    """Carry on a call that was left, also a colleague's."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        take_over(session, runtime, conversation, actor, now=now)


def _write(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    conversation: ConversationRow,
    bundle: Bundle,
    before: Walk,
    given: Given,
    *,
    now: datetime,
) -> Answered | Refusal:
    held = [*(turn.given for turn in before.trail), *before.dropped]
    stands = walk(bundle, change(held, given))
    if given not in [turn.given for turn in stands.trail]:
        return Refusal("That is none of the answers to this question.")
    old = [one for one in held if (one.step, one.visit) == (given.step, given.visit)]
    pinned.write_answer(session, runtime, conversation, given, by=actor.id, now=now, replaces=[*old, *stands.dropped])
    conversation.staff_id, conversation.state = actor.id, "open"
    note_call(session, runtime, "call_answered", conversation, actor, now=now, data={"step": given.step})
    danger = raise_danger(session, runtime, conversation, stands, now=now)
    return Answered(ended=_is_over(stands), danger=danger)


def _told(runtime: Runtime, said: Answered | Refusal) -> Answered | Refusal:
    """Danger is told once it is committed, and not when the call ends."""
    if isinstance(said, Answered) and said.danger:
        watch_alerts(runtime)
    return said


def not_practised(session: Session, runtime: Runtime, actor: Actor, family: FamilyRow) -> NotPractised | None:
    """Why this person makes no live calls here yet; None where they may."""
    missing = still_to_practise(session, runtime, staff_id=actor.id, area=family.area_code)
    if not missing:
        return None
    return NotPractised(
        "Your area asks for practice before live calls. Nobody was rung. Still to practise, under Practise a call: "
        + "; ".join(title[0].lower() + title[1:] for title in missing)
        + "."
    )


def come_back(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    family: FamilyRow,
    standing: ConversationRow,
    offer: OfferRow | None,
    *,
    now: datetime,
) -> Opened | Refusal:
    """To a call that stands open. Where nothing was said in it yet, nobody was rung: the gate is asked again."""
    begun = bool(answers_of(session, standing.id))
    if not begun:
        number = session.get(NumberRow, standing.number_id) if standing.number_id else None
        promised = offer is not None and offer.asked_for
        objection = objection_to(
            session, runtime, actor, family, number, promised=promised, channel=standing.kind, now=now
        )
        if objection is not None:
            return Refusal(objection)
    take_over(session, runtime, standing, actor, now=now)
    return Opened(standing.id, begun=begun)


def begin_with(session: Session, runtime: Runtime, call: ConversationRow, name: str, *, now: datetime) -> None:
    """A call in which nothing was said yet begins with other words."""
    call.script, call.bundle_version = name, pinned.pin(session, runtime, name=name, language="en", now=now).version


def with_a_colleague(session: Session, actor: Actor, conversation: ConversationRow) -> Refusal | None:
    """Two people never guide one call at once: whoever carries it on says so first."""
    if conversation.staff_id in (None, actor.id) or conversation.state not in OPEN:
        return None
    staff = session.get(StaffRow, conversation.staff_id)
    return Refusal(
        f"{staff.name if staff else 'A colleague'} has this call, and nothing was changed. "
        "Choose *Carry on with this call*, if it is yours now."
    )


def objection_to(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    family: FamilyRow,
    number: NumberRow | None,
    *,
    promised: bool,
    now: datetime,
    channel: str = "call",
) -> str | None:
    """Why this call may not be made now, as a sentence; None where it may."""
    staff = session.get_one(StaffRow, actor.id)
    named = family.assigned_to == actor.id and staff.trained_in_careful_contact
    contact = sending.Contact(
        channel=channel, purpose=sending.Purpose.PERSON, promised=promised, by_named_practitioner=named
    )
    said = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
    if isinstance(said, sending.Send):
        in_danger = any(hold.kind == Kind.ALERT for hold in open_holds(session, family.id))
        by_day = CALLS_FROM <= london(now).time() < CALLS_UNTIL
        return None if promised or in_danger or by_day else AT_NIGHT
    held = RULES[Kind(said.reason)].says if said.reason in {kind.value for kind in Kind} else None
    return f"This call cannot be made now: {held or sending.SAYS.get(said.reason, said.reason)}."


def standing_call(session: Session, family_id: str) -> ConversationRow | None:
    """The family's call that is not closed yet, locked."""
    query = select(ConversationRow).where(
        ConversationRow.family_id == family_id, ConversationRow.state.in_(OPEN), ConversationRow.kind != "text"
    )
    return session.scalars(query.with_for_update()).first()


_CALL = (
    select(ConversationRow, FamilyRow.area_code, DataKeyRow)
    .join(FamilyRow, FamilyRow.id == ConversationRow.family_id)
    .outerjoin(DataKeyRow, DataKeyRow.id == ConversationRow.family_id)
    .where(ConversationRow.id == bindparam("conversation_id"))
    .with_for_update(of=ConversationRow)
)


def call_of_theirs(session: Session, actor: Actor, conversation_id: str) -> ConversationRow:
    conversation, area, key = session.execute(_CALL, {"conversation_id": conversation_id}).one()
    open_rows(session, key)
    require(actor, Permission.CALL_MAKE, area=area, family=conversation.family_id)
    return conversation


def take_over(
    session: Session, runtime: Runtime, conversation: ConversationRow, actor: Actor, *, now: datetime
) -> None:
    if conversation.state not in OPEN or (conversation.state == "open" and conversation.staff_id == actor.id):
        return
    conversation.state, conversation.staff_id, conversation.touched_at = "open", actor.id, now
    note_call(session, runtime, "call_resumed", conversation, actor, now=now)


def _is_over(stands: Walk) -> bool:
    return stands.ended not in (None, RETURNED)


def note_call(
    session: Session,
    runtime: Runtime,
    name: str,
    conversation: ConversationRow,
    actor: Actor,
    *,
    now: datetime,
    data: dict[str, str] | None = None,
) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=actor.id, family_id=conversation.family_id,
        subjects=[conversation.id], data=data or {},
    )  # fmt: skip
    session.flush()
