"""What the frame of a page shows beside the page: the pause line, and in the demo its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, request, url_for

from outreach.domain.access import Actor, Permission
from outreach.runtime import Runtime
from outreach.views.pause_state import pause_state

WHY = {
    "by_hand": "somebody pressed pause",
    "alert_not_taken": "an alert was not taken by anybody",
    "account_limit": "the account with the network has reached its limit",
    "configuration": "the connection to the network is not set up rightly",
}


@dataclass(frozen=True, slots=True)
class PauseLine:
    on: bool
    since: datetime | None
    why: str
    change_url: str | None


@dataclass(frozen=True, slots=True)
class ClockMove:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class DemoBar:
    now: datetime
    moves: tuple[ClockMove, ...]
    phones_url: str
    here: str


MOVES = (
    ClockMove("hour", "An hour on"),
    ClockMove("day", "A day on"),
    ClockMove("next", "To the next due offer"),
)


def pause_line(runtime: Runtime, actor: Actor, app: Flask) -> PauseLine | None:
    """The pause line for who works with families; the link to change it for who may."""
    if not (actor.may(Permission.FAMILY_READ) or actor.may(Permission.PAUSE_SET)):
        return None
    state = pause_state(runtime, actor)
    may_change = actor.may(Permission.PAUSE_SET) and "pause.show" in app.view_functions
    change_url = url_for("pause.show") if may_change else None
    if state.service is not None:
        return PauseLine(on=True, since=state.service.since, why=_why(state.service.why), change_url=change_url)
    if state.areas:
        names = ", ".join(area.name for area in state.areas)
        first = state.areas[0]
        return PauseLine(on=True, since=first.since, why=f"{names} ({_why(first.why)})", change_url=change_url)
    return PauseLine(on=False, since=None, why="", change_url=change_url)


def demo_bar(runtime: Runtime, app: Flask) -> DemoBar | None:
    """The demo's clock and the way to its phones; nothing outside the demo."""
    if not runtime.settings.demo:
        return None
    moves = MOVES if "demo.move" in app.view_functions else ()
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return DemoBar(now=runtime.now(), moves=moves, phones_url=runtime.settings.phones_url, here=here)


def _why(code: str) -> str:
    return WHY.get(code, "the reason is in the log")
