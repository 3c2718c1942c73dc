"""What a text says about a time is what will be: when we ring and from which number, until when we leave it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.domain.delivery import InboundText
from outreach.domain.wording import LONGEST, Level, level_faults, size
from outreach.engine.booking import Booked
from outreach.engine.dispatch import dispatch
from outreach.engine.receive import receive_text
from outreach.library.contents import Library
from outreach.runtime import Runtime
from tests.cast import Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


@pytest.fixture
def family(runtime: Runtime, clock: Clock) -> Family:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1)
    an_open_offer(runtime, family)
    return family


def answer_to(runtime: Runtime, line: FakeLine, family: Family, words: str) -> str:
    receive_text(runtime, InboundText(sid="SM1", sender=family.e164, recipient="+447700900999", body=words))
    dispatch(runtime)
    (body,) = [str(each["body"]) for each in line.texts if each["to"] == family.e164]
    return body


def test_the_answer_to_call_says_when_and_from_which_number(runtime: Runtime, line: FakeLine, family: Family) -> None:
    said = answer_to(runtime, line, family, "call me on thursday at 11")
    assert "will ring from 07700 900999 on Thursday 15 January, 11 to 12." in said


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("try me again on 20 february", "Friday 20 February"),
        ("not now, maybe on 4th january", "Monday 4 January 2027"),
        ("later, on 21 january please", "Wednesday 21 January"),
    ],
)
def test_a_day_they_name_is_said_back(runtime: Runtime, line: FakeLine, family: Family, words: str, day: str) -> None:
    assert f"We will leave it until {day}." in answer_to(runtime, line, family, words)


@pytest.mark.parametrize("words", ["later", "not now, maybe later", "after easter maybe"])
def test_without_a_day_no_day_is_said(runtime: Runtime, line: FakeLine, family: Family, words: str) -> None:
    receive_text(runtime, InboundText(sid="SM1", sender=family.e164, recipient="+447700900999", body=words))
    dispatch(runtime)
    assert not any("until" in str(each["body"]) for each in line.texts)


@pytest.mark.parametrize("name", ["call_soon", "call_booked"])
@pytest.mark.parametrize("language", ["en", "cy", "pl"])
def test_each_text_about_a_call_says_when_and_from_which_number(library: Library, name: str, language: str) -> None:
    text = library.wording(name, language)
    assert {"when", "phone", "team"} == text.values
    said = text.render(team="Willow team", phone="+447700900999", when="on Friday 16 January")
    assert level_faults(said, Level.L0) == []
    if language != "pl":  # its letters are not in the short alphabet
        assert size(text.render(**{key: LONGEST[key] for key in text.values})).segments == 1


def test_the_longest_time_that_is_said_is_the_longest_there_is() -> None:
    latest = Booked(datetime(2026, 9, 30, 9, 45, tzinfo=UTC), datetime(2026, 9, 30, 11, 15, tzinfo=UTC), promised=True)
    assert latest.dated() == LONGEST["when"]
