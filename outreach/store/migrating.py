"""Brings a database up to date, and fills an empty one with what every installation needs.

Rules
* ``upgrade`` runs the migrations; an up-to-date database is left alone.
* In an empty database it also makes the service's row and key, the areas of the Thames Valley with the dates
  they went live, and the default cadence. They are rows a coordinator can edit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from outreach.domain import cadence
from outreach.store.areas import AreaRow, ServiceRow
from outreach.store.base import Sessions
from outreach.store.cadences import CadenceRow, CadenceVersionRow
from outreach.store.sealing import SERVICE, make_keys

AREAS = (
    ("OXF", "Oxfordshire", date(2022, 7, 1)),
    ("MKC", "Milton Keynes", date(2022, 12, 1)),
    ("BUC", "Buckinghamshire", date(2023, 7, 1)),
    ("WBK", "West Berkshire", date(2023, 7, 1)),
    ("BRF", "Bracknell Forest", date(2024, 7, 1)),
    ("RDG", "Reading", date(2024, 7, 1)),
    ("SLO", "Slough", date(2025, 7, 1)),
    ("WNM", "Windsor and Maidenhead", date(2025, 7, 1)),
    ("WOK", "Wokingham", date(2025, 7, 1)),
)


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(sessions: Sessions) -> tuple[str | None, str]:
    """Run the migrations that are missing: ``(revision before, revision after)``."""
    config = configuration()
    head = ScriptDirectory.from_config(config).get_current_head() or ""
    with sessions.engine.begin() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before != head:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, head


def is_current(sessions: Sessions) -> bool:
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with sessions.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def is_a_demos(sessions: Sessions) -> bool:
    """Whether the database, however old its tables are, is marked as a demo's."""
    with sessions.engine.connect() as connection:
        if not inspect(connection).has_table("service"):
            return False
        return bool(connection.execute(text("SELECT demo FROM service")).scalar())


def fill_if_empty(sessions: Sessions, *, now: datetime, new_id: Callable[[], str], team_name: str) -> bool:
    """Make what every installation needs, where it is not there yet. True when it was made."""
    with sessions.begin() as session:
        if session.get(ServiceRow, 1) is not None:
            return False
        session.add(ServiceRow(id=1, live_confirmed={}))
        make_keys(session, [SERVICE], now=now)
        default, version = new_id(), new_id()
        session.add(CadenceRow(id=default, name="Default", current_version_id=version))
        session.flush()
        session.add(
            CadenceVersionRow(
                id=version,
                cadence_id=default,
                number=1,
                body=cadence.written(cadence.DEFAULT),
                made_by="system",
                made_at=now,
                why="The default: an assumption, to be set by the coordinator",
            )
        )
        for code, name, live_on in AREAS:
            session.add(
                AreaRow(
                    code=code,
                    name=name,
                    live_on=live_on,
                    team_name=team_name,
                    self_acting=[],
                )
            )
    return True
