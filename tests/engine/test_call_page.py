"""What a call's page shows, and what it keeps off the screen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.domain.hold import Kind
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import add_words, leave, resume
from outreach.engine.holds import set_hold
from outreach.engine.made_on_paper import made_on_paper
from outreach.runtime import Runtime
from outreach.store.numbers import NumberRow
from outreach.store.staff import StaffRow
from outreach.views.call import COVERED, Shown, call_page
from tests.cast import ANA, BEN, Family, a_family
from tests.engine.test_guide_call import TO_SAFE, began, say


def stands_at(runtime: Runtime, conversation_id: str) -> Shown:
    """The step on the page."""
    step = call_page(runtime, BEN, conversation_id=conversation_id).step
    assert step is not None
    return step


def test_no_word_before_it_is_safe_tells_what_whoever_rings_is(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, BEN.id).name = "PC 4312 Ben Ash"
    say(runtime, conversation_id, "yes")
    assert "my name is Ben, from" in stands_at(runtime, conversation_id).say


MESSAGE = "I will try again another time. No need to ring back."


def to_a_machine(runtime: Runtime, family: Family, *, voicemail: str, standing: str = "verified") -> str:
    with runtime.sessions.begin() as session:
        number = session.get_one(NumberRow, family.number_id)
        number.standing, number.voicemail = standing, voicemail
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, "voicemail")
    return conversation_id


@pytest.mark.parametrize("voicemail", ["unknown", "none"])
def test_no_words_for_a_voicemail_stand_there_where_none_was_agreed(runtime: Runtime, voicemail: str) -> None:
    step = stands_at(runtime, to_a_machine(runtime, a_family(runtime, "F001"), voicemail=voicemail))
    assert (step.silent, step.say, step.guide) == (True, "", "")


def test_the_words_for_a_voicemail_stand_there_where_one_was_agreed(runtime: Runtime) -> None:
    step = stands_at(runtime, to_a_machine(runtime, a_family(runtime, "F001"), voicemail="neutral"))
    assert not step.silent
    assert MESSAGE in step.say


@pytest.mark.parametrize(("kind", "silent"), [(Kind.CARER_IS_VICTIM, True), (Kind.BY_HAND, False)])
def test_no_voicemail_is_left_in_careful_contact_whatever_was_agreed(
    runtime: Runtime, kind: Kind, silent: bool
) -> None:
    family = a_family(runtime, "F001")
    conversation_id = to_a_machine(runtime, family, voicemail="ok")
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=kind, by="import", now=runtime.now())
    assert stands_at(runtime, conversation_id).silent is silent


def test_no_voicemail_is_left_where_somebody_else_was_on_the_phone(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = to_a_machine(runtime, family, voicemail="ok")
    with runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).standing = "compromised"
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert page.step is not None
    assert page.step.silent
    assert "no voicemail" in page.family.safe_contact


@pytest.mark.parametrize(("answer", "said"), [("none", False), ("left", True)])
def test_a_voicemail_is_in_the_record_where_it_was_left(runtime: Runtime, answer: str, said: bool) -> None:
    conversation_id = to_a_machine(runtime, a_family(runtime, "F001"), voicemail="ok")
    say(runtime, conversation_id, answer)
    trail = call_page(runtime, BEN, conversation_id=conversation_id).trail
    assert (MESSAGE in trail[-1].say) is said


def unsafe_in_the_middle(runtime: Runtime) -> str:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, "next", "said")
    say(runtime, conversation_id, "next", words="he is inside and hit me")
    say(runtime, conversation_id, "legal", "release", "exit_unsafe")
    return conversation_id


def test_what_was_said_goes_off_the_page_when_it_stops_being_safe(runtime: Runtime) -> None:
    conversation_id = unsafe_in_the_middle(runtime)
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    shown = repr((page.trail, page.step, page.changing, page.card))
    for gone in ("hit me", "Worry about release", "Legal information", "prison", "have things been"):
        assert gone not in shown
    assert [one.label for one in page.trail if one.label != COVERED] == [
        "It is them",
        "Yes, safe to talk",
        "Not safe now",
    ]
    say(runtime, conversation_id, "hold")
    back = call_page(runtime, BEN, conversation_id=conversation_id).read_back
    assert back is not None
    assert (back.needs, back.parts) == ((), ())


def test_the_record_of_a_call_that_ended_unsafe_shows_all_that_was_said(runtime: Runtime) -> None:
    conversation_id = unsafe_in_the_middle(runtime)
    say(runtime, conversation_id, "hold")
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    trail = call_page(runtime, BEN, conversation_id=conversation_id).trail
    assert "when a parent goes to prison" in trail[2].say
    assert trail[4].words == "he is inside and hit me"
    assert "Worry about release" in [one.label for one in trail]


def test_an_answer_cannot_be_read_again_by_changing_it_while_it_is_not_safe(runtime: Runtime) -> None:
    conversation_id = unsafe_in_the_middle(runtime)
    page = call_page(runtime, BEN, conversation_id=conversation_id, change=("first_offer/listen", 1))
    assert "hit me" not in repr(page)


def test_exact_words_written_when_it_is_not_safe_can_be_read_back(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, "exit_abuse", "no")
    add_words(
        runtime, BEN, conversation_id=conversation_id, step="abuse_disclosed/believe", visit=1, words="he is here"
    )
    assert call_page(runtime, BEN, conversation_id=conversation_id).trail[-1].words == "he is here"


def test_the_record_names_whoever_said_each_line(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE)
    leave(runtime, BEN, conversation_id=conversation_id)
    resume(runtime, ANA, conversation_id=conversation_id)
    trail = call_page(runtime, ANA, conversation_id=conversation_id).trail
    assert "my name is Ben, from" in trail[1].say


def test_the_record_of_a_call_on_paper_names_whoever_made_it(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, "yes", "later")
    made = runtime.now() - timedelta(hours=1)
    assert made_on_paper(runtime, BEN, conversation_id=conversation_id, at=made, by=ANA.id) is None
    assert "my name is Ana, from" in call_page(runtime, BEN, conversation_id=conversation_id).trail[1].say
