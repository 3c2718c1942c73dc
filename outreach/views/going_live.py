"""What must be true before anything goes out for real: step by step, what is the matter, where it is mended, who
confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.access import Actor, Permission, require
from outreach.domain.going_live import CONFIRMED_BY_HAND, Readiness, steps
from outreach.runtime import Runtime
from outreach.store import areas
from outreach.store.staff import StaffRow


@dataclass(frozen=True, slots=True)
class StepShown:
    """``mend``: the page where it is mended, ``settings`` or ``by_hand``. ``did``: what one does by hand."""

    key: str
    title: str
    wrong: str
    mend: str
    did: str
    confirmed_by: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class GoingLive:
    mode: str
    steps: tuple[StepShown, ...]

    @property
    def left(self) -> int:
        return sum(bool(step.wrong) for step in self.steps)


def going_live(runtime: Runtime, actor: Actor, facts: Readiness) -> GoingLive:
    """``facts`` are the engine's own (``go_live.readiness``): the page and the command say the same."""
    require(actor, Permission.SETTING_EDIT)
    with runtime.sessions.read(actor.hides) as session:
        confirmed = areas.service(session).live_confirmed
        people = [session.get(StaffRow, one["by"]) for one in confirmed.values()]
        names = {row.id: row.name for row in people if row is not None}
    shown = []
    for step in steps(facts):
        by = confirmed.get(step.key, {})
        shown.append(
            StepShown(
                step.key, step.title, step.wrong, step.mend, CONFIRMED_BY_HAND.get(step.key, ""),
                names.get(by.get("by", ""), ""), datetime.fromisoformat(by["at"]) if by else None,
            )
        )  # fmt: skip
    return GoingLive(runtime.settings.mode, tuple(shown))
