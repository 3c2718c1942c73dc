"""What a person may do about a thread, by the rules: one at a time, having read all of it, and once."""

from __future__ import annotations

import json
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.delivery import InboundText
from outreach.domain.free_text import Looked
from outreach.domain.hold import Kind
from outreach.engine.alerts import settle_alert, take_alert
from outreach.engine.answer_inbox import NotDone, choose_family, claim, give_back, settle
from outreach.engine.book_contact import book_contact
from outreach.engine.booking import Booked
from outreach.engine.dispatch import dispatch
from outreach.engine.do_as_read import correct, do_as_read, obey_stop, what_it_asks
from outreach.engine.holds import set_hold
from outreach.engine.receive import receive_text
from outreach.engine.write_answer import Sent, send_answer, ways_to_answer
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.areas import AreaRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow, find
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import ReadingRow, TextRow, body_of
from outreach.store.threads import holder_of, inbound_of
from outreach.views.corrected_readings import labelled
from tests.cast import ANA, BEN, CORA, DEV, EVE, STAFF_PHONES, Family, a_family, an_open_offer
from tests.fakes import Clock, FakeLine

_SIDS = iter(range(10_000))


def wrote(runtime: Runtime, family: Family | str, words: str) -> str:
    """They text us; gives the id of the text."""
    sender = family if isinstance(family, str) else family.e164
    sid = f"SMinbox{next(_SIDS):06d}"
    taken = receive_text(runtime, InboundText(sid=sid, sender=sender, recipient="+447700900999", body=words))
    assert taken.text_id
    return taken.text_id


def a_thread(runtime: Runtime, words: str, **more: object) -> tuple[Family, str]:
    """A family that was offered a call and wrote; nothing is switched on but texts at L0."""
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").l0_texts_by = "cora"
    family = a_family(runtime, "F001", **{"standing": "verified", **more})  # type: ignore[arg-type]
    an_open_offer(runtime, family)
    return family, wrote(runtime, family, words)


def held(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def reading(runtime: Runtime, text_id: str) -> ReadingRow:
    with runtime.sessions.read() as session:
        return session.get_one(ReadingRow, text_id)


def number(runtime: Runtime, family: Family) -> NumberRow:
    with runtime.sessions.read() as session:
        return session.get_one(NumberRow, family.number_id)


def out(runtime: Runtime, line: FakeLine) -> list[str]:
    dispatch(runtime)
    return [str(each["body"]) for each in line.texts if each["to"] not in STAFF_PHONES.values()]


def events(runtime: Runtime, name: str) -> list[EventRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(EventRow).where(EventRow.name == name)))


def refused(answer: object) -> str:
    assert isinstance(answer, NotDone), answer
    return answer.why


# -- claiming ---------------------------------------------------------------------------------------------


def test_two_people_do_not_answer_the_same_thread(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    assert claim(either_runtime, BEN, number_id=family.number_id) is None
    assert "A colleague has this thread" in refused(claim(either_runtime, ANA, number_id=family.number_id))
    answer = send_answer(either_runtime, ANA, number_id=family.number_id, seen=seen, words="We will ring you soon.")
    assert "A colleague has this thread" in refused(answer)
    assert out(either_runtime, line) == []
    assert claim(either_runtime, ANA, number_id=family.number_id, take_over=True) is None
    assert "A colleague" in refused(settle(either_runtime, BEN, number_id=family.number_id, seen=seen))
    assert len(events(either_runtime, "thread_taken_over")) == 1


def test_claiming_twice_claims_once_and_giving_back_frees_it(either_runtime: Runtime) -> None:
    family, _ = a_thread(either_runtime, "what is this about then?")
    for _ in range(2):
        claim(either_runtime, BEN, number_id=family.number_id)
    assert len(events(either_runtime, "thread_claimed")) == 1
    give_back(either_runtime, ANA, number_id=family.number_id)  # not hers to give
    with either_runtime.sessions.read() as session:
        assert holder_of(inbound_of(session, family.number_id)) == "ben"
    give_back(either_runtime, BEN, number_id=family.number_id)
    with either_runtime.sessions.read() as session:
        assert holder_of(inbound_of(session, family.number_id)) is None


def test_a_new_text_in_a_claimed_thread_stays_with_who_has_it(either_runtime: Runtime) -> None:
    family, _ = a_thread(either_runtime, "what is this about then?")
    claim(either_runtime, BEN, number_id=family.number_id)
    wrote(either_runtime, family, "hello? who are you")
    with either_runtime.sessions.read() as session:
        assert holder_of(inbound_of(session, family.number_id)) == "ben"


def test_nothing_is_done_while_an_unread_text_stands_below(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    wrote(either_runtime, family, "dont text me anymore, ring my sister ok")
    answers = (
        send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words="We will ring you soon."),
        settle(either_runtime, BEN, number_id=family.number_id, seen=seen),
        do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen),
        book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=date(2026, 1, 15), at=None),
    )
    assert all("They wrote again" in refused(each) for each in answers)
    assert held(either_runtime, family) != set()


