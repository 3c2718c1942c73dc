"""The scripts and signposts as whoever rings may read them; tips by the ages of this family's children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.script_drawing import draw
from outreach.domain.script_json import spoken
from outreach.runtime import Runtime
from outreach.store.families import ChildRow
from outreach.views.scripts_page import scripts_page
from tests.admin.test_call import Caller
from tests.browsing import Visitor, words
from tests.cast import BEN, EVE, a_family, an_open_offer
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]


def test_every_script_can_be_looked_at_as_the_picture_that_the_command_line_draws(be: Be, runtime: Runtime) -> None:
    ben = be(BEN)
    page = ben.get("/scripts/")
    for (name, language), script in runtime.library.scripts.items():
        if language == "en":
            assert script.title in words(page)
            assert draw(script) in ben.get(f"/scripts/{name}").text
    assert ben.get("/scripts/nothing").status_code == 404
    assert be(EVE).get("/scripts/").status_code == 403


@pytest.mark.parametrize(("made_of", "behind"), [("0" * 16, ("Welsh",)), (None, ("Welsh",)), ("now", ())])
def test_the_page_says_which_language_is_behind_the_english(
    runtime: Runtime, made_of: str | None, behind: tuple[str, ...]
) -> None:
    held = dict(runtime.library.scripts)
    of = spoken(held["opening", "en"]) if made_of == "now" else made_of
    held = {("opening", "en"): held["opening", "en"], ("opening", "cy"): replace(held["opening", "cy"], of=of)}
    line = scripts_page(replace(runtime, library=replace(runtime.library, scripts=held)), BEN).scripts[0]
    assert (line.name, line.languages, line.behind) == ("opening", ("Welsh",), behind)


def test_a_signpost_says_when_it_was_checked_and_warns_when_that_is_long_ago(be: Be, clock: Clock) -> None:
    ben = be(BEN)
    now = words(ben.get("/scripts/"))
    assert "Samaritans , 116 123 Someone to talk to, free, day and night. Last checked Sunday 22 November 2026." in now
    assert "Kinship Check before you give it" in now
    assert "Never checked." in now
    clock.moment = datetime(2027, 8, 2, 10, tzinfo=UTC)
    later = words(be(BEN).get("/scripts/"))
    assert "Samaritans , 116 123 Check before you give it" in later
    assert "entries have not been checked for half a year, or never" in later


def test_on_a_call_too_a_stale_number_is_looked_up_before_it_is_given(be: Be, runtime: Runtime, clock: Clock) -> None:
    caller = Caller(be(BEN), an_open_offer(runtime, a_family(runtime, "F001")))
    for label in ("It is them", "Very upset", "Upset but steady"):
        caller.press(label)
    assert "Samaritans 116 123 Someone to talk to, free, day and night. Last checked" in words(caller.page)
    assert "look it up before you give it" not in words(caller.page)
    clock.moment = datetime(2027, 8, 2, 10, tzinfo=UTC)
    assert "Last checked Sunday 22 November 2026: look it up before you give it." in words(be(BEN).get(caller.path))


@pytest.mark.parametrize(
    ("born_on", "shown", "hidden"),
    [
        ("2023-05-04", "Keep bedtime and mealtimes as they were.", "Count time in things they know"),
        ("2018-05-04", "Count time in things they know", "Keep bedtime and mealtimes"),
        ("2011-05-04", "Let them choose who is told", "Count time in things they know"),
    ],
)
def test_tips_are_those_for_the_ages_of_this_familys_children(
    be: Be, runtime: Runtime, born_on: str, shown: str, hidden: str
) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.scalars(select(ChildRow)).one().born_on = born_on
    caller = Caller(be(BEN), an_open_offer(runtime, family))
    for label in ("It is them", "Yes, safe to talk", "Go on", "I have said this", "Go on", "For the children"):
        caller.press(label)
    page = words(caller.page)
    assert shown in page
    assert hidden not in page
    assert "Find out what they know, and what they think" in page
