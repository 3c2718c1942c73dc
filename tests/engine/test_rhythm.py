"""The facts that the rhythm of a family hangs on: age, area, nation, silence, late joining, language and need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.cadence import DEFAULT, After, Cadence
from outreach.domain.cadence_choice import For
from outreach.domain.cadence_proposal import Proposal
from outreach.domain.hold import Kind
from outreach.domain.quiet_hours import london
from outreach.engine import edit_cadence
from outreach.engine.dispatch import dispatch
from outreach.engine.enrol import end_enrolment, enrol, fit
from outreach.engine.holds import set_hold
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow, in_use
from outreach.store.families import ChildRow, FamilyRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.referrals import NeedRow
from outreach.views.family_page import family_page
from tests.cast import ANA, BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

Edit = Callable[[Cadence], Cadence]


def born(runtime: Runtime, family: Family, day: str) -> None:
    with runtime.sessions.begin() as session:
        session.scalars(select(ChildRow).where(ChildRow.family_id == family.id)).one().born_on = day


def the_offer(runtime: Runtime, family: Family) -> OfferRow:
    with runtime.sessions.read() as session:
        found = open_offer(session, family.id)
    assert found
    return found


def enrolment(runtime: Runtime, family: Family) -> EnrolmentRow:
    with runtime.sessions.read() as session:
        return session.scalars(
            select(EnrolmentRow).where(EnrolmentRow.family_id == family.id).order_by(EnrolmentRow.id.desc()).limit(1)
        ).one()


def another_cadence(runtime: Runtime, name: str, whom: For, edit: Edit = lambda cadence: cadence) -> str:
    with runtime.sessions.read() as session:
        first = next(iter(in_use(session).values()))
    proposal = Proposal(cadence_id=None, based_on=first.version_id, name=name, whom=whom, cadence=edit(first.cadence))
    return edit_cadence.save(runtime, ANA, proposal, why="").cadence_id


def later_text(cadence: Cadence) -> Cadence:
    return replace(
        cadence, steps=(cadence.steps[0], replace(cadence.steps[1], after=After(8, "weeks")), *cadence.steps[2:])
    )


def cadence_of(runtime: Runtime, family: Family) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(CadenceVersionRow, enrolment(runtime, family).cadence_version_id).cadence_id


@pytest.mark.parametrize(("day", "why"), [("2008-01-13", "youngest_is_18"), ("2008-02-01", "youngest_is_18")])
def test_nothing_is_planned_for_a_day_on_which_the_youngest_child_is_18(runtime: Runtime, day: str, why: str) -> None:
    family = a_family(runtime, "F001", next_step=1)  # the next step is due on 16 February
    born(runtime, family, day)
    run_cadences(runtime)
    assert (enrolment(runtime, family).state, enrolment(runtime, family).state_why) == ("ended", why)
    page = family_page(runtime, BEN, family.id)
    assert page
    assert "youngest child is 18" in page.next.because


def test_a_text_that_had_to_wait_until_the_child_was_18_does_not_go(runtime: Runtime, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    born(runtime, family, "2008-01-13")
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        offer = session.get_one(OfferRow, offer_id)
    assert (line.texts, offer.outcome, offer.outcome_why) == ([], "withheld", "youngest_is_18")
    run_cadences(runtime)
    assert enrolment(runtime, family).state_why == "youngest_is_18"


def test_in_an_area_that_is_not_live_nobody_is_contacted_and_nothing_is_lost(
    runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    switch_on_texts(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").live_on = date(2026, 2, 2)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    offer = the_offer(runtime, family)
    assert (line.texts, offer.waits_for, london(offer.due_at).date()) == ([], "area_not_live", date(2026, 2, 2))
    clock.moment = datetime(2026, 2, 2, 10, tzinfo=UTC)
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == 1


@pytest.mark.parametrize(("nation", "goes"), [("SCT", 0), ("ENG", 1)])
def test_bank_holidays_are_those_of_the_areas_nation(
    runtime: Runtime, line: FakeLine, clock: Clock, nation: str, goes: int
) -> None:
    switch_on_texts(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").nation = nation
    clock.moment = datetime(2026, 11, 30, 10, tzinfo=UTC)  # St Andrew's Day, a Monday
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == goes


@pytest.mark.parametrize("day", [datetime(2026, 5, 4, 10, tzinfo=UTC), datetime(2027, 1, 5, 10, tzinfo=UTC)])
def test_on_a_childs_birthday_and_on_the_anniversary_nothing_goes_out(
    runtime: Runtime, line: FakeLine, clock: Clock, day: datetime
) -> None:
    switch_on_texts(runtime)
    clock.moment = day
    family = a_family(runtime, "F001", standing="verified", next_step=2)  # born on 4 May; imprisoned on 5 January
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    assert (line.texts, the_offer(runtime, family).waits_for) == ([], "quiet_hours")


def test_a_text_that_nobody_answered_becomes_a_call_where_the_step_says_so(
    runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    switch_on_texts(runtime)
    silent = replace(DEFAULT.steps[1], silence="call")
    with runtime.sessions.read() as session:
        cadence_id = next(iter(in_use(session)))
    cadence = replace(DEFAULT, steps=(DEFAULT.steps[0], silent, *DEFAULT.steps[2:]))
    edit_cadence.new_version(runtime, ANA, cadence_id=cadence_id, cadence=cadence, why="")
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    clock.move(days=15)
    run_cadences(runtime)
    offer = the_offer(runtime, family)
    assert (offer.id, offer.channel, offer.state, offer.tries) == (offer_id, "call", "open", 1)


def test_a_family_that_joined_late_is_rung_with_the_words_of_a_first_offer(runtime: Runtime) -> None:
    for late, steps in (("now", 0), ("next", 2)):
        family = a_family(runtime, f"F-{late}", e164=f"+4477009002{len(late)}", imprisoned_on=date(2025, 11, 1))
        with runtime.sessions.begin() as session:
            end_enrolment(session, runtime, family_id=family.id, why="undone", now=runtime.now())
            row = session.get_one(FamilyRow, family.id)
            made = enrol(session, runtime, family=row, late=late, now=runtime.now())
            assert made
            assert len(made.behind) == steps
        run_cadences(runtime)
        offer = the_offer(runtime, family)
        assert (offer.channel, offer.script, offer.why) == ("call", "first_call", "first_offer")


def test_a_late_found_family_that_is_offered_now_has_the_rest_shifted(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", imprisoned_on=date(2025, 6, 2))
    with runtime.sessions.begin() as session:
        end_enrolment(session, runtime, family_id=family.id, why="undone", now=runtime.now())
        enrol(session, runtime, family=session.get_one(FamilyRow, family.id), late="now", now=runtime.now())
    run_cadences(runtime)
    page = family_page(runtime, BEN, family.id)
    assert page
    assert london(the_offer(runtime, family).due_at).date() == date(2026, 1, 13)
    assert [each.day for each in reversed(page.coming)][:2] == [date(2026, 2, 24), date(2026, 4, 13)]


def test_a_release_holds_what_was_planned_and_loses_nothing(runtime: Runtime, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.RELEASED, by="import", now=runtime.now())
    run_cadences(runtime)
    dispatch(runtime)
    offer = the_offer(runtime, family)
    assert (line.texts, offer.id, offer.waits_for) == ([], offer_id, "released")


def test_the_cadence_that_names_most_of_a_family_is_the_one_it_joins(runtime: Runtime) -> None:
    welsh = another_cadence(runtime, "Welsh", For(languages=frozenset({"cy"})))
    both = another_cadence(runtime, "Welsh here", For(frozenset({"OXF"}), frozenset({"cy"})))
    for language, area, expected in (("cy-GB", "OXF", both), ("cy", "MKC", welsh)):
        family = a_family(runtime, f"F-{area}", area=area, e164=f"+4477009003{len(language):02}")
        with runtime.sessions.begin() as session:
            end_enrolment(session, runtime, family_id=family.id, why="undone", now=runtime.now())
            row = session.get_one(FamilyRow, family.id)
            row.language = language
            enrol(session, runtime, family=row, late=None, now=runtime.now())
        assert cadence_of(runtime, family) == expected


def test_a_need_that_is_named_moves_a_family_with_a_note_and_doubles_nothing(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    before = the_offer(runtime, family)
    legal = another_cadence(runtime, "With the law", For(needs=frozenset({"legal"})), later_text)
    assert the_offer(runtime, family).id == before.id, "nothing is known of a need yet"
    with runtime.sessions.begin() as session:
        session.add(NeedRow(id=runtime.new_id(), family_id=family.id, kind="legal", primary=True, at=runtime.now()))
        session.flush()
        assert fit(session, runtime, family=session.get_one(FamilyRow, family.id), now=runtime.now())
        assert not fit(session, runtime, family=session.get_one(FamilyRow, family.id), now=runtime.now())
    run_cadences(runtime)
    after = the_offer(runtime, family)
    assert cadence_of(runtime, family) == legal
    assert (after.step, after.round) == (before.step, 1)
    assert after.due_at - before.due_at == timedelta(days=14)
    assert enrolment(runtime, family).behind == (0, 1)
    page = family_page(runtime, BEN, family.id)
    assert page
    assert "Went from the cadence Default to With the law" in [each.title for each in page.moments]


def test_a_tie_is_told_to_the_coordinator_and_the_older_one_applies(runtime: Runtime) -> None:
    first = another_cadence(runtime, "Here", For(frozenset({"OXF"})))
    another_cadence(runtime, "English", For(languages=frozenset({"en"})))
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        fit(session, runtime, family=session.get_one(FamilyRow, family.id), now=runtime.now())
        fit(session, runtime, family=session.get_one(FamilyRow, family.id), now=runtime.now())
    assert cadence_of(runtime, family) == first
    with runtime.sessions.read() as session:
        tasks = session.scalars(select(TaskRow).where(TaskRow.kind == "cadence_tie")).all()
    assert [(task.for_role, task.area_code) for task in tasks] == [("coordinator", "OXF")]