def test_a_thread_of_another_area_is_not_ones_to_answer(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    for who in (DEV, EVE):
        with pytest.raises(NotAllowed):
            claim(either_runtime, who, number_id=family.number_id)
        with pytest.raises(NotAllowed):
            settle(either_runtime, who, number_id=family.number_id, seen=seen)


# -- settling ---------------------------------------------------------------------------------------------


def test_settling_lifts_what_the_reply_held_and_nothing_else(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    with either_runtime.sessions.begin() as session:
        set_hold(session, either_runtime, family_id=family.id, kind=Kind.BY_HAND, by="ana", now=either_runtime.now())
    assert held(either_runtime, family) == {"reply", "by_hand"}
    for _ in range(2):
        assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert held(either_runtime, family) == {"by_hand"}
    row = reading(either_runtime, seen)
    assert (row.needs_person, row.settled_by) == (False, "ben")
    assert len(events(either_runtime, "thread_settled")) == 1


def test_a_thread_in_danger_is_not_settled_before_its_alert(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "he hit me again last night and he is outside the house")
    assert "Settle it first" in refused(settle(either_runtime, BEN, number_id=family.number_id, seen=seen))
    with either_runtime.sessions.read() as session:
        alert_id = session.scalars(select(AlertRow.id)).one()
    take_alert(either_runtime, BEN, alert_id=alert_id)
    settle_alert(either_runtime, BEN, alert_id=alert_id)
    assert "alert" in held(either_runtime, family)
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert held(either_runtime, family) == set()


def test_a_hold_stays_while_another_number_of_the_family_still_waits(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    other = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        session.get_one(FamilyNumberRow, (other.id, other.number_id)).off_at = either_runtime.now()
        session.add(FamilyNumberRow(family_id=family.id, number_id=other.number_id, position=2))
    wrote(either_runtime, other, "and what is this number for?")
    settle(either_runtime, BEN, number_id=family.number_id, seen=seen)
    assert "reply" in held(either_runtime, family)


# -- doing what it reads ----------------------------------------------------------------------------------


def test_one_click_does_what_software_would_do_and_settles(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "not now, maybe later")
    assert reading(either_runtime, seen).intent == "later"
    assert reading(either_runtime, seen).acted is False
    assert "Leave them" in (what_it_asks(either_runtime, BEN, number_id=family.number_id) or "")
    assert do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert held(either_runtime, family) == set()
    (answer,) = out(either_runtime, line)
    assert "no rush" in answer
    again = do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen)
    assert "done already" in refused(again)
    assert out(either_runtime, line) == [answer]
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow.outcome).where(OfferRow.outcome.is_not(None))).all() == ["O3"]


def test_one_click_goes_by_what_a_person_says_it_means(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    assert "nothing in this text" in refused(do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen))
    correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="call")
    do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen)
    with either_runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert (offer.channel, offer.why) == ("call", "asked")


@pytest.mark.parametrize("standing", ["compromised", "lost"])
def test_no_click_acts_on_a_number_somebody_else_was_on(either_runtime: Runtime, standing: str) -> None:
    family, seen = a_thread(either_runtime, "not now, maybe later")
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).standing = standing
    assert "Somebody else" in refused(do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen))
    assert what_it_asks(either_runtime, BEN, number_id=family.number_id) is None


def test_a_yes_after_a_stop_is_not_a_click(either_runtime: Runtime, line: FakeLine) -> None:
    family, _ = a_thread(either_runtime, "STOP")
    seen = wrote(either_runtime, family, "yes please")
    assert "They said stop" in refused(do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen))
    answer = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words="We will ring you soon.")
    assert "they said stop" in refused(answer)
    day = date(2026, 1, 15)
    booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=day, at=None)
    assert "they said stop" in refused(booked)
    assert len(out(either_runtime, line)) == 1  # the one confirmation


# -- putting right ----------------------------------------------------------------------------------------


def test_putting_right_keeps_both_words_and_can_be_exported(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    for _ in range(2):
        assert correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="decline") is None
    row = reading(either_runtime, seen)
    assert row.corrected_intent == "decline"
    assert len(events(either_runtime, "reading_corrected")) == 1
    found = labelled(either_runtime, ANA)
    (one,) = [json.loads(each) for each in found.jsonl.splitlines()]
    assert (one["text"], one["intent"], one["was"]) == ("what is this about then?", "decline", row.intent)
    assert found.family_ids == [family.id]
    with pytest.raises(NotAllowed):
        labelled(either_runtime, BEN)


