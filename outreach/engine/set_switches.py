"""Switches on and off what software may do by itself in an area (DESIGN 4.6 rules 2, 6 and 8).

Rules
* *Accept, later, no, call* wait for one click of a person until the coordinator switches each on. Stop, hold and alert
  have no switch: they act alone from the first day.
* Texts to a number that nobody has verified by voice, and consent by text, go under the supervisor's name only.
* Switching writes an event; what stands so already is not written again.
"""

from __future__ import annotations

from collections.abc import Collection

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.reply_values import SWITCHED
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow

ONLY_A_SUPERVISOR = "Only a supervisor switches this, under their own name."


def switch_readings(runtime: Runtime, actor: Actor, *, area: str, by_itself: Collection[str]) -> bool:
    """Let the reader act on these intents without a click, and on no other. False where nothing changed."""
    require(actor, Permission.SETTING_EDIT, area=area)
    wanted = sorted(each.value for each in SWITCHED if each.value in by_itself)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(AreaRow, area, with_for_update=True)
        before = sorted(row.self_acting)
        if before == wanted:
            return False
        row.self_acting = wanted
        events.note(
            session, "readings_switched", id=runtime.new_id(), at=now, actor_id=actor.id,
            data={"area": area, "was": before, "now_is": wanted},
        )  # fmt: skip
    return True


def switch_texts(runtime: Runtime, actor: Actor, *, area: str, l0_texts: bool, text_consent: bool) -> str | None:
    """Texts before anybody verified the number by voice, and consent by text. Says why, where it may not be."""
    require(actor, Permission.SETTING_EDIT, area=area)
    if actor.role is not Role.SUPERVISOR:
        return ONLY_A_SUPERVISOR
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(AreaRow, area, with_for_update=True)
        if (row.l0_texts_by is not None, row.text_consent) == (l0_texts, text_consent):
            return None
        row.l0_texts_by = (row.l0_texts_by or actor.id) if l0_texts else None
        row.text_consent = text_consent
        events.note(
            session, "texts_switched", id=runtime.new_id(), at=now, actor_id=actor.id,
            data={"area": area, "l0_texts": l0_texts, "text_consent": text_consent},
        )  # fmt: skip
    return None
