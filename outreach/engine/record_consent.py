"""Appends to the consent ledger. An entry is never changed; what it adds up to is ``domain/consent.py``.

A *no* to a partner, said at whatever time and in whatever way, ends that partner's view in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.domain.consent import REFER, VALUES
from outreach.domain.referral import State
from outreach.runtime import Runtime
from outreach.store import events, few_rows
from outreach.store.consents import ConsentRow
from outreach.store.referrals import referrals_of
from outreach.store.sealing import seal


def record_consent(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    purpose: str,
    value: str,
    by: str,
    how: str,
    now: datetime,
    channel: str = "any",
    partner_id: str | None = None,
    given_by: str = "carer",
    authority: str | None = None,
    wording: str | None = None,
    wording_name: str | None = None,
    wording_version: str | None = None,
    language: str = "en",
    scope: Mapping[str, Any] | None = None,
    for_whom: Sequence[str] = (),
    conversation_id: str | None = None,
    text_id: str | None = None,
) -> str:
    """Append one entry in the caller's transaction; returns its id.

    ``wording`` is what was said or sent, word for word; ``how`` is ``voice``, ``text``, ``letter`` or ``partner``.
    """
    if value not in VALUES:
        raise ValueError(f"{value} is not a value of consent")
    entry_id = runtime.new_id()
    few_rows.add(
        session,
        ConsentRow(
            id=entry_id,
            family_id=family_id,
            purpose=purpose,
            channel=channel,
            value=value,
            partner_id=partner_id,
            given_by=given_by,
            for_whom=list(for_whom),
            authority=authority,
            wording=seal(session, wording, key_id=family_id, table="consent", column="wording", row_id=entry_id)
            if wording
            else None,
            wording_name=wording_name,
            wording_version=wording_version,
            language=language,
            scope=dict(scope or {}),
            recorded_by=by,
            how=how,
            at=now,
            conversation_id=conversation_id,
            text_id=text_id,
        ),
    )
    events.note(
        session,
        "consent_recorded",
        id=runtime.new_id(),
        at=now,
        actor_id=by,
        family_id=family_id,
        subjects=[entry_id],
        data={"purpose": purpose, "value": value, "how": how, "channel": channel},
    )
    if purpose == REFER and value != "given" and partner_id is not None:
        _close_view(session, runtime, family_id=family_id, partner_id=partner_id, by=by, now=now)
    session.flush()
    return entry_id


def _close_view(session: Session, runtime: Runtime, *, family_id: str, partner_id: str, by: str, now: datetime) -> None:
    for row in referrals_of(session, family_id):
        if row.partner_id == partner_id and row.state != State.WITHDRAWN:
            row.state = State.WITHDRAWN
            events.note(
                session, "referral_withdrawn", id=runtime.new_id(), at=now, actor_id=by, family_id=family_id,
                subjects=[row.id], data={"state": str(row.state), "partner": partner_id},
            )  # fmt: skip
