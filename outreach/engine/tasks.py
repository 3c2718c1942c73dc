"""Tasks: something a person must look at, other than a call. One open task of a kind per subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, Role, require
from outreach.domain.plain_words import TASKS
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import TaskRow
from outreach.store.bulk import Row
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow


def open_task(
    session: Session,
    runtime: Runtime,
    *,
    kind: str,
    subject_id: str,
    family_id: str | None,
    now: datetime,
    for_role: str = "coordinator",
    area_code: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> TaskRow:
    """Open a task in the caller's transaction; where one of this kind and subject is open, it is given back."""
    if kind not in TASKS:
        raise ValueError(f"{kind} is not a kind of task")
    query = select(TaskRow).where(TaskRow.kind == kind, TaskRow.subject_id == subject_id, TaskRow.done_at.is_(None))
    standing = session.scalars(query).one_or_none()
    if standing is not None:
        return standing
    if area_code is None and family_id is not None:
        area_code = session.get_one(FamilyRow, family_id).area_code
    (_, values), (_, event) = task_rows(
        kind, subject_id=subject_id, family_id=family_id, area_code=area_code, for_role=for_role,
        new_id=runtime.new_id, now=now, data=data,
    )  # fmt: skip
    row = TaskRow(**values)
    session.add(row)
    events.append(session, event)
    session.flush()
    return row


def task_rows(
    kind: str,
    *,
    subject_id: str,
    family_id: str | None,
    area_code: str | None,
    for_role: str,
    new_id: Callable[[], str],
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> tuple[Row, Row]:
    """A task to be opened, and the event of it, as rows."""
    row_id = new_id()
    task = {
        "id": row_id, "kind": kind, "subject_id": subject_id, "family_id": family_id, "area_code": area_code,
        "for_role": for_role, "due_at": now, "data": dict(data or {}), "made_at": now,
    }  # fmt: skip
    event = {
        "id": new_id(), "at": now, "name": "task_opened", "actor_id": "system", "family_id": family_id,
        "subjects": [row_id], "data": {"kind": kind},
    }  # fmt: skip
    return (TaskRow, task), (EventRow, event)


def may_finish(actor: Actor, for_role: str) -> bool:
    """A task is ticked off by the role that it is for, by a coordinator or by a supervisor."""
    return actor.role.value == for_role or actor.role in (Role.COORDINATOR, Role.SUPERVISOR)


def finish_task(runtime: Runtime, actor: Actor, *, task_id: str) -> None:
    """Somebody has seen to it. Finishing twice changes nothing."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(TaskRow, task_id)
        require(actor, Permission.HOLD_SET, area=row.area_code, family=row.family_id)
        if not may_finish(actor, row.for_role):
            raise NotAllowed
        if row.done_at is None:
            row.done_at, row.done_by = now, actor.id
            events.note(
                session, "task_done", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=row.family_id,
                subjects=[row.id], data={"kind": row.kind},
            )  # fmt: skip
