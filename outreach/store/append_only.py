"""The triggers that refuse to change or delete what may only be appended to.

Rules
* They stand on every table of ``tables.APPEND_ONLY``, on SQLite and PostgreSQL alike.
* SQLite's batch mode copies a table and drops its triggers: a migration that touches such a table ends with
  ``guard_all`` again, and a test looks for the triggers after every migration.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text


def guard_all(connection: Connection, tables: Iterable[str]) -> None:
    """Put the triggers in place; harmless where they are."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever appended', TG_TABLE_NAME; END $$"
            )
        )
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(text(_statement(connection.dialect.name, table, verb)))


def guarded(connection: Connection) -> set[tuple[str, str]]:
    """``(table, verb)`` of the triggers that are there."""
    if connection.dialect.name == "postgresql":
        rows = connection.execute(
            text(
                "SELECT event_object_table, event_manipulation FROM information_schema.triggers "
                "WHERE trigger_name LIKE 'refuse_%'"
            )
        )
        return {(table, verb) for table, verb in rows}
    names = connection.execute(text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"))
    return {(table, name.split("_")[1].upper()) for table, name in names if name.startswith("refuse_")}


def _statement(dialect: str, table: str, verb: str) -> str:
    name = f"refuse_{verb.lower()}_{table}"
    if dialect == "postgresql":
        return (
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever appended'); END"
    )
