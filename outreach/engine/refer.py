"""Hands a consented referral to a partner, and moves it through its states.

Rules
* Only with a standing consent to this partner; the payload holds only the parts that were consented to.
* A conversation makes one referral, a family has one live referral per partner: doing it twice changes nothing.
* Any stop or doubt holds a referral that was not opened; a withdrawal closes it at once, whatever its state.
* A stop of the same moment, on whichever number, is waited for, behind the family's open offer and the lock on its
  referrals, which both take: it is in the ledger by the time the referral is made, which is held then, or it finds the
  referral there and holds it.
* A person lets a held one go, but never while all contact is stopped: the family asks to be in touch again first.
* A partner's worker sees and moves only referrals made to their own organisation.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.consent import Standing, fold, stopped_since
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.plain_words import CHILDREN_KNOW, need_detail_said
from outreach.domain.quiet_hours import london
from outreach.domain.referral import DECLINE_REASONS, Payload, State, may_move
from outreach.engine.record_consent import record_consent
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, families, numbers, offers
from outreach.store.areas import AreaRow
from outreach.store.consents import entries_of, standing_of
from outreach.store.conversations import children_know
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.referrals import NeedRow, ReferralRow, lock_referrals, referrals_of
from outreach.store.sealing import SERVICE, seal, unseal

LIVE = frozenset({State.HELD, State.SENT, State.OPENED, State.ACCEPTED, State.CONTACTED, State.ENGAGED})
HOW_WITHDRAWN = {"voice": "They said so to one of us", "letter": "By letter", "partner": "Through the partner"}
NEED_WORDS = {
    "child": "Something for the child or children",
    "carer": "Something for the carer",
    "legal": "Legal information",
}


@dataclass(frozen=True, slots=True)
class NotMoved:
    why: str


def lock_for_referral(session: Session, family_id: str) -> list[ReferralRow]:
    """What a stop of this moment locks too, in the order in which it does; before anything of the family's cadence is
    written, which the stop would write as well. The family's referrals, as they are now."""
    offers.lock_open(session, [family_id])
    return lock_referrals(session, family_id)


def refer(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    partner_id: str,
    conversation_id: str | None,
    by: str,
    now: datetime,
) -> ReferralRow | None:
    """Make the referral in the caller's transaction. ``None`` without a standing consent to this partner, and for
    an excluded family.

    The live referral to the partner, where there is one, takes the new payload until it was opened.
    """
    there = lock_for_referral(session, family_id)
    entries = entries_of(session, family_id)
    standing = fold(entries)
    if session.get_one(FamilyRow, family_id).excluded_why is not None:
        return None
    if partner_id not in standing.referred_to or not standing.may_share(partner_id, "share.name_number"):
        return None
    payload = json.dumps(
        asdict(_payload(session, family_id, partner_id, standing, conversation_id, now=now)), ensure_ascii=False
    )
    doubt = stopped_since(entries, partner_id) or _held_for_safety(session, family_id)
    state, before = (State.HELD, State.SENT) if doubt else (State.SENT, None)
    for row in there:
        if row.partner_id == partner_id and State(row.state) in LIVE:
            if row.state in (State.SENT, State.HELD):
                row.payload = _sealed(session, payload, row.id, family_id)
                row.state, row.before_hold = state, before
            return row
    row_id = runtime.new_id()
    row = ReferralRow(
        id=row_id,
        family_id=family_id,
        partner_id=partner_id,
        conversation_id=conversation_id,
        state=state,
        before_hold=before,
        payload=_sealed(session, payload, row_id, family_id),
        made_by=by,
        made_at=now,
    )
    session.add(row)
    _note(session, runtime, "referral_made", row, by=by, now=now)
    session.flush()
    return row


