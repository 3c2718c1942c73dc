"""Saves a cadence as its next version, or a new one, or retires one; and moves the live families to where they belong.

Rules
* A version is never changed. An edit that says what is wrong is refused as a whole, with every problem.
* New steps get numbers that no step ever had, in any version of any cadence.
* Families go on where they stand: what they had stays behind them. An offer that nobody tried, and that the new one
  would not plan in the same way, ends as *superseded* and is planned anew; any other goes on as it is. None is doubled.
* What is saved is worked out by the same forecast that was shown. Where a digest is given and is not the forecast's
  any more, nothing is saved.
* One save at a time, from one snapshot of the data: whoever changed a family meanwhile makes it a *changed meanwhile*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import Cadence, read_cadence, written
from outreach.domain.cadence_proposal import Proposal, problems_of, problems_with_whom
from outreach.engine.forecast import PROPOSED, Forecast, forecast
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import areas
from outreach.store.cadences import CadenceRow, CadenceVersionRow, EnrolmentRow, in_use
from outreach.store.events import EventRow
from outreach.store.offers import OfferRow, lock_all
from outreach.store.texts import TextRow

AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Saved:
    cadence_id: str
    version_id: str
    number: int
    superseded: int


@dataclass(frozen=True, slots=True)
class NotSaved:
    problems: tuple[str, ...]


class ChangedMeanwhileError(Exception):
    """What would be saved is not what was shown any more. Nothing was saved."""


def new_version(runtime: Runtime, actor: Actor, *, cadence_id: str, cadence: Cadence, why: str) -> Saved | NotSaved:
    """Save ``cadence`` as the next version of ``cadence_id``, whatever it changes."""
    with runtime.sessions.read() as session:
        standing = in_use(session)[cadence_id]
    proposal = Proposal(
        cadence_id=cadence_id, based_on=standing.version_id, name=standing.name, whom=standing.whom, cadence=cadence
    )
    problems = problems_with(runtime, actor, proposal)
    return NotSaved(problems) if problems else save(runtime, actor, proposal, why=why)


def problems_with(runtime: Runtime, actor: Actor, proposal: Proposal) -> tuple[str, ...]:
    require(actor, Permission.CADENCE_EDIT)
    with runtime.sessions.read() as session:
        others = [(each.name, each.whom) for each in in_use(session).values() if each.id != proposal.cadence_id]
        known = areas(session)
    return (*problems_of(proposal.cadence), *problems_with_whom(proposal, others, known))


def save(runtime: Runtime, actor: Actor, proposal: Proposal, *, why: str, digest: str | None = None) -> Saved:
    """Save it and move the families. Raises ``ChangedMeanwhileError`` where ``digest`` is not what it would do."""
    require(actor, Permission.CADENCE_EDIT)
    now = runtime.now()
    try:
        with runtime.sessions.begin() as session:
            if not runtime.sessions.on_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            row = _locked(session, proposal)
            found = forecast(session, proposal, now=now, areas=actor.areas, hides=actor.hides)
            if digest is not None and found.digest != digest:
                raise ChangedMeanwhileError
            return _write(session, runtime, row, proposal, found, by=actor.id, why=why, now=now)
    except OperationalError as fault:
        if getattr(fault.orig, "sqlstate", "") == "40001":  # somebody changed what the snapshot showed
            raise ChangedMeanwhileError from fault
        raise


def named(session: Session, proposal: Proposal) -> Proposal:
    """With numbers for its new steps that no step ever had."""
    bodies = session.scalars(select(CadenceVersionRow.body))
    highest = max((step.id for body in bodies for step in read_cadence(body).steps), default=-1)
    return replace(proposal, cadence=proposal.cadence.named(above=highest))


def _locked(session: Session, proposal: Proposal) -> CadenceRow | None:
    """Every cadence, so that two saves cannot be at work at once; the one that is edited, at the version it was."""
    rows = session.scalars(select(CadenceRow).order_by(CadenceRow.id).with_for_update()).all()
    row = next((each for each in rows if each.id == proposal.cadence_id), None)
    if proposal.cadence_id is not None and (
        row is None or row.retired_at is not None or row.current_version_id != proposal.based_on
    ):
        raise ChangedMeanwhileError
    return row


def _write(
    session: Session, runtime: Runtime, row: CadenceRow | None, proposal: Proposal, found: Forecast, *, by: str,
    why: str, now: datetime,
) -> Saved:  # fmt: skip
    if row is None:
        row = CadenceRow(id=runtime.new_id(), name=proposal.name.strip())
        session.add(row)
        session.flush()
    number = 1 + len(session.scalars(select(CadenceVersionRow.id).where(CadenceVersionRow.cadence_id == row.id)).all())
    made = CadenceVersionRow(
        id=runtime.new_id(),
        cadence_id=row.id,
        number=number,
        body=written(named(session, proposal).cadence),
        made_by=by,
        made_at=now,
        why=why[:200] or None,
    )
    session.add(made)
    session.flush()
    row.name, row.current_version_id = proposal.name.strip(), made.id
    row.areas, row.languages = sorted(proposal.whom.areas), sorted(proposal.whom.languages)
    row.needs, row.retired_at = sorted(proposal.whom.needs), now if proposal.retired else None
    session.flush()
    _supersede(session, runtime, found.moves.anew, by=by, now=now)
    _move(session, found.moves.enrolments, made.id)
    moved = [
        _event(
            runtime, "cadence_changed", by=by, at=now, family_id=family_id, subjects=[enrolment_id],
            data={"from": source, "to": row.id if target == PROPOSED else target},
        )
        for enrolment_id, family_id, source, target in found.moves.elsewhere
    ]  # fmt: skip
    _insert(session, moved)
    events.note(
        session, "cadence_retired" if proposal.retired else "cadence_edited", id=runtime.new_id(), at=now,
        actor_id=by, subjects=[made.id],
        data={"number": number, "superseded": found.anew, "moved": len(moved), "families": found.live},
    )  # fmt: skip
    return Saved(row.id, made.id, number, found.anew)


def _supersede(
    session: Session, runtime: Runtime, offers: Sequence[tuple[str, str, int, str]], *, by: str, now: datetime
) -> None:
    """As ``end_offer`` does for one: the text that waits is dropped first, so none is claimed meanwhile."""
    for start in range(0, len(offers), AT_A_TIME):
        part = offers[start : start + AT_A_TIME]
        ids = [offer_id for offer_id, *_ in part]
        lock_all(session, ids)  # before their texts, as everywhere
        session.execute(
            update(TextRow)
            .where(TextRow.offer_id.in_(ids), TextRow.state == "waiting", TextRow.purpose == "offer")
            .values(state="dropped", waits_for="offer_ended")
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(OfferRow)
            .where(OfferRow.id.in_(ids), OfferRow.state == "open")
            .values(state="ended", outcome="superseded", outcome_why="cadence_edited", ended_at=now, to_follow=now)
            .execution_options(synchronize_session=False)
        )
        ended = [
            _event(
                runtime, "offer_ended", by=by, at=now, family_id=family_id, subjects=[offer_id],
                data={"outcome": "superseded", "step": step, "channel": channel, "why": "cadence_edited"},
            )
            for offer_id, family_id, step, channel in part
        ]  # fmt: skip
        _insert(session, ended)


def _move(session: Session, moves: dict[tuple[str, str, str, str], list[str]], made: str) -> None:
    for (_, _, version_id, behind), ids in moves.items():
        values = {
            "cadence_version_id": made if version_id == PROPOSED else version_id,
            "steps_behind": behind,
        }
        for start in range(0, len(ids), AT_A_TIME):
            session.execute(
                update(EnrolmentRow)
                .where(EnrolmentRow.id.in_(ids[start : start + AT_A_TIME]))
                .values(**values)
                .execution_options(synchronize_session=False)
            )


def _event(
    runtime: Runtime, name: str, *, by: str, at: datetime, family_id: str, subjects: list[str], data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": runtime.new_id(), "at": at, "name": name, "actor_id": by, "family_id": family_id, "subjects": subjects,
        "data": data,
    }  # fmt: skip


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_A_TIME):
        session.execute(insert(EventRow), rows[start : start + AT_A_TIME])
