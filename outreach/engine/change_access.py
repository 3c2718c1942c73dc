"""Somebody lost their phone, or leaves: their sign-in is set up anew, or ends. The command line is the way in.

Rules
* A reset gives a new password for the next sign-in, shown once, where one's own and new one-time codes are set up.
* Both end every session of the person at once. Who leaves can no longer sign in; what they did stays theirs.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.engine.sign_in import end_sessions_of, hash_password
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffRow


def reset_sign_in(runtime: Runtime, *, email: str) -> str | None:
    """The password for the next sign-in; ``None`` where nobody has this address."""
    now, password = runtime.now(), secrets.token_urlsafe(12)
    kept = hash_password(password)
    with runtime.sessions.begin() as session:
        row = _find(session, email)
        if row is None:
            return None
        row.password_hash, row.totp_secret, row.totp_last_step = kept, None, None
        row.failures, row.locked_until = 0, None
        _end(session, runtime, row, "sign_in_reset", now)
    return password


def let_go(runtime: Runtime, *, email: str) -> bool:
    """End somebody's access. Their open calls go back to everybody's list. False where nobody has this address."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _find(session, email)
        if row is None:
            return False
        row.left_at = now
        session.execute(
            update(OfferRow).where(OfferRow.assigned_to == row.id, OfferRow.state == "open").values(assigned_to=None)
        )
        _end(session, runtime, row, "person_left", now)
    return True


def _find(session: Session, email: str) -> StaffRow | None:
    here = (func.lower(StaffRow.email) == email.strip().lower(), StaffRow.left_at.is_(None))
    return session.scalars(select(StaffRow).where(*here).with_for_update()).one_or_none()


def _end(session: Session, runtime: Runtime, row: StaffRow, name: str, now: datetime) -> None:
    end_sessions_of(session, row.id, now)
    events.note(session, name, id=runtime.new_id(), at=now, actor_id="command_line", subjects=[row.id])
