"""The same words again, our own words back, and phones that are never answered by software."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.alerts import settle_alert, take_alert
from outreach.engine.dispatch import dispatch
from outreach.engine.receive import Received, receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import standing_of
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import ReadingRow, TextRow
from tests.cast import BEN, STAFF_PHONES, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


def offered(runtime: Runtime, line: FakeLine, *, level: int = 1) -> tuple[Family, str]:
    """A family that was just offered again by text, and the text."""
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=level, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    (offer,) = to_families(runtime, line)
    return family, offer


def text(runtime: Runtime, family: Family, words: str, *, opt_out: str | None = None) -> Received:
    """The same words always come under an id of their own, as when the network tells twice."""
    inbound = InboundText(
        sid=f"SM{runtime.new_id()}", sender=family.e164, recipient="+447700900999", body=words, opt_out_type=opt_out
    )
    return receive_text(runtime, inbound)


def to_families(runtime: Runtime, line: FakeLine) -> list[str]:
    """What went out since, but to colleagues."""
    line.texts.clear()
    dispatch(runtime)
    return [str(each["body"]) for each in line.texts if each["to"] not in STAFF_PHONES.values()]


def held(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def readings(runtime: Runtime) -> list[ReadingRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(ReadingRow).join(TextRow).order_by(TextRow.id)))


@pytest.mark.parametrize("words", ["HELP", "he is here help"])
def test_a_cry_for_help_is_told_each_time_however_often_the_same_words_were_taken(
    either_runtime: Runtime, line: FakeLine, clock: Clock, words: str
) -> None:
    family, _ = offered(either_runtime, line)
    for _ in range(4):
        clock.move(minutes=5)
        assert text(either_runtime, family, words).action == "alert"
        with either_runtime.sessions.read() as session:
            alert = session.scalars(select(AlertRow).where(AlertRow.settled_at.is_(None))).one()
        assert take_alert(either_runtime, BEN, alert_id=alert.id)
        settle_alert(either_runtime, BEN, alert_id=alert.id)


def test_a_near_stop_holds_again_however_often_it_was_settled(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family, _ = offered(either_runtime, line)
    for _ in range(4):
        clock.move(minutes=5)
        text(either_runtime, family, "pls stop txting")
        assert held(either_runtime, family) == {"read_first"}
        with either_runtime.sessions.begin() as session:
            for row in open_holds(session, family.id):
                row.lifted_at = clock()


def test_a_wish_to_die_said_twice_gets_one_crisis_text(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "i want to die")
    clock.move(seconds=20)
    text(either_runtime, family, "i want to die")
    assert sum("116 123" in each for each in to_families(either_runtime, line)) == 1
    clock.move(hours=2)
    text(either_runtime, family, "i want to die")
    assert sum("116 123" in each for each in to_families(either_runtime, line)) == 1


def test_a_no_told_twice_is_one_no(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "no thanks")
    clock.move(seconds=2)
    text(either_runtime, family, "No thanks")
    assert len(to_families(either_runtime, line)) == 1
    with either_runtime.sessions.read() as session:
        enrolment, offer = session.scalars(select(EnrolmentRow)).one(), open_offer(session, family.id)
    assert (enrolment.noes, offer and offer.why) == (1, "after_no")
    assert [(row.acted, bool(row.details.get("once_more"))) for row in readings(either_runtime)] == [
        (True, False), (False, True),
    ]  # fmt: skip


def test_a_no_said_again_before_anything_else_was_offered_is_the_same_no(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "no thanks")
    assert len(to_families(either_runtime, line)) == 1
    clock.move(days=2)
    text(either_runtime, family, "no thank you")
    assert to_families(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        enrolment, offer = session.scalars(select(EnrolmentRow)).one(), open_offer(session, family.id)
    assert (enrolment.noes, offer and offer.why) == (1, "after_no")


def test_a_no_to_the_call_after_a_no_ends_it(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "no thanks")
    clock.move(days=183)
    with either_runtime.sessions.begin() as session:
        session.scalars(select(OfferRow).where(OfferRow.why == "after_no")).one().tries = 1
    text(either_runtime, family, "no thanks")
    with either_runtime.sessions.read() as session:
        enrolment = session.scalars(select(EnrolmentRow)).one()
    assert (enrolment.noes, enrolment.state, enrolment.state_why) == (2, "ended", "declined")


def test_a_wish_for_a_call_told_twice_is_answered_once(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "call me")
    clock.move(seconds=3)
    text(either_runtime, family, "call me")
    assert len(to_families(either_runtime, line)) == 1


@pytest.mark.parametrize("before", ["", "Fwd: ", "> ", "who is this? ", '"'])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_our_own_offer_sent_back_is_nobodys_wish(
    either_runtime: Runtime, line: FakeLine, before: str, level: int
) -> None:
    family, offer = offered(either_runtime, line, level=level)
    for theirs in (before + offer, before + offer.replace("'", "’"), before + offer[:-30]):
        assert text(either_runtime, family, theirs).action in ("ask_person", "hold")
    assert to_families(either_runtime, line) == []


def test_a_wish_written_under_our_own_offer_is_theirs(either_runtime: Runtime, line: FakeLine) -> None:
    family, offer = offered(either_runtime, line)
    assert text(either_runtime, family, f"{offer}\nYes please").action == "act"
    assert len(to_families(either_runtime, line)) == 1


def test_a_stop_above_our_own_words_is_obeyed(either_runtime: Runtime, line: FakeLine) -> None:
    family, offer = offered(either_runtime, line)
    text(either_runtime, family, f"Stop texting me\n{offer}")
    with either_runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).texts_stopped_at is not None


@pytest.mark.parametrize("words", ["no thanks", "yes please", "later", "wrong number"])
def test_what_comes_from_a_landline_is_put_before_a_person(either_runtime: Runtime, line: FakeLine, words: str) -> None:
    family, _ = offered(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).kind = "landline"
    text(either_runtime, family, words)
    assert held(either_runtime, family) == {"reply" if words == "yes please" else "read_first"}
    assert [(row.acted, row.needs_person) for row in readings(either_runtime)] == [(False, True)]
    assert to_families(either_runtime, line) == []


@pytest.mark.parametrize("words", ["STOP", "i want to die"])
def test_a_phone_that_two_families_stand_on_is_never_answered_by_software(
    either_runtime: Runtime, line: FakeLine, words: str
) -> None:
    family, _ = offered(either_runtime, line)
    other = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    text(either_runtime, family, words)
    assert to_families(either_runtime, line) == []


def test_what_the_network_took_for_a_stop_stops_texts_in_whatever_words(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "arret", opt_out="STOP")
    with either_runtime.sessions.read() as session:
        number = session.get_one(NumberRow, family.number_id)
        tasks = set(session.scalars(select(TaskRow.kind)))
    assert number.texts_stopped_at is not None
    assert number.calls_stopped_at is None
    assert [row.needs_person for row in readings(either_runtime)] == [True]
    assert to_families(either_runtime, line) == []
    assert "reopen" not in tasks


def test_a_stop_from_a_phone_that_somebody_else_was_on_ends_texts_in_silence_and_a_person_looks(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family, _ = offered(either_runtime, line)
    text(either_runtime, family, "hes reading my phone")
    text(either_runtime, family, "STOP.")
    with either_runtime.sessions.read() as session:
        number = session.get_one(NumberRow, family.number_id)
    assert number.texts_stopped_at is not None
    assert number.calls_stopped_at is None
    assert readings(either_runtime)[-1].needs_person
    assert to_families(either_runtime, line) == []


def test_the_imprisoned_parent_does_not_end_what_is_offered_to_a_family(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family, _ = offered(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).is_parents = True
    text(either_runtime, family, "STOP")
    with either_runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == frozenset()
    assert readings(either_runtime)[-1].needs_person
    assert to_families(either_runtime, line) == []
