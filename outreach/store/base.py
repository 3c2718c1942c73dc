"""What every table shares: the naming convention, UTC time, ids, and the two kinds of session.

Rules
* Time is aware UTC. A naive datetime is refused on the way in and never comes out.
* ``Sessions.begin()`` is the one visible commit of a command; on SQLite it takes the write lock at once
  (``BEGIN IMMEDIATE``), so that what a command read is still true when it writes. The threads of one process take
  turns before that: SQLite itself lets a waiting one sleep, up to a tenth of a second past its turn.
* ``Sessions.read()`` never writes: a flush in it is an error.
* What has no answer can go to PostgreSQL together (``together``): each journey there and back costs more than the work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    any_,
    cast,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from outreach.store.disks import refuse_a_shared_disk
from outreach.store.keyring import Keyring

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = String(36)
IDLE_SECONDS = 1.0
"""A connection that nobody used for so long is asked whether it is still there before it is used again."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, handed back aware, refused when naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored; every moment is aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it from the class


def open_database(url: str, *, echo: bool = False) -> Engine:
    """An engine for ``url``: ``sqlite:///file`` or ``postgresql://…``. A missing folder is made.

    Its errors do not carry the values of a statement: they end up in logs.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            refuse_a_shared_disk(Path(parsed.database))
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, echo=echo, hide_parameters=True, connect_args={"timeout": 45})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("the database is neither SQLite nor PostgreSQL")
    parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, echo=echo, hide_parameters=True, pool_size=10)

    def put_back(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def taken_out(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get("used", time.monotonic()) > IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as fault:
                raise DisconnectionError from fault  # the pool opens another one

    event.listen(engine, "checkin", put_back)
    event.listen(engine, "checkout", taken_out)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we begin by ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=45000")  # the longest write is an import of 20,000 rows
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class HidingSession(Session):
    """A session for reading that finds nothing of the families in ``info["hides"]`` (``store/hiding.py``)."""


class Sessions:
    """Hands out sessions on one database; ``session.info["keyring"]`` is what sealing uses."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self.engine = engine
        self._turn = RLock() if self.on_sqlite else nullcontext()
        self._writing = sessionmaker(engine, expire_on_commit=False, info={"keyring": keyring})
        self._reading = sessionmaker(
            engine.execution_options(reading=True),
            expire_on_commit=False,
            autoflush=False,
            info={"keyring": keyring, "reading": True},
        )
        self._hiding = sessionmaker(
            engine.execution_options(reading=True),
            class_=HidingSession,
            expire_on_commit=False,
            autoflush=False,
            info={"keyring": keyring, "reading": True},
        )
        for maker in (self._reading, self._hiding):
            event.listen(maker, "before_flush", _refuse_to_write)

    @property
    def on_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with self._turn, self._writing.begin() as session:
            yield session

    @contextmanager
    def read(self, hides: frozenset[str] = frozenset()) -> Iterator[Session]:
        """A session for reading; nothing in it can be written, and nothing of the families in ``hides`` is found."""
        with self._hiding(info={"hides": hides}) if hides else self._reading() as session:
            if not self.on_sqlite:
                session.execute(text("SET TRANSACTION READ ONLY"))
            yield session

    def to_disk(self) -> None:
        """What is committed survives a power cut from now on. PostgreSQL's commits do; SQLite's log is brought to the
        disk here, since its commits alone do not wait for it (``synchronous=NORMAL``)."""
        file = self.engine.url.database
        if self.on_sqlite and file and Path(f"{file}-wal").exists():
            log = os.open(f"{file}-wal", os.O_RDONLY)
            try:
                os.fsync(log)
            finally:
                os.close(log)

    def close(self) -> None:
        self.engine.dispose()


def table_of(kind: type[Base]) -> Table:
    """The table by itself: a statement on it, of columns only, costs a third of one on the class."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


def locks_rows(session: Session) -> bool:
    """Whether a row can be locked by itself. On SQLite who writes has locked the whole database."""
    return session.get_bind().dialect.name != "sqlite"


@contextmanager
def together(session: Session) -> Iterator[Connection]:
    """Statements that have no answer, brought to PostgreSQL in one journey. Nothing can be read in the block."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    with faults_of(connection.dialect), driver.pipeline() if locks_rows(session) else nullcontext():
        yield connection


@contextmanager
def faults_of(dialect: Dialect, statement: str = "several statements") -> Iterator[None]:
    """What the driver raises in the block is raised as SQLAlchemy's own, without the values."""
    driver = dialect.loaded_dbapi.Error
    try:
        yield
    except driver as fault:
        raise DBAPIError.instance(statement, None, fault, driver, hide_parameters=True, dialect=dialect) from fault


def among(session: Session, column: Column[str], ids: Collection[str]) -> ColumnElement[bool]:
    """Whether a column says one of very many ids. PostgreSQL gets them as one array: of five hundred values by
    themselves, only to write the statement takes milliseconds."""
    if locks_rows(session):
        return column == any_(cast(list(ids), ARRAY(String)))
    return column.in_(ids)


def padded(ids: Collection[str]) -> list[str]:
    """In order, without doubles, and repeated up to one of few lengths, for a list in a query: so PostgreSQL meets few
    different queries, and keeps their plans."""
    found = sorted(set(ids))
    length = next((each for each in (1, 4, 16, 32) if len(found) <= each), -(-len(found) // 64) * 64)
    return found + found[-1:] * (length - len(found))


def _refuse_to_write(session: Session, *_: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a view tried to write; only commands do")
