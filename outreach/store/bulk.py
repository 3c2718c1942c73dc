"""Writes many rows of many tables by few statements: COPY on PostgreSQL, some rows at a time on SQLite.

Rules
* A row is a mapping of column names to values; what it leaves out gets the column's own default.
* Tables are written in the order in which they point at each other.
* Values go as the tables' types would send them; a text for a JSON column is JSON already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

import psycopg
from pydantic_core import to_json
from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, String
from sqlalchemy.orm import Session

from outreach.store.base import Base, UtcDateTime


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Some columns of a table, in the order in which rows of it name their values."""

    table: type[Base]
    names: tuple[str, ...]


Row = tuple[type[Base], Mapping[str, Any]]
"""A table's class, and the values of one row of it."""
Formed = tuple[Form, tuple[Any, ...]]
"""A form, and the values of a row in its order: for what there is very much of, since it costs half as much."""


AT_ONCE = 50
"""Rows that SQLite is given by one statement."""


class NotWritten(Exception):  # noqa: N818 - named for what it says
    """A row breaks a rule of its table: it is there already, or what it points at is not."""


class Rows:
    """Rows that wait to be written, by table and by which columns they name, as the driver takes them."""

    def __init__(self, session: Session) -> None:
        self._on_postgresql = session.get_bind().dialect.name == "postgresql"
        self._of: dict[type[Base] | Form, _Waiting] = {}
        """Of each table what waits with the columns that were named last; and of each form."""
        self._all: dict[object, _Waiting] = {}

    def add(self, rows: Iterable[Row | Formed]) -> None:
        of = self._of
        for table, values in rows:
            waits = of.get(table)
            if isinstance(values, tuple):
                assert isinstance(table, Form)
                waits = waits or self._waiting(table, table.names)
                if waits.plain:
                    waits.rows.append(values)
                    continue
                row = [*values, *waits.left_out]
            else:
                if waits is None or waits.many != len(values):
                    waits = self._waiting(table, tuple(values))
                try:
                    picked = waits.pick(values)
                except KeyError:
                    waits = self._waiting(table, tuple(values))
                    picked = waits.pick(values)
                row = [*picked, *waits.left_out]
            for place, convert in waits.converted:
                row[place] = convert(row[place])
            waits.rows.append(row)

    def _waiting(self, table: type[Base] | Form, names: tuple[str, ...]) -> _Waiting:
        key = table if isinstance(table, Form) else (table, frozenset(names))
        if key not in self._all:
            kind = table.table if isinstance(table, Form) else table
            form = _form(kind, names, on_postgresql=self._on_postgresql)
            plain = not form.left_out and not form.converted
            self._all[key] = _Waiting(form, form.pick, len(names), form.left_out, form.converted, plain)
        self._of[table] = self._all[key]
        return self._all[key]

    def write(self, session: Session) -> int:
        """Write them all in the caller's transaction; how many there were. Nothing waits any more."""
        session.flush()
        driver: Any = session.connection().connection.driver_connection
        write = _copy if self._on_postgresql else _insert
        waiting = sorted(self._all.values(), key=lambda each: _order()[each.form.table])
        self._all, self._of = {}, {}
        for each in waiting:
            try:
                write(driver, each.form, each.rows)
            except (sqlite3.IntegrityError, psycopg.IntegrityError) as fault:
                raise NotWritten(f"{each.form.table}: {type(fault).__name__}") from None  # its words hold values
        return sum(len(each.rows) for each in waiting)


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


def read_where(
    session: Session, table: type[Base], names: Sequence[str], *, key: str, among: Sequence[str]
) -> list[tuple[Any, ...]]:
    """These columns of the rows whose ``key`` is ``among`` so many ids or indexes, none of which has a comma in it:
    past what SQLAlchemy does for each of a long list.

    Values come as the driver has them: on SQLite a date is its text.
    """
    wanted = ", ".join(f'"{name}"' for name in names)
    found, asked = _where(session, key, among)
    driver: Any = session.connection().connection.driver_connection
    query = f'SELECT {wanted} FROM "{table.__tablename__}" WHERE {found}'  # noqa: S608 - names of columns only
    rows: list[tuple[Any, ...]] = driver.execute(query, asked).fetchall()
    return rows


def set_where(session: Session, table: type[Base], name: str, value: date, *, key: str, among: Sequence[str]) -> None:
    """Set a date in the rows whose ``key`` is ``among`` so many, likewise."""
    found, asked = _where(session, key, among)
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    mark, sent = ("%s", value) if on_postgresql else ("?", value.isoformat())
    driver: Any = session.connection().connection.driver_connection
    driver.execute(f'UPDATE "{table.__tablename__}" SET "{name}" = {mark} WHERE {found}', [sent, *asked])  # noqa: S608


def _where(session: Session, key: str, among: Sequence[str]) -> tuple[str, list[Any]]:
    if session.get_bind().dialect.name == "postgresql":
        # As one text: the driver looks at each value of a list.
        return f"\"{key}\" = ANY(string_to_array(%s, ','))", [",".join(among)]
    return f'"{key}" IN ({", ".join("?" * len(among))})', list(among)


def _copy(driver: Any, form: _Form, rows: Sequence[Sequence[Any]]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY {form.named} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(form.types)
        for row in rows:
            copy.write_row(row)


def _insert(driver: Any, form: _Form, rows: Sequence[Sequence[Any]]) -> None:
    """Some at a time by one statement, which costs less than each by its own; the rest one by one."""
    whole = len(rows) - len(rows) % AT_ONCE
    for start in range(0, whole, AT_ONCE):
        driver.execute(form.insert(AT_ONCE), [*chain.from_iterable(rows[start : start + AT_ONCE])])
    driver.executemany(form.insert(1), rows[whole:])


Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows go that name the same columns of a table."""

    table: str
    named: str
    """The table and the columns, as SQL names them."""
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """The values of a row in the order of ``named``; ``KeyError`` where it names other columns."""
    types: list[str]
    left_out: list[Any]
    """What the columns hold that the rows do not name and that have a default."""
    converted: list[tuple[int, Converter]]
    """Values that the driver does not take as they are."""

    def insert(self, rows: int) -> str:
        marks = f"({', '.join('?' * len(self.types))})"
        return f"INSERT INTO {self.named} VALUES {', '.join([marks] * rows)}"  # noqa: S608 - names of tables only


@dataclass(slots=True)
class _Waiting:
    """Rows of one form. What its form knows stands here too: it is asked for with every row."""

    form: _Form
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    many: int
    left_out: list[Any]
    converted: list[tuple[int, Converter]]
    plain: bool
    rows: list[Sequence[Any]] = field(default_factory=list)


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
        pick=itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],),
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
    return value if value is None or type(value) is str else to_json(value).decode()


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
