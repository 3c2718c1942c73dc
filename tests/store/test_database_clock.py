"""Machines whose clocks differ tell one time: the database's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url, text

from outreach.store.database_clock import MEASURED_FOR, DatabaseClock
from tests import postgres


class Host:
    """A machine's clock that is off."""

    def __init__(self, off: timedelta) -> None:
        self.off = off

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
@pytest.mark.parametrize("off", [timedelta(hours=-2), timedelta(seconds=7), timedelta()])
def test_a_clock_that_is_off_is_put_right_and_again_after_it_was_set(off: timedelta) -> None:
    engine = create_engine(make_url(postgres.server()).set(drivername="postgresql+psycopg"))
    host = Host(off)
    clock = DatabaseClock(engine, host)
    with engine.connect() as connection:
        for change in (timedelta(), MEASURED_FOR * 3):
            host.off += change
            theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            assert abs(clock() - theirs) < timedelta(seconds=2)
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
def test_while_the_database_does_not_answer_the_last_difference_holds() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    clock = DatabaseClock(engine, Host(timedelta()))
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)
