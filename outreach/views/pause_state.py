"""What is paused: the whole service, or areas of the person who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store import areas
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


def pause_state(runtime: Runtime, actor: Actor) -> PauseState:
    with runtime.sessions.read() as session:
        whole = _pause(areas.service(session), code="", name="")
        mine = [(row, _pause(row, code=row.code, name=row.name)) for row in areas.areas(session).values()]
        states = tuple(
            AreaState(code=row.code, name=row.name, pause=pause) for row, pause in mine if actor.works_in(row.code)
        )
        return PauseState(
            service=whole, areas=tuple(each.pause for each in states if each.pause is not None), all_areas=states
        )


def _pause(row: ServiceRow | AreaRow, *, code: str, name: str) -> Pause | None:
    if row.paused_at is None:
        return None
    return Pause(code=code, name=name, since=row.paused_at, why=row.paused_why or "")
