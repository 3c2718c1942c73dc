"""After a call: the read-back of all that was agreed, the paperwork that waits, and the person who rang."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine.finish_call import Finished, finish
from outreach.engine.parked_calls import watch_parked
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.asides import AsideRow
from outreach.store.base import Base
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.notices import NoticeRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import NeedRow
from outreach.store.sealing import seal
from tests.admin.test_call import Caller
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]
TO_THE_MENU = ("It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on")
TO_CONSENT = (*TO_THE_MENU, "For themselves", "Go on", "Go on")
GIVEN = ("Yes", "Parent with responsibility", "Yes", "Yes", "Yes", "Yes")
ASKED = (
    "Yes, that is all right", "They are not in touch", "They see it as good", "They do not want contact",
    "An order will hold", "Yes, they may ring",
)  # fmt: skip


@pytest.fixture
def family(runtime: Runtime) -> Family:
    return a_family(runtime, "F001")


@pytest.fixture
def caller(be: Be, runtime: Runtime, family: Family) -> Caller:
    return Caller(be(BEN), an_open_offer(runtime, family))


def presses(caller: Caller, *labels: str) -> None:
    for label in labels:
        caller.press(label)


def test_what_is_said_apart_is_optional_kept_in_codes_and_shown_with_the_family(
    be: Be, caller: Caller, runtime: Runtime, family: Family
) -> None:
    presses(caller, *TO_CONSENT, *GIVEN, "Just theirs, may say support", "A short neutral one", *ASKED, "Go on")
    back = words(caller.page)
    for said in (
        "A voicemail A short neutral one", "A text may say That it is about support",
        "In touch with the parent who is away No", "They see that as Good", "They want contact No",
        "An order will hold on release Yes", "A researcher may ring them Yes", "This goes to no partner.",
    ):  # fmt: skip
        assert said in back
    caller.press("Yes, close the call and make the referral")
    with runtime.sessions.read() as session:
        row = session.scalars(select(AsideRow)).one()
        codes = (row.has_contact, row.seen_as, row.wants_contact, row.order_in_place, row.research)
        assert codes == ("no", "positive", "no", "yes", "yes")
        assert not {"has_contact", "research"} & {each.purpose for each in session.scalars(select(ConsentRow))}
    page = words(be(ANA).get(f"/families/{family.id}"))
    assert "An order will hold on release Yes" in page
    assert "The privacy information was given by voice on" in page


def test_nothing_is_kept_apart_where_nothing_was_said(caller: Caller, runtime: Runtime) -> None:
    presses(caller, *TO_CONSENT, *GIVEN, "Shared or not sure", "No voicemail", "Pass over", "Go on")
    assert "Said apart from the offer" not in words(caller.page)
    caller.press("Yes, close the call and make the referral")
    with runtime.sessions.read() as session:
        assert session.scalars(select(AsideRow)).all() == []


def test_the_read_back_has_the_words_and_scope_of_each_part_and_one_need_above_the_others(
    caller: Caller, runtime: Runtime
) -> None:
    presses(caller, *TO_THE_MENU, "For themselves", "Go on")
    caller.page = caller.visitor.post(
        caller.path + "/answer",
        {"step": "first_offer/anything_else", "visit": 1, "answer": ["child", "legal"]}, follow=True,
    )  # fmt: skip
    presses(caller, "Yes", "Parent with responsibility", "Yes", "No", "Yes", "Pass over", "Pass over", "Pass over")
    presses(caller, "Pass over", "Go on")
    back = words(caller.page)
    assert "For themselves, most of all; for the children; legal information" in back
    for part in ("Name and number: yes.", "first names and ages: yes.", "What would help: no.", "safe to ring: yes."):
        assert part in back
    assert back.count("Asked as: “") == 4
    assert "May I tell Lantern Families what you said would help?" in back
    caller.press("Yes, close the call and make the referral")
    with runtime.sessions.read() as session:
        needs = [(row.kind, row.primary) for row in session.scalars(select(NeedRow).order_by(NeedRow.id))]
        assert needs == [("carer", True), ("child", False), ("legal", False)]
        wordings = {row.purpose: row for row in session.scalars(select(ConsentRow))}
        assert {"refer", "share.children", "share.needs", "share.safe_contact"} <= set(wordings)
        assert all(row.wording and row.wording_version for row in wordings.values())


def test_a_social_worker_who_was_told_stands_on_the_card_and_no_words_deny_it(
    caller: Caller, runtime: Runtime, family: Family
) -> None:
    presses(caller, "It is them", "Yes, safe to talk", "Go on")
    assert "A social worker knows" not in words(caller.page)
    assert "I pass nothing on from it unless you say so." in words(caller.page)
    with runtime.sessions.begin() as session:
        session.add(
            NoticeRow(
                id="notice-1", family_id=family.id, area_code="OXF", imprisoned_on=runtime.now().date(),
                why="open_to", made_at=runtime.now(), body=seal(
                    session, "words", key_id=family.id, table="notice", column="body", row_id="notice-1"
                ),
            )
        )  # fmt: skip
    page = words(caller.visitor.get(caller.path))
    assert "A social worker knows" in page
    assert "say that they know of it already" in page
    for script in runtime.library.scripts.values():
        for step in script.steps.values():
            lines = f"{step.say} {step.guide}".lower()
            assert not [one for one in ("nobody else knows", "no one else knows", "just between us") if one in lines]


def test_one_child_is_one_child(caller: Caller) -> None:
    presses(caller, "It is them", "Yes, safe to talk")
    assert "The child is 7" in words(caller.page)


def test_a_call_that_needs_an_interpreter_makes_the_next_one_longer(caller: Caller, runtime: Runtime) -> None:
    presses(caller, "It is them", "Needs an interpreter", "Go on", "Go on")
    caller.page = caller.visitor.post(
        caller.path + "/finish", {"next_on": "2026-01-15", "next_time": "18:00"}, follow=True
    )
    assert "for the 90 minutes that the call may take" in words(caller.page)
    caller.visitor.post(caller.path + "/finish", {"next_on": "2026-01-15", "next_time": "17:30"})
    with runtime.sessions.read() as session:
        assert session.scalars(select(FamilyRow.interpreter)).one() is True
        offer = session.scalars(select(OfferRow)).one()
        assert (offer.due_until or offer.due_at) - offer.due_at == timedelta(minutes=90)
        assert [row.kind for row in session.scalars(select(TaskRow))] == ["book_interpreter"]


def test_how_it_was_is_kept_nowhere_and_who_asks_to_talk_is_heard(
    be: Be, caller: Caller, runtime: Runtime, clock: Clock
) -> None:
    presses(caller, "It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on", "No, thank you")
    presses(caller, "Pass over", "No, not again", "Yes, close the call")
    assert "How was that call?" in words(caller.page)
    before = kept(runtime)
    form: dict[str, object] = {"was": "heavy", "pause": "15", "talk": "yes"}
    for _ in range(2):
        page = words(caller.visitor.post(caller.path + "/wrap-up", form))
    assert "Say one sentence about it to a colleague." in page
    assert "A supervisor has been asked to make time for you." in page
    assert "nothing is asked of you here" in page
    after = kept(runtime)
    assert {name for name in after if after[name] != before[name]} == {"event", "task"}
    with runtime.sessions.read() as session:
        task = session.scalars(select(TaskRow).where(TaskRow.kind == "debrief")).one()
        assert (task.for_role, task.data) == ("supervisor", {"asked_by": "ben"})
        events = session.scalars(select(EventRow).where(EventRow.name == "call_wrapped_up")).all()
        assert {str(row.data) for row in events} == {"{'talk': True}"}
    assert be(ANA).post(caller.path + "/wrap-up", form).status_code == 403
    assert "A colleague asks to talk after a call (Ben Practitioner)" in words(be(CORA).get("/overview/"))


def kept(runtime: Runtime) -> dict[str, int]:
    with runtime.sessions.read() as session:
        return {one.name: len(session.execute(select(one)).all()) for one in Base.metadata.sorted_tables}


def test_after_a_hard_call_nothing_comes_next_by_itself(caller: Caller, runtime: Runtime) -> None:
    other = an_open_offer(runtime, a_family(runtime, "F002", e164="+447700900102"))
    presses(caller, "It is them", "Very upset", "In danger now", "Yes, close the call")
    after = caller.page.text
    assert "That was a hard call." in after
    rest = caller.visitor.post(caller.path + "/wrap-up", {"hard": "yes", "was": "well"})
    assert "No call comes next by itself." in rest.text
    assert "You did not have to solve it" in rest.text
    for page in (after, rest.text):
        assert "Start the call" not in page
        assert other not in page
    with runtime.sessions.read() as session:
        offers = session.scalars(select(OfferRow).where(OfferRow.state == "open")).all()
        assert [row.id for row in offers] == [other]  # nothing new is due for the family either
        assert session.get_one(OfferRow, other).assigned_to is None


def test_paperwork_waits_until_the_end_of_the_shift_and_then_somebody_is_asked_once(
    caller: Caller, runtime: Runtime, clock: Clock
) -> None:
    presses(caller, "It is them")
    left = caller.press("Leave quickly")
    assert "until the end of your shift" in words(left)
    assert "Finish later" in words(caller.visitor.get("/today"))
    for moment, asked in ((18, 0), (19, 1), (20, 1)):  # Ben is on duty until seven
        clock.moment = datetime(2026, 1, 13, moment, 1, tzinfo=UTC)
        watch_parked(runtime)
        with runtime.sessions.read() as session:
            assert len(session.scalars(select(TaskRow).where(TaskRow.kind == "finish_call")).all()) == asked
    clock.moment = datetime(2026, 1, 14, 10, tzinfo=UTC)
    caller.page = caller.visitor.get(caller.path)
    presses(caller, "Carry on with this call", "The line dropped", "Yes, close the call")
    with runtime.sessions.read() as session:
        assert session.scalars(select(TaskRow.done_by).where(TaskRow.kind == "finish_call")).one() == "ben"


def test_who_had_no_shift_has_until_six_and_two_hours_at_least(
    be: Be, runtime: Runtime, family: Family, clock: Clock
) -> None:
    caller = Caller(be(ANA), an_open_offer(runtime, family))
    clock.moment = datetime(2026, 1, 13, 17, 30, tzinfo=UTC)
    caller.press("Leave quickly")
    for hour, asked in ((18, []), (20, ["finish_call"])):
        clock.moment = datetime(2026, 1, 13, hour, 0, tzinfo=UTC)
        watch_parked(runtime)
        with runtime.sessions.read() as session:
            assert list(session.scalars(select(TaskRow.kind))) == asked


def test_a_day_without_anybody_on_duty_is_kept_and_not_promised(caller: Caller, runtime: Runtime) -> None:
    presses(caller, *TO_THE_MENU, "Not just now", "Pass over", "Pass over", "Pass over", "Go on")
    with runtime.sessions.read() as session:
        conversation_id = session.scalars(select(ConversationRow.id)).one()
    day = datetime(2026, 2, 1, tzinfo=UTC).date()  # a Sunday
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id, next_on=day), Finished)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow).where(OfferRow.state == "open")).one()
        assert (offer.due_at.date(), offer.promised) == (day, False)


def test_the_record_shows_what_was_said_then_word_for_word(
    be: Be, runtime: Runtime, family: Family, clock: Clock
) -> None:
    first = Caller(be(BEN), an_open_offer(runtime, family))
    presses(first, *TO_THE_MENU, "Not just now", "Pass over", "Pass over", "Pass over", "Go on", "Yes, close the call")
    clock.move(days=90)
    with runtime.sessions.begin() as session:
        for row in session.scalars(select(OfferRow).where(OfferRow.state == "open")):
            row.state, row.outcome = "ended", "superseded"
    second = Caller(be(BEN), an_open_offer(runtime, family, step=1))
    presses(second, *TO_THE_MENU, "No, thank you", "Pass over", "No, not again")
    line = "We last spoke in January, and you said not just now."
    assert line in words(second.page)
    second.press("Yes, close the call")
    clock.move(days=400)
    record = words(be(ANA).get(second.path))
    assert line in record
    assert "Hello, is that Amina Rivera?" in record
    page = words(be(ANA).get(f"/families/{family.id}"))
    assert "{{" not in page
    assert line in page
    assert "Hello, my name is Ben, from Willow team." in page