def open_referral(runtime: Runtime, actor: Actor, *, referral_id: str) -> None:
    """The partner has looked: from now on a doubt no longer holds it. Opening twice changes nothing."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _theirs(session, actor, referral_id)
        if row.state == State.SENT:
            row.state, row.opened_at = State.OPENED, now
            _note(session, runtime, "referral_opened", row, by=actor.id, now=now)


def accept(runtime: Runtime, actor: Actor, *, referral_id: str) -> NotMoved | None:
    return _answer(runtime, actor, referral_id, State.ACCEPTED)


def decline(runtime: Runtime, actor: Actor, *, referral_id: str, reason: str) -> NotMoved | None:
    """Decline with a reason out of ``DECLINE_REASONS``."""
    if reason not in DECLINE_REASONS:
        return NotMoved("Choose why you cannot take this referral.")
    return _answer(runtime, actor, referral_id, State.DECLINED, reason=reason)


def contacted(runtime: Runtime, actor: Actor, *, referral_id: str) -> NotMoved | None:
    return _answer(runtime, actor, referral_id, State.CONTACTED)


def engaged(runtime: Runtime, actor: Actor, *, referral_id: str) -> NotMoved | None:
    return _answer(runtime, actor, referral_id, State.ENGAGED)


def ended(runtime: Runtime, actor: Actor, *, referral_id: str) -> NotMoved | None:
    return _answer(runtime, actor, referral_id, State.ENDED)


def withdraw(runtime: Runtime, actor: Actor, *, family_id: str, partner_id: str, how: str) -> NotMoved | None:
    """The family takes its consent back: an entry in the ledger, and the partner's view ends at once.

    ``how`` they said it, a key of ``HOW_WITHDRAWN``. Twice changes nothing.
    """
    require(actor, Permission.CONSENT_RECORD)
    if how not in HOW_WITHDRAWN:
        return NotMoved("Say how they told us.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.CONSENT_RECORD, area=family.area_code, family=family.id)
        seen_by = {row.partner_id for row in referrals_of(session, family_id) if row.state != State.WITHDRAWN}
        if partner_id not in standing_of(session, family_id).referred_to | seen_by:
            return None
        record_consent(
            session, runtime, family_id=family_id, purpose="refer", value="withdrawn", partner_id=partner_id,
            by=actor.id, how=how, now=now,
        )  # fmt: skip
    return None


def hold_unopened(session: Session, runtime: Runtime, *, family_id: str, by: str, now: datetime) -> None:
    """A stop or a doubt: referrals that nobody has opened wait for a person."""
    for row in lock_referrals(session, family_id):
        if row.state == State.SENT:
            row.before_hold, row.state = State.SENT, State.HELD
            _note(session, runtime, "referral_held", row, by=by, now=now)


def after_a_no(session: Session, runtime: Runtime, *, family_id: str, by: str, now: datetime) -> None:
    """A stop or a no to us. What nobody has opened is held, as at every doubt; where the partner has the family
    already, a person asks whether it is meant for both."""
    for row in lock_referrals(session, family_id):
        if row.state == State.SENT:
            row.before_hold, row.state = State.SENT, State.HELD
            _note(session, runtime, "referral_held", row, by=by, now=now)
        elif row.state in LIVE and row.state != State.HELD:
            open_task(session, runtime, kind="ask_partner", subject_id=row.id, family_id=family_id, now=now)


def withdraw_all(
    session: Session, runtime: Runtime, *, family_id: str, by: str, how: str, now: datetime, text_id: str
) -> None:
    """*Not the charity*: every consent to a partner is taken back, and its view ends at once. What was never asked
    about the charity of the area is refused: no software asks after that."""
    standing = standing_of(session, family_id)
    family = session.get_one(FamilyRow, family_id)
    theirs = session.get_one(AreaRow, family.area_code).partner_id
    for partner_id in sorted(standing.referred_to | ({theirs} if theirs else set()) - standing.refused):
        value = "withdrawn" if partner_id in standing.referred_to else "refused"
        record_consent(
            session, runtime, family_id=family_id, purpose="refer", value=value, partner_id=partner_id, by=by,
            how=how, now=now, text_id=text_id,
        )  # fmt: skip


def release_held(runtime: Runtime, actor: Actor, *, referral_id: str) -> NotMoved | None:
    """A person has settled the doubt: the referral goes to the partner after all, if consent still stands."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(ReferralRow, referral_id)
        family = session.get_one(FamilyRow, row.family_id)
        require(actor, Permission.REFERRAL_MAKE, area=family.area_code, family=family.id)
        lock_referrals(session, family.id)  # a stop or a hold of this moment is there already, or finds it sent
        standing = standing_of(session, row.family_id)
        if row.partner_id not in standing.referred_to:
            return NotMoved("The consent does not stand any more.")
        if {"text", "call"} <= standing.stopped:
            return NotMoved("They said stop to everything. Nothing goes on until they ask us to be in touch again.")
        if _held_for_safety(session, row.family_id):
            return NotMoved("The family is held for safety. The hold is lifted first.")
        if family.excluded_why is not None:
            return NotMoved("This family is not contacted by this service. Nothing of it goes on.")
        if not may_move(State(row.state), State.SENT):
            return NotMoved("The referral is not held.")
        row.state, row.before_hold = State.SENT, None
        _note(session, runtime, "referral_released", row, by=actor.id, now=now)
    return None


def _held_for_safety(session: Session, family_id: str) -> bool:
    return any(RULES[Kind(each.kind)].weight is Weight.SAFETY for each in open_holds(session, family_id))


def _answer(
    runtime: Runtime, actor: Actor, referral_id: str, state: State, *, reason: str | None = None
) -> NotMoved | None:
    require(actor, Permission.REFERRAL_ANSWER)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _theirs(session, actor, referral_id)
        if row.state == state:
            return None
        if not may_move(State(row.state), state):
            return NotMoved("Somebody has answered this referral already. Look at where it stands now.")
        row.state, row.decline_reason = state, reason
        if state in (State.ACCEPTED, State.DECLINED):
            row.answered_at, row.answered_by = now, actor.id
        if state is State.CONTACTED:
            row.contacted_at = now
        if state is State.ENGAGED:
            row.engaged_at = now
        if state in (State.ENDED, State.DECLINED):
            row.ended_at = now
        if state is State.DECLINED:  # she said yes, and nobody comes: that must not end here
            open_task(session, runtime, kind="referral_declined", subject_id=row.id, family_id=row.family_id, now=now)
        _note(session, runtime, f"referral_{state.value}", row, by=actor.id, now=now)
    return None


