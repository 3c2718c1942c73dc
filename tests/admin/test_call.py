"""The pages of a call, as a browser without a screen and without JavaScript meets them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.events import EventRow
from outreach.store.holds import HoldRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.referrals import ReferralRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, DEV, FINN, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]


class Caller:
    """Presses the buttons that stand on the page, by their words."""

    def __init__(self, visitor: Visitor, offer_id: str) -> None:
        self.visitor = visitor
        self.page = visitor.post(f"/calls/open/{offer_id}", follow=True)
        self.path = self.page.request.path

    def press(self, label: str, *, words: str = "", times: int = 1) -> TestResponse:
        """Press the button that says `label`, in the form it stands in."""
        for form in re.findall(r"<form.*?</form>", self.page.text, re.S):
            for button in re.findall(r"<button[^>]*>.*?</button>", form, re.S):
                if _said(button) == label:
                    return self._send(self._owner(button) or form, button, words=words, times=times)
        raise AssertionError(f"there is no button {label!r} on the page")

    def _owner(self, button: str) -> str | None:
        """The form that a button names as its own, wherever it stands."""
        named = re.search(r'<button[^>]* form="([^"]+)"', button)
        return named and re.search(rf'<form id="{named[1]}".*?</form>', self.page.text, re.S)[0]  # type: ignore[index]

    def _send(self, form: str, button: str, *, words: str, times: int) -> TestResponse:
        action = re.search(r'formaction="([^"]+)"', button) or re.search(r'action="([^"]+)"', form)
        assert action
        name = re.search(r'<form id="([^"]+)"', form)
        data: dict[str, object] = {
            name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
        }
        chosen = re.search(r'name="(\w+)" value="([^"]*)"', button)
        if chosen:
            data[chosen[1]] = chosen[2]
        if 'name="words"' in form or (name and f'form="{name[1]}"></textarea>' in self.page.text):
            data["words"] = words
        for _ in range(times):
            self.page = self.visitor.post(html.unescape(action[1]), data, follow=True)
        return self.page


def _said(button: str) -> str:
    visible = re.sub(r'<span class="po-answers__(?:number|more)".*?</span>|<kbd.*?</kbd>', "", button, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", visible)).split())


@pytest.fixture
def caller(be: Be, runtime: Runtime) -> Caller:
    return Caller(be(BEN), an_open_offer(runtime, a_family(runtime, "F001")))


def test_a_whole_call_by_its_buttons_ends_in_a_referral(caller: Caller, runtime: Runtime) -> None:
    assert "Hello, is that Amina Rivera?" in words(caller.page)
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this"):
        caller.press(label)
    caller.press("Go on", words="It has been hard, and the little one asks.")
    for label in ("For themselves", "Go on", "Go on", "Yes", "Parent with responsibility", "Yes", "Yes", "Yes"):
        caller.press(label)
    for label in ("Pass over", "Pass over", "Pass over", "Pass over", "Go on"):
        caller.press(label)
    read_back = words(caller.page)
    assert "Is this right?" in read_back
    assert "Name and number: yes." in read_back
    assert "The children's first names and ages: yes." in read_back
    assert "Asked as: “Lantern Families is a charity" in read_back
    caller.press("Yes, close the call and make the referral", times=2)
    assert "The call is closed" in words(caller.page)
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["sent"]


def test_the_page_says_nothing_of_why_before_it_is_safe(caller: Caller) -> None:
    for label in ("It is them", "Yes, safe to talk"):
        shown = words(caller.page)
        for word in ("prison", "police", "Lantern", "child's"):
            assert word not in shown
        caller.press(label)
    assert "prison" in words(caller.page)


def test_a_button_pressed_twice_is_one_answer(caller: Caller, runtime: Runtime) -> None:
    caller.press("It is them", times=2)
    assert "Are you on your own?" in words(caller.page)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(AnswerRow)).all()) == 1


def test_an_answer_can_be_changed_from_the_conversation_so_far(caller: Caller) -> None:
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on"):
        caller.press(label)
    link = re.search(r'href="([^"]*change=opening/safe_to_talk[^"]*)"', caller.page.text)
    assert link
    caller.page = caller.visitor.get(html.unescape(link[1]).partition("#")[0])
    assert "You are changing an earlier answer" in words(caller.page)
    caller.press("Not now, another time")
    assert "When would be a better time?" in words(caller.page)


def test_the_exits_stand_on_every_step_in_the_same_order(caller: Caller) -> None:
    seen = set()
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on"):
        exits = re.search(r'<nav class="po-exits".*?</nav>', caller.page.text, re.S)
        assert exits
        seen.add(tuple(_said(one) for one in re.findall(r"<button.*?</button>", exits[0], re.S)))
        caller.press(label)
    assert len(seen) == 1
    assert "Not safe now" in next(iter(seen))


def test_leaving_quickly_shows_nothing_and_loses_nothing(caller: Caller) -> None:
    for label in ("It is them", "Yes, safe to talk"):
        caller.press(label)
    left = words(caller.press("Leave quickly"))
    assert "F001" not in left
    assert "Everything is kept" in left
    back = words(caller.visitor.get(caller.path))
    assert "You left this call. Every answer is kept." in back


def test_a_colleague_is_told_who_began_and_what_to_say(caller: Caller, be: Be) -> None:
    caller.press("It is them")
    ana = words(be(ANA).get(caller.path))
    assert "Ben Practitioner began this call" in ana
    assert "My colleague spoke with you earlier" in ana


def test_a_day_in_the_past_is_refused_with_what_to_do(caller: Caller, runtime: Runtime) -> None:
    for label in ("It is them", "Not now, another time"):
        caller.press(label)
    answer = caller.visitor.post(f"{caller.path}/finish", {"next_on": "2020-01-01"})
    assert answer.status_code == 400
    assert "The day to ring again is in the past. Choose today or a later day." in words(answer)
    nonsense = caller.visitor.post(f"{caller.path}/finish", {"next_on": "Tuesday", "next_time": "soon"})
    assert nonsense.status_code == 400
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow.state)).one() == "open"


def test_what_they_said_last_is_kept_beside_the_end(caller: Caller) -> None:
    for label in ("It is them", "Not now, another time"):
        caller.press(label)
    caller.press("Keep these words", words="Thursday after the school run")
    assert "Thursday after the school run" in caller.page.text


@pytest.mark.parametrize("button", ["Yes, close the call", "Finish later"])
def test_what_they_said_last_is_kept_by_every_button_beneath_it(caller: Caller, button: str) -> None:
    for label in ("It is them", "Not now, another time"):
        caller.press(label)
    caller.press(button, words="Thursday after the school run")
    assert "Thursday after the school run" in caller.visitor.get(caller.path).text


def test_what_was_written_is_kept_when_a_way_out_is_taken(caller: Caller) -> None:
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this"):
        caller.press(label)
    caller.press("Very upset", words="It has been so hard.")
    assert "There is no rush." in words(caller.page)
    assert "It has been so hard." in caller.page.text


def test_ticked_boxes_do_not_stand_in_the_way_of_a_way_out(caller: Caller, runtime: Runtime) -> None:
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on", "For the children"):
        caller.press(label)
    standing = {"step": "child_needs/what", "visit": 1, "answer": ["sleep", "school"], "exit": "exit_abuse"}
    caller.visitor.post(f"{caller.path}/answer", {**standing, "words": "He rings them at night."})
    with runtime.sessions.read() as session:
        assert session.scalars(select(AnswerRow.answer).order_by(AnswerRow.seq.desc())).first() == "exit_abuse"
    assert "He rings them at night." in caller.visitor.get(caller.path).text


def test_what_is_told_at_goodbye_can_be_marked(caller: Caller, runtime: Runtime) -> None:
    for label in ("It is them", "Not now, another time"):
        caller.press(label)
    assert "Is this right?" in words(caller.page)
    caller.press("Worry about a child")
    caller.press("In danger now")
    with runtime.sessions.read() as session:
        assert session.scalars(select(AlertRow.kind)).all() == ["child_harm"]
    assert "Is this right?" in words(caller.page)


def test_the_ways_out_stand_there_while_an_answer_is_changed(caller: Caller) -> None:
    for label in ("It is them", "Yes, safe to talk", "Go on"):
        caller.press(label)
    caller.page = caller.visitor.get(f"{caller.path}?change=opening/safe_to_talk&visit=1")
    assert "You are changing an earlier answer" in words(caller.page)
    caller.press("Someone is hurting them")
    assert "I believe you" in words(caller.page)


def test_a_call_with_a_hold_is_refused_in_plain_words(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.NO_CONTACT_ORDER, by="ana", now=runtime.now())
    answer = be(BEN).post(f"/calls/open/{an_open_offer(runtime, family)}", follow=True)
    assert answer.request.path == "/today"
    assert "This call cannot be made now: there is a no-contact order." in answer.text


def test_others_may_not_and_what_is_not_there_is_not_found(caller: Caller, be: Be) -> None:
    assert be(FINN).get(caller.path).status_code == 403
    assert be(DEV).get(caller.path).status_code == 403
    assert be(BEN).get("/calls/nothing").status_code == 404
    assert be(BEN).post("/calls/nothing/answer", {"step": "x", "answer": "y"}).status_code == 404


def test_nonsense_posted_as_an_answer_changes_nothing(caller: Caller, runtime: Runtime) -> None:
    for data in (
        {},
        {"step": "opening/is_it_them", "visit": "x", "answer": "maybe"},
        {"answer": "," * 90, "visit": "-1"},
    ):
        assert caller.visitor.post(f"{caller.path}/answer", dict(data)).status_code == 303
    with runtime.sessions.read() as session:
        assert session.scalars(select(AnswerRow)).all() == []


def test_each_page_of_a_call_is_noted_with_the_family(caller: Caller, runtime: Runtime) -> None:
    with runtime.sessions.read() as session:
        seen = session.scalars(select(EventRow).where(EventRow.name == "page_seen")).all()
    assert [(event.actor_id, event.data["page"]) for event in seen if event.data["page"] == "call"] == [("ben", "call")]


def test_a_closed_call_can_be_read_again_word_for_word(caller: Caller) -> None:
    for label in (
        "It is them",
        "Yes, safe to talk",
        "Go on",
        "I have said this",
        "Go on",
        "No, thank you",
        "Pass over",
    ):
        caller.press(label)
    caller.press("No, not again")
    caller.press("Yes, close the call")
    record = words(caller.visitor.get(caller.path))
    assert "Would it be OK if we asked one more time" in record
    assert "No, and do not ask again" in record
    assert "Change" not in record


def test_he_may_be_out_is_one_press_once_it_is_safe_and_not_before(caller: Caller, runtime: Runtime) -> None:
    for label in ("It is them", "Yes, safe to talk"):
        assert "may be out" not in words(caller.page)
        caller.press(label)
    caller.press("He or she may be out", times=2)
    assert "A supervisor is to look at it today" in caller.page.text
    with runtime.sessions.read() as session:
        assert session.scalars(select(HoldRow.kind)).all() == ["released"]
    caller.press("Go on")
    assert "I keep a short note" in words(caller.page)


def test_a_call_made_on_paper_is_entered_with_its_time_and_caller(caller: Caller, runtime: Runtime) -> None:
    caller.press("No answer")
    path = f"{caller.path}/on-paper"
    for wrong, why in (
        ({"made_on": "2026-01-14", "made_at": "10:00", "by": "ben"}, "That time has not come yet."),
        ({"made_on": "2025-12-01", "made_at": "10:00", "by": "ben"}, "more than two weeks ago"),
        ({"made_on": "2026-01-12", "made_at": "18:30", "by": "dev"}, "somebody who works in this area"),
        ({"made_on": "2026-01-12", "by": "ana"}, "Say the day and the time"),
    ):
        assert why in caller.visitor.post(path, dict(wrong), follow=True).text
    with runtime.sessions.read() as session:
        assert session.scalars(select(AttemptRow)).all() == []
    for _ in range(2):
        kept = caller.visitor.post(path, {"made_on": "2026-01-12", "made_at": "18:30", "by": "ana"}, follow=True)
        assert "Kept: when the call was made, and by whom." in kept.text
    caller.page = kept
    caller.press("Yes, close the call")
    with runtime.sessions.read() as session:
        attempt = session.scalars(select(AttemptRow)).one()
        assert (attempt.at, attempt.staff_id, attempt.band, attempt.code) == (
            datetime(2026, 1, 12, 18, 30, tzinfo=UTC), "ana", "evening", "A04",
        )  # fmt: skip
        assert session.scalars(select(OfferRow.tries)).one() == 1
