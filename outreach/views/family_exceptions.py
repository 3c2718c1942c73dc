"""What is different for one family, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.store import sealing
from outreach.store.exceptions import ExceptionRow, standing_exceptions
from outreach.store.staff import StaffRow


@dataclass(frozen=True, slots=True)
class OwnException:
    id: str
    says: str
    why: str
    since: datetime
    by: str


def own_exceptions(session: Session, family_id: str) -> tuple[OwnException, ...]:
    return tuple(
        OwnException(
            id=row.id,
            says=exception_said(row),
            why=why_of(session, row) or "",
            since=row.set_at,
            by=_who(session, row.set_by),
        )
        for row in standing_exceptions(session, family_id)
    )


def exception_said(row: ExceptionRow) -> str:
    if row.kind == "channel":
        return f"Every contact is by {row.channel}"
    day = _day(row.day) if row.day is not None else ""
    return f"The next contact is on {day}" if row.kind == "date" else f"No contact before {day}"


def why_of(session: Session, row: ExceptionRow) -> str | None:
    return sealing.unseal(session, row.why, key_id=row.family_id, table="family_exception", column="why", row_id=row.id)


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _who(session: Session, staff_id: str) -> str:
    row = session.get(StaffRow, staff_id)
    return row.name if row is not None else "the service"
