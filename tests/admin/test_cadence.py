from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from admin.screens.cadence import read, read_hours, written
from outreach.domain.access import Actor
from outreach.domain.cadence import DEFAULT
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.offers import OfferRow, open_offer
from outreach.views.cadence_page import cadence_change, cadence_page
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]


def fields(**changes: str) -> dict[str, object]:
    return {**written(DEFAULT).to_dict(), **{name.replace("__", "-"): value for name, value in changes.items()}}


def test_the_cadence_is_read_aloud_and_called_an_assumption(be: Be) -> None:
    page = words(be(CORA).get("/cadence/"))
    assert "These times are an assumption" in page
    assert "none of it from texts" in page
    assert "At once: a call, tried up to 3 times" in page
    assert "After 6 weeks: a text, then wait 14 days" in page
    assert "Monday to Thursday: 9.30 to 15; Friday: 9.30 to 12" in page
    assert "Change it" not in page, "only those who may edit are offered to"


def test_the_picture_and_the_table_say_the_same(be: Be) -> None:
    page = be(ANA).get("/cadence/").text
    assert page.count("<circle") == page.count("<title>") - 1 == len(DEFAULT.steps)
    assert "Tuesday 24 February 2026" in page


def test_what_the_form_says_is_what_was_there() -> None:
    assert read(written(DEFAULT)) == (DEFAULT, [])


def test_what_would_change_is_shown_family_by_family_and_nothing_is_saved(be: Be, runtime: Runtime) -> None:
    a_family(runtime, "F001", next_step=1)
    a_family(runtime, "F002", e164="+447700900102", next_step=2)
    page = words(be(ANA).post("/cadence/check", fields(after__1="9")))
    assert "1 family would get something else next; 1 stays as planned" in page
    assert "A. R., F001 a text, on 16 February at 9.30am a text, on 9 March at 9.30am Changes" in page
    assert cadence_page(runtime, ANA).versions[0].number == 1


def test_an_offer_that_was_tried_goes_on_as_it_is(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).tries = 1
    cadence, _ = read({**written(DEFAULT).to_dict(), "after-0": "5"})
    assert cadence
    change = cadence_change(runtime, ANA, cadence)
    assert [(each.goes_on, each.changed) for each in change.families] == [(True, False)]


def test_what_was_shown_before_is_what_is_planned_afterwards(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    edited = fields(after__1="9")
    cadence, _ = read({name: str(value) for name, value in edited.items()})
    assert cadence
    shown = cadence_change(runtime, ANA, cadence).families[0].after_at
    be(ANA).post("/cadence/save", {**edited, "on": "1", "why": "School starts"})
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert offer.due_at == shown


def test_saving_makes_a_new_version_with_its_reason(be: Be, runtime: Runtime) -> None:
    page = be(ANA).post("/cadence/save", {**fields(after__1="9"), "on": "1", "why": "School starts"}, follow=True)
    assert "Saved as version 2" in page.text
    assert "After 9 weeks: a text" in words(page)
    assert "School starts" in words(page)
    assert "These times are an assumption" not in page.text


def test_two_people_saving_at_once_do_not_overwrite_each_other(be: Be, runtime: Runtime) -> None:
    be(ANA).post("/cadence/save", {**fields(after__1="9"), "on": "1"})
    late = be(ANA).post("/cadence/save", {**fields(after__1="8"), "on": "1"})
    assert late.status_code == 409
    assert "Somebody saved another version meanwhile" in words(late)
    assert cadence_page(runtime, ANA).versions[0].number == 2


def test_going_back_keeps_what_was_typed(be: Be) -> None:
    answer = be(ANA).post("/cadence/save", {**fields(after__1="9"), "on": "1", "back": "yes"})
    assert re.search(r'name="after-1"[^>]* value="9"', answer.text)


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"after__1": "x"}, "after-1", "Step 2: write a whole number"),
        ({"after__1": "0"}, "after-1", "Each step must come later than the one before it"),
        ({"attempts__0": "9"}, "after-0", "Step 1: between 1 and 6 attempts"),
        ({"hours__0": "early"}, "hours-0", "Monday: write hours like 9:30 to 15:00"),
        ({"hours__0": "6:00 to 15:00"}, "hours-0", "Monday: hours lie between 8.00 and 20.00"),
        ({"gap_days": ""}, "gap_days", "Days between two contacts: write a whole number"),
    ],
)
def test_each_problem_is_said_with_its_place(be: Be, changes: dict[str, str], place: str, says: str) -> None:
    answer = be(ANA).post("/cadence/check", fields(**changes))
    assert answer.status_code == 400
    assert says in words(answer)
    if "must come later" not in says:
        assert f'href="#{place}"' in answer.text


def test_an_empty_step_is_left_out_and_a_new_one_added() -> None:
    form = {**written(DEFAULT).to_dict(), "after-1": "", "after-5": "24", "unit-5": "months", "channel-5": "visit"}
    cadence, errors = read({**form, "attempts-5": "1"})
    assert errors == []
    assert cadence
    assert [step.channel for step in cadence.steps] == ["call", "call", "text", "call", "visit"]


def test_hours_may_have_a_break() -> None:
    hours = read_hours("9:30 to 12:00, 13-15.00")
    assert hours
    assert [(w.starts.hour, w.ends.hour) for w in hours] == [(9, 12), (13, 15)]
    assert read_hours("") == ()
    assert read_hours("9:30") is None


def test_only_the_coordinator_may_edit(be: Be) -> None:
    for who in (BEN, CORA):
        assert be(who).get("/cadence/edit").status_code == 403
        assert be(who).post("/cadence/save", fields()).status_code == 403
