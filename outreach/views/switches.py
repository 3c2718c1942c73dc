"""What software may do by itself in each area, beside how often a person's click agreed with the reading so far.

Rules
* Counted are *as read*, the texts that a person's click did as they read; and *put right*, which were read as one
  thing and meant another in a person's own word. What was only looked at says nothing about the reading.
* The figures are of readings, never of people: nobody's clicks are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.reply_values import SWITCHED, Intent
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.staff import StaffRow
from outreach.store.texts import ReadingRow

SAYS = {
    Intent.CALL: ("Call", "makes a call task, and texts when somebody rings"),
    Intent.ACCEPT: ("Yes", "makes a call task, or opens the questions about consent where that is switched on"),
    Intent.LATER: ("Later", "sets the next offer on the day they named, and says so"),
    Intent.DECLINE: ("No", "ends the texts kindly; one call after six months"),
}


@dataclass(frozen=True, slots=True)
class Switch:
    intent: str
    label: str
    does: str
    on: bool
    as_read: int
    put_right: int

    @property
    def looked_at(self) -> int:
        return self.as_read + self.put_right


@dataclass(frozen=True, slots=True)
class AreaSwitches:
    """``l0_texts_by``: the name of who switched them on; empty: off."""

    code: str
    name: str
    switches: tuple[Switch, ...]
    l0_texts_by: str
    text_consent: bool


@dataclass(frozen=True, slots=True)
class Switches:
    areas: tuple[AreaSwitches, ...]
    may_switch_texts: bool


_PUT_RIGHT = ReadingRow.corrected_intent.is_not(None)
_CLICKED = ReadingRow.details["clicked"].as_string() == ReadingRow.intent
_RECORD = (
    select(ReadingRow.area_code, ReadingRow.intent, func.count(), func.sum(case((_PUT_RIGHT, 1), else_=0)))
    .where(or_(_PUT_RIGHT, _CLICKED), ReadingRow.intent.in_([each.value for each in SWITCHED]))
    .group_by(ReadingRow.area_code, ReadingRow.intent)
)


def switches(runtime: Runtime, actor: Actor) -> Switches:
    require(actor, Permission.SETTING_EDIT)
    with runtime.sessions.read(actor.hides) as session:
        record = {(area, intent): (count, wrong) for area, intent, count, wrong in session.execute(_RECORD)}
        rows = session.scalars(select(AreaRow).where(AreaRow.code.in_(actor.areas)).order_by(AreaRow.name)).all()
        names = {row.id: row.name for row in session.execute(select(StaffRow.id, StaffRow.name))}
    shown = []
    for row in rows:
        each = []
        for intent, (label, does) in SAYS.items():
            count, wrong = record.get((row.code, intent.value), (0, 0))
            each.append(Switch(intent.value, label, does, intent.value in row.self_acting, count - wrong, wrong))
        by = names.get(row.l0_texts_by, "somebody") if row.l0_texts_by else ""
        shown.append(AreaSwitches(row.code, row.name, tuple(each), by, row.text_consent))
    return Switches(tuple(shown), may_switch_texts=actor.role is Role.SUPERVISOR)
