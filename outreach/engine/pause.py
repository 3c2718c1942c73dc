"""The pause buttons: of the service, and of one area. Nothing that waits is lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.runtime import Runtime
from outreach.store import areas, events
from outreach.store.areas import AreaRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.texts import TextRow


def pause(runtime: Runtime, actor: Actor, *, area: str | None = None) -> None:
    """Stop everything automatic, at once, of one area or of the service. Pausing twice changes nothing."""
    require(actor, Permission.PAUSE_SET, area=area)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        pause_row(session, runtime, area=area, by=actor.id, why="by_hand", now=now)


def go_on(runtime: Runtime, actor: Actor, *, area: str | None = None) -> None:
    """Let it go on. What waited for the pause looks again at once."""
    require(actor, Permission.PAUSE_LIFT, area=area)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        go_on_row(session, runtime, area=area, by=actor.id, now=now)


def pause_row(session: Session, runtime: Runtime, *, area: str | None, by: str, why: str, now: datetime) -> None:
    """Pause in the caller's transaction; software does, when nobody takes an alert or the account is at fault."""
    row = session.get_one(AreaRow, area) if area else areas.service(session, lock=True)
    by_hand = why == "by_hand" and row.paused_why != "by_hand"  # from now on only a hand lets it go on
    if row.paused_at is None or by_hand:
        row.paused_at, row.paused_by, row.paused_why = now, by, why
        _note(session, runtime, "paused", area=area, by=by, why=why, now=now)


def go_on_row(session: Session, runtime: Runtime, *, area: str | None, by: str, now: datetime) -> None:
    if (session.get_one(AreaRow, area) if area else areas.service(session)).paused_at is None:
        return
    reason = "area_paused" if area else "service_paused"
    waiting = update(OfferRow).where(OfferRow.state == "open", OfferRow.waits_for == reason)
    texts = update(TextRow).where(TextRow.state == "waiting", TextRow.waits_for == reason)
    if area:
        there = FamilyRow.__table__.select().with_only_columns(FamilyRow.id).where(FamilyRow.area_code == area)
        waiting, texts = waiting.where(OfferRow.family_id.in_(there)), texts.where(TextRow.family_id.in_(there))
    session.execute(waiting.values(due_at=now, waits_for=None))
    session.execute(texts.values(due_at=now, waits_for=None))
    row = session.get_one(AreaRow, area) if area else areas.service(session, lock=True)  # last, as everywhere
    row.paused_at, row.paused_by, row.paused_why = None, None, None
    _note(session, runtime, "went_on", area=area, by=by, why=None, now=now)


def _note(
    session: Session, runtime: Runtime, name: str, *, area: str | None, by: str, why: str | None, now: datetime
) -> None:
    events.note(session, name, id=runtime.new_id(), at=now, actor_id=by, data={"area": area or "service", "why": why})
