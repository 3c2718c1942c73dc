"""Asks what the column names of a file mean, once for each source, and reads its files by the answer from then on.

Rules
* A file with a strange header waits, sealed, until somebody has said what its names mean; at most 24 hours.
* The answer counts for every later file with the same names in its header. A later answer replaces it.
* A file is read by a remembered answer only where its own names do not do, and the plan says so for each column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import Meanings, plain, signature, wrong_with
from outreach.domain.intake import Progress
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import FileProblem, StrangeHeader, Table
from outreach.engine.import_families import Waiting, plan_import
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.column_maps import ColumnMapRow, WaitingFileRow, file_of, keep_file

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
    runtime: Runtime, actor: Actor, *, file_id: str, meanings: Meanings
) -> Waiting | NotMeant | FileProblem:
    """Remember what the names of a waiting file mean, and plan its import."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read() as session:
        found = file_of(session, file_id, staff_id=actor.id, now=runtime.now())
    if found is None:
        return NotMeant((GONE,))
    file_name, data = found
    problems = remember(runtime, actor, names=_names(data), meanings=meanings)
    if problems:
        return NotMeant(problems)
    waiting = plan_import(runtime, actor, data=data, file_name=file_name)
    forget_file(runtime, actor, file_id=file_id)
    return waiting


def remember(runtime: Runtime, actor: Actor, *, names: tuple[str, ...], meanings: Meanings) -> tuple[str, ...]:
    """Keep an answer for every file with these names, or say what is not right about it."""
    require(actor, Permission.IMPORT_COMMIT)
    said = {plain(name): column for name, column in meanings.items() if plain(name)}
    problems = wrong_with(said, names)
    if problems:
        return problems
    now = runtime.now()
    with runtime.sessions.begin() as session:
        key = signature(names)
        row = session.get(ColumnMapRow, key) or ColumnMapRow(signature=key)
        row.meanings, row.made_by, row.made_at = said, actor.id, now
        session.add(row)
        events.note(
            session, "columns_explained", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[],
            data={"signature": key, "columns": sorted({column for column in said.values() if column})},
        )  # fmt: skip
    return ()


def _names(data: bytes) -> tuple[str, ...]:
    read = read_table(data)
    return read.names if isinstance(read, StrangeHeader | Table) else ()


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
