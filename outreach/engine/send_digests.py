"""Tells by e-mail who has families that are new on their list. The list itself has had them since the import.

Rules
* From eight in the morning to six in the evening in London, Monday to Friday, once a day at most, and only where
  something is new since the last one that went.
* No name, no reference, no number and no count: it says that there is something, and where to look.
* A row is committed before the mail server is asked: none is sent twice. One that did not go is made up for the next
  day.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.domain.quiet_hours import london
from outreach.domain.working_days import SATURDAY
from outreach.gateway.mail import NotSent
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.digests import DigestRow
from outreach.store.families import FamilyRow
from outreach.store.offers import AttemptRow
from outreach.store.staff import StaffRow

FROM_HOUR, TO_HOUR = 8, 18
SUBJECT = "New on your list"
WORDS = (
    "Hello,\n\nThere are families on your list who were not there before. Please open the console: it says whom to "
    "ring and when.\n\nIf you cannot take them on, hand them back there, and somebody else will.\n\n{team}"
)


def send_digests(runtime: Runtime) -> int:
    """Send the digests that are due; returns how many went."""
    now = runtime.now()
    here = london(now)
    if here.weekday() >= SATURDAY or not FROM_HOUR <= here.hour < TO_HOUR:
        return 0
    with runtime.sessions.read() as session:
        due = _due(session, now)
    sent = 0
    for staff_id, address, team in due:
        with runtime.sessions.begin() as session:
            if session.get(DigestRow, (staff_id, here.date())) is not None:
                continue
            session.add(DigestRow(staff_id=staff_id, day=here.date(), at=now))
        answer = runtime.mail.send(to=address, subject=SUBJECT, body=WORDS.format(team=team))
        if isinstance(answer, NotSent):
            with runtime.sessions.begin() as session:
                session.get_one(DigestRow, (staff_id, here.date())).result = answer.reason[:80]
        else:
            sent += 1
    return sent


def _due(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Who has families since their last digest, whom nobody tried yet: id, address and the team's name."""
    told = (
        select(func.max(DigestRow.at))
        .where(DigestRow.staff_id == StaffRow.id, DigestRow.result.is_(None))
        .correlate(StaffRow)
        .scalar_subquery()
    )
    today = exists().where(DigestRow.staff_id == StaffRow.id, DigestRow.day == london(now).date())
    tried = exists().where(AttemptRow.family_id == FamilyRow.id)
    query = (
        select(StaffRow.id, StaffRow.email, func.min(AreaRow.team_name))
        .join(FamilyRow, FamilyRow.assigned_to == StaffRow.id)
        .join(AreaRow, AreaRow.code == FamilyRow.area_code)
        .where(StaffRow.left_at.is_(None), ~today, ~tried, or_(told.is_(None), FamilyRow.assigned_at > told))
        .where(FamilyRow.assigned_at.is_not(None))
        .group_by(StaffRow.id, StaffRow.email)
        .order_by(StaffRow.id)
    )
    return [(staff_id, email, team) for staff_id, email, team in session.execute(query)]
