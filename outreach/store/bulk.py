"""Writes many rows of many tables by few statements: COPY on PostgreSQL, ``executemany`` on SQLite.

Rules
* A row is a mapping of column names to values; what it leaves out gets the column's own default.
* Tables are written in the order in which they point at each other.
* Values go as the tables' types would send them; a text for a JSON column is JSON already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

import psycopg
from pydantic_core import to_json
from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, String
from sqlalchemy.orm import Session

from outreach.store.base import Base, UtcDateTime

Row = tuple[type[Base], Mapping[str, Any]]
"""A table's class, and the values of one row of it."""


class NotWritten(Exception):  # noqa: N818 - named for what it says
    """A row breaks a rule of its table: it is there already, or what it points at is not."""


class Rows:
    """Rows that wait to be written, by table and by which columns they name, as the driver takes them."""

    def __init__(self, session: Session) -> None:
        self._on_postgresql = session.get_bind().dialect.name == "postgresql"
        self._rows: dict[tuple[type[Base], tuple[str, ...]], tuple[_Form, list[list[Any]]]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        for table, values in rows:
            key = table, tuple(values)
            if key not in self._rows:
                self._rows[key] = _form(*key, on_postgresql=self._on_postgresql), []
            form, waiting = self._rows[key]
            row = [*values.values(), *form.left_out]
            for place, convert in form.converted:
                row[place] = convert(row[place])
            waiting.append(row)

    def write(self, session: Session) -> int:
        """Write them all in the caller's transaction; how many there were. Nothing waits any more."""
        session.flush()
        driver: Any = session.connection().connection.driver_connection
        write = _copy if self._on_postgresql else _insert
        waiting = sorted(self._rows.values(), key=lambda each: _order()[each[0].table])
        self._rows.clear()
        for form, rows in waiting:
            try:
                write(driver, form, rows)
            except (sqlite3.IntegrityError, psycopg.IntegrityError) as fault:
                raise NotWritten(f"{form.table}: {type(fault).__name__}") from None  # its words hold values
        return sum(len(rows) for _, rows in waiting)


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


def _copy(driver: Any, form: _Form, rows: Sequence[Sequence[Any]]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY {form.named} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(form.types)
        for row in rows:
            copy.write_row(row)


def _insert(driver: Any, form: _Form, rows: Sequence[Sequence[Any]]) -> None:
    marks = ", ".join("?" * len(form.types))
    driver.executemany(f"INSERT INTO {form.named} VALUES ({marks})", rows)  # noqa: S608 - names of tables only


Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows go that name the same columns of a table."""

    table: str
    named: str
    """The table and the columns, as SQL names them."""
    types: list[str]
    left_out: list[Any]
    """What the columns hold that the rows do not name and that have a default."""
    converted: list[tuple[int, Converter]]
    """Values that the driver does not take as they are."""


@lru_cache(maxsize=1_000)
def _form(kind: type[Base], names: tuple[str, ...], *, on_postgresql: bool) -> _Form:
    converters = _FOR_POSTGRESQL if on_postgresql else _FOR_SQLITE
    every = Base.metadata.tables[kind.__tablename__].columns
    left_out = [each for each in every if each.default is not None and each.name not in names]
    columns = [*(every[name] for name in names), *left_out]
    quoted = ", ".join(f'"{each.name}"' for each in columns)
    return _Form(
        table=kind.__tablename__,
        named=f'"{kind.__tablename__}" ({quoted})',
        types=[type_on_postgresql(each) for each in columns],
        left_out=[converters.get(type(each.type), _as_it_is)(_default(each)) for each in left_out],
        converted=[
            (place, converters[type(every[name].type)])
            for place, name in enumerate(names)
            if type(every[name].type) in converters
        ],
    )


def _default(column: Any) -> Any:
    return column.default.arg if column.default.is_scalar else column.default.arg(None)


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _order() -> dict[str, int]:
    """The tables in the order in which they point at each other."""
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}


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


def type_on_postgresql(column: Column[Any]) -> str:
    return next(name for kind, name in _POSTGRESQL if isinstance(column.type, kind))
