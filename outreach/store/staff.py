"""People at work: organisations, staff, the areas they serve, their sessions, the duty rota."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    CompoundSelect,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Time,
    bindparam,
    false,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.access import Actor, Role
from outreach.domain.rota import Shift
from outreach.store.base import Base, Id, padded


class OrganisationRow(Base):
    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    """``police``, ``charity`` or ``youth``."""


class StaffRow(Base):
    """Somebody who can sign in. The name is a worker's, not a family's: it is not sealed."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(200), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    trained_in_careful_contact: Mapped[bool] = mapped_column(Boolean, default=False)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    """E.164, sealed under the service's key (table ``staff``, column ``phone``): alerts and click to call."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed under the service's key (table ``staff``, column ``totp_secret``)."""
    totp_last_step: Mapped[int | None] = mapped_column(Integer)
    """The last time step that was accepted: a code works once."""
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class StaffAreaRow(Base):
    __tablename__ = "staff_area"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"), primary_key=True)


class WebSessionRow(Base):
    """A signed-in browser. Only the hash of its token is here; ending it here ends it everywhere."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_step_at: Mapped[datetime | None]
    """When the one-time code was accepted; until then the session may do nothing else."""
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    ended_at: Mapped[datetime | None]


class ShiftRow(Base):
    """The duty rota: somebody is there each ``weekday`` (0 is Monday) from ``starts`` to ``ends``, London time."""

    __tablename__ = "shift"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    weekday: Mapped[int] = mapped_column(Integer)
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class CoverRow(Base):
    """One day that is not as the week says: somebody is away, or somebody is there who else is not.

    ``away``: their shifts of that day do not count in this area; ``instead_of`` says whose place is taken.
    """

    __tablename__ = "cover"
    __table_args__ = (
        CheckConstraint("away OR (starts IS NOT NULL AND ends IS NOT NULL)", name="hours_of_who_is_there"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    day: Mapped[date] = mapped_column(Date)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    away: Mapped[bool] = mapped_column(Boolean)
    starts: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    instead_of: Mapped[str | None] = mapped_column(Id)
    set_by: Mapped[str] = mapped_column(Id)
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


_ROTA: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(
        ShiftRow.area_code, ShiftRow.id, ShiftRow.staff_id, ShiftRow.weekday, ShiftRow.starts, ShiftRow.ends,
        ShiftRow.valid_from, ShiftRow.valid_to, false().label("away"), null().label("instead_of"),
    ).where(ShiftRow.area_code.in_(bindparam("codes", expanding=True))),
    select(
        CoverRow.area_code, CoverRow.id, CoverRow.staff_id, null(), CoverRow.starts, CoverRow.ends, CoverRow.day,
        CoverRow.day, CoverRow.away, CoverRow.instead_of,
    ).where(CoverRow.area_code.in_(bindparam("codes", expanding=True)), CoverRow.ended_at.is_(None)),
).order_by("id")  # fmt: skip
"""What each week is like, and (without a weekday) single days that are not: ``away``, or there beside the week."""


def shifts_of(session: Session, area_code: str) -> list[Shift]:
    """The rota of an area, covers and holidays included."""
    return shifts_of_each(session, [area_code])[area_code]


def shifts_of_each(session: Session, area_codes: Collection[str]) -> dict[str, list[Shift]]:
    """The same, of several areas."""
    rows = session.execute(_ROTA, {"codes": padded(area_codes)}).all()
    away: dict[tuple[str, str], set[date]] = {}
    for row in rows:
        if row.away:
            away.setdefault((row.area_code, row.staff_id), set()).add(row.valid_from)
    found: dict[str, list[Shift]] = {code: [] for code in area_codes}
    for row in sorted(rows, key=lambda row: row.weekday is None):
        if row.away or row.starts is None or row.ends is None:
            continue
        covers = row.weekday is None
        not_there = () if covers else away.get((row.area_code, row.staff_id), ())
        found[row.area_code].append(
            Shift(
                staff_id=row.staff_id, weekday=row.valid_from.weekday() if covers else row.weekday, starts=row.starts,
                ends=row.ends, valid_from=row.valid_from, valid_to=row.valid_to, away_on=frozenset(not_there),
                instead_of=row.instead_of, id=row.id,
            )
        )  # fmt: skip
    return found


_AREAS = select(StaffAreaRow.area_code).where(StaffAreaRow.staff_id == bindparam("staff_id"))


AREAS_OF_STAFF = (
    select(func.aggregate_strings(StaffAreaRow.area_code, ","))
    .where(StaffAreaRow.staff_id == StaffRow.id)
    .correlate(StaffRow)
    .scalar_subquery()
)
"""The area codes of a member of staff in one column, for a query that asks for the person too."""


def actor_of(
    session: Session, staff: StaffRow, *, areas: str | None = None, hides: str | None = None, demo: bool = False
) -> Actor:
    """The person as the rules know them. ``areas`` is what ``AREAS_OF_STAFF`` said, where it was asked for; ``hides``
    what ``conflicts.HIDDEN_FROM_STAFF`` said."""
    codes = session.scalars(_AREAS, {"staff_id": staff.id}) if areas is None else filter(None, areas.split(","))
    return Actor(
        id=staff.id,
        name=staff.name,
        role=Role(staff.role),
        organisation_id=staff.organisation_id,
        areas=frozenset(codes),
        hides=frozenset(hides.split(",")) if hides else frozenset(),
        demo=demo,
    )
