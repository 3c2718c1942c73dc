"""Writes a text into the queue. Nothing is sent here: ``dispatch`` asks the gate and hands it over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from outreach.domain import wording as words
from outreach.domain.names import given_name
from outreach.domain.plain_words import number_said
from outreach.runtime import Runtime
from outreach.store import events, families
from outreach.store.areas import AreaRow
from outreach.store.conversations import approved
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, seal, unseal
from outreach.store.staff import OrganisationRow
from outreach.store.texts import TextRow, append

ALL_VALUES = frozenset({"team", "phone", "name", "partner"})
DROPPED_AFTER = timedelta(days=4)
"""An answer that could not go for so long is dropped: it would surprise more than help."""


def queue_text(
    session: Session,
    runtime: Runtime,
    *,
    number_id: str,
    family_id: str | None,
    purpose: str,
    now: datetime,
    wording: str | None = None,
    values: Mapping[str, str] | None = None,
    body: str | None = None,
    language: str = "en",
    level: int = 0,
    wording_version: str | None = None,
    offer_id: str | None = None,
    answers_id: str | None = None,
    conversation_id: str | None = None,
    by_staff: str | None = None,
    due_at: datetime | None = None,
    true_until: datetime | None = None,
) -> TextRow:
    """Queue a text, by ``wording`` (filled with ``values``) or as ``body``. It is due at once, or at ``due_at``; from
    ``true_until`` on it does not go. What comes back is a value: no change in it is kept.

    A wording missing in ``language`` is taken in English only where ``language`` is English already: the caller
    chooses the language and answers for it. ``LookupError`` when there is none.
    """
    if wording is not None and body is None:
        found = runtime.library.wording(wording, language)
        body, level, wording_version = found.render(**dict(values or {})), int(found.level), found.version
    if body is None:
        raise ValueError("a text is a wording or a body")
    if purpose == "offer" and offer_id is None:
        raise ValueError("a text that offers is of an offer")
    key_id = family_id or SERVICE
    row_id = runtime.new_id()
    row = TextRow(
        id=row_id,
        direction="out",
        number_id=number_id,
        family_id=family_id,
        offer_id=offer_id,
        conversation_id=conversation_id,
        answers_id=answers_id,
        purpose=purpose,
        wording=wording,
        wording_version=wording_version,
        language=language,
        level=level,
        key_id=key_id,
        body=seal(session, body, key_id=key_id, table="text", column="body", row_id=row_id),
        segments=words.size(body).segments,
        state="waiting",
        by_staff=by_staff,
        at=now,
        due_at=due_at or now,
        expires_at=min((due_at or now) + DROPPED_AFTER, true_until or datetime.max.replace(tzinfo=UTC)),
    )
    append(session, row)
    events.note(
        session,
        "text_queued",
        id=runtime.new_id(),
        at=now,
        actor_id=by_staff or "system",
        family_id=family_id,
        subjects=[row_id],
        data={"purpose": purpose, "wording": wording, "version": wording_version},
    )
    return row


def text_values(
    session: Session, runtime: Runtime, *, family_id: str, wanted: frozenset[str] = ALL_VALUES, **more: str
) -> dict[str, str]:
    """What wordings may ask for: ``team``, ``name`` (the carer's first), ``partner``, ``phone``; and ``more``.

    Which of them a wording may use is a matter of its level, proved by ``outreach scripts check``. What is not
    ``wanted`` is not looked for.
    """
    area = session.get_one(AreaRow, session.get_one(FamilyRow, family_id).area_code)
    found = {"team": area.team_name, "phone": number_said(runtime.phone.number)}
    if "name" in wanted:
        carer = families.carer_of(session, family_id)
        name = unseal(session, carer.name, key_id=family_id, table="carer", column="name", row_id=carer.id) or ""
        found["name"] = given_name(name)
    if "partner" in wanted:
        partner = session.get(OrganisationRow, area.partner_id) if area.partner_id else None
        found["partner"] = partner.name if partner else ""
    return found | more


def wording_is_approved(
    session: Session, runtime: Runtime, *, name: str, language: str, version: str | None = None
) -> bool:
    """Whether this version of a text may go: approved by coordinator and supervisor, or nothing is live here.

    ``version``: of words that were written down already; the one that would be written now where it is left out. A
    draft that no native reviewer has read goes nowhere by software, in the demo either.
    """
    try:
        found = runtime.library.wording(name, language)
    except LookupError:
        return False  # it was queued by a version that had it: it waits, and holds up nobody else
    if found.draft:
        return False
    return not runtime.settings.live or approved(
        session, kind="text", name=name, language=language, version=version or found.version
    )
