"""The editor of the cadence and the time machine in a real Chromium: windows, keyboards, no scripts, no barrier."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from outreach.engine import try_cadence
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.cadences import CadenceRow, in_use
from outreach.store.trials import TrialRow
from tests.browser.conftest import Look
from tests.cast import ANA, a_family

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_NAME = "Wilhelmina-Konstantina Featherstonehaugh-Cholmondeley of Ross"
CHANGED = "families would get something else"


@pytest.fixture
def town(runtime: Runtime) -> None:
    for place in range(60):
        a_family(runtime, f"OXF-{place:04}", e164=f"+447700{900_200 + place}", name=LONG_NAME, next_step=place % 5)
    run_cadences(runtime)


def test_the_editor_and_the_time_machine_fit_every_window_without_a_barrier(
    look: Look, runtime: Runtime, town: None
) -> None:
    with look(ANA) as ana:
        ana.open("/cadence/edit")
        ana.page.get_by_label("After", exact=True).nth(1).fill("8")
        ana.follow(ana.page.get_by_role("button", name="See what would change"))
        expect(ana.page.get_by_text(CHANGED)).to_be_visible()
        trial = ana.page.url.removeprefix(ana.base)
        for path in ("/cadence/", "/cadence/edit", "/cadence/edit?copy=" + _only(runtime), trial):
            for width in (1280, 768, 320):
                ana.open(path, width=width)
                assert ana.runs_over() == 0, (path, width)
            assert ana.barriers() == [], path
        assert ana.complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_edit_goes_by_keyboard_from_the_form_to_the_saved_version(
    look: Look, runtime: Runtime, town: None, scripts: bool
) -> None:
    with look(ANA, scripts=scripts) as ana:
        ana.open("/cadence/")
        ana.page.get_by_role("button", name="Change it").or_(ana.page.get_by_role("link", name="Change it")).focus()
        ana.press("Enter")
        ana.page.get_by_label("After", exact=True).nth(1).focus()
        ana.page.keyboard.press("Control+A")
        ana.page.keyboard.type("8")
        ana.press("Enter")
        expect(ana.page.get_by_text(CHANGED)).to_be_visible()
        expect(ana.page.get_by_role("table", name="Contacts on each day")).to_be_visible()
        ana.page.get_by_role("link", name="Later month").focus()
        ana.press("Enter")
        expect(ana.page.get_by_text("February 2026", exact=True)).to_be_visible()
        ana.page.get_by_label("Why this change?").focus()
        ana.page.keyboard.type("School starts")
        ana.press("Enter")
        expect(ana.page.get_by_text("Saved as version 2.")).to_be_visible()
    with runtime.sessions.read() as session:
        (one,) = in_use(session).values()
    assert (one.number, one.cadence.steps[1].after.count) == (2, 8)


def test_the_calendar_says_to_a_screen_reader_what_it_shows(look: Look, runtime: Runtime, town: None) -> None:
    with look(ANA) as ana:
        ana.open("/cadence/edit")
        ana.page.get_by_label("After", exact=True).nth(1).fill("8")
        ana.follow(ana.page.get_by_role("button", name="See what would change"))
        ana.follow(ana.page.get_by_role("link", name="Later month"))
        cell = ana.page.get_by_role("cell", name="16 : ").or_(ana.page.get_by_role("cell", name="16: "))
        expect(cell).to_contain_text("as it is")
        expect(cell).to_contain_text("by the new one")
        ana.page.get_by_text("The same week by week, as a table").click()
        expect(ana.page.get_by_role("table", name="Contacts of each week")).to_be_visible()


def test_a_progress_bar_goes_on_by_itself_until_the_answer_is_there(
    look: Look, runtime: Runtime, town: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_cadence, "AT_ONCE", 0)
    with look(ANA) as ana:
        ana.open("/cadence/edit", width=320)
        ana.page.get_by_label("After", exact=True).nth(1).fill("8")
        ana.follow(ana.page.get_by_role("button", name="See what would change"))
        bar = ana.page.get_by_role("progressbar", name="Waiting for a worker")
        expect(bar).to_be_visible()
        assert (ana.runs_over(), ana.barriers()) == (0, [])
        with runtime.sessions.begin() as session:
            trial = session.scalars(select(TrialRow)).one()
            trial.state, trial.done = "working", 20
        expect(ana.page.get_by_text("20 of 60 families are worked out.")).to_be_visible()
        with runtime.sessions.begin() as session:
            session.get_one(TrialRow, trial.id).state = "waiting"
        assert try_cadence.work_trials(runtime) == 1
        expect(ana.page.get_by_text(CHANGED)).to_be_visible()


def test_without_scripts_the_page_looks_again_by_itself(
    look: Look, runtime: Runtime, town: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_cadence, "AT_ONCE", 0)
    with look(ANA, scripts=False) as ana:
        ana.open("/cadence/edit")
        ana.follow(ana.page.get_by_role("button", name="See what would change"))
        expect(ana.page.get_by_text("Waiting for a worker")).to_be_visible()
        try_cadence.work_trials(runtime)
        expect(ana.page.get_by_text("Nobody would get anything else")).to_be_visible()


def test_a_problem_is_said_at_the_top_and_at_its_field(look: Look) -> None:
    with look(ANA) as ana:
        ana.open("/cadence/edit", width=320)
        ana.page.get_by_role("textbox", name="Monday").fill("early")
        ana.follow(ana.page.get_by_role("button", name="See what would change"))
        ana.page.get_by_role("link", name="Monday: write hours").click()
        expect(ana.page.get_by_role("textbox", name="Monday")).to_be_focused()
        assert (ana.runs_over(), ana.barriers()) == (0, [])


def _only(runtime: Runtime) -> str:
    with runtime.sessions.read() as session:
        return session.scalars(select(CadenceRow.id)).one()
