"""Writes many rows of many tables by few statements: COPY on PostgreSQL, ``executemany`` on SQLite.

Rules
* A row is a mapping of column names to values; what it leaves out gets the column's own default.
* Tables are written in the order in which they point at each other.
* Values go as the tables' types would send them; a text for a JSON column is JSON already.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, LargeBinary, String, Table, Text
from sqlalchemy.orm import Session

from outreach.store.base import Base, UtcDateTime

Row = tuple[type[Base], Mapping[str, Any]]
"""A table's class, and the values of one row of it."""


class Rows:
    """Rows that wait to be written, by table."""

    def __init__(self) -> None:
        self._rows: dict[type[Base], list[Mapping[str, Any]]] = defaultdict(list)

    def add(self, rows: Iterable[Row]) -> None:
        for table, values in rows:
            self._rows[table].append(values)

    def write(self, session: Session) -> int:
        """Write them all in the caller's transaction; how many there were. Nothing waits any more."""
        session.flush()
        tables = {table.__tablename__: table for table in self._rows}
        count = 0
        for each in Base.metadata.sorted_tables:
            if each.name in tables:
                rows = self._rows[tables[each.name]]
                _write(session, each, rows)
                count += len(rows)
        self._rows.clear()
        return count


def _write(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = session.connection()
    on_postgresql = connection.dialect.name == "postgresql"
    form = _form(table, on_postgresql)
    driver = connection.connection.driver_connection
    assert driver is not None
    values = ([get(row) for get in form] for row in rows)
    if on_postgresql:
        with driver.cursor() as cursor, cursor.copy(_copy(table)) as copy:
            copy.set_types(_types(table))
            for row in values:
                copy.write_row(row)
    else:
        driver.executemany(_insert(table), values)


Getter = Callable[[Mapping[str, Any]], Any]


@cache
def _form(table: Table, on_postgresql: bool) -> list[Getter]:
    return [_getter(column, on_postgresql) for column in table.columns]


def _getter(column: Any, on_postgresql: bool) -> Getter:
    name, default = column.name, column.default
    kind = column.type
    convert = _CONVERT.get(type(kind)) if not on_postgresql or isinstance(kind, JSON) else None
    missing: Any = None
    if default is not None:
        missing = default.arg if default.is_scalar else default.arg(None)
    if convert is None:
        return lambda row: row.get(name, missing)
    converted, known = convert, convert(missing)

    def get(row: Mapping[str, Any]) -> Any:
        value = row.get(name, _ABSENT)
        return known if value is _ABSENT else converted(value)

    return get


_ABSENT = object()


def _json(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@cache
def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _moment(value: datetime | None) -> str | None:
    # As SQLAlchemy writes it: in UTC, without a zone.
    text = UtcDateTime().process_bind_param(value, None)  # type: ignore[arg-type]
    return text.strftime("%Y-%m-%d %H:%M:%S.%f") if text is not None else None


_CONVERT: dict[type[Any], Callable[[Any], Any]] = {JSON: _json, Date: _day, UtcDateTime: cache(_moment)}
"""What the driver of SQLite does not take as it is; on PostgreSQL, JSON alone."""

_POSTGRESQL: tuple[tuple[type[Any], str], ...] = (
    (JSON, "text"), (LargeBinary, "bytea"), (UtcDateTime, "timestamptz"), (DateTime, "timestamptz"), (Date, "date"),
    (Boolean, "bool"), (Integer, "int4"), (Text, "text"), (String, "text"),
)  # fmt: skip


@cache
def _types(table: Table) -> list[str]:
    return [next(name for kind, name in _POSTGRESQL if isinstance(column.type, kind)) for column in table.columns]


@cache
def _copy(table: Table) -> str:
    return f"COPY {_named(table)} FROM STDIN (FORMAT BINARY)"


@cache
def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.columns))
    return f"INSERT INTO {_named(table)} VALUES ({marks})"  # noqa: S608 - names of tables and columns only


def _named(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'"{table.name}" ({columns})'
