"""A worker that died on the way leaves its text unknown once the lease is over, and nobody sends it again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from outreach.engine.claim_texts import LEASE, claim
from outreach.engine.dispatch import dispatch
from outreach.engine.run_cadences import run_cadences
from outreach.engine.settle_texts import expire_leases
from outreach.runtime import Runtime
from outreach.store.texts import TextRow
from tests.cast import a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


def test_a_lease_runs_on_the_clock_of_the_house(either_runtime: Runtime) -> None:
    clock, line = either_runtime.now, either_runtime.phone
    assert isinstance(clock, Clock)
    assert isinstance(line, FakeLine)
    switch_on_texts(either_runtime)
    an_open_offer(either_runtime, a_family(either_runtime, "F001", standing="verified", next_step=2), channel="text")
    run_cadences(either_runtime)
    assert len(claim(either_runtime).texts) == 1  # and here it dies

    clock.move(seconds=(LEASE - timedelta(seconds=1)).total_seconds())
    assert expire_leases(either_runtime) == 0
    clock.move(seconds=2)
    assert expire_leases(either_runtime) == 1
    dispatch(either_runtime)

    with either_runtime.sessions.read() as session:
        assert session.scalars(select(TextRow.state)).all() == ["unknown"]
    assert line.texts == []
