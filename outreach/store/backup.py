"""Backup and restore, the same for SQLite and PostgreSQL: every row of every table, as JSON lines in a zip.

Rules
* A backup is read in one transaction: it is one moment, while the service goes on.
* What is sealed stays sealed. The keys are written to a file of their own (mode 0600): whoever has only one of the
  two can read nothing.
* A restore fills an empty database, in one transaction, and needs the keys the backup was made with.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Date, DateTime, LargeBinary, Table, Time, func, insert, select
from sqlalchemy.orm import Session

from outreach.store import migrating
from outreach.store.base import Sessions, UtcDateTime
from outreach.store.keyring import Keyring
from outreach.store.sealing import DataKeyRow
from outreach.store.tables import METADATA

FORMAT = 1


class NotRestored(Exception):  # noqa: N818 - named for what it says
    """Nothing was restored; the message says why."""


def write(sessions: Sessions, file: Path) -> int:
    """Write ``file`` and ``file.keys``; returns how many rows there are."""
    count = 0
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(handle, "wb") as opened,
        zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive,
        sessions.read() as session,
    ):
        ring: Keyring = session.info["keyring"]
        head = {"format": FORMAT, "revision": _revision(sessions), "index": _index_of(session)}
        archive.writestr("about.json", json.dumps(head))
        for table in METADATA.sorted_tables:
            with archive.open(f"{table.name}.jsonl", "w") as lines:
                for row in session.execute(select(table).execution_options(yield_per=1000)).mappings():
                    lines.write(json.dumps({name: _plain(value) for name, value in row.items()}).encode() + b"\n")
                    count += 1
    keys = os.open(f"{file}.keys", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(keys, "w", encoding="utf-8") as opened_keys:
        opened_keys.write(ring.written())
    return count


def read(sessions: Sessions, file: Path, *, live: bool = False) -> int:
    """Fill the empty database of ``sessions`` from ``file``; returns how many rows came back.

    ``live``: a demo's is refused.
    """
    count = 0
    try:
        archive = zipfile.ZipFile(file)
        about = json.loads(archive.read("about.json"))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise NotRestored("This is not a backup of this service.") from None
    with archive:
        if about.get("format") != FORMAT:
            raise NotRestored("The backup was made by another version. Restore it with that version, then upgrade.")
        migrating.upgrade(sessions)
        if about.get("revision") != _revision(sessions):
            raise NotRestored(
                "The backup is of another version of the tables. Restore it with that version, then upgrade."
            )
        with sessions.begin() as session:
            if about["index"] != _index_of(session):
                raise NotRestored("The keys are not those of this backup. Put its .keys file back first.")
            if session.scalar(select(func.count()).select_from(DataKeyRow)):
                raise NotRestored("The database is not empty. Restore into a new one.")
            for table in METADATA.sorted_tables:
                with archive.open(f"{table.name}.jsonl") as lines:
                    rows = (_row(table, line) for line in lines)
                    for part in _parts(rows, 500):
                        if live and table.name == "service" and any(row["demo"] for row in part):
                            raise NotRestored("This is the backup of a demo; live mode never uses one.")
                        session.execute(insert(table), part)
                        count += len(part)
    return count


def _revision(sessions: Sessions) -> str:
    with sessions.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def _index_of(session: Session) -> str:
    """Tells whether two keyrings share the index key, without telling the key."""
    ring: Keyring = session.info["keyring"]
    return ring.blind("backup", "which keys")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def _row(table: Table, line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    for column in table.columns:
        value = row[column.name]
        if value is None:
            continue
        if isinstance(column.type, LargeBinary):
            row[column.name] = base64.b64decode(value)
        elif isinstance(column.type, UtcDateTime | DateTime):
            row[column.name] = datetime.fromisoformat(value)
        elif isinstance(column.type, Date):
            row[column.name] = date.fromisoformat(value)
        elif isinstance(column.type, Time):
            row[column.name] = time.fromisoformat(value)
    return row


def _parts(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while part := list(islice(rows, size)):
        yield part
