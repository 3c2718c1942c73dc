"""The consent ledger: entries are appended, never changed; triggers in the database refuse the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.consent import CONTACT, Entry, Standing, fold
from outreach.store.base import Base, Id, padded


class ConsentRow(Base):
    """One answer to one question about consent, with the very wording that was put to her."""

    __tablename__ = "consent"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(30))
    channel: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(10))
    partner_id: Mapped[str | None] = mapped_column(Id)
    given_by: Mapped[str] = mapped_column(String(60))
    """Who answered: ``carer``, or a child's ref."""
    for_whom: Mapped[list[str]] = mapped_column(JSON, default=list)
    authority: Mapped[str | None] = mapped_column(String(30))
    wording: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The words as said or sent, sealed under the family's key."""
    wording_name: Mapped[str | None] = mapped_column(String(120))
    wording_version: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16), default="en")
    scope: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    recorded_by: Mapped[str] = mapped_column(Id)
    how: Mapped[str] = mapped_column(String(10))
    """``voice``, ``text``, ``letter`` or ``partner``."""
    at: Mapped[datetime]
    conversation_id: Mapped[str | None] = mapped_column(Id)
    text_id: Mapped[str | None] = mapped_column(Id)


_SAID = select(
    ConsentRow.family_id, ConsentRow.id, ConsentRow.purpose, ConsentRow.channel, ConsentRow.value,
    ConsentRow.partner_id, ConsentRow.authority, ConsentRow.at, ConsentRow.scope,
)  # fmt: skip
_OF_FAMILY = _SAID.where(ConsentRow.family_id == bindparam("family_id")).order_by(ConsentRow.at, ConsentRow.id)
_OF_FAMILIES = _SAID.where(ConsentRow.family_id.in_(bindparam("family_ids", expanding=True)))


def entries_of(session: Session, family_id: str) -> list[Entry]:
    return [_entry(row) for row in session.execute(_OF_FAMILY, {"family_id": family_id})]


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        purpose=row.purpose,
        channel=row.channel,
        value=row.value,
        partner_id=row.partner_id,
        authority=row.authority,
        at=row.at,
        scope=dict(row.scope),
    )


def last_word_on_contact(session: Session, family_id: str) -> str:
    """The id of the last entry about contact; empty where there is none."""
    return next((each.id for each in reversed(entries_of(session, family_id)) if each.purpose == CONTACT), "")


def standing_of(session: Session, family_id: str) -> Standing:
    return fold(entries_of(session, family_id))


def standings_of(session: Session, family_ids: Collection[str]) -> dict[str, Standing]:
    """The standings of those of the families who ever said anything."""
    if not family_ids:
        return {}
    said: dict[str, list[Entry]] = defaultdict(list)
    for row in session.execute(_OF_FAMILIES, {"family_ids": padded(family_ids)}):
        said[row.family_id].append(_entry(row))
    return {family_id: fold(entries) for family_id, entries in said.items()}
