"""Cadences, whom each is for, their versions, and who is enrolled in which."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from outreach.domain.cadence import Cadence, read_cadence
from outreach.domain.cadence_choice import Chosen, Facts, For, choose
from outreach.store.base import Base, Id
from outreach.store.families import FamilyRow
from outreach.store.referrals import NeedRow


@lru_cache(maxsize=4096)
def read_numbers(words: str) -> tuple[int, ...]:
    """Most families have had the same steps: they are read once."""
    return tuple(int(each) for each in words.split())


def written_numbers(numbers: Iterable[int]) -> str:
    return " ".join(str(each) for each in numbers)


AT_ONCE = date.min


class CadenceRow(Base):
    """``areas``, ``languages``, ``needs``: whom it is for; an empty list names nothing."""

    __tablename__ = "cadence"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    current_version_id: Mapped[str | None] = mapped_column(Id)
    areas: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    needs: Mapped[list[str]] = mapped_column(JSON, default=list)
    retired_at: Mapped[datetime | None]
    """Nobody joins it any more; its families went to the one that fits them next."""

    @property
    def whom(self) -> For:
        return For(frozenset(self.areas), frozenset(self.languages), frozenset(self.needs))


class CadenceVersionRow(Base):
    """A version is never changed; an edit makes the next one."""

    __tablename__ = "cadence_version"
    __table_args__ = (UniqueConstraint("cadence_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    cadence_id: Mapped[str] = mapped_column(ForeignKey("cadence.id"))
    number: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(String(200))


class EnrolmentRow(Base):
    """A family in one version of a cadence, for one imprisonment."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_live",
            "family_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        Index(
            "ix_enrolment_plan_from",
            "plan_from",
            sqlite_where=text("plan_from IS NOT NULL"),
            postgresql_where=text("plan_from IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    cadence_version_id: Mapped[str] = mapped_column(ForeignKey("cadence_version.id"), index=True)
    anchor_on: Mapped[date] = mapped_column(Date)
    """Steps count from here: the imprisonment, or the day of import for a late-found family offered now."""
    imprisoned_on: Mapped[date] = mapped_column(Date)
    late: Mapped[str | None] = mapped_column(String(6))
    """``now`` or ``next`` where the family was found late."""
    state: Mapped[str] = mapped_column(String(8))
    """``active``, ``rested`` (nothing planned, but not over) or ``ended``."""
    state_why: Mapped[str | None] = mapped_column(String(30))
    rested_why: Mapped[str | None] = mapped_column(String(30))
    """Of one that ended while it rested: why it did, should it be taken up again."""
    rest_until: Mapped[date | None] = mapped_column(Date)
    plan_from: Mapped[date | None] = mapped_column(Date, default=AT_ONCE)
    """From that day on the worker looks what is to be planned; empty: nothing, until something ends or changes."""
    steps_behind: Mapped[str] = mapped_column(String(200), default="")
    """The lasting numbers of the steps it had, or passed over on joining late: ``0 1 4``. The others are to come."""
    asked_rounds: Mapped[int] = mapped_column(Integer, default=0)
    """How many contacts the family asked for have been planned; the ``round`` of the last one."""
    noes: Mapped[int] = mapped_column(Integer, default=0)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @validates("state", "rest_until")
    def _is_looked_at_again(self, key: str, value: Any) -> Any:
        state = value if key == "state" else self.state
        until = value if key == "rest_until" else self.rest_until
        self.plan_from = None if state == "ended" else (until if state == "rested" else None) or AT_ONCE
        return value

    @property
    def behind(self) -> tuple[int, ...]:
        return read_numbers(self.steps_behind or "")

    @behind.setter
    def behind(self, numbers: tuple[int, ...]) -> None:
        self.steps_behind = written_numbers(numbers)


@dataclass(frozen=True, slots=True)
class InUse:
    """A cadence as it is now."""

    id: str
    name: str
    whom: For
    version_id: str
    number: int
    cadence: Cadence


WORDS = cast(CadenceVersionRow.body, Text)
_WORDS_OF = select(WORDS).where(CadenceVersionRow.id == bindparam("version_id"))


def version(session: Session, version_id: str) -> Cadence:
    return read_words(session.scalars(_WORDS_OF, {"version_id": version_id}).one())


IS_LIVE = EnrolmentRow.state != literal_column("'ended'")
"""As words of the statement: only so is the index of the live ones used, and the plan kept."""
_PATTERN = (
    select(WORDS)
    .join(EnrolmentRow, EnrolmentRow.cadence_version_id == CadenceVersionRow.id)
    .where(EnrolmentRow.family_id == bindparam("family_id"), IS_LIVE)
)


def pattern_of(session: Session, family_id: str) -> Cadence | None:
    """The cadence of the family's live enrolment."""
    words = session.scalars(_PATTERN, {"family_id": family_id}).one_or_none()
    return None if words is None else read_words(words)


@lru_cache(maxsize=64)
def read_words(words: str) -> Cadence:
    """A cadence from ``WORDS``, which a query of versions may ask for: most families have the same."""
    return read_cadence(json.loads(words))


def in_use(session: Session) -> dict[str, InUse]:
    """Every cadence that is not retired, by id, the oldest first."""
    query = (
        select(CadenceRow, CadenceVersionRow)
        .join(CadenceVersionRow, CadenceVersionRow.id == CadenceRow.current_version_id)
        .where(CadenceRow.retired_at.is_(None))
        .order_by(CadenceRow.id)
    )
    return {
        row.id: InUse(row.id, row.name, row.whom, made.id, made.number, read_cadence(made.body))
        for row, made in session.execute(query)
    }


def chosen_for(session: Session, family: FamilyRow, cadences: Mapping[str, InUse]) -> Chosen | None:
    """Which of them a family belongs in, by what is known of it."""
    return choose(((each.id, each.whom) for each in cadences.values()), facts_of(session, family))


def facts_of(session: Session, family: FamilyRow) -> Facts:
    needs = session.scalars(select(NeedRow.kind).where(NeedRow.family_id == family.id).distinct())
    return Facts(family.area_code, family.language, frozenset(needs))


_LIVE = select(EnrolmentRow).where(EnrolmentRow.family_id == bindparam("family_id"), IS_LIVE)


def live_enrolment(session: Session, family_id: str) -> EnrolmentRow | None:
    return session.scalars(_LIVE, {"family_id": family_id}).one_or_none()
