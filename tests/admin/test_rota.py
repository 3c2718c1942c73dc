from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from sqlalchemy import select

from admin.typed import read_time
from outreach.domain.access import Actor
from outreach.engine.set_cover import set_out_of_hours
from outreach.engine.set_rota import NotSet
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.staff import ShiftRow, StaffRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA

Be = Callable[[Actor | None], Visitor]
SHIFT = {"area": "OXF", "staff": "cora", "weekdays": "2", "starts": "9:00", "ends": "15.00"}


def test_the_week_says_who_is_on_and_when_texts_can_go(be: Be) -> None:
    page = words(be(BEN).get("/rota/"))
    assert "On duty now: Ben Practitioner." in page
    assert "Friday 16 January Ben Practitioner, 9am to 7pm 9.30am to 12pm" in page
    assert "Milton Keynes" not in page


def test_hours_that_leave_no_one_for_replies_are_a_gap(be: Be, runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(ShiftRow, "shift-OXF-2").ends = time(15)
        session.delete(session.get_one(ShiftRow, "shift-OXF-3"))
    page = words(be(BEN).get("/rota/"))
    assert "Nobody for replies: 11am to 3pm" in page
    assert "Thursday 15 January Nobody Nobody for replies: 9.30am to 3pm" in page


def test_a_colleagues_shift_closes_the_gap(be: Be, runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.delete(session.get_one(ShiftRow, "shift-OXF-2"))
    ana = be(ANA)
    assert "Nobody for replies" in words(ana.get("/rota/"))
    assert "Put on the rota" in ana.post("/rota/", {**SHIFT, "ends": "19"}, follow=True).text
    assert "Nobody for replies" not in words(be(BEN).get("/rota/"))


def test_putting_on_says_every_problem_at_once_and_keeps_what_was_typed(be: Be, runtime: Runtime) -> None:
    answer = be(ANA).post("/rota/", {"area": "OXF", "staff": "dev", "starts": "17:00", "ends": "9:00"})
    assert answer.status_code == 400
    page = words(answer)
    for said in ("Choose at least one day", "must end after it begins", "Choose somebody who works in this area"):
        assert said in page
    assert 'value="17:00"' in answer.text


def test_nobody_is_on_twice_at_once(be: Be) -> None:
    answer = be(ANA).post("/rota/", {**SHIFT, "staff": "ben", "starts": "18:00", "ends": "20:00"})
    assert "Wednesday: they are on already, 09:00 to 19:00" in words(answer)


def test_taking_off_keeps_what_was(be: Be, runtime: Runtime) -> None:
    be(CORA).post("/rota/shift-OXF-1/take-off")
    with runtime.sessions.read() as session:
        assert session.get_one(ShiftRow, "shift-OXF-1").valid_to == date(2026, 1, 12)
    assert "had ended already" in be(CORA).post("/rota/shift-OXF-1/take-off", follow=True).text


def test_taking_off_what_has_not_begun_leaves_nothing(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    ana.post("/rota/", SHIFT)
    with runtime.sessions.read() as session:
        made = session.scalars(select(ShiftRow.id).where(ShiftRow.staff_id == "cora")).one()
    ana.post(f"/rota/{made}/take-off")
    with runtime.sessions.read() as session:
        assert session.get(ShiftRow, made) is None


def test_the_rota_is_set_in_ones_own_areas_by_those_who_may(be: Be) -> None:
    assert be(BEN).post("/rota/", SHIFT).status_code == 403
    assert be(ANA).post("/rota/", {**SHIFT, "area": "WOK"}).status_code == 403
    assert "Put somebody on" not in be(BEN).get("/rota/").text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9", time(9)),
        (" 9.30 ", time(9, 30)),
        ("17:05", time(17, 5)),
        ("24:00", None),
        ("9:70", None),
        ("nine", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_type_them(typed: str, read: time | None) -> None:
    assert read_time(typed) == read


def test_who_answers_out_of_hours_has_a_name_on_the_page(be: Be, runtime: Runtime) -> None:
    assert "Nobody is named for out of hours" in words(be(ANA).get("/rota/"))
    done = be(ANA).post("/rota/OXF/out-of-hours", {"staff": "cora"}, follow=True)
    assert "Out of hours: Cora Supervisor." in words(done)
    assert isinstance(set_out_of_hours(runtime, ANA, area="OXF", staff_id="dev"), NotSet)  # of another area
    assert isinstance(set_out_of_hours(runtime, ANA, area="OXF", staff_id="eve"), NotSet)  # of the charity
    assert set_out_of_hours(runtime, ANA, area="OXF", staff_id="") is None
    assert "Nobody is named for out of hours" in words(be(ANA).get("/rota/"))


def test_who_has_no_phone_cannot_be_named_for_out_of_hours(be: Be, runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, "cora").phone = None
    answer = be(ANA).post("/rota/OXF/out-of-hours", {"staff": "cora"})
    assert answer.status_code == 400
    assert "Cora Supervisor has no phone number here" in words(answer)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").out_of_hours_by = "cora"  # the number went afterwards
    assert "No phone number here: nothing would ring" in words(be(ANA).get("/rota/"))


def test_the_page_shows_covers_of_any_week_and_takes_them_back(be: Be) -> None:
    form: dict[str, object] = {"cover-area": "OXF", "cover-first": "20 1 2026", "away": "ben", "covers": "cora"}
    page = be(ANA).post("/rota/cover", form, follow=True)
    assert "Week from Monday 19 January 2026" in words(page)
    assert "Cora Supervisor, 9am to 7pm, for Ben Practitioner" in words(page)
    assert "Ben Practitioner is away" in words(page)
    assert "Ben Practitioner is away" not in words(be(ANA).get("/rota/")), "this week is as it was"
    wrong = be(ANA).post("/rota/cover", {**form, "cover-first": "soon"})
    assert wrong.status_code == 400
    assert 'href="#cover-first"' in wrong.text
