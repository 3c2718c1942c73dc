"""A family that said stop asks us to be in touch again: a supervisor records it (DESIGN 4.6 rule 7).

Rules
* Software never does this. Nobody does it without saying who asked, how we know and why; the ledger keeps all three,
  the why sealed under the family's key, the event codes only.
* Only the ways that were asked for, and only on the number that was chosen: the family's other numbers stay stopped.
* Another family on that number, if it stood under the number's stop alone, keeps it in its own ledger.
* Nothing is planned, sent or released by it. The next contact is a call that somebody books.
* The stop's confirmation is forgotten with a stop of texts, so that a later stop is confirmed anew.
* What the family said since the page was opened is read first, so a newer stop is never undone; doing it twice
  does it once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, Role, require
from outreach.domain.consent import CONTACT
from outreach.engine.record_consent import record_consent
from outreach.engine.stops import EVERYTHING
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.alerts import TaskRow
from outreach.store.consents import last_word_on_contact, standing_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow

WHO = {
    "carer": "They did, themselves",
    "professional": "A professional who sees them, because they asked for it",
}
HOW = {
    "voice": "They said so to one of us",
    "letter": "They wrote a letter or an e-mail",
    "text": "They wrote a text, and we are sure that it was them",
    "partner": "A service that works with them told us",
}


@dataclass(frozen=True, slots=True)
class NotReopened:
    """``field``: what to put right on the form, where it is one answer."""

    why: str
    field: str = ""


def reopen(
    runtime: Runtime,
    actor: Actor,
    *,
    family_id: str,
    number_id: str,
    seen: str,
    ways: Iterable[str],
    who: str,
    how: str,
    why: str,
) -> NotReopened | None:
    """``ways`` of ``text``, ``call``; ``who`` asked, a key of ``WHO``; ``how`` we know, a key of ``HOW``.

    ``seen`` is the ledger's last entry about contact when the page was opened.
    """
    require(actor, Permission.CONSENT_RECORD)
    if actor.role is not Role.SUPERVISOR:
        raise NotAllowed
    asked = EVERYTHING & frozenset(ways)
    if not asked:
        return NotReopened("Say what they asked for: calls, texts or both.", "ways")
    if who not in WHO:
        return NotReopened("Say who asked.", "who")
    if how not in HOW:
        return NotReopened("Say how we know.", "known")
    if not why.strip():
        return NotReopened("Say in a few words why, so that a colleague can understand it later.", "asked-why")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.CONSENT_RECORD, area=family.area_code, family=family.id)
        if number_id not in {number.id for _, number in numbers.numbers_of(session, family_id)}:
            return NotReopened("Choose one of their numbers.", "number")
        number = numbers.lock(session, number_id)
        if number.is_parents or number.standing in ("compromised", "lost"):
            return NotReopened("This number may not be used. Choose another, or decide about it first.", "number")
        if seen != last_word_on_contact(session, family_id):
            return NotReopened("Something was noted about contact since you opened this page. Read it first.")
        opened = asked & (standing_of(session, family_id).stopped | _stopped_on(number))
        if not opened:
            return NotReopened("That was not stopped.", "ways")
        others = [each for each in numbers.families_on(session, number_id) if each != family_id]
        _keep_the_others_stopped(session, runtime, number, others, by=actor.id, now=now)
        record_consent(
            session, runtime, family_id=family_id, purpose=CONTACT, value="reopened", channel=_channel(opened),
            by=actor.id, given_by=who, how=how, wording=why.strip(), scope={"number": number_id}, now=now,
        )  # fmt: skip
        if "text" in opened:
            number.texts_stopped_at, number.stop_confirmed_at = None, None
        if "call" in opened:
            number.calls_stopped_at = None
        session.execute(
            update(TaskRow)
            .where(TaskRow.kind == "reopen", TaskRow.family_id == family_id, TaskRow.done_at.is_(None))
            .values(done_at=now, done_by=actor.id)
        )
        events.note(
            session, "contact_reopened", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
            subjects=[number_id], data={"scope": sorted(opened), "who": who, "how": how},
        )  # fmt: skip
    return None


def _keep_the_others_stopped(
    session: Session, runtime: Runtime, number: NumberRow, others: Iterable[str], *, by: str, now: datetime
) -> None:
    for family_id in others:
        alone = _stopped_on(number) - standing_of(session, family_id).stopped
        if alone:
            record_consent(
                session, runtime, family_id=family_id, purpose=CONTACT, value="withdrawn", channel=_channel(alone),
                by=by, how="number", now=now,
            )  # fmt: skip


def _stopped_on(number: NumberRow) -> frozenset[str]:
    stopped = {"text": number.texts_stopped_at, "call": number.calls_stopped_at}
    return frozenset(way for way, at in stopped.items() if at is not None)


def _channel(ways: frozenset[str]) -> str:
    return "any" if ways == EVERYTHING else next(iter(ways))
