"""A family is hidden from a colleague who knows it: the one place that decides, for every page at once.

Rules
* A session that hides families (``sessions.read(actor.hides)``) finds no row of theirs, in whatever way it asks: not
  by id, in a list, in a count or in a join. Every table with a ``family_id`` is covered, without being named here.
* Texts and alerts that belong to no family yet are hidden where their number is, or was, a hidden family's; and so
  is what was read in a hidden text.
* Only what goes through the tables' classes is covered; views ask in no other way.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, event, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from outreach.store.alerts import AlertRow
from outreach.store.base import Base, HidingSession
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow
from outreach.store.texts import ReadingRow, TextRow


@event.listens_for(HidingSession, "do_orm_execute")
def _hide(state: ORMExecuteState) -> None:
    if state.is_select:
        options = state.session.info.setdefault("hiding", None) or _options(state.session.info["hides"])
        state.session.info["hiding"] = options
        state.statement = state.statement.options(*options)


def _options(hides: frozenset[str]) -> list[Any]:
    rules: dict[type, ColumnElement[bool]] = {
        mapper.class_: mapper.columns["family_id"].not_in(hides)
        if not mapper.columns["family_id"].nullable
        else or_(mapper.columns["family_id"].is_(None), mapper.columns["family_id"].not_in(hides))
        for mapper in Base.registry.mappers
        if "family_id" in mapper.columns
    }
    links, texts = FamilyNumberRow.__table__.c, TextRow.__table__.c
    theirs = select(links.number_id).where(links.family_id.in_(hides))
    nobodys = or_(TextRow.number_id.is_(None), TextRow.number_id.not_in(theirs))
    rules[FamilyRow] = FamilyRow.id.not_in(hides)
    rules[TextRow] = or_(TextRow.family_id.not_in(hides), and_(TextRow.family_id.is_(None), nobodys))
    unclaimed = or_(AlertRow.number_id.is_(None), AlertRow.number_id.not_in(theirs))
    rules[AlertRow] = or_(AlertRow.family_id.not_in(hides), and_(AlertRow.family_id.is_(None), unclaimed))
    hidden_texts = select(texts.id).where(
        or_(texts.family_id.in_(hides), and_(texts.family_id.is_(None), texts.number_id.in_(theirs)))
    )
    rules[ReadingRow] = ReadingRow.text_id.not_in(hidden_texts)
    return [with_loader_criteria(table, rule, include_aliases=True) for table, rule in rules.items()]
