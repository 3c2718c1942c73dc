"""Writes many rows of many tables by few statements: COPY on PostgreSQL, ``executemany`` on SQLite.

Rules
* A row is a mapping of column names to values; what it leaves out gets the column's own default.
* Tables are written in the order in which they point at each other.
* Values go as the tables' types would send them; a text for a JSON column is JSON already.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import psycopg
from pydantic_core import to_json
from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, String, Table
from sqlalchemy.orm import Session

from outreach.store.base import Base, UtcDateTime

Row = tuple[type[Base], Mapping[str, Any]]
"""A table's class, and the values of one row of it."""


class NotWritten(Exception):  # noqa: N818 - named for what it says
    """A row breaks a rule of its table: it is there already, or what it points at is not."""


class Rows:
    """Rows that wait to be written, by table, as the driver takes them."""

    def __init__(self, session: Session) -> None:
        self._on_postgresql = session.get_bind().dialect.name == "postgresql"
        self._rows: dict[type[Base], list[list[Any]]] = defaultdict(list)

    def add(self, rows: Iterable[Row]) -> None:
        for table, values in rows:
            names, missing, converted = _form(table, self._on_postgresql)
            row = list(map(values.get, names, missing))
            for place, convert in converted:
                row[place] = convert(row[place])
            self._rows[table].append(row)

    def write(self, session: Session) -> int:
        """Write them all in the caller's transaction; how many there were. Nothing waits any more."""
        session.flush()
        driver: Any = session.connection().connection.driver_connection
        write = _copy if self._on_postgresql else _insert
        waiting = {kind.__tablename__: rows for kind, rows in self._rows.items()}
        self._rows.clear()
        for table in Base.metadata.sorted_tables:
            if table.name in waiting:
                try:
                    write(driver, table, waiting[table.name])
                except (sqlite3.IntegrityError, psycopg.IntegrityError) as fault:
                    raise NotWritten(f"{table.name}: {type(fault).__name__}") from None  # its words hold values
        return sum(map(len, waiting.values()))


def write_all(session: Session, made: Iterable[Rows]) -> Iterator[int]:
    """Write one after the other in the caller's transaction, each while the next is made; how many rows each had.

    The session belongs to the writing alone until this is through.
    """
    with ThreadPoolExecutor(1) as writer:
        before: Future[int] | None = None
        for rows in made:
            if before is not None:
                yield before.result()
            before = writer.submit(rows.write, session)
        if before is not None:
            yield before.result()


def _copy(driver: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY {_named(table)} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_types(table))
        for row in rows:
            copy.write_row(row)


def _insert(driver: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    marks = ", ".join("?" * len(table.columns))
    driver.executemany(f"INSERT INTO {_named(table)} VALUES ({marks})", rows)  # noqa: S608 - names of tables only


Converter = Callable[[Any], Any]


@lru_cache(maxsize=20_000)
def _form(
    kind: type[Base], on_postgresql: bool
) -> tuple[tuple[str, ...], tuple[Any, ...], tuple[tuple[int, Converter], ...]]:
    """The columns of a table, what each holds where nothing is said, and which values the driver does not take."""
    columns = list(kind.__table__.columns)
    missing = tuple(_default(column) for column in columns)
    converters = _FOR_POSTGRESQL if on_postgresql else _FOR_SQLITE
    converted = [
        (place, converters[type(column.type)])
        for place, column in enumerate(columns)
        if type(column.type) in converters
    ]
    return tuple(column.name for column in columns), missing, tuple(converted)


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else column.default.arg(None)


def _json(value: Any) -> str | None:
    return None if value is None else to_json(value).decode()


@lru_cache(maxsize=20_000)
def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


@lru_cache(maxsize=20_000)
def _moment(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a naive datetime was about to be stored; every moment is aware UTC")
    return value


@lru_cache(maxsize=20_000)
def _moment_as_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it: in UTC, without a zone."""
    aware = _moment(value)
    return None if aware is None else f"{aware.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


_FOR_SQLITE: dict[type[Any], Converter] = {JSON: _json, Date: _day, UtcDateTime: _moment_as_text}
_FOR_POSTGRESQL: dict[type[Any], Converter] = {JSON: _json, UtcDateTime: _moment}

_POSTGRESQL: tuple[tuple[type[Any], str], ...] = (
    (JSON, "text"), (LargeBinary, "bytea"), (UtcDateTime, "timestamptz"), (Date, "date"), (Boolean, "bool"),
    (Integer, "int4"), (String, "text"),
)  # fmt: skip


@lru_cache(maxsize=20_000)
def _types(table: Table) -> list[str]:
    return [next(name for kind, name in _POSTGRESQL if isinstance(column.type, kind)) for column in table.columns]


@lru_cache(maxsize=20_000)
def _named(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'"{table.name}" ({columns})'
