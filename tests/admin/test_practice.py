"""Practice calls: real words and buttons, nobody real, nothing stored."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store.base import Base
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.events import EventRow
from outreach.store.practised import PractisedRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, EVE, FINN, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]
WAYS = {
    "angry": ["yes", "yes", "next", "said", "next", "no", "next", "later"],
    "wrong_number": ["wrong"],
    "child": ["child"],
    "partner": ["yes", "unsafe", "phrase"],
    "disclosure": ["yes", "yes", "exit_abuse", "no"],
    "tearful": ["yes", "yes", "exit_distress"],
}


def goes(visitor: Visitor, family: str, *answers: str) -> TestResponse:
    page = visitor.get(f"/practice/{family}")
    for answer in answers:
        so_far = re.search(r'name="so_far" value="([^"]*)"', page.text)
        assert so_far, "the call is over"
        page = visitor.post(f"/practice/{family}", {"so_far": html.unescape(so_far[1]), "answer": answer})
        assert page.status_code == 200
    return page


@pytest.mark.parametrize("family", ["wrong_number", "child", "partner", "disclosure"])
def test_what_was_handled_is_said_at_the_end(be: Be, family: str) -> None:
    page = words(goes(be(BEN), family, *WAYS[family]))
    assert "How it went" in page
    assert "Handled:" in page
    assert "Missed:" not in page


def test_what_was_missed_is_said_too(be: Be) -> None:
    page = words(goes(be(BEN), "child", "yes", "yes", "exit_talk"))
    assert "Handled: You said nothing about why." in words(goes(be(BEN), "child", "child"))
    assert "Missed: You marked that a child answered." in page


def test_nothing_of_a_practice_call_is_stored_but_that_it_came_to_its_end(be: Be, runtime: Runtime) -> None:
    ben = be(BEN)
    goes(ben, "child", "child")  # the first form of a visitor is taken from a page that notes who saw it
    before = counts(runtime)
    for _ in range(2):
        for family, way in WAYS.items():
            goes(ben, family, *way)
    after = counts(runtime)
    ended = {family for family in WAYS if family not in ("angry", "tearful", "child")}
    assert after.pop("practised") - before.pop("practised") == len(ended)
    assert after.pop("event") - before.pop("event") == len(ended)
    assert after == before
    with runtime.sessions.read() as session:
        kept = {(row.staff_id, row.family) for row in session.scalars(select(PractisedRow))}
        noted = [row.data for row in session.scalars(select(EventRow).where(EventRow.name == "practice_done"))]
    assert kept == {("ben", family) for family in ended | {"child"}}
    assert all(set(data) == {"family"} for data in noted)
    assert before[ConversationRow.__tablename__] == before[AnswerRow.__tablename__] == 0


def counts(runtime: Runtime) -> dict[str, int]:
    with runtime.sessions.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_nothing_that_discloses_is_shown_before_it_is_safe(be: Be) -> None:
    ben = be(BEN)
    for way in ([], ["yes"]):
        assert "prison" not in words(goes(ben, "angry", *way))
    assert "prison" in words(goes(ben, "angry", "yes", "yes"))


@pytest.mark.parametrize("so_far", ["", "nonsense", "a~b~c", "opening/is_it_them~1~maybe", "~~~|~~", "x/y~9~z|" * 90])
def test_nonsense_sent_back_begins_again_at_hello(be: Be, so_far: str) -> None:
    page = be(BEN).post("/practice/angry", {"so_far": so_far, "answer": "nothing"})
    assert "Hello, is that Dana Quill?" in words(page)


def test_it_is_there_for_who_makes_calls(be: Be) -> None:
    assert "/practice" in be(BEN).get("/today").text
    assert be(EVE).get("/practice").status_code == be(FINN).get("/practice").status_code == 403
    assert be(BEN).get("/practice/nobody").status_code == 404


def test_every_step_that_a_practice_family_names_is_a_step(runtime: Runtime) -> None:
    bundle = runtime.library.bundle("first_call")
    for family in runtime.library.practice.values():
        named = [*family.hears, *(step for one in family.look_for for step in one.never)]
        for one in family.look_for:
            for step, answer in (each.split("=") for each in one.answered):
                if step:
                    assert bundle.step(step).answer(answer)
                else:
                    assert answer in [leave.id for leave in bundle.exits(bundle.start)]
        for address in named:
            assert bundle.step(address).id


def test_who_has_not_practised_cannot_begin_a_live_call_and_is_told_where_to(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    ana, ben = be(ANA), be(BEN)
    assert "Before live calls" not in ben.get("/practice").text
    assert ben.post("/practice/areas/OXF", {"families-OXF": "child"}).status_code == 403
    page = ana.post("/practice/areas/OXF", {"families-OXF": ["child", "wrong_number", "nobody"]}, follow=True)
    assert "It holds from the next call on." in page.text
    for address in (f"/calls/open/{offer_id}", f"/ringing/{family.id}"):
        answer = ben.post(address, follow=True)
        refused = words(answer)
        assert "Nobody was rung." in answer.text
        assert "Still to practise: A wrong number; A child answers." in refused
        assert "Practise a call" in refused
    assert counts(runtime)[ConversationRow.__tablename__] == 0
    goes(ben, "child", "child")
    assert "Still to practise: A wrong number." in words(ben.post(f"/calls/open/{offer_id}", follow=True))
    goes(ben, "wrong_number", "wrong")
    begun = ben.post(f"/calls/open/{offer_id}", follow=True)
    assert "Hello, is that Amina Rivera?" in words(begun)


def test_a_call_left_half_way_is_no_practice(be: Be, runtime: Runtime) -> None:
    ben = be(BEN)
    goes(ben, "partner", "yes")
    goes(ben, "partner", "exit_dropped")
    assert counts(runtime)["practised"] == 0
    assert "You practised this" not in ben.get("/practice").text
    goes(ben, "partner", *WAYS["partner"])
    assert "You practised this" in ben.get("/practice").text
