"""Whether there is a way to be in touch with a family at all: as a condition on all of them, and as facts of some.

Rules
* *Stopped*: the family stopped texts and calls, or every number that is left was stopped so.
* A number of an imprisoned parent, or a stranger's, is none. One that somebody else was on is none until a supervisor
  has decided; where another one is left, the family can be reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from outreach.domain.consent import CONTACT
from outreach.store.alerts import TaskRow
from outreach.store.consents import ConsentRow, standings_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow

EVERYTHING = frozenset({"text", "call"})


def ways_of(session: Session, family_ids: Sequence[str]) -> Mapping[str, dict[str, bool]]:
    """By family, which of these are true."""
    numbers: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    query = (
        select(FamilyNumberRow.family_id, NumberRow.standing, _STOPPED)
        .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
        .where(FamilyNumberRow.family_id.in_(family_ids), *_THEIRS)
    )
    for family_id, standing, stopped in session.execute(query):
        numbers[family_id].append((standing, stopped))
    said = standings_of(session, family_ids)
    to_book = select(TaskRow.family_id).where(*_TO_BOOK, TaskRow.family_id.in_(family_ids))
    booking = set(session.scalars(to_book))
    found = {}
    for family_id in family_ids:
        theirs = numbers[family_id]
        free = any(standing != "compromised" and not stopped for standing, stopped in theirs)
        word = family_id in said and said[family_id].stopped >= EVERYTHING
        found[family_id] = {
            "stopped": word or (not free and any(stopped for _, stopped in theirs)),
            "number_compromised": not free and any(standing == "compromised" for standing, _ in theirs),
            "no_number": not theirs,
            "interpreter": family_id in booking,
        }
    return found


_STOPPED = and_(NumberRow.texts_stopped_at.is_not(None), NumberRow.calls_stopped_at.is_not(None))
_THEIRS = (FamilyNumberRow.off_at.is_(None), NumberRow.is_parents.is_(False), NumberRow.standing != "lost")
_TO_BOOK = (TaskRow.kind == "book_interpreter", TaskRow.done_at.is_(None))


def _one(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the family has a number like that."""
    theirs = (FamilyNumberRow.family_id == FamilyRow.id, NumberRow.id == FamilyNumberRow.number_id)
    return exists().where(*theirs, *_THEIRS, *where)


def _last_word_was_no(channel: str) -> ColumnElement[bool]:
    about = (
        ConsentRow.family_id == FamilyRow.id, ConsentRow.purpose == CONTACT, ConsentRow.channel.in_((channel, "any")),
        ConsentRow.value != "given",
    )  # fmt: skip
    last = select(ConsentRow.value).where(*about).order_by(ConsentRow.at.desc(), ConsentRow.id.desc()).limit(1)
    return func.coalesce(last.scalar_subquery(), "given").in_(("refused", "withdrawn"))


_FREE = _one(NumberRow.standing != "compromised", not_(_STOPPED))
_SAID = exists().where(ConsentRow.family_id == FamilyRow.id, ConsentRow.purpose == CONTACT)
CONDITIONS: dict[str, ColumnElement[bool]] = {
    "stopped": or_(
        and_(_SAID, _last_word_was_no("text"), _last_word_was_no("call")), and_(not_(_FREE), _one(_STOPPED))
    ),
    "number_compromised": and_(not_(_FREE), _one(NumberRow.standing == "compromised")),
    "no_number": not_(_one()),
}
"""The same of ``FamilyRow``, of what holds a family."""
