"""``kill -9`` of a worker at each step of sending: every text has gone once, or is known to be unknown; never twice."""

from __future__ import annotations

import dataclasses
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from sqlalchemy import select

from admin.web import create_app
from outreach.engine.claim_texts import LEASE
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import URGENT, run_parts
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.runtime import Runtime
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.http_server import HttpServer
from outreach.simulator.server import Simulator
from outreach.store.alerts import TaskRow
from outreach.store.keyring import Keyring
from outreach.store.texts import TextRow
from tests.browsing import mark_as_demo
from tests.cast import a_family, an_open_offer, switch_on_texts
from tests.delivery.doomed import Point, work
from tests.fakes import Clock
from tests.processes import PROCESSES

NUMBERS = ("+447700900101", "+447700900102", "+447700900103")


@dataclass(frozen=True)
class Place:
    """The house on one database, the network it speaks to, and what another process must know to work there."""

    runtime: Runtime
    network: Simulator
    orders: dict[str, str]

    @property
    def clock(self) -> Clock:
        assert isinstance(self.runtime.now, Clock)
        return self.runtime.now

    def starts_a_worker(self, point: Point) -> BaseProcess:
        orders = self.orders | {"point": point.value, "now": self.clock().isoformat()}
        worker = PROCESSES.Process(target=work, args=(orders,), daemon=True)
        worker.start()
        return worker

    def arrived(self) -> Counter[str]:
        return Counter(str(text["to"]) for text in self.network.network.handed_over() if text["to"] in NUMBERS)

    def texts(self) -> list[TextRow]:
        with self.runtime.sessions.read() as session:
            return list(session.scalars(select(TextRow).where(TextRow.purpose == "offer").order_by(TextRow.id)))

    def with_a_person(self) -> set[str]:
        with self.runtime.sessions.read() as session:
            return set(session.scalars(select(TaskRow.subject_id).where(TaskRow.kind == "settle_unknown")))


@pytest.fixture
def place(either_runtime: Runtime, keyring: Keyring) -> Iterator[Place]:
    mark_as_demo(either_runtime)
    network = Simulator(step_seconds=0, now=either_runtime.now)
    network.start()
    console: list[Any] = []
    server = HttpServer(lambda environ, start: console[0](environ, start), threads=4)
    account = TwilioAccount(
        account_sid=network.account_sid, auth_tokens=(network.auth_token,), number=network.number,
        public_url=server.url, base_url=network.url,
    )  # fmt: skip
    joined = dataclasses.replace(either_runtime, phone=TwilioLine(account))
    console.append(create_app(joined))
    server.start()
    network.connect(inbound_url=f"{server.url}/hooks/twilio/inbound", voice_url=f"{server.url}/hooks/twilio/voice")
    orders = {
        "home": str(joined.settings.home), "database": joined.settings.url, "keys": keyring.written(),
        "account_sid": network.account_sid, "token": network.auth_token, "number": network.number,
        "console": server.url, "network": network.url,
    }  # fmt: skip
    switch_on_texts(joined)
    for place, number in enumerate(NUMBERS):
        family = a_family(joined, f"F{place:03}", standing="verified", e164=number, next_step=2)
        an_open_offer(joined, family, channel="text", step=1)
    run_cadences(joined)
    yield Place(joined, network, orders)
    network.stop()
    server.stop()


def dies(place: Place, point: Point) -> None:
    """Start a worker that is killed at ``point``, and wait for its end."""
    doomed = place.starts_a_worker(point)
    if point is Point.NETWORK_ASKED:
        place.network.add_fault(Fault(Kind.SILENCE_AFTER, seconds=20, times=None))
        while not place.arrived():
            assert doomed.is_alive(), "it ended before it asked the network"
        doomed.kill()
    doomed.join(timeout=120)
    assert doomed.exitcode == -signal.SIGKILL
    place.network.faults.clear()


def others_go_on(place: Place) -> None:
    """Another worker does what a worker does, for an hour and a half."""
    for minutes in (0, LEASE.total_seconds() / 60 + 0.1, 2, 5, 15, 30, 30):
        place.clock.move(minutes=minutes)
        run_parts(place.runtime, URGENT)
        assert place.network.settle()


@pytest.mark.parametrize("receipts", [True, False], ids=["receipts", "receipts-lost"])
@pytest.mark.parametrize("point", Point)
def test_a_worker_that_is_killed_leaves_no_text_twice_and_none_forgotten(
    place: Place, point: Point, receipts: bool
) -> None:
    if not receipts:
        place.network.add_fault(Fault(Kind.LOST, times=None))
    dies(place, point)
    if not receipts:
        place.network.add_fault(Fault(Kind.LOST, times=None))
    others_go_on(place)

    arrived, asked = place.arrived(), place.with_a_person()
    assert set(arrived.values()) <= {1}
    sent = [text for text in place.texts() if text.provider_sid]
    unknown = [text for text in place.texts() if text.state == "unknown"]
    assert len(sent) == sum(arrived.values())
    assert len(sent) + len(unknown) == len(NUMBERS)
    assert {text.id for text in unknown} == asked
    if point is Point.CLAIM_NOT_COMMITTED:
        assert len(sent) == len(NUMBERS)
    if point is Point.CLAIM_COMMITTED:
        assert len(unknown) == len(NUMBERS)
    if receipts:
        assert {text.state for text in sent} <= {"delivered"}


def test_a_text_stays_with_its_worker_for_as_long_as_the_lease(place: Place) -> None:
    dies(place, Point.CLAIM_COMMITTED)
    place.clock.move(seconds=(LEASE - timedelta(seconds=1)).total_seconds())
    run_parts(place.runtime, URGENT)
    assert {text.state for text in place.texts()} == {"sending"}
    assert not place.arrived()