def test_a_colleague_who_sees_danger_raises_the_alert(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    for _ in range(2):
        correct(either_runtime, ANA, number_id=family.number_id, text_id=seen, intent="distress")
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(AlertRow.text_id)).all() == [seen]
    assert [each["to"] for each in line.texts] == [STAFF_PHONES["ben"]]
    assert {"alert", "reply"} <= held(either_runtime, family)


# -- stopping ---------------------------------------------------------------------------------------------


def test_a_stop_that_a_person_sees_is_obeyed_confirmed_once_and_final(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    assert obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="everything") is None
    again = obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="everything")
    assert "stopped already" in refused(again)
    assert ["not text you again" in each for each in out(either_runtime, line)] == [True]
    with either_runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == {"text", "call"}
        assert len(session.scalars(select(ConsentRow.id)).all()) == 1
        assert open_offer(session, family.id) is None
    assert reading(either_runtime, seen).corrected_intent == "stop"


def test_a_stop_seen_too_late_is_obeyed_in_silence(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    assert isinstance(either_runtime.now, Clock)
    either_runtime.now.move(minutes=11)
    obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="texts")
    assert out(either_runtime, line) == []
    assert number(either_runtime, family).texts_stopped_at is not None
    assert number(either_runtime, family).calls_stopped_at is None


# -- writing ----------------------------------------------------------------------------------------------


def test_own_words_go_out_once_in_the_writers_name(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    words = "Sorry for the mix up, we’ll ring you when it suits."
    for _ in range(2):
        answer = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words)
        assert answer == Sent(settled=False)
    assert out(either_runtime, line) == [words.replace("’", "'")]
    with either_runtime.sessions.read() as session:
        row = session.scalars(select(TextRow).where(TextRow.purpose == "person")).one()
        assert (row.by_staff, row.answers_id, row.level) == ("ben", seen, 0)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Is he still in prison?", "prison"),
        ("The police asked us.", "police"),
        ("We can help your family.", "support"),
        ("Hello Amina, can we ring?", "carer's name"),
        ("How is robin today?", "child's name"),
        ("lantern can ring you.", "charity"),
        ("Reply YES to talk.", "network"),
        ("Nothing to worry about.", "may not be true"),
        ("   ", "nothing to send"),
        ("Please ring. " * 60, "texts long"),
    ],
)
def test_own_words_keep_to_the_level_of_the_number(
    either_runtime: Runtime, line: FakeLine, words: str, fault: str
) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    looked = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words, sure=True)
    assert isinstance(looked, Looked)
    assert fault in "; ".join(looked.faults)
    assert out(either_runtime, line) == []


def test_at_a_private_phone_the_name_may_stand_and_at_l2_the_charity(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?", level=2)
    words = "Hello Amina, Lantern Families can still help. Shall we ring?"
    assert isinstance(send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words), Sent)
    assert out(either_runtime, line) == [words]


def test_a_name_nobody_knows_is_asked_about_once(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    words = "Shall we ask Dariusz to ring you?"
    looked = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words)
    assert isinstance(looked, Looked)
    assert (looked.faults, looked.names) == ((), ("Dariusz",))
    assert out(either_runtime, line) == []
    sure = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words, sure=True)
    assert isinstance(sure, Sent)
    assert out(either_runtime, line) == [words]


def test_only_wordings_at_the_level_of_the_number_fit(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    ways = ways_to_answer(either_runtime, BEN, number_id=family.number_id)
    names = [one.name for one in ways.choices]
    assert "who_is_this" in names
    assert "call_booked" not in names  # nothing is booked that it could truly say
    on = either_runtime.now().date() + timedelta(days=1)
    book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=on, at=time(14))
    ways = ways_to_answer(either_runtime, BEN, number_id=family.number_id)
    booked = next(one for one in ways.choices if one.name == "call_booked")
    assert "on Wednesday 14 January, 2 to 3" in booked.words
    send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, wording="call_booked", settle=True)
    assert out(either_runtime, line) == [booked.words]
    assert held(either_runtime, family) == set()
    not_there = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, wording="offer_again_l2")
    assert "does not fit" in refused(not_there)


@pytest.mark.parametrize("kind", [Kind.CARER_IS_VICTIM, Kind.NO_CONTACT_ORDER])
def test_a_hold_for_safety_lets_no_person_text_either(either_runtime: Runtime, line: FakeLine, kind: Kind) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    with either_runtime.sessions.begin() as session:
        set_hold(session, either_runtime, family_id=family.id, kind=kind, by="import", now=either_runtime.now())
    answer = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words="We will ring you soon.")
    assert refused(answer).startswith("No text was sent")
    assert ways_to_answer(either_runtime, BEN, number_id=family.number_id).choices == ()


