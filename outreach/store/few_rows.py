"""Reads and writes a few rows, past SQLAlchemy's work per statement.

For what comes with every text and every event: what SQLAlchemy does by the way costs more than the database itself.

Rules
* In the caller's transaction, and at once. A row to write is a mapping of column names to values; what it leaves out
  gets the column's own default. Values go and come as the tables' types would have them.
* What points at a row by a foreign key is written after it. Objects of the session that were changed are not written by
  ``read`` and ``write``: ``flush`` does that.
* Errors are SQLAlchemy's, without the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Column, Dialect, Executable, Select, Table, inspect, literal_column
from sqlalchemy.orm import Session, make_transient, make_transient_to_detached
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import replacement_traverse

from outreach.store.base import Base, faults_of, locks_rows, table_of, together

Convert = Callable[[Any], Any]
_AT_ONCE = 50
_WIRE = "wire"


def write(session: Session, kind: type[Base], rows: Sequence[Mapping[str, Any]], *, new_only: bool = False) -> int:
    """How many were written. ``new_only``: what stands already is left as it is, and is no fault."""
    driver, dialect = _wire(session)
    form = _form(kind, dialect)
    written = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        values = [
            convert(row.get(name, missing)) if convert else row.get(name, missing)
            for row in part
            for name, missing, convert in form
        ]
        statement = _insert(kind, dialect.name, len(part), new_only)
        with faults_of(dialect, statement):
            written += run(driver, statement, values)
    return written


def run(driver: Any, statement: str, values: Sequence[Any]) -> int:
    """The one place where a write reaches the driver: no event of SQLAlchemy's tells of it."""
    written: int = driver.execute(statement, values).rowcount
    return written


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of one table in a query of several, its ``id`` first. Others are read where somebody asks."""

    kind: type[Base]
    names: tuple[str, ...]

    @property
    def columns(self) -> list[Column[Any]]:
        return [table_of(self.kind).c[name] for name in self.names]


def read(
    session: Session,
    statement: Executable,
    values: Mapping[str, Any],
    *,
    parts: Sequence[Part] = (),
    locks: Sequence[Select[Any]] = (),
) -> list[tuple[Any, ...]]:
    """The rows that a SELECT of columns finds. Where it begins with the columns of ``parts``, each row begins with an
    object of the session for each of them (``None`` where there is none), as if the session had read it.

    ``locks`` are done before it, each by itself, so that it sees what whoever had a lock has left; all in one journey.
    On SQLite who writes has locked everything.
    """
    driver, dialect = _wire(session)
    asked = _compiled(statement, dialect)
    if locks and locks_rows(session):
        with together(session):
            for lock in locks:
                _ask(driver, _compiled(lock, dialect), values, dialect)
            cursor = _ask(driver, asked, values, dialect)
    else:
        cursor = _ask(driver, asked, values, dialect)
    found = [
        tuple(convert(value) if convert else value for value, convert in zip(row, asked.results, strict=True))
        for row in cursor.fetchall()
    ]
    return [_with_objects(session, row, parts) for row in found] if parts else found


def do(session: Session, statement: Executable, values: Mapping[str, Any]) -> None:
    """A statement on tables that has no answer, past what the session holds of them."""
    driver, dialect = _wire(session)
    _ask(driver, _compiled(statement, dialect), values, dialect)


def flush(session: Session) -> None:
    """Write what was changed in objects of the session: ``Session.flush``, in one bare UPDATE a row."""
    if session.new or session.deleted:
        session.flush()
        return
    for row in session.dirty:
        changed = [name for name, before in inspect(row).committed_state.items() if getattr(row, name) != before]
        if changed:
            _update(session, row, tuple(sorted(changed)))
        make_transient(row)
        _as_it_stands(session, row)


def add(session: Session, row: Base) -> None:
    """Write a new row; from then on it is an object of the session, with what the table gives it."""
    flush(session)
    write(session, type(row), [vars(row)])
    _, dialect = _wire(session)
    vars(row).update({name: missing for name, missing, _ in _form(type(row), dialect) if name not in vars(row)})
    _as_it_stands(session, row)


def _update(session: Session, row: Base, changed: tuple[str, ...]) -> None:
    driver, dialect = _wire(session)
    converts = {name: convert for name, _, convert in _form(type(row), dialect)}
    statement, names = _update_of(type(row), dialect.name, changed)
    given = [convert(getattr(row, name)) if (convert := converts[name]) else getattr(row, name) for name in names]
    with faults_of(dialect, statement):
        if run(driver, statement, given) != 1:
            raise LookupError(f"a row of {row.__tablename__} that was to be changed is gone")


def _with_objects(session: Session, row: tuple[Any, ...], parts: Sequence[Part]) -> tuple[Any, ...]:
    objects: list[Base | None] = []
    start = 0
    for part in parts:
        end = start + len(part.names)
        objects.append(None if row[start] is None else _object(session, part, row[start:end]))
        start = end
    return (*objects, *row[start:])


def _object(session: Session, part: Part, values: tuple[Any, ...]) -> Base:
    """As the session itself makes an object of what it read: what was not read is read where somebody asks for it."""
    mapper = inspect(part.kind)
    key = mapper.identity_key_from_primary_key(values[:1])
    standing: Base | None = session.identity_map.get(key)
    if standing is not None:
        return standing
    row: Base = mapper.class_manager.new_instance()
    vars(row).update(zip(part.names, values, strict=True))
    state = inspect(row)
    state.key, state.session_id = key, session.hash_key
    state.expired_attributes.update(_left_out(part))
    session.identity_map.add(state)
    return row


@lru_cache(maxsize=64)
def _left_out(part: Part) -> frozenset[str]:
    return frozenset(column.name for column in table_of(part.kind).columns) - frozenset(part.names)


def _as_it_stands(session: Session, row: Base) -> None:
    """The object says what is written: nothing in it is to be written any more."""
    make_transient_to_detached(row)
    session.add(row)


def _wire(session: Session) -> tuple[Any, Dialect]:
    """The driver's own connection of the session's transaction, asked for once."""
    transaction, known = session.get_transaction(), session.info.get(_WIRE)
    if known is None or known[0] is not transaction:
        connection = session.connection()
        known = session.get_transaction(), connection.connection.driver_connection, connection.dialect
        session.info[_WIRE] = known
    return known[1], known[2]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """``binds``: of each value its name, what it is where nobody says, and what makes it one for the driver."""

    words: str
    binds: tuple[tuple[str, Any, Convert | None], ...]
    positions: tuple[str, ...] | None
    results: tuple[Convert | None, ...]


@lru_cache(maxsize=256)
def _compiled(statement: Executable, dialect: Dialect) -> _Compiled:
    """What is the same every time is part of the words: where the database knows it as it plans (``state = 'open'``),
    an index of some rows only serves, and the plan is kept."""

    def fixed(part: Any) -> Any:
        if not isinstance(part, BindParameter) or part.required:
            return None
        written = part.type.dialect_impl(dialect).literal_processor(dialect)
        return literal_column(written(part.value), part.type) if written else None

    replace: Any = replacement_traverse
    made = replace(statement, {}, fixed).compile(dialect=dialect)
    assert isinstance(made, SQLCompiler)
    binds = tuple(
        (name, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in made.binds.items()
    )
    columns = getattr(statement, "selected_columns", ())
    results = tuple(each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns)
    return _Compiled(str(made), binds, tuple(made.positiontup) if made.positiontup else None, results)


def _ask(driver: Any, asked: _Compiled, values: Mapping[str, Any], dialect: Dialect) -> Any:
    given = {
        name: convert(values.get(name, missing)) if convert else values.get(name, missing)
        for name, missing, convert in asked.binds
    }
    with faults_of(dialect, asked.words):
        return driver.execute(asked.words, [given[name] for name in asked.positions] if asked.positions else given)


@lru_cache(maxsize=64)
def _form(kind: type[Base], dialect: Dialect) -> tuple[tuple[str, Any, Convert | None], ...]:
    """Of each column the name, what it holds where nothing is said, and what makes a value one for the driver."""
    return tuple(
        (column.name, _default(column), column.type.dialect_impl(dialect).bind_processor(dialect))
        for column in table_of(kind).columns
    )


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else column.default.arg(None)


@lru_cache(maxsize=256)
def _insert(kind: type[Base], dialect: str, rows: int, new_only: bool) -> str:
    columns = [column.name for column in table_of(kind).columns]
    marks = f"({', '.join([_mark(dialect)] * len(columns))})"
    or_leave = " ON CONFLICT DO NOTHING" if new_only else ""
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{kind.__tablename__}" ({names}) VALUES {", ".join([marks] * rows)}{or_leave}'  # noqa: S608


@lru_cache(maxsize=256)
def _update_of(kind: type[Base], dialect: str, changed: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    table: Table = table_of(kind)
    key = tuple(column.name for column in table.primary_key.columns)
    sets = ", ".join(f'"{name}" = {_mark(dialect)}' for name in changed)
    where = " AND ".join(f'"{name}" = {_mark(dialect)}' for name in key)
    return f'UPDATE "{table.name}" SET {sets} WHERE {where}', (*changed, *key)  # noqa: S608


def _mark(dialect: str) -> str:
    return "?" if dialect == "sqlite" else "%s"
