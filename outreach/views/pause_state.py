"""What is paused: the whole service, or areas of the person who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow, ServiceRow


@dataclass(frozen=True, slots=True)
class Pause:
    """``why``: ``by_hand``, ``alert_not_taken``, ``account_limit`` or ``configuration``."""

    code: str
    name: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class AreaState:
    code: str
    name: str
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class PauseState:
    service: Pause | None
    areas: tuple[Pause, ...]
    """Areas that are paused by themselves."""
    all_areas: tuple[AreaState, ...]


_WHAT_IS_PAUSED = (
    select(
        ServiceRow.paused_at, ServiceRow.paused_why, AreaRow.code, AreaRow.name, AreaRow.paused_at, AreaRow.paused_why
    )
    .select_from(ServiceRow)
    .outerjoin(AreaRow, true())
    .order_by(AreaRow.code)
)
"""One question for every page: the areas, each beside the one row of the service."""


def pause_state(runtime: Runtime, actor: Actor) -> PauseState:
    with runtime.sessions.read() as session:
        rows = session.execute(_WHAT_IS_PAUSED).all()
    whole = _pause("", "", *rows[0][:2])
    states = tuple(
        AreaState(code=code, name=name, pause=_pause(code, name, since, why))
        for _, _, code, name, since, why in rows
        if code is not None and actor.works_in(code)
    )
    return PauseState(
        service=whole, areas=tuple(each.pause for each in states if each.pause is not None), all_areas=states
    )


def _pause(code: str, name: str, since: datetime | None, why: str | None) -> Pause | None:
    return Pause(code=code, name=name, since=since, why=why or "") if since is not None else None