def test_a_compromised_number_gets_no_text_and_no_call(either_runtime: Runtime, line: FakeLine) -> None:
    family, seen = a_thread(either_runtime, "who is texting my mrs")
    assert number(either_runtime, family).standing == "compromised"
    answer = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words="We will ring you soon.")
    assert "somebody else was on the number" in refused(answer)
    on = date(2026, 1, 15)
    booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=on, at=None)
    assert "somebody else was on the number" in refused(booked)
    assert out(either_runtime, line) == []


# -- booking ----------------------------------------------------------------------------------------------


def test_an_hour_is_promised_only_where_somebody_is_on_duty(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    thursday = date(2026, 1, 15)
    for _ in range(2):
        booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=thursday, at=time(14))
        assert isinstance(booked, Booked)
        assert booked.until is not None
    assert len(events(either_runtime, "contact_booked")) == 1
    at_night = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=thursday, at=time(22))
    assert isinstance(at_night, Booked)
    assert at_night.until is None
    with either_runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert (offer.channel, offer.due_until) == ("call", None)


@pytest.mark.parametrize("on", [None, date(2026, 1, 12), date(2027, 6, 1)])
def test_a_day_that_is_over_or_too_far_is_not_booked(either_runtime: Runtime, on: date | None) -> None:
    family, seen = a_thread(either_runtime, "what is this about then?")
    assert refused(book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=on, at=None))


# -- whose it is ------------------------------------------------------------------------------------------


def test_a_text_on_a_shared_number_becomes_the_chosen_familys(either_runtime: Runtime) -> None:
    first, _ = a_thread(either_runtime, "what is this about then?")
    second = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=second.id, number_id=first.number_id, position=2))
    seen = wrote(either_runtime, first, "is this about my sister?")
    answer = send_answer(either_runtime, BEN, number_id=first.number_id, seen=seen, words="We will ring you soon.")
    assert "which family" in refused(answer)
    for _ in range(2):
        done = choose_family(either_runtime, BEN, number_id=first.number_id, seen=seen, family_id=second.id)
        assert done is None
    with either_runtime.sessions.read() as session:
        text = session.get_one(TextRow, seen)
        assert (text.family_id, text.key_id) == (second.id, second.id)
        assert body_of(session, text) == "is this about my sister?"
        assert (
            session.scalars(select(TaskRow.id).where(TaskRow.done_at.is_(None), TaskRow.kind == "which_family")).all()
            == []
        )
    assert "reply" in held(either_runtime, second)


def test_a_strangers_number_never_becomes_a_familys_by_a_text(either_runtime: Runtime, line: FakeLine) -> None:
    family = a_family(either_runtime, "F001", standing="verified")
    seen = wrote(either_runtime, "+447700900177", "its amina, i got a new number")
    with either_runtime.sessions.read() as session:
        found = find(session, "+447700900177")
        assert found
        number_id = found.id
    nobody = choose_family(either_runtime, BEN, number_id=number_id, seen=seen, ref="F999")
    assert "no family with this reference" in refused(nobody)
    assert choose_family(either_runtime, BEN, number_id=number_id, seen=seen, ref="F001") is None
    answer = send_answer(either_runtime, BEN, number_id=number_id, seen=seen, words="We will ring you soon.")
    assert "not one of the family's" in refused(answer)
    assert out(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert session.get(FamilyNumberRow, (family.id, number_id)) is None
        assert session.get_one(TextRow, seen).family_id == family.id


def test_a_family_of_another_area_cannot_be_chosen(either_runtime: Runtime) -> None:
    a_family(either_runtime, "F001", area="MKC")
    seen = wrote(either_runtime, "+447700900177", "its amina, i got a new number")
    with either_runtime.sessions.read() as session:
        number_id = session.get_one(TextRow, seen).number_id
    assert reading(either_runtime, seen).area_code == "OXF"
    assert "no family" in refused(choose_family(either_runtime, BEN, number_id=number_id, seen=seen, ref="F001"))
    assert claim(either_runtime, CORA, number_id=number_id, take_over=True) is None
    assert choose_family(either_runtime, CORA, number_id=number_id, seen=seen, ref="F001") is None


def test_a_family_that_is_not_contacted_is_not_answered_by_a_click(either_runtime: Runtime) -> None:
    family, seen = a_thread(either_runtime, "not now, maybe later")
    with either_runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).excluded_why = "foster_carer"
    assert "not contacted" in refused(do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen))
