"""Asks what the column names of a file mean, once for each source, and reads its files by the answer from then on.

Rules
* A file with a strange header waits, sealed, until somebody has said what its names mean; at most 24 hours.
* The answer is remembered once a plan that was made by it is committed (``remember_columns``). It can be given
  anew from any plan that waits.
* Every plan says which column was read by an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import Meanings, answer_about, signature, wrong_with
from outreach.domain.intake import Progress
from outreach.domain.recognition_file import header_of
from outreach.domain.recognition_table import FileProblem, StrangeHeader
from outreach.engine.import_families import Gone, Waiting, cancel_plan, file_that_waits, plan_import
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.column_maps import WaitingFileRow, file_of, keep_file

FILE_LASTS = timedelta(hours=24)
GONE = "This file waited for more than 24 hours and is gone. Send it again."


@dataclass(frozen=True, slots=True)
class Asked:
    """A file waits for somebody to say what its column names mean."""

    file_id: str


@dataclass(frozen=True, slots=True)
class NotMeant:
    """Why the answer cannot be taken yet."""

    problems: tuple[str, ...]


def upload_file(
    runtime: Runtime, actor: Actor, *, data: bytes, file_name: str, progress: Progress | None = None
) -> Waiting | Asked | FileProblem:
    """Plan an import of ``data``; or let it wait until its columns are explained; or say why neither can be."""
    waiting = plan_import(runtime, actor, data=data, file_name=file_name, progress=progress)
    if not isinstance(waiting, StrangeHeader):
        return waiting
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = WaitingFileRow(
            id=runtime.new_id(),
            file_name=file_name.replace("\\", "/").rsplit("/", 1)[-1][:200],
            made_by=actor.id,
            made_at=now,
            expires_at=now + FILE_LASTS,
        )
        keep_file(session, row, data)
        events.note(
            session, "columns_asked", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id],
            data={"signature": signature(waiting.names)},
        )  # fmt: skip
    return Asked(row.id)


def explain_columns(
    runtime: Runtime, actor: Actor, *, file_id: str, meanings: Meanings, progress: Progress | None = None
) -> Waiting | NotMeant | FileProblem:
    """Plan the import of a waiting file by what its names mean."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read() as session:
        found = file_of(session, file_id, staff_id=actor.id, now=runtime.now())
    if found is None:
        return NotMeant((GONE,))
    planned = _planned_by(runtime, actor, found, meanings, progress)
    if not isinstance(planned, NotMeant):
        forget_file(runtime, actor, file_id=file_id)
    return planned


def explain_again(
    runtime: Runtime, actor: Actor, *, batch_id: str, meanings: Meanings, progress: Progress | None = None
) -> Waiting | NotMeant | FileProblem | Gone:
    """Plan a file anew by other meanings of its names. The plan that waited is cancelled: nobody accepts it unseen."""
    found = file_that_waits(runtime, actor, batch_id=batch_id)
    if isinstance(found, Gone):
        return found
    planned = _planned_by(runtime, actor, found, meanings, progress)
    if isinstance(planned, Waiting):
        cancel_plan(runtime, actor, batch_id=batch_id)
    return planned


def _planned_by(
    runtime: Runtime, actor: Actor, found: tuple[str, bytes], meanings: Meanings, progress: Progress | None
) -> Waiting | NotMeant | FileProblem:
    file_name, data = found
    answer = answer_about(header_of(data), meanings)
    problems = wrong_with(answer.meanings, answer.names)
    if problems:
        return NotMeant(problems)
    return plan_import(runtime, actor, data=data, file_name=file_name, answer=answer, progress=progress)


def forget_file(runtime: Runtime, actor: Actor, *, file_id: str) -> None:
    """Throw a waiting file away. Harmless where none waits."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.begin() as session:
        session.execute(delete(WaitingFileRow).where(WaitingFileRow.id == file_id, WaitingFileRow.made_by == actor.id))


def expire_files(runtime: Runtime) -> int:
    """Throw away the files that waited for longer than 24 hours; returns how many."""
    with runtime.sessions.begin() as session:
        old = delete(WaitingFileRow).where(WaitingFileRow.expires_at <= runtime.now()).returning(WaitingFileRow.id)
        return len(session.scalars(old).all())
