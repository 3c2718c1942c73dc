"""Stop: final, on the number and in the ledger, and never undone by software (DESIGN 4.6 rule 7).

Rules
* The number's row is locked by the caller first: after a stop means that a claim committed later.
* Every text that waits, to that number or to another number of the family, is dropped, but for the confirmation
  queued after it. The waiting row is the lock where the claim is under way on another number.
* A conversation about consent by text ends with nothing agreed.
* Texts and calls stopped: the cadence ends, the open offer ends as *stopped*. Texts alone: the cadence goes on by
  call, and an open offer by text becomes a call only where the cadence plans one; it ends as *stopped*.
* An unopened referral is held: a stop is a doubt after consent (rule 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, or_, update
from sqlalchemy.orm import Session

from outreach.engine import converse
from outreach.engine.as_it_stands import Stands
from outreach.engine.end_offer import end_offer
from outreach.engine.enrol import end_enrolment
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import after_a_no
from outreach.runtime import Runtime
from outreach.store import events, few_rows, offers
from outreach.store.base import table_of
from outreach.store.numbers import NumberRow
from outreach.store.texts import TextRow

EVERYTHING = frozenset({"text", "call"})
_TEXT = table_of(TextRow)
_THEIRS = or_(
    _TEXT.c.number_id == bindparam("number"), _TEXT.c.family_id.in_(bindparam("families", expanding=True))
)  # fmt: skip
_DROP_WAITING = update(_TEXT).where(_THEIRS, _TEXT.c.state == "waiting").values(state="dropped", waits_for="stopped")


def stop(
    session: Session,
    runtime: Runtime,
    *,
    number: NumberRow,
    family_ids: Iterable[str],
    scope: frozenset[str],
    by: str,
    now: datetime,
    how: str = "text",
    text_id: str | None = None,
    stands: Stands | None = None,
) -> None:
    """Stop ``scope`` (of ``text``, ``call``) on a locked number, for every family on it. ``stands``: of the one family
    on it, where the caller knows."""
    if "text" in scope:
        number.texts_stopped_at = number.texts_stopped_at or now
    if "call" in scope:
        number.calls_stopped_at = number.calls_stopped_at or now
    stopping = sorted(set(family_ids))
    if stands is None:
        offers.lock_open(session, stopping)  # after the number, before the texts, as everywhere
    if "text" in scope:
        session.execute(_DROP_WAITING, {"number": number.id, "families": stopping})
        for family_id in stopping:  # before the lock on their referrals: who answers has the conversation first, too
            converse.break_off_all(session, runtime, family_id=family_id, why="stopped", now=now)
    for family_id in stopping:
        channel = "any" if scope == EVERYTHING else next(iter(scope))
        record_consent(
            session, runtime, family_id=family_id, purpose="contact", channel=channel, value="withdrawn", by=by,
            how=how, now=now, text_id=text_id,
        )  # fmt: skip
        after_a_no(session, runtime, family_id=family_id, by=by, now=now)  # also one that is being made right now
        if scope == EVERYTHING:
            end_enrolment(
                session, runtime, family_id=family_id, why="stopped", outcome="stopped", now=now, stands=stands
            )
            continue
        offer = offers.open_offer(session, family_id) if stands is None else stands.open_offer
        if offer is not None and offer.channel in scope:
            end_offer(session, runtime, offer, outcome="stopped", now=now, by=by)
    events.note(
        session, "stop_recorded", id=runtime.new_id(), at=now, actor_id=by, subjects=[number.id],
        data={"scope": sorted(scope)},
    )  # fmt: skip
    few_rows.flush(session)
