"""Writes a few rows of one table by one INSERT, past SQLAlchemy's work per statement.

For what comes with every text and every event: what SQLAlchemy does by the way costs more than the database itself.

Rules
* In the caller's transaction, and at once. A row is a mapping of column names to values; what it leaves out gets the
  column's own default. Values go as the tables' types would send them.
* Nothing here knows objects: what points at the row by a foreign key is written after it, or flushed before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from outreach.store.base import Base, table_of

_AT_ONCE = 50


def write(session: Session, kind: type[Base], rows: Sequence[Mapping[str, Any]], *, new_only: bool = False) -> int:
    """How many were written. ``new_only``: what stands already is left as it is, and is no fault.

    Raises SQLAlchemy's errors, without the values.
    """
    connection = session.connection()
    dialect = connection.dialect
    form = _form(kind, dialect)
    driver: Any = connection.connection.driver_connection
    written = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        values = [
            convert(row.get(name, missing)) if convert else row.get(name, missing)
            for row in part
            for name, missing, convert in form
        ]
        statement = _statement(kind, dialect.name, len(part), new_only)
        try:
            written += run(driver, statement, values)
        except dialect.loaded_dbapi.Error as fault:
            raise DBAPIError.instance(
                statement, None, fault, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
            ) from fault
    return written


def run(driver: Any, statement: str, values: Sequence[Any]) -> int:
    """The one place where it reaches the driver: no event of SQLAlchemy's tells of it."""
    written: int = driver.execute(statement, values).rowcount
    return written


@lru_cache(maxsize=64)
def _form(kind: type[Base], dialect: Dialect) -> tuple[tuple[str, Any, Callable[[Any], Any] | None], ...]:
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
def _statement(kind: type[Base], dialect: str, rows: int, new_only: bool) -> str:
    columns = [column.name for column in table_of(kind).columns]
    marks = f"({', '.join(['?' if dialect == 'sqlite' else '%s'] * len(columns))})"
    or_leave = " ON CONFLICT DO NOTHING" if new_only else ""
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{kind.__tablename__}" ({names}) VALUES {", ".join([marks] * rows)}{or_leave}'  # noqa: S608
