"""The cadences: read aloud, edited, tried on every family, saved as they were shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from admin.cadence_form import read, read_hours, read_proposal, written, written_proposal
from outreach.domain.access import Actor
from outreach.domain.cadence import DEFAULT, NEW
from outreach.domain.cadence_choice import For
from outreach.domain.cadence_proposal import Proposal
from outreach.engine import try_cadence
from outreach.engine.edit_cadence import Saved
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.cadences import CadenceRow, EnrolmentRow, in_use
from outreach.store.offers import OfferRow, open_offer
from outreach.store.trials import TrialRow
from outreach.views.cadence_page import cadence_page
from outreach.views.trial_page import TrialPage, trial_page
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]


def current(runtime: Runtime) -> Proposal:
    with runtime.sessions.read() as session:
        one = next(iter(in_use(session).values()))
    return Proposal(cadence_id=one.id, based_on=one.version_id, name=one.name, whom=one.whom, cadence=one.cadence)


def fields(runtime: Runtime, **changes: str) -> dict[str, object]:
    shown = written_proposal(current(runtime)).to_dict()
    return {**shown, **{name.replace("__", "-"): value for name, value in changes.items()}}


def shown(runtime: Runtime) -> TrialPage:
    with runtime.sessions.read() as session:
        trial_id = session.scalars(select(TrialRow.id).order_by(TrialRow.id.desc()).limit(1)).one()
    page = trial_page(runtime, ANA, trial_id)
    assert page
    return page


def test_the_cadence_is_read_aloud_and_called_an_assumption(be: Be) -> None:
    page = words(be(CORA).get("/cadence/"))
    assert "These times are an assumption" in page
    assert "none of it from texts" in page
    assert "At once, by call, First offer, tried up to three times" in page
    assert (
        "6 weeks after the imprisonment, by text, Offer again, Monday to Thursday 9.30 to 15, Friday 9.30 to 12; "
        "if no reply in 14 days, the next step" in page
    )
    assert "Change it" not in page, "only those who may edit are offered to"


def test_the_picture_and_the_table_say_the_same(be: Be) -> None:
    page = be(ANA).get("/cadence/").text
    assert page.count("<circle") == page.count("<title>") - 1 == len(DEFAULT.steps)
    assert "Tuesday 24 February 2026" in page


def test_what_the_form_says_is_what_was_there(runtime: Runtime) -> None:
    assert read(written(DEFAULT)) == (DEFAULT, [])
    assert read_proposal(written_proposal(current(runtime))) == (current(runtime), [])


def test_what_would_change_is_shown_family_by_family_and_nothing_is_saved(be: Be, runtime: Runtime) -> None:
    a_family(runtime, "F001", next_step=1)
    a_family(runtime, "F002", e164="+447700900102", next_step=2)
    page = words(be(ANA).post("/cadence/check", fields(runtime, after__1="9"), follow=True))
    assert "1 family would get something else; 1 stays as planned" in page
    assert re.search(r"A. R., F001 A text on 16 February; .* A text on 9 March", page)
    assert "F002" not in page
    assert current(runtime).cadence == DEFAULT


def test_the_calendar_and_the_table_count_what_everybody_would_get(be: Be, runtime: Runtime) -> None:
    a_family(runtime, "F001", next_step=1)
    a_family(runtime, "F002", e164="+447700900102", next_step=1)
    page = be(ANA).post("/cadence/check", fields(runtime, after__1="9"), follow=True)
    assert "February 2026" in page.text
    assert "16 : 2 as it is, → 0 by the new one" in words(page)
    later = words(be(ANA).get(f"/cadence/trials/{shown(runtime).id}?month=2026-03"))
    assert "9 : 0 as it is, → 2 by the new one" in later
    assert "Monday 16 February 2026 no calls, 2 texts no calls, no texts" in later


def test_an_offer_that_was_tried_goes_on_as_it_is(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    offer_id = an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).tries = 1
    be(ANA).post("/cadence/check", fields(runtime, after__0="5"))
    assert (shown(runtime).counts["changed"], shown(runtime).counts["anew"]) == (0, 0)


def test_what_was_shown_before_is_what_is_planned_afterwards(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    be(ANA).post("/cadence/check", fields(runtime, after__1="9"))
    (line,) = shown(runtime).families
    saved = try_cadence.save_trial(runtime, ANA, trial_id=shown(runtime).id, digest=shown(runtime).digest, why="")
    assert isinstance(saved, Saved)
    assert saved.superseded == 1
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert (offer.channel, offer.due_at.date()) == line.after[0]
        outcomes = session.scalars(select(OfferRow.outcome).where(OfferRow.family_id == family.id)).all()
    assert sorted(outcomes, key=str) == [None, "superseded"]


def test_an_offer_that_the_edit_does_not_change_is_not_planned_anew(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    later = replace(current(runtime), cadence=replace(DEFAULT, steps=DEFAULT.steps[:4]))
    tried = try_cadence.try_cadence(runtime, ANA, later)
    assert isinstance(tried, try_cadence.Tried)
    page = shown(runtime)
    assert (page.counts["changed"], page.counts["anew"]) == (1, 0)
    try_cadence.save_trial(runtime, ANA, trial_id=page.id, digest=page.digest, why="")
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer
    assert offer.round == 0


def test_saving_makes_a_new_version_with_its_reason(be: Be, runtime: Runtime) -> None:
    be(ANA).post("/cadence/check", fields(runtime, after__1="9"))
    page = shown(runtime)
    answer = be(ANA).post(
        f"/cadence/trials/{page.id}/save", {"digest": page.digest, "why": "School starts"}, follow=True
    )
    assert "Saved as version 2" in answer.text
    assert "9 weeks after the imprisonment, by text" in words(answer)
    assert "School starts" in words(answer)
    assert "These times are an assumption" not in answer.text


def test_two_people_saving_at_once_do_not_overwrite_each_other(be: Be, runtime: Runtime) -> None:
    be(ANA).post("/cadence/check", fields(runtime, after__1="8"))
    first = shown(runtime)
    be(ANA).post("/cadence/check", fields(runtime, after__1="9"))
    second = shown(runtime)
    be(ANA).post(f"/cadence/trials/{second.id}/save", {"digest": second.digest})
    late = be(ANA).post(f"/cadence/trials/{first.id}/save", {"digest": first.digest}, follow=True)
    assert "Somebody saved another version meanwhile" in late.text
    assert current(runtime).cadence.steps[1].after.count == 9


def test_where_a_family_moved_on_meanwhile_nothing_is_saved_and_the_new_picture_is_shown(
    be: Be, runtime: Runtime
) -> None:
    family = a_family(runtime, "F001", next_step=1)
    be(ANA).post("/cadence/check", fields(runtime, after__1="9"))
    page = shown(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(EnrolmentRow, family.enrolment_id).behind = (0, 1)
    answer = be(ANA).post(f"/cadence/trials/{page.id}/save", {"digest": page.digest}, follow=True)
    assert "Nothing was saved: something changed while you looked" in words(answer)
    assert "Nobody would get anything else" in words(answer)
    assert current(runtime).cadence == DEFAULT
    again = be(ANA).post(f"/cadence/trials/{page.id}/save", {"digest": shown(runtime).digest}, follow=True)
    assert "Saved as version 2" in again.text


def test_many_families_are_worked_out_by_a_worker_with_the_progress_shown(
    be: Be, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_cadence, "AT_ONCE", 0)
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    page = be(ANA).post("/cadence/check", fields(runtime, after__1="9"), follow=True)
    assert "Waiting for a worker" in words(page)
    assert '<noscript><meta http-equiv="refresh"' in page.text
    trial = shown(runtime)
    waiting = be(ANA).get(f"/cadence/trials/{trial.id}/progress")
    assert 'role="progressbar"' in waiting.text or "<progress" in waiting.text
    assert try_cadence.work_trials(runtime) == 1
    assert be(ANA).get(f"/cadence/trials/{trial.id}/progress").headers["HX-Refresh"] == "true"
    ready = shown(runtime)
    saving = be(ANA).post(f"/cadence/trials/{trial.id}/save", {"digest": ready.digest}, follow=True)
    assert "Saving, and moving" in words(saving)
    assert try_cadence.work_trials(runtime) == 1
    assert "Saved as version 2" in words(be(ANA).get(f"/cadence/trials/{trial.id}"))
    assert try_cadence.work_trials(runtime) == 0
    with runtime.sessions.read() as session:
        assert session.get_one(EnrolmentRow, family.enrolment_id).behind == (0,)


def test_only_who_asked_sees_a_trial(be: Be, runtime: Runtime) -> None:
    be(ANA).post("/cadence/check", fields(runtime))
    trial = shown(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(TrialRow, trial.id).made_by = "cora"
    assert be(ANA).get(f"/cadence/trials/{trial.id}").status_code == 404
    assert be(ANA).get(f"/cadence/trials/{trial.id}/progress").status_code == 404


def test_going_back_keeps_what_was_typed(be: Be, runtime: Runtime) -> None:
    be(ANA).post("/cadence/check", fields(runtime, after__1="9"))
    answer = be(ANA).post(f"/cadence/trials/{shown(runtime).id}/save", {"back": "yes"})
    assert re.search(r'name="after-1"[^>]* value="9"', answer.text)


def test_a_second_cadence_takes_the_families_that_it_names_and_doubles_nothing(be: Be, runtime: Runtime) -> None:
    here = a_family(runtime, "F001", next_step=1)
    there = a_family(runtime, "F002", area="MKC", e164="+447700900102", next_step=1)
    run_cadences(runtime)
    copied = fields(runtime, cadence_id="", name="Milton Keynes", areas="MKC", after__1="9")
    page = words(be(ANA).post("/cadence/check", copied, follow=True))
    assert "1 family moves to another cadence" in page
    trial = shown(runtime)
    be(ANA).post(f"/cadence/trials/{trial.id}/save", {"digest": trial.digest})
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        stays, moved = open_offer(session, here.id), open_offer(session, there.id)
        assert stays
        assert moved
        assert (stays.round, moved.round) == (0, 1), "only the family that it names is planned anew"
        names = {row.id: row.name for row in session.scalars(select(CadenceRow))}
    assert sorted(names.values()) == ["Default", "Milton Keynes"]
    page = words(be(ANA).get("/cadence/"))
    assert "Milton Keynes , for families in Milton Keynes: 1 family" in page


def test_a_cadence_that_is_retired_gives_its_families_back(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F002", area="MKC", next_step=1)
    be(ANA).post("/cadence/check", fields(runtime, cadence_id="", name="Milton Keynes", areas="MKC"))
    be(ANA).post(f"/cadence/trials/{shown(runtime).id}/save", {"digest": shown(runtime).digest})
    with runtime.sessions.read() as session:
        second = list(in_use(session))[1]
    be(ANA).post(f"/cadence/{second}/retire", {})
    assert shown(runtime).counts["moved"] == 1
    be(ANA).post(f"/cadence/trials/{shown(runtime).id}/save", {"digest": shown(runtime).digest})
    with runtime.sessions.read() as session:
        (left,) = in_use(session).values()
        assert session.get_one(EnrolmentRow, family.enrolment_id).cadence_version_id == left.version_id


def test_one_cadence_must_be_for_everybody_and_ties_are_told(be: Be, runtime: Runtime) -> None:
    answer = be(ANA).post("/cadence/check", fields(runtime, areas="OXF"))
    assert answer.status_code == 400
    assert "one cadence must be for everybody" in words(answer)
    for name, whom in (("One", {"areas": "OXF"}), ("Two", {"languages": "en"})):
        a_family(runtime, f"F-{name}", e164=f"+4477009001{ord(name[0])}", next_step=1)
        be(ANA).post("/cadence/check", fields(runtime, cadence_id="", name=name, **whom))
        page = shown(runtime)
        be(ANA).post(f"/cadence/trials/{page.id}/save", {"digest": page.digest})
    assert page.counts["ties"] == 2
    assert any("It may fit the same families as One" in each for each in page.warnings)
    assert For(frozenset({"OXF"})).may_tie_with(For(languages=frozenset({"en"})))


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"after__1": "x"}, "after-1", "Step 2: write a whole number"),
        ({"after__1": "0"}, "after-0", "Each step must come later than the one before it"),
        ({"attempts__0": "9"}, "after-0", "Step 1: between 1 and 6 attempts"),
        ({"hours__0": "early"}, "hours-0", "Monday: write hours like 9:30 to 15:00"),
        ({"hours__0": "6:00 to 15:00"}, "hours-0", "Monday: hours lie between 8.00 and 20.00"),
        ({"gap_days": ""}, "gap_days", "Days between two contacts: write a whole number"),
        ({"name": " "}, "name", "Name: give the cadence a name"),
    ],
)
def test_each_problem_is_said_with_its_place(
    be: Be, runtime: Runtime, changes: dict[str, str], place: str, says: str
) -> None:
    answer = be(ANA).post("/cadence/check", fields(runtime, **changes))
    assert answer.status_code == 400
    assert says in words(answer)
    assert f'href="#{place}"' in answer.text


def test_an_empty_step_is_left_out_and_a_new_one_added() -> None:
    form = {**written(DEFAULT).to_dict(), "after-1": "", "after-5": "24", "unit-5": "months", "channel-5": "visit"}
    cadence, errors = read({**form, "attempts-5": "1"})
    assert errors == []
    assert cadence
    assert [step.channel for step in cadence.steps] == ["call", "call", "text", "call", "visit"]
    assert [step.id for step in cadence.steps] == [0, 2, 3, 4, NEW], "what stays keeps its number"


def test_hours_may_have_a_break() -> None:
    hours = read_hours("9:30 to 12:00, 13-15.00")
    assert hours
    assert [(w.starts.hour, w.ends.hour) for w in hours] == [(9, 12), (13, 15)]
    assert read_hours("") == ()
    assert read_hours("9:30") is None


def test_only_the_coordinator_may_edit(be: Be, runtime: Runtime) -> None:
    for who in (BEN, CORA):
        assert be(who).get("/cadence/edit").status_code == 403
        assert be(who).post("/cadence/check", fields(runtime)).status_code == 403


def test_plain_words_warn_of_what_may_not_be_meant(be: Be, runtime: Runtime) -> None:
    page = words(
        be(ANA).post(
            "/cadence/check", fields(runtime, channel__0="text", hours__0="8:00 to 18:00", gap_days="2"), follow=True
        )
    )
    assert "The first contact is a text" in page
    assert "Monday: the hours reach into the school run" in page
    assert "Only 2 days between two contacts" in page


def test_the_page_says_the_same_as_the_view(runtime: Runtime) -> None:
    page = cadence_page(runtime, ANA)
    assert page
    assert page.assumed
    assert [each.step.id for each in page.preview] == [0, 1, 2, 3, 4]
