"""Two things at the same moment, on PostgreSQL: what comes second waits, and sees what the first has left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.bootstrap import set_up
from outreach.domain.access import NotAllowed
from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.domain.referral import State
from outreach.engine import pinned
from outreach.engine import refer as referrals
from outreach.engine.dispatch import dispatch
from outreach.engine.holds import set_hold
from outreach.engine.import_families import Committed, Waiting, commit_plan
from outreach.engine.receive import Received, receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.undo_import import NotUndone, Undone, undo_import
from outreach.library.contents import Library
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.keyring import Keyring
from outreach.store.numbers import FamilyNumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.texts import TextRow, thread
from tests import cast, postgres
from tests.cast import ANA, BEN, Family, switch_on_texts
from tests.conftest import make_runtime
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import family as imported_family
from tests.engine.test_import_families import imported, planned
from tests.engine.test_refer import agreed, held, made

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("pg")]


@pytest.fixture
def shared(tmp_path: Path, library: Library, keyring: Keyring) -> Iterator[Runtime]:
    runtime = make_runtime(postgres.fresh_database(), home=tmp_path, library=library, keyring=keyring)
    set_up(runtime)
    cast.people_the_house(runtime)
    yield runtime
    runtime.sessions.close()


class Somebody:
    """Does something in a thread of its own; ``result`` is what came of it, or raises what it raised."""

    def __init__(self, runtime: Runtime, does: Callable[[], object]) -> None:
        self._runtime, self._does, self._done = runtime, does, list[object]()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._done.append(self._does())
        except BaseException as fault:
            self._fault = fault

    def until_waiting(self) -> None:
        """Until it waits for a lock. Fails at once where it came through without waiting."""
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        patient_until = time.monotonic() + 60
        while time.monotonic() < patient_until and self._thread.is_alive():
            with self._runtime.sessions.engine.connect() as connection:
                if connection.execute(waiting).scalar():
                    return
        raise AssertionError("it did not wait")

    def until_waiting_or_done(self) -> None:
        with suppress(AssertionError):
            self.until_waiting()

    @property
    def result(self) -> object:
        self._thread.join(60)
        if self._fault is not None:
            raise self._fault
        (found,) = self._done
        return found


def state(runtime: Runtime, row: ReferralRow) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(ReferralRow, row.id).state


def waits(runtime: Runtime) -> tuple[Family, ReferralRow]:
    """A family whose referral is held, since texts alone were stopped: a person may let it go."""
    family = agreed(runtime)
    return family, held(runtime, family, scope=frozenset({"text"}))


def test_a_referral_is_not_let_go_beside_a_stop_that_is_being_written_down(shared: Runtime) -> None:
    family, row = waits(shared)
    with shared.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, shared, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=shared.now())
        ben = Somebody(shared, lambda: referrals.release_held(shared, BEN, referral_id=row.id))
        ben.until_waiting()
    assert isinstance(ben.result, referrals.NotMoved)
    assert state(shared, row) == State.HELD


def test_a_referral_is_not_let_go_beside_a_safety_hold_that_is_being_set(shared: Runtime) -> None:
    family, row = waits(shared)
    with shared.sessions.begin() as session:
        set_hold(session, shared, family_id=family.id, kind=Kind.OFFICER_SAFETY, by="cora", now=shared.now())
        ben = Somebody(shared, lambda: referrals.release_held(shared, BEN, referral_id=row.id))
        ben.until_waiting()
    assert isinstance(ben.result, referrals.NotMoved)
    assert state(shared, row) == State.HELD


def test_a_stop_beside_a_referral_that_is_being_let_go_holds_it_again(shared: Runtime) -> None:
    family, row = waits(shared)

    def stops() -> None:
        with shared.sessions.begin() as session:
            number = numbers.lock(session, family.number_id)
            stop(
                session, shared, number=number, family_ids=[family.id], scope=EVERYTHING, by="family",
                now=shared.now(),
            )  # fmt: skip

    with shared.sessions.begin() as session:
        session.get_one(ReferralRow, row.id).state = State.SENT  # as letting it go does, in the middle of it
        session.flush()
        family_stops = Somebody(shared, stops)
        family_stops.until_waiting()
    assert family_stops.result is None
    assert state(shared, row) == State.HELD


def test_a_partner_does_not_open_what_a_stop_is_just_holding(shared: Runtime) -> None:
    family = agreed(shared)
    row = made(shared, family)
    assert row is not None
    with shared.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, shared, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=shared.now())
        session.flush()
        eve = Somebody(shared, lambda: referrals.open_referral(shared, cast.EVE, referral_id=row.id))
        eve.until_waiting()
    with pytest.raises(NotAllowed):
        _ = eve.result
    assert state(shared, row) == State.HELD


@pytest.mark.parametrize("offered", [True, False])
def test_a_referral_waits_for_a_stop_that_is_being_written_down_and_is_held(shared: Runtime, offered: bool) -> None:
    family = agreed(shared)
    if offered:
        cast.an_open_offer(shared, family)
    with shared.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, shared, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=shared.now())
        ben = Somebody(shared, lambda: made(shared, family))
        ben.until_waiting()
    row = ben.result
    assert isinstance(row, ReferralRow)
    assert state(shared, row) == State.HELD


@pytest.mark.parametrize("offered", [True, False])
def test_a_stop_waits_for_a_referral_that_is_being_made_and_holds_it(shared: Runtime, offered: bool) -> None:
    family = agreed(shared)
    if offered:
        cast.an_open_offer(shared, family)

    def stops() -> None:
        with shared.sessions.begin() as session:
            number = numbers.lock(session, family.number_id)
            stop(
                session, shared, number=number, family_ids=[family.id], scope=EVERYTHING, by="family",
                now=shared.now(),
            )  # fmt: skip

    with shared.sessions.begin() as session:
        row = referrals.refer(
            session, shared, family_id=family.id, partner_id=cast.LANTERN, conversation_id="c1", by="ben",
            now=shared.now(),
        )  # fmt: skip
        family_stops = Somebody(shared, stops)
        family_stops.until_waiting()
    assert family_stops.result is None
    assert row is not None
    assert state(shared, row) == State.HELD


def test_a_stop_on_another_number_and_the_last_answer_of_a_conversation_do_not_wait_for_each_other(
    shared: Runtime,
) -> None:
    """Whoever takes the answer has the conversation, and asks for the referrals; the stop must not have these before
    it asks for the conversation."""
    family = agreed(shared)
    second = cast.a_family(shared, "F002", e164="+447700900001")
    with shared.sessions.begin() as session:
        session.get_one(FamilyNumberRow, (second.id, second.number_id)).off_at = shared.now()
        session.add(FamilyNumberRow(family_id=family.id, number_id=second.number_id, position=2))
        session.add(a_conversation(session, shared, family))
    with shared.sessions.begin() as session:
        numbers.lock(session, family.number_id)
        (talking,) = session.scalars(select(ConversationRow).with_for_update()).all()
        stops = Somebody(shared, lambda: a_stop_by_text(shared))
        stops.until_waiting()
        row = referrals.refer(
            session, shared, family_id=family.id, partner_id=cast.LANTERN, conversation_id=talking.id, by="family",
            now=shared.now(),
        )  # fmt: skip
        talking.state, talking.outcome, talking.ended_at = "ended", "O1", shared.now()
    assert isinstance(stops.result, Received)
    assert row is not None
    assert state(shared, row) == State.HELD


def a_conversation(session: Session, runtime: Runtime, family: Family) -> ConversationRow:
    """One by text that goes on."""
    pin = pinned.pin(session, runtime, name="consent_by_text", language="en", now=runtime.now())
    return ConversationRow(
        id=runtime.new_id(), kind="text", family_id=family.id, number_id=family.number_id, script="consent_by_text",
        bundle_version=pin.version, language="en", state="open", began_at=runtime.now(), touched_at=runtime.now(),
    )  # fmt: skip


@pytest.mark.parametrize("body", ["STOP", "who is this"])
def test_two_first_texts_of_an_unknown_number_are_both_taken_the_first_time(shared: Runtime, body: str) -> None:
    def text_of(sid: str) -> InboundText:
        return InboundText(sid=sid, sender="+447700900777", recipient="+447700900999", body=body)

    second: list[Somebody] = []
    asked, new_id = list[str](), shared.new_id

    def new_id_of_the_first() -> str:  # asked for the text once the number's row is written, and not committed
        asked.append(new_id())
        if len(asked) == 2:
            second.append(Somebody(shared, lambda: receive_text(shared, text_of("SMsecond"))))
            second[0].until_waiting()
        return asked[-1]

    first = receive_text(replace(shared, new_id=new_id_of_the_first), text_of("SMfirst"))
    found = second[0].result
    assert isinstance(found, Received)
    assert (first.new, found.new) == (True, True)
    with shared.sessions.read() as session:
        number = numbers.find(session, "+447700900777")
        assert number is not None
        assert [row.provider_sid for row in thread(session, number.id)] == ["SMfirst", "SMsecond"]
        assert (number.texts_stopped_at is not None) == (body == "STOP")


def a_stop_by_text(runtime: Runtime) -> Received:
    return receive_text(
        runtime, InboundText(sid="SMstop", sender="+447700900001", recipient="+447700900999", body="STOP")
    )


def test_an_import_is_not_undone_beside_a_stop_that_is_being_written_down(shared: Runtime) -> None:
    batch = imported(shared, a_row()).batch_id
    family_id = imported_family(shared).id
    with shared.sessions.begin() as session:
        numbers.lock_known(session, "+447700900001")
        number = numbers.find(session, "+447700900001")
        assert number is not None
        stop(session, shared, number=number, family_ids=[family_id], scope=EVERYTHING, by="family", now=shared.now())
        ana = Somebody(shared, lambda: undo_import(shared, ANA, batch_id=batch))
        ana.until_waiting()
    assert isinstance(ana.result, NotUndone)
    assert imported_family(shared).id == family_id


def test_a_stop_beside_an_import_that_is_being_undone_stands_on_the_number(shared: Runtime) -> None:
    batch = imported(shared, a_row()).batch_id
    waiting: list[Somebody] = []
    new_id = shared.new_id

    def new_id_of_the_undoing() -> str:  # asked for the event in the end, with everything locked and nothing committed
        if not waiting:
            waiting.append(Somebody(shared, lambda: a_stop_by_text(shared)))
            waiting[0].until_waiting()
        return new_id()

    undone = undo_import(replace(shared, new_id=new_id_of_the_undoing), ANA, batch_id=batch)
    assert undone == Undone(removed=1, went_back=0, kept=0)
    assert isinstance(waiting[0].result, Received)
    with shared.sessions.read() as session:
        number = numbers.find(session, "+447700900001")
        assert number is not None
        assert number.texts_stopped_at is not None


IMPRISONED_AGAIN = a_row(imprisoned_on="2026-01-02", custody="sentenced")
ANOTHER_FAMILY = a_row("F002", carer_phone="07700 900001")


def rows_of(row: dict[str, str]) -> tuple[dict[str, str], ...]:
    return (row,) if row["family_ref"] == "F001" else (a_row(), row)


def taken_in(runtime: Runtime, batch_id: str, result: object) -> None:
    """The file is taken in: at once, or as it was planned anew since somebody was quicker."""
    if isinstance(result, Waiting):
        result = commit_plan(runtime, ANA, batch_id=result.batch_id, late=None)
    assert isinstance(result, Committed), (batch_id, result)


def nobody_is_contacted(runtime: Runtime) -> None:
    """The stop stands on the number and for every family on it, and nothing goes to them, by text or by call."""
    with runtime.sessions.read() as session:
        number = numbers.find(session, "+447700900001")
        assert number is not None
        assert number.texts_stopped_at is not None
        assert number.calls_stopped_at is not None
        for family_id in numbers.families_on(session, number.id):
            assert standing_of(session, family_id).stopped == {"text", "call"}
    switch_on_texts(runtime)
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow.id).where(OfferRow.state == "open")).all() == []
        sent = select(TextRow.purpose).where(TextRow.direction == "out")
        assert set(session.scalars(sent)) <= {"stop"}  # its one confirmation


@pytest.mark.parametrize("row", [IMPRISONED_AGAIN, ANOTHER_FAMILY])
def test_an_import_beside_a_stop_that_is_being_written_down_loses_nothing_of_it(
    shared: Runtime, row: dict[str, str]
) -> None:
    imported(shared, a_row())
    batch = planned(shared, *rows_of(row), name="february.csv").batch_id
    with shared.sessions.begin() as session:
        numbers.lock_known(session, "+447700900001")
        number = numbers.find(session, "+447700900001")
        assert number is not None
        on_it = numbers.families_on(session, number.id)
        stop(session, shared, number=number, family_ids=on_it, scope=EVERYTHING, by="family", now=shared.now())
        ana = Somebody(shared, lambda: commit_plan(shared, ANA, batch_id=batch, late=None))
        ana.until_waiting_or_done()
    taken_in(shared, batch, ana.result)
    nobody_is_contacted(shared)


@pytest.mark.parametrize("row", [IMPRISONED_AGAIN, ANOTHER_FAMILY])
def test_a_stop_beside_an_import_that_is_being_committed_stands(shared: Runtime, row: dict[str, str]) -> None:
    imported(shared, a_row())
    batch = planned(shared, *rows_of(row), name="february.csv").batch_id
    stopping: list[Somebody] = []

    def told(done: int, in_all: int) -> None:  # something is written, and nothing committed
        if not stopping:
            stopping.append(Somebody(shared, lambda: a_stop_by_text(shared)))
            stopping[0].until_waiting_or_done()

    taken_in(shared, batch, commit_plan(shared, ANA, batch_id=batch, late=None, progress=told))
    assert isinstance(stopping[0].result, Received)
    nobody_is_contacted(shared)
