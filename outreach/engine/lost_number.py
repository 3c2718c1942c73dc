"""A number turned out to be a stranger's: everybody who stands on it has lost it, not only who was asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.numbers import FamilyNumberRow, NumberRow


def take_off(
    session: Session, runtime: Runtime, *, number: NumberRow, family_id: str, why: str, strangers: bool, now: datetime
) -> None:
    """Take a locked number off a family, and open the search for another. ``strangers``: for every family on it."""
    link = session.get_one(FamilyNumberRow, (family_id, number.id))
    link.off_at, link.off_why = now, why
    lost = {family_id}
    if strangers:
        number.standing = "lost"
        lost |= set(numbers.families_on(session, number.id))  # they keep the link: nobody has asked for them yet
    for each in sorted(lost):
        open_task(session, runtime, kind="find_number", subject_id=each, family_id=each, now=now)
