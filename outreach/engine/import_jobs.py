"""Work on an import that takes longer than a page should: begun, told of as it goes on, and ended with an answer.

Rules
* The job says how far it is and what came of it; the truth is the batch. A process that dies leaves a job that stands
  still, and nothing half written: the file is sent again.
* On SQLite, which has one writer at a time, a commit or an undo cannot tell how far it is.
* A job is seen by whoever began it, and forgotten after a day.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, update

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import Meanings
from outreach.domain.intake import Progress
from outreach.domain.recognition_table import FileProblem
from outreach.engine.import_families import Committed, Gone, NeedsChoice, Waiting, commit_plan
from outreach.engine.map_columns import Asked, NotMeant, explain_again, explain_columns, upload_file
from outreach.engine.undo_import import NotUndone, Undone, undo_import
from outreach.runtime import Runtime
from outreach.store.import_jobs import ImportJobRow

log = structlog.get_logger()
JOBS_LAST = timedelta(hours=24)
MOST_SAID = 40


def begin_job(runtime: Runtime, actor: Actor, *, what: str, file_name: str = "", batch_id: str | None = None) -> str:
    """Write down that ``what`` (``plan``, ``commit`` or ``undo``) begins; returns the id of the job."""
    require(actor, Permission.IMPORT_COMMIT)
    now, job_id = runtime.now(), runtime.new_id()
    with runtime.sessions.begin() as session:
        session.add(
            ImportJobRow(
                id=job_id,
                what=what,
                file_name=file_name.replace("\\", "/").rsplit("/", 1)[-1][:200],
                batch_id=batch_id,
                made_by=actor.id,
                begun_at=now,
                touched_at=now,
                state="working",
            )
        )
    return job_id


def plan_job(runtime: Runtime, actor: Actor, *, job_id: str, data: bytes, file_name: str) -> None:
    """Plan the import of a file, telling how far it is. Never raises: what goes wrong is the job's answer."""
    try:
        answer = upload_file(runtime, actor, data=data, file_name=file_name, progress=_teller(runtime, job_id))
    except Exception as fault:
        _failed(runtime, job_id, fault)
        return
    match answer:
        case Waiting(batch_id=batch_id):
            _end(runtime, job_id, "planned", leads_to=batch_id)
        case Asked(file_id=file_id):
            _end(runtime, job_id, "asked", leads_to=file_id)
        case FileProblem(problems=problems):
            _end(runtime, job_id, "refused", says=problems)


def explain_job(
    runtime: Runtime,
    actor: Actor,
    *,
    job_id: str,
    meanings: Meanings,
    file_id: str | None = None,
    batch_id: str | None = None,
) -> None:
    """Plan a file that waits, or that has a plan which waits, by what its columns mean. Never raises."""
    tell = _teller(runtime, job_id)
    answer: Waiting | NotMeant | FileProblem | Gone
    try:
        if batch_id is None:
            answer = explain_columns(runtime, actor, file_id=file_id or "", meanings=meanings, progress=tell)
        else:
            answer = explain_again(runtime, actor, batch_id=batch_id, meanings=meanings, progress=tell)
    except Exception as fault:
        _failed(runtime, job_id, fault)
        return
    match answer:
        case Waiting(batch_id=leads_to):
            _end(runtime, job_id, "planned", leads_to=leads_to)
        case Gone(why=why):
            _end(runtime, job_id, "gone", says=(why,))
        case NotMeant(problems=problems) | FileProblem(problems=problems):
            _end(runtime, job_id, "refused", says=problems)


def commit_job(runtime: Runtime, actor: Actor, *, job_id: str, batch_id: str, late: str | None) -> None:
    """Commit a plan, telling how far it is. Never raises."""
    tell = None if runtime.sessions.on_sqlite else _teller(runtime, job_id)
    try:
        answer = commit_plan(runtime, actor, batch_id=batch_id, late=late, progress=tell)
    except Exception as fault:
        _failed(runtime, job_id, fault)
        return
    match answer:
        case Committed():
            _end(runtime, job_id, "committed", leads_to=batch_id)
        case Waiting(changed=changed):
            _end(runtime, job_id, "changed", leads_to=batch_id, says=changed)
        case NeedsChoice():
            _end(runtime, job_id, "choose", leads_to=batch_id)
        case _:
            _end(runtime, job_id, "gone", says=(answer.why,))


def undo_job(runtime: Runtime, actor: Actor, *, job_id: str, batch_id: str) -> None:
    """Take an import back, telling how far it is. Never raises."""
    tell = None if runtime.sessions.on_sqlite else _teller(runtime, job_id)
    try:
        answer = undo_import(runtime, actor, batch_id=batch_id, progress=tell)
    except Exception as fault:
        _failed(runtime, job_id, fault)
        return
    match answer:
        case NotUndone(why=why):
            _end(runtime, job_id, "not_undone", leads_to=batch_id, says=(why,))
        case Undone(said=said):
            _end(runtime, job_id, "undone", leads_to=batch_id, says=(said,))


def forget_jobs(runtime: Runtime) -> int:
    """Throw away the jobs that were begun more than a day ago; returns how many."""
    with runtime.sessions.begin() as session:
        old = delete(ImportJobRow).where(ImportJobRow.begun_at <= runtime.now() - JOBS_LAST).returning(ImportJobRow.id)
        return len(session.scalars(old).all())


def _teller(runtime: Runtime, job_id: str) -> Progress:
    def tell(done: int, in_all: int) -> None:
        with runtime.sessions.begin() as session:
            values = {"done": done, "in_all": in_all, "touched_at": runtime.now()}
            session.execute(update(ImportJobRow).where(ImportJobRow.id == job_id).values(values))

    return tell


def _end(
    runtime: Runtime, job_id: str, answer: str, *, leads_to: str | None = None, says: tuple[str, ...] = ()
) -> None:
    with runtime.sessions.begin() as session:
        values = {
            "state": "done", "answer": answer, "leads_to": leads_to, "says": list(says[:MOST_SAID]),
            "touched_at": runtime.now(),
        }  # fmt: skip
        session.execute(update(ImportJobRow).where(ImportJobRow.id == job_id).values(values))


def _failed(runtime: Runtime, job_id: str, fault: Exception) -> None:
    log.error("import_job_failed", job=job_id, fault=type(fault).__name__)
    with runtime.sessions.begin() as session:
        session.execute(update(ImportJobRow).where(ImportJobRow.id == job_id).values(state="failed"))
