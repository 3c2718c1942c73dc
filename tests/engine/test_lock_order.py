"""A receipt may be quicker than the answer to our own request: neither waits for what the other holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from outreach.domain.delivery import Accepted
from outreach.domain.hold import Kind
from outreach.engine.claim_texts import LEASE, claim
from outreach.engine.holds import set_hold
from outreach.engine.pause import go_on, pause
from outreach.engine.record_texts import record
from outreach.engine.run_cadences import run_cadences
from outreach.engine.settle_texts import expire_leases
from outreach.engine.stops import stop
from outreach.runtime import Runtime
from outreach.store import areas, numbers
from outreach.store.offers import OfferRow
from outreach.store.texts import TextRow
from tests.cast import CORA, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock


def until_somebody_waits(runtime: Runtime) -> None:
    """Until another transaction of this database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    patient_until = time.monotonic() + 60
    while time.monotonic() < patient_until:
        with runtime.sessions.engine.connect() as connection:
            if connection.execute(waiting).scalar():
                return
    raise AssertionError("nobody waits")


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
@pytest.mark.parametrize("what", ["record", "expire"])
def test_writing_down_the_answer_locks_the_number_before_the_text_as_a_receipt_does(
    postgres_runtime: Runtime, what: str
) -> None:
    runtime = postgres_runtime
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text")
    run_cadences(runtime)
    (claimed,) = claim(runtime).texts
    assert isinstance(runtime.now, Clock)
    runtime.now.move(seconds=LEASE.total_seconds() + 1)
    does: dict[str, Callable[[], object]] = {
        "record": lambda: record(runtime, [(claimed, Accepted("SM1"))]),
        "expire": lambda: expire_leases(runtime),
    }
    failed: list[BaseException] = []

    def the_worker() -> None:
        try:
            does[what]()
        except BaseException as fault:
            failed.append(fault)

    worker = threading.Thread(target=the_worker)
    with runtime.sessions.begin() as session:
        numbers.lock(session, family.number_id)
        worker.start()
        until_somebody_waits(runtime)
        session.scalars(select(TextRow).where(TextRow.id == claimed.text_id).with_for_update()).one()
    worker.join()

    assert failed == []
    with runtime.sessions.read() as session:
        assert session.get_one(TextRow, claimed.text_id).state == ("accepted" if what == "record" else "unknown")


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
@pytest.mark.parametrize("what", ["go on", "stop", "hold"])
def test_whoever_needs_what_a_claim_has_locked_holds_nothing_that_the_claim_still_needs(
    postgres_runtime: Runtime, what: str
) -> None:
    """Number, offer, text, service: a claim that has the offer and asks for the text, or has both and asks for the
    service's row, is never waited for by somebody who has that already."""
    runtime = postgres_runtime
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text")
    run_cadences(runtime)
    pause(runtime, CORA)
    with runtime.sessions.begin() as session:
        text_id = session.scalars(select(TextRow.id)).one()
        session.get_one(TextRow, text_id).waits_for = "service_paused"

    def stops() -> None:
        with runtime.sessions.begin() as session:
            number = session.get_one(numbers.NumberRow, family.number_id)  # of another number: it is not locked here
            stop(
                session, runtime, number=number, family_ids=[family.id], scope=frozenset({"text"}), by="ben",
                now=runtime.now(),
            )  # fmt: skip

    def holds() -> None:
        with runtime.sessions.begin() as session:
            set_hold(session, runtime, family_id=family.id, kind=Kind.UNSAFE, by="ben", now=runtime.now())

    does = {"go on": lambda: go_on(runtime, CORA), "stop": stops, "hold": holds}
    failed: list[BaseException] = []

    def somebody() -> None:
        try:
            does[what]()
        except BaseException as fault:
            failed.append(fault)

    other = threading.Thread(target=somebody)
    with runtime.sessions.begin() as session:
        session.scalars(select(OfferRow).where(OfferRow.id == offer_id).with_for_update()).one()
        if what == "go on":
            session.scalars(select(TextRow).where(TextRow.id == text_id).with_for_update()).one()
        other.start()
        until_somebody_waits(runtime)
        session.scalars(select(TextRow).where(TextRow.id == text_id).with_for_update()).one()
        areas.service(session, lock=True)
    other.join()
    assert failed == []
