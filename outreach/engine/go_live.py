"""Looks whether live sending may start, and writes down who confirmed what software cannot see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.going_live import CONFIRMED_BY_HAND, Readiness, missing
from outreach.domain.quiet_hours import london
from outreach.runtime import Runtime
from outreach.store import areas, events
from outreach.store.alert_line import named_answer
from outreach.store.areas import AreaRow
from outreach.store.conversations import approved
from outreach.store.families import FamilyRow
from outreach.store.staff import StaffRow, shifts_of

WHO = frozenset({Role.COORDINATOR.value, Role.SUPERVISOR.value})


def what_is_missing(runtime: Runtime) -> tuple[str, ...]:
    """Everything that keeps live sending from starting; empty when it may."""
    return missing(readiness(runtime))


def readiness(runtime: Runtime) -> Readiness:
    now = runtime.now()
    with runtime.sessions.read() as session:
        service = areas.service(session)
        return Readiness(
            unapproved=tuple(_unapproved(session, runtime)),
            without_rota=tuple(_without_rota(session, now)),
            without_answer=tuple(_without_answer(session, now)),
            without_partner=tuple(_without_partner(session, now)),
            unset=tuple(_unset(runtime)),
            confirmed=frozenset(service.live_confirmed),
            demo=service.demo or runtime.settings.demo,
        )


def confirm_here(runtime: Runtime, actor: Actor, *, what: str) -> str | None:
    """The same as ``confirm``, by who is signed in."""
    require(actor, Permission.SETTING_EDIT)
    with runtime.sessions.read() as session:
        email = session.get_one(StaffRow, actor.id).email
    return confirm(runtime, what=what, email=email)


def confirm(runtime: Runtime, *, what: str, email: str) -> str | None:
    """Write down that this person confirmed ``what``; or why not. Confirming again puts the newer name and day."""
    if what not in CONFIRMED_BY_HAND:
        return f"There is no such thing to confirm. Choose one of: {', '.join(CONFIRMED_BY_HAND)}."
    now = runtime.now()
    with runtime.sessions.begin() as session:
        here = (func.lower(StaffRow.email) == email.strip().lower(), StaffRow.left_at.is_(None))
        staff = session.scalars(select(StaffRow).where(*here)).one_or_none()
        if staff is None or staff.role not in WHO:
            return "Nobody with this address is a coordinator or a supervisor here."
        service = areas.service(session, lock=True)
        service.live_confirmed = {**service.live_confirmed, what: {"by": staff.id, "at": now.isoformat()}}
        events.note(
            session, "live_confirmed", id=runtime.new_id(), at=now, actor_id=staff.id, subjects=[], data={"what": what}
        )
    return None


def _unapproved(session: Session, runtime: Runtime) -> Iterable[str]:
    library = runtime.library
    words = [("text", one.name, one.version) for one in library.wordings.values() if one.language == "en"]
    words += [("script", one.name, one.version) for one in library.scripts.values() if one.language == "en"]
    for kind, name, version in sorted(words):
        if not approved(session, kind=kind, name=name, language="en", version=version):
            yield name


def _unset(runtime: Runtime) -> Iterable[str]:
    """In live mode ``settings`` has refused to start without them; before that the page names them."""
    settings = runtime.settings
    wanted = {
        "the account at Twilio": settings.twilio_account_sid,
        "its token": settings.twilio_auth_token,
        "the number": settings.twilio_number,
        "a public address with https": settings.https or settings.demo,
        "the keys": settings.keys or settings.demo,
    }
    return (name for name, value in wanted.items() if not value)


def _without_answer(session: Session, now: datetime) -> Iterable[str]:
    """Live areas in which danger at night would reach no phone, each with what is the matter."""
    live = select(AreaRow).where(AreaRow.live_on <= london(now).date())
    with_families = select(FamilyRow.area_code).distinct()
    for row in session.scalars(live.where(AreaRow.code.in_(with_families)).order_by(AreaRow.code)):
        named = named_answer(session, row)
        if named is None:
            yield f"{row.name} (nobody is named)"
        elif named.phone is None:
            yield f"{row.name} ({named.name} has no phone number here)"


def _without_partner(session: Session, now: datetime) -> Iterable[str]:
    with_families = select(FamilyRow.area_code).distinct()
    live = select(AreaRow.name).where(AreaRow.live_on <= london(now).date(), AreaRow.partner_id.is_(None))
    return session.scalars(live.where(AreaRow.code.in_(with_families)).order_by(AreaRow.code)).all()


def _without_rota(session: Session, now: datetime) -> Iterable[str]:
    with_families = set(session.scalars(select(FamilyRow.area_code).distinct()))
    week_end = now + timedelta(days=7)
    rows = session.scalars(select(AreaRow).where(AreaRow.live_on <= london(now).date()).order_by(AreaRow.code)).all()
    staffed = {}
    for row in rows:
        following = rota.next_staffed(shifts_of(session, row.code), now, hours=row.staffed_hours_after_text, days=8)
        staffed[row.code] = following is not None and following <= week_end
    if not with_families and not any(staffed.values()):
        yield "every one"
    for row in rows:
        if row.code in with_families and not staffed[row.code]:
            yield row.name
