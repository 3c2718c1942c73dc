"""What a person writes at an unkind hour waits, and the writer knows; where the family is there, it goes at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from outreach.domain.delivery import InboundText
from outreach.engine.dispatch import dispatch
from outreach.engine.receive import receive_text
from outreach.engine.write_answer import Sent, send_answer, waits_until
from outreach.runtime import Runtime
from outreach.store.texts import TextRow
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

NIGHT = datetime(2026, 1, 14, 2, 30, tzinfo=UTC)
MORNING = datetime(2026, 1, 14, 9, 30, tzinfo=UTC)


def wrote(runtime: Runtime, family: Family, sid: str, words: str = "what is this about?") -> str:
    taken = receive_text(runtime, InboundText(sid=sid, sender=family.e164, recipient="+447700900999", body=words))
    assert taken.text_id
    return taken.text_id


def a_thread(runtime: Runtime) -> tuple[Family, str]:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified")
    an_open_offer(runtime, family)
    return family, wrote(runtime, family, "SM1")


def answered(runtime: Runtime, family: Family, seen: str) -> Sent:
    sent = send_answer(runtime, BEN, number_id=family.number_id, seen=seen, words="We can ring you on Thursday.")
    assert isinstance(sent, Sent)
    return sent


def to_them(line: FakeLine, family: Family) -> list[object]:
    return [each["body"] for each in line.texts if each["to"] == family.e164]


def test_an_answer_at_night_goes_in_the_morning(runtime: Runtime, clock: Clock, line: FakeLine) -> None:
    family, seen = a_thread(runtime)
    clock.moment = NIGHT
    assert waits_until(runtime, BEN, number_id=family.number_id) == MORNING
    assert answered(runtime, family, seen).waits_until == MORNING
    dispatch(runtime)
    assert to_them(line, family) == []
    clock.moment = MORNING + timedelta(minutes=1)
    dispatch(runtime)
    assert to_them(line, family) == ["We can ring you on Thursday."]


def test_an_answer_within_the_hour_goes_at_once_at_night_too(runtime: Runtime, clock: Clock, line: FakeLine) -> None:
    family, _ = a_thread(runtime)
    clock.moment = NIGHT
    seen = wrote(runtime, family, "SM2", "are you there?")
    clock.move(minutes=50)
    assert answered(runtime, family, seen).waits_until is None
    dispatch(runtime)
    assert to_them(line, family) == ["We can ring you on Thursday."]


def test_where_they_write_again_before_it_goes_it_does_not(runtime: Runtime, clock: Clock, line: FakeLine) -> None:
    family, seen = a_thread(runtime)
    clock.moment = NIGHT
    answered(runtime, family, seen)
    dispatch(runtime)
    clock.move(hours=1)
    wrote(runtime, family, "SM3", "who gave you this number?")
    clock.moment = MORNING + timedelta(minutes=1)
    dispatch(runtime)
    assert to_them(line, family) == []
    with runtime.sessions.read() as session:
        assert [
            (row.state, row.waits_for) for row in session.query(TextRow).filter_by(purpose="person")
        ] == [("dropped", "wrote_again")]  # fmt: skip


def test_an_answer_before_a_long_weekend_is_not_dropped_meanwhile(
    runtime: Runtime, clock: Clock, line: FakeLine
) -> None:
    family, _ = a_thread(runtime)
    clock.moment = datetime(2026, 4, 2, 11, 0, tzinfo=UTC)  # the Thursday before Easter, noon in London
    seen = wrote(runtime, family, "SM4")
    clock.moment = datetime(2026, 4, 2, 17, 0, tzinfo=UTC)
    tuesday = datetime(2026, 4, 7, 8, 30, tzinfo=UTC)
    assert answered(runtime, family, seen).waits_until == tuesday
    clock.moment = tuesday + timedelta(minutes=1)
    dispatch(runtime)
    assert to_them(line, family) == ["We can ring you on Thursday."]