def _theirs(session: Session, actor: Actor, referral_id: str) -> ReferralRow:
    require(actor, Permission.REFERRAL_ANSWER)
    query = select(ReferralRow).where(ReferralRow.id == referral_id).with_for_update()
    try:
        row = session.scalars(query).one()
    except NoResultFound:
        raise NotAllowed from None
    require(actor, Permission.REFERRAL_ANSWER, family=row.family_id)
    if row.partner_id != actor.organisation_id or row.state in (State.HELD, State.WITHDRAWN):
        raise NotAllowed
    return row


def _payload(
    session: Session, family_id: str, partner_id: str, standing: Standing, conversation_id: str | None, *, now: datetime
) -> Payload:
    family = session.get_one(FamilyRow, family_id)
    carer = families.carer_of(session, family_id)
    may = {
        part: standing.may_share(partner_id, part)
        for part in ("share.name_number", "share.children", "share.needs", "share.safe_contact")
    }
    return Payload(
        carer_name=_open(session, carer.name, family_id, "carer", "name", carer.id) or "",
        numbers=tuple(numbers.written(session, number) for number in _their_numbers(session, family_id)),
        relationship=carer.relationship if may["share.children"] else "",
        language=family.language,
        interpreter=family.interpreter,
        safe_contact=_safe_contact(session, family_id, carer) if may["share.safe_contact"] else (),
        children=tuple(_child(session, child, now) for child in families.children_of(session, family_id))
        if may["share.children"]
        else (),
        needs=_needs(session, family_id, conversation_id) if may["share.needs"] else (),
        words_for_it=_open(session, carer.words_for_it, family_id, "carer", "words_for_it", carer.id)
        if may["share.safe_contact"]
        else None,
        consented_parts=tuple(part for part, given in may.items() if given),
    )


def _their_numbers(session: Session, family_id: str) -> list[NumberRow]:
    """*Your number* is one on which somebody has spoken to them; where there is none (a visit), those in the file."""
    all_of_them = [number for _, number in numbers.numbers_of(session, family_id)]
    usable = [one for one in all_of_them if one.standing not in ("lost", "compromised") and not one.is_parents]
    return [one for one in usable if one.standing == "verified"] or usable


def _safe_contact(session: Session, family_id: str, carer: CarerRow) -> tuple[str, ...]:
    said: list[str] = []
    for number in _their_numbers(session, family_id):
        shared = {"yes": "The phone is shared.", "no": "The phone is theirs alone."}.get(number.shared)
        voicemail = {"none": "Leave no voicemail.", "neutral": "A neutral voicemail is fine."}.get(number.voicemail)
        times = unseal(
            session, number.private_times, key_id=SERVICE, table="number", column="private_times", row_id=number.id
        )
        phrase = unseal(
            session, number.exit_phrase, key_id=SERVICE, table="number", column="exit_phrase", row_id=number.id
        )
        every = (
            shared,
            voicemail or "Leave no voicemail.",
            f"Safe times: {times}" if times else None,
            f"If they say “{phrase}”, ring off at once." if phrase else None,
        )
        said += [each for each in every if each]
        break
    if carer.cannot_use_voice:
        said.append("They cannot use the phone by voice.")
    knows = children_know(session, family_id)
    if knows is not None:
        said.append(CHILDREN_KNOW[knows])
    return tuple(said)


def _child(session: Session, child: ChildRow, now: datetime) -> str:
    name = _open(session, child.first_name, child.family_id, "child", "first_name", child.id)
    age = london(now).year - int(child.born_on[:4])
    if len(child.born_on) == 10 and (london(now).month, london(now).day) < (
        int(child.born_on[5:7]),
        int(child.born_on[8:]),
    ):
        age -= 1
    return f"{name}, {age}" if name else f"a child, {age}"


def _needs(session: Session, family_id: str, conversation_id: str | None) -> tuple[str, ...]:
    """What they said would help in the conversation in which they agreed that it may be told; not in earlier ones."""
    query = select(NeedRow).where(NeedRow.family_id == family_id)
    if conversation_id is not None:
        query = query.where(NeedRow.conversation_id == conversation_id)
    said: list[str] = []
    for need in session.scalars(query.order_by(NeedRow.primary.desc(), NeedRow.at, NeedRow.id)):
        words = NEED_WORDS.get(need.kind, need.kind) + (f" ({need_detail_said(need.detail)})" if need.detail else "")
        if words not in said:
            said.append(words)
    return tuple(said)


def _open(session: Session, value: bytes | None, family_id: str, table: str, column: str, row_id: str) -> str | None:
    return unseal(session, value, key_id=family_id, table=table, column=column, row_id=row_id)


def _sealed(session: Session, payload: str, row_id: str, family_id: str) -> bytes:
    return seal(session, payload, key_id=family_id, table="referral", column="payload", row_id=row_id)


def _note(session: Session, runtime: Runtime, name: str, row: ReferralRow, *, by: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=row.family_id, subjects=[row.id],
        data={"state": str(row.state), "partner": row.partner_id},
    )  # fmt: skip
