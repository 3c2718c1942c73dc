"""How far the work on an import is, for whoever waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.domain.access import Actor, Permission, require
from outreach.runtime import Runtime
from outreach.store.import_jobs import ImportJobRow


@dataclass(frozen=True, slots=True)
class ImportJob:
    """``answer`` and what belongs to it are there once ``state`` is ``done``."""

    id: str
    what: str
    file_name: str
    done: int
    in_all: int
    state: str
    answer: str | None
    leads_to: str | None
    says: tuple[str, ...]


def import_job(runtime: Runtime, actor: Actor, job_id: str) -> ImportJob | None:
    """None where this person began no such job."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(ImportJobRow, job_id)
        if row is None or row.made_by != actor.id:
            return None
        return ImportJob(
            id=row.id,
            what=row.what,
            file_name=row.file_name,
            done=row.done,
            in_all=row.in_all,
            state=row.state,
            answer=row.answer,
            leads_to=row.leads_to,
            says=tuple(row.says),
        )
