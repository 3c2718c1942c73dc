"""Wrong tries to sign in, counted by where they come from: whoever guesses at many accounts rests as well.

Rules
* Thirty wrong tries from one client within fifteen minutes, at whichever accounts, known or not: none is looked at for
  the rest of that time. A right one counts for nothing: a guesser may own an account.
* A client stands in the events as a keyed digest of its address, never as the address.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.runtime import Runtime
from outreach.store import events, sealing
from outreach.store.events import EventRow

MOST, WITHIN = 30, timedelta(minutes=15)
NOBODY = "nobody"
"""Who acted, where the address belongs to no account."""
WRONG = ("sign_in_failed", "sign_in_rested")
_LATELY = select(EventRow.data).where(
    EventRow.family_id.is_(None), EventRow.at >= bindparam("since"), EventRow.name.in_(WRONG)
)


def too_many_from(session: Session, client: str, *, now: datetime) -> bool:
    mine = sealing.blind(session, "client", client)
    wrong = [data for data in session.scalars(_LATELY, {"since": now - WITHIN}) if data.get("client") == mine]
    return len(wrong) >= MOST


def note_wrong(
    session: Session, runtime: Runtime, client: str, *, staff_id: str | None, now: datetime, rested: bool = False
) -> None:
    events.note(
        session, WRONG[rested], id=runtime.new_id(), at=now, actor_id=staff_id or NOBODY,
        subjects=[staff_id] if staff_id else [], data={"client": sealing.blind(session, "client", client)},
    )  # fmt: skip
