"""The gate. One good question, changed in one thing at a time; and what no combination may let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.consent import Standing
from outreach.domain.hold import RULES, Hold, Kind, Weight
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import Calendar, Hours, window_end
from outreach.domain.rota import Shift
from outreach.domain.sending import Area, Contact, History, Purpose, Question, Send, Wait, Withhold, decide
from outreach.domain.wording import Level

TUESDAY = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
SHIFTS = tuple(
    Shift(staff_id="ben", weekday=day, starts=time(9), ends=time(19), valid_from=date(2020, 1, 1)) for day in range(5)
)
NUMBER = Number(id="n", kind="mobile", standing=NumberStanding.VERIFIED, agreed=Level.L1, verified_at=TUESDAY)
GOOD = Question(
    standing=Standing(),
    holds=(),
    number=NUMBER,
    contact=Contact(channel="text", level=Level.L1),
    hours=Hours(),
    calendar=Calendar(),
    area=Area(live_from=TUESDAY - timedelta(days=900), shifts=SHIFTS),
    history=History(custody_known_until=TUESDAY + timedelta(days=30)),
    now=TUESDAY,
)
CALL = replace(GOOD, contact=Contact(channel="call"))


def reason(question: Question) -> str:
    answer = decide(question)
    return "send" if isinstance(answer, Send) else answer.reason


def with_number(**changes: object) -> Question:
    return replace(GOOD, number=replace(NUMBER, **changes))  # type: ignore[arg-type]


def with_contact(**changes: object) -> Question:
    return replace(GOOD, contact=replace(GOOD.contact, **changes))  # type: ignore[arg-type]


def with_history(**changes: object) -> Question:
    return replace(GOOD, history=replace(GOOD.history, **changes))  # type: ignore[arg-type]


def with_area(**changes: object) -> Question:
    return replace(GOOD, area=replace(GOOD.area, **changes))  # type: ignore[arg-type]


def hold(kind: Kind) -> Hold:
    return Hold(id="h", kind=kind, set_at=TUESDAY)


def test_when_nothing_objects_the_text_goes_and_is_valid_to_the_end_of_the_window() -> None:
    answer = decide(GOOD)
    assert answer == Send(timedelta(hours=5), Level.L1)
    assert reason(CALL) == "send"


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (replace(GOOD, number=None), "no_number"),
        (with_number(is_parents=True), "parents_number"),
        (with_number(standing=NumberStanding.LOST), "number_lost"),
        (with_number(kind="landline"), "not_a_mobile"),
        (with_number(families=2), "two_families"),
        (with_number(texts_stopped=True), "stopped"),
        (replace(GOOD, standing=Standing(stopped=frozenset({"text"}))), "stopped"),
        (with_number(standing=NumberStanding.COMPROMISED), "compromised"),
        (with_history(excluded="foster_carer"), "excluded"),
        (with_history(service_paused=True), "service_paused"),
        (with_area(paused=True), "area_paused"),
        (with_area(live_from=TUESDAY + timedelta(days=1)), "area_not_live"),
        (with_history(checks_complete=False), "checks_pending"),
        (with_history(custody_known_until=TUESDAY), "custody_old"),
        (with_number(standing=NumberStanding.UNVERIFIED), "not_verified"),
        (with_contact(level=Level.L2), "level"),
        (with_contact(approved=False), "wording_not_approved"),
        (with_history(in_conversation=True), "in_conversation"),
        (with_history(last_contact=TUESDAY - timedelta(days=6)), "too_soon"),
        (replace(GOOD, now=TUESDAY.replace(hour=8)), "quiet_hours"),
        (replace(GOOD, now=TUESDAY.replace(hour=14, minute=50)), "quiet_hours"),
        (replace(GOOD, now=datetime(2026, 1, 17, 10, tzinfo=UTC)), "quiet_hours"),
        (replace(GOOD, calendar=Calendar(days=frozenset({(1, 13)}))), "quiet_hours"),
        (with_area(shifts=()), "nobody_on_duty"),
        (with_area(staffed_hours=10), "nobody_on_duty"),
    ],
)
def test_each_rule_objects_by_its_own_name(question: Question, why: str) -> None:
    assert reason(question) == why


@pytest.mark.parametrize("kind", list(Kind))
def test_no_automatic_text_passes_any_hold(kind: Kind) -> None:
    assert reason(replace(GOOD, holds=(hold(kind),))) in (kind.value, "careful_contact")


@pytest.mark.parametrize("kind", [kind for kind in Kind if RULES[kind].weight is Weight.SAFETY])
def test_nothing_at_all_passes_a_safety_hold(kind: Kind) -> None:
    held = (hold(kind),)
    for purpose in Purpose:
        contact = Contact(channel="text", purpose=purpose, asked_at=TUESDAY)
        assert reason(replace(GOOD, holds=held, contact=contact)) == kind.value
    assert reason(replace(CALL, holds=held)) == kind.value


def test_careful_contact_is_by_call_and_by_the_named_practitioner_only() -> None:
    careful = (hold(Kind.CARER_IS_VICTIM),)
    assert reason(replace(CALL, holds=careful)) == "carer_is_victim"
    named = Contact(channel="call", by_named_practitioner=True)
    assert reason(replace(CALL, holds=careful, contact=named)) == "send"
    person = Contact(channel="text", purpose=Purpose.PERSON)
    assert reason(replace(GOOD, holds=careful, contact=person)) == "careful_contact"


def test_a_reply_that_waits_stops_software_and_not_the_person_who_rings() -> None:
    assert reason(replace(CALL, holds=(hold(Kind.REPLY),))) == "send"
    assert reason(replace(CALL, holds=(hold(Kind.NO_LONGER_LISTED),))) == "no_longer_listed"


def test_a_hold_whose_end_has_passed_holds_nothing() -> None:
    over = Hold(id="h", kind=Kind.BY_HAND, set_at=TUESDAY - timedelta(days=9), until=TUESDAY)
    assert reason(replace(GOOD, holds=(over,))) == "send"


def test_a_lapsed_number_still_counts_as_verified_at_level_0() -> None:
    lapsed = with_number(verified_at=TUESDAY - timedelta(days=91), agreed=Level.L2)
    assert reason(lapsed) == "level"
    plain = replace(lapsed, contact=Contact(channel="text", level=Level.L0))
    assert decide(plain) == Send(timedelta(hours=5), Level.L0)


def test_texts_before_the_first_call_only_where_the_area_has_them_on_and_at_level_0() -> None:
    unknown = with_number(standing=NumberStanding.UNVERIFIED)
    on = replace(unknown, area=replace(GOOD.area, l0_texts=True))
    assert reason(on) == "level"
    assert reason(replace(on, contact=Contact(channel="text", level=Level.L0))) == "send"


NIGHT = TUESDAY.replace(hour=2)


@pytest.mark.parametrize("purpose", [Purpose.STOP, Purpose.CRISIS])
def test_stop_confirmation_and_crisis_text_go_at_night_within_ten_minutes_or_never(purpose: Purpose) -> None:
    night = replace(
        GOOD,
        now=NIGHT,
        area=replace(GOOD.area, shifts=(), paused=True),
        number=replace(NUMBER, standing=NumberStanding.UNVERIFIED),
        holds=(hold(Kind.ALERT),),
        contact=Contact(channel="text", purpose=purpose, asked_at=NIGHT - timedelta(minutes=9)),
    )
    assert decide(night) == Send(timedelta(minutes=10), Level.L0)
    late = replace(night, contact=replace(night.contact, asked_at=NIGHT - timedelta(minutes=11)))
    assert reason(late) == "too_late"


def test_the_crisis_text_stays_unsent_after_a_stop_and_on_a_compromised_number() -> None:
    crisis = Contact(channel="text", purpose=Purpose.CRISIS, asked_at=TUESDAY)
    assert reason(replace(with_number(texts_stopped=True), contact=crisis)) == "stopped"
    assert reason(replace(with_number(standing=NumberStanding.COMPROMISED), contact=crisis)) == "compromised"


def test_a_stop_is_confirmed_once() -> None:
    contact = Contact(channel="text", purpose=Purpose.STOP, asked_at=TUESDAY)
    assert reason(replace(with_number(texts_stopped=True), contact=contact)) == "send"
    assert reason(replace(with_number(texts_stopped=True, stop_confirmed=True), contact=contact)) == "stopped"


def test_a_time_they_asked_for_passes_hours_and_tender_dates_but_no_stop() -> None:
    asked = Contact(channel="call", promised=True)
    evening = replace(CALL, now=TUESDAY.replace(hour=18), contact=asked, calendar=Calendar(days=frozenset({(1, 13)})))
    assert reason(evening) == "send"
    assert reason(replace(evening, number=replace(NUMBER, calls_stopped=True))) == "stopped"


questions = st.builds(
    Question,
    standing=st.builds(Standing, stopped=st.frozensets(st.sampled_from(["text", "call"]))),
    holds=st.lists(st.sampled_from(Kind).map(hold), max_size=2).map(tuple),
    number=st.none()
    | st.builds(
        Number,
        id=st.just("n"),
        kind=st.sampled_from(["mobile", "landline", "other"]),
        standing=st.sampled_from(NumberStanding),
        agreed=st.sampled_from(Level),
        verified_at=st.sampled_from([None, TUESDAY, TUESDAY - timedelta(days=200)]),
        texts_stopped=st.booleans(),
        calls_stopped=st.booleans(),
        stop_confirmed=st.booleans(),
        is_parents=st.booleans(),
        families=st.integers(1, 2),
    ),
    contact=st.builds(
        Contact,
        channel=st.sampled_from(["text", "call"]),
        purpose=st.sampled_from(Purpose),
        level=st.sampled_from(Level),
        promised=st.booleans(),
        asked_at=st.sampled_from([None, TUESDAY, TUESDAY - timedelta(hours=1)]),
        approved=st.booleans(),
        by_named_practitioner=st.booleans(),
    ),
    hours=st.just(Hours()),
    calendar=st.sampled_from([Calendar(), Calendar(days=frozenset({(1, 13)}))]),
    area=st.builds(
        Area,
        live_from=st.sampled_from([TUESDAY - timedelta(days=9), TUESDAY + timedelta(days=9)]),
        paused=st.booleans(),
        l0_texts=st.booleans(),
        shifts=st.sampled_from([SHIFTS, ()]),
    ),
    history=st.builds(
        History,
        custody_known_until=st.sampled_from([TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=1)]),
        checks_complete=st.booleans(),
        excluded=st.sampled_from([None, "foster_carer"]),
        service_paused=st.booleans(),
        last_contact=st.sampled_from([None, TUESDAY - timedelta(days=1)]),
        in_conversation=st.booleans(),
    ),
    now=st.sampled_from([TUESDAY, TUESDAY.replace(hour=2), datetime(2026, 12, 25, 11, tzinfo=UTC)]),
)


@given(questions)
def test_whatever_is_let_through_keeps_every_rule_that_nothing_bends(q: Question) -> None:
    answer = decide(q)
    if isinstance(answer, Wait):
        assert answer.until > q.now or answer.reason == "too_soon"
    if not isinstance(answer, Send):
        assert isinstance(answer, Wait | Withhold)
        return
    number, texting = q.number, q.contact.channel == "text"
    assert number is not None
    assert not number.is_parents
    assert number.standing is not NumberStanding.COMPROMISED
    assert all(RULES[each.kind].weight is not Weight.SAFETY for each in q.holds)
    assert answer.valid_for <= timedelta(seconds=36_000)
    stopped = number.texts_stopped if texting else number.calls_stopped
    stopped = stopped or q.contact.channel in q.standing.stopped
    if stopped:
        assert q.contact.purpose is Purpose.STOP
        assert not number.stop_confirmed
    if texting:
        assert number.kind == "mobile"
        assert q.contact.level <= number.level(q.now)
        assert all(RULES[each.kind].weight is not Weight.CAREFUL for each in q.holds)
    if texting and q.contact.purpose not in (Purpose.STOP, Purpose.CRISIS, Purpose.PERSON):
        assert not q.holds
        assert not q.area.paused
        assert not q.history.service_paused
        assert number.families == 1
        assert number.standing is not NumberStanding.UNVERIFIED or q.area.l0_texts
        assert q.contact.promised or window_end(q.hours, None, q.now) is not None


NIGHT = datetime(2026, 1, 14, 2, 30, tzinfo=UTC)


def by_a_person(now: datetime, *, wrote: datetime | None = None, **more: object) -> Question:
    contact = Contact(channel="text", purpose=Purpose.PERSON, asked_at=wrote)
    return replace(GOOD, contact=contact, now=now, **more)  # type: ignore[arg-type]


def test_what_a_person_writes_at_night_waits_for_the_kind_hour() -> None:
    answer = decide(by_a_person(NIGHT, wrote=NIGHT - timedelta(hours=9)))
    assert answer == Wait(datetime(2026, 1, 14, 9, 30, tzinfo=UTC), "quiet_hours")
    assert reason(by_a_person(NIGHT)) == "quiet_hours"
    assert reason(by_a_person(datetime(2026, 1, 17, 10, tzinfo=UTC))) == "quiet_hours"  # a Saturday
    assert reason(by_a_person(TUESDAY)) == "send"


def test_a_person_answers_at_once_where_the_family_is_there() -> None:
    assert reason(by_a_person(NIGHT, wrote=NIGHT - timedelta(minutes=60))) == "send"
    assert reason(by_a_person(NIGHT, wrote=NIGHT - timedelta(minutes=61))) == "quiet_hours"
    assert reason(by_a_person(NIGHT, holds=(hold(Kind.ALERT),))) == "send"
    assert reason(by_a_person(NIGHT, holds=(hold(Kind.REPLY),))) == "quiet_hours"


def test_a_person_who_rings_still_chooses_the_hour() -> None:
    ring = Contact(channel="call", purpose=Purpose.PERSON)
    assert reason(replace(GOOD, contact=ring, now=NIGHT)) == "send"
