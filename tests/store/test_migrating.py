"""Migrations, the append-only triggers, and the two kinds of session; on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from outreach.engine.link_events import link_events, verify_events
from outreach.runtime import Runtime
from outreach.store import events, migrating
from outreach.store.append_only import guarded
from outreach.store.areas import AreaRow
from outreach.store.staff import OrganisationRow
from outreach.store.tables import APPEND_ONLY, METADATA


def test_after_the_migrations_autogenerate_finds_nothing(either_runtime: Runtime) -> None:
    with either_runtime.sessions.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_every_append_only_table_refuses_to_change_and_to_forget(either_runtime: Runtime) -> None:
    runtime = either_runtime
    with runtime.sessions.engine.connect() as connection:
        assert guarded(connection) == {(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")}
    with runtime.sessions.begin() as session:
        events.note(session, "tried", id="e1", at=runtime.now(), actor_id="ana")
    for statement in ("UPDATE event SET name = 'untried'", "DELETE FROM event"):
        with pytest.raises(DBAPIError, match="only ever appended"), runtime.sessions.begin() as session:
            session.execute(text(statement))
    with runtime.sessions.read() as session:
        assert session.scalars(select(events.EventRow.name)).all() == ["tried"]


def test_upgrading_again_changes_nothing(either_runtime: Runtime) -> None:
    before, after = migrating.upgrade(either_runtime.sessions)
    assert before == after
    assert not migrating.fill_if_empty(
        either_runtime.sessions, now=either_runtime.now(), new_id=either_runtime.new_id, team_name="Willow team"
    )


def test_the_seed_areas_have_the_dates_they_went_live(either_runtime: Runtime) -> None:
    with either_runtime.sessions.read() as session:
        live = {row.code: row.live_on.isoformat() for row in session.scalars(select(AreaRow))}
    assert (live["OXF"], live["MKC"], live["RDG"], live["WOK"]) == (
        "2022-07-01",
        "2022-12-01",
        "2024-07-01",
        "2025-07-01",
    )
    assert len(live) == 9


def test_a_naive_moment_is_refused(either_runtime: Runtime) -> None:
    with pytest.raises((StatementError, ValueError), match="naive"), either_runtime.sessions.begin() as session:
        events.note(session, "tried", id="e1", at=datetime(2026, 1, 1), actor_id="ana")


def test_a_session_for_reading_does_not_write(either_runtime: Runtime) -> None:
    with either_runtime.sessions.read() as session:
        session.add(OrganisationRow(id="x", name="x", kind="charity"))
        with pytest.raises((RuntimeError, DBAPIError)):
            session.flush()
        session.rollback()


def test_the_chain_holds_and_a_changed_event_breaks_it(either_runtime: Runtime) -> None:
    runtime = either_runtime
    with runtime.sessions.begin() as session:
        for number in range(3):
            events.note(session, "tried", id=f"e{number}", at=runtime.now(), actor_id="ana", data={"n": number})
    assert link_events(runtime) == 3
    assert link_events(runtime) == 0
    whole = verify_events(runtime)
    assert (whole.broken_at, whole.links, whole.loose) == (None, 3, 0)
    drop = {
        "sqlite": "DROP TRIGGER refuse_update_event",
        "postgresql": "DROP TRIGGER refuse_update_event ON event",
    }[runtime.sessions.engine.dialect.name]
    with runtime.sessions.begin() as session:
        session.execute(text(drop))
        session.execute(text("UPDATE event SET actor_id = 'eve' WHERE id = 'e1'"))
    assert verify_events(runtime).broken_at == 2
