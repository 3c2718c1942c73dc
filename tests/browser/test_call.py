"""A whole call in a real Chromium: by the keyboard alone, killed and resumed, narrow and wide, without a barrier."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from outreach.engine.sign_in import SignedIn, begin_as
from outreach.runtime import Runtime
from outreach.store.conversations import AnswerRow
from outreach.store.keyring import Keyring
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from tests.browser.chromium import Chromium, Looker, window
from tests.browser.conftest import Look
from tests.browser.serving import server_process
from tests.browsing import mark_as_demo
from tests.cast import ANA, BEN, a_family, an_open_offer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def begin(looker: Looker, runtime: Runtime) -> None:
    an_open_offer(runtime, a_family(runtime, "OXF-0001"))
    looker.open("/today")
    with looker.next_page():
        looker.page.get_by_role("button", name="Start the call").press("Enter")


def said(looker: Looker) -> str:
    return looker.page.locator(".po-say").inner_text()


def test_a_whole_call_by_the_number_keys_is_closed_with_a_referral(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.press("1", "1", "1", "1")
        assert said(ben) == "How have things been for you and the children?"
        ben.page.get_by_label("In their own words").fill("We had 3 bad weeks")
        ben.page.keyboard.press("Tab")  # from the words to *Go on*
        ben.press("Enter")
        ben.press("2")
        ben.page.get_by_label("Someone to talk to").press("Space")
        with ben.next_page():
            ben.page.get_by_role("button", name="Go on", exact=True).press("Enter")
        with ben.next_page():
            ben.page.get_by_role("button", name="Go on", exact=True).press("Enter")
        ben.press("1", "1", "1", "1", "1", "3", "5", "3", "2", "1")
        assert "Is this right?" in ben.page.inner_text("main")
        with ben.next_page():
            ben.page.get_by_role("button", name="Yes, close the call and make the referral").press("Enter")
        assert "The call is closed" in ben.page.inner_text("main")
        assert ben.complaints == []
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["sent"]
        assert session.scalars(select(OfferRow.outcome)).all() == ["O1"]


def test_a_digit_in_the_words_is_a_digit_and_the_keys_can_be_switched_off(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.press("1", "1", "1", "1")
        box = ben.page.get_by_label("In their own words")
        box.press("1")
        assert box.input_value() == "1"
        assert "How have things been" in said(ben)
        toggle = ben.page.get_by_role("button", name="Keys are on")
        toggle.click()
        ben.page.keyboard.press("1")
        ben.page.wait_for_timeout(200)
        assert "How have things been" in said(ben)
        ben.page.reload()
        assert ben.page.get_by_role("button", name="Keys are off").is_visible()


def test_a_killed_browser_comes_back_to_the_same_question(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.press("1", "1")
        where = ben.page.url.partition("#")[0].removeprefix(ben.base)
        before = said(ben)
    with look(BEN, scripts=False) as again:
        again.open(where)
        assert said(again) == before


def test_an_exit_is_one_key_away_and_backspace_opens_the_last_answer_again(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.press("1", "1")
        why = said(ben)
        ben.press("Backspace")
        assert "You are changing an earlier answer." in ben.page.inner_text("main")
        assert "Is it OK if I say why I am ringing?" in said(ben)
        ben.press("1")
        assert said(ben) == why
        ben.press("u")
        assert said(ben).startswith("No problem at all, wrong time.")
        ben.press("Backspace")
        ben.page.get_by_role("button", name="Keys are on").click()
        before = ben.page.url
        for key in ("u", "1", "Backspace"):
            ben.page.keyboard.press(key)
        ben.page.wait_for_timeout(200)
        assert ben.page.url == before
        assert ben.complaints == []


COVERED = """() => {
  return [...document.querySelectorAll('.po-answers button')].filter(one => {
    one.scrollIntoView({ block: 'nearest' })
    const place = one.getBoundingClientRect(), bar = document.querySelector('.po-exits').getBoundingClientRect()
    return place.top < bar.bottom && place.bottom > bar.top || place.bottom > innerHeight + 1
  }).length
}"""
EXITS_IN_SIGHT = """() => [...document.querySelectorAll('.po-exits button')].every(one => {
  const place = one.getBoundingClientRect()
  return place.top >= 0 && place.bottom <= innerHeight && place.height >= 24 && place.width >= 24
})"""


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (768, 1024), (320, 640)])
def test_the_exits_stay_in_sight_at_the_top_and_cover_no_answer(
    look: Look, runtime: Runtime, width: int, height: int
) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.page.set_viewport_size({"width": width, "height": height})
        ben.press("1", "1", "1", "1")
        ben.follow(ben.page.get_by_role("button", name="Go on", exact=True))
        assert ben.page.locator(".po-answers button").count() == 9
        assert ben.page.evaluate(EXITS_IN_SIGHT)  # as the page comes, at the line to say now
        assert ben.page.evaluate(COVERED) == 0
        ben.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        assert ben.page.evaluate(EXITS_IN_SIGHT)
        assert ben.page.locator(".po-exits").bounding_box()["y"] < height / 3  # type: ignore[index]


@pytest.mark.parametrize("width", [1280, 320])
def test_after_the_call_a_person_says_how_it_was_by_keyboard(look: Look, runtime: Runtime, width: int) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        ben.press("d", "3")
        with ben.next_page():
            ben.page.get_by_role("button", name="Yes, close the call").press("Enter")
        ben.page.set_viewport_size({"width": width, "height": 900})
        assert ben.barriers() == []
        assert ben.runs_over() <= 0
        ben.page.get_by_label("It was hard").press("Space")
        ben.page.get_by_label("Yes, ask a supervisor to make time").press("Space")
        with ben.next_page():
            ben.page.get_by_role("button", name="That is all").press("Enter")
        assert "No call comes next by itself." in ben.page.inner_text("main")
        assert ben.barriers() == []
        assert ben.runs_over() <= 0
        assert ben.complaints == []


@pytest.mark.parametrize("width", [1280, 320])
def test_the_forms_of_the_familys_page_work_by_keyboard_and_have_no_barrier(
    look: Look, runtime: Runtime, width: int
) -> None:
    family = a_family(runtime, "OXF-0001")
    with look(ANA) as ana:
        ana.open(f"/families/{family.id}", width=width)
        for name in ("Book a call, or say how they can be reached", "A colleague knows them"):
            ana.page.locator("summary", has_text=name).press("Enter")
        assert ana.barriers() == []
        assert ana.runs_over() <= 0
        ana.page.get_by_label("The day they named").fill("2026-01-15")
        ana.page.get_by_label("And the time, if they did").fill("14:00")
        with ana.next_page():
            ana.page.get_by_role("button", name="Book the call").press("Enter")
        assert "A call is booked on Thursday 15 January, 2 to 3." in ana.page.inner_text("body")
        ana.page.locator("summary", has_text="A colleague knows them").press("Enter")
        ana.page.get_by_label("Who?").select_option(label="Ben Practitioner")
        ana.page.get_by_label("They are friends, or were").press("Space")
        with ana.next_page():
            ana.page.get_by_role("button", name="Hide the family from them").press("Enter")
        assert "They do not see this family any more" in ana.page.inner_text("body")
        assert ana.barriers() == []
        assert ana.complaints == []
    with look(BEN) as ben:
        ben.open("/today", width=width)
        assert "OXF-0001" not in ben.page.inner_text("body")


@pytest.mark.parametrize("width", [1280, 320])
def test_no_page_of_a_call_has_a_barrier_or_runs_over_the_edge(look: Look, runtime: Runtime, width: int) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        seen = []
        for keys in ([], ["1"], ["1"], ["1", "1"], ["2"], ["1", "1"]):
            for key in keys:
                with ben.next_page():
                    buttons = ben.page.locator(".po-answers button")
                    if buttons.count() >= int(key):
                        buttons.nth(int(key) - 1).click()
                    else:
                        ben.page.get_by_role("button", name="Go on", exact=True).click()
            ben.page.set_viewport_size({"width": width, "height": 900})
            seen.append((ben.page.url, ben.barriers()))
            assert ben.runs_over() <= 0
        ben.follow(ben.page.get_by_role("button", name="Does not want to talk"))
        seen.append((ben.page.url, ben.barriers()))
        ben.follow(ben.page.get_by_role("button", name="Yes, close the call"))
        seen.append((ben.page.url, ben.barriers()))
        assert [found for _, found in seen if found] == []
        assert ben.complaints == []


def test_a_call_goes_on_where_it_stood_after_the_server_was_killed_also_with_a_colleague(
    browser: Chromium, runtime: Runtime, keyring: Keyring
) -> None:
    mark_as_demo(runtime)
    tokens = [begin_as(runtime, who.id) for who in (BEN, ANA)]
    with server_process(runtime, keyring) as server:
        bens, anas = (one.token for one in tokens if isinstance(one, SignedIn))
        with window(browser, server.base, token=bens) as ben:
            begin(ben, runtime)
            ben.press("1", "1", "1", "1")
            ben.page.get_by_label("In their own words").fill("It has been a long winter")
            ben.follow(ben.page.get_by_role("button", name="Go on", exact=True))
            before, where = said(ben), ben.page.url.partition("#")[0].removeprefix(server.base)
            server.kill()
            server.start()
            ben.page.reload()
            assert said(ben) == before
            ben.press("1")
            after = said(ben)
            assert after != before
        server.kill()
        server.start()
        with window(browser, server.base, token=anas) as ana:
            ana.open(where)
            assert said(ana) == after
            assert "Ben Practitioner began this call" in ana.page.inner_text("main")
            ana.follow(ana.page.get_by_role("button", name="Carry on with this call"))
            ana.page.get_by_text("The conversation so far").click()
            assert ana.page.get_by_text("It has been a long winter").is_visible()
            assert ana.barriers() == []
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(AnswerRow)).all()) == 6


DISCLOSES = ("prison", "police", "custody", "Lantern", "Robin", "charity")


def test_nothing_that_discloses_reaches_the_browser_before_it_is_safe(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        for _ in range(2):
            source = ben.page.content().lower()
            assert [word for word in DISCLOSES if word.lower() in source] == []
            assert ben.page.get_by_text("More stands here once you know").is_visible()
            ben.press("1")
        assert "prison" in said(ben)
        ben.follow(ben.page.get_by_role("button", name="Not safe now"))
        assert "prison" not in ben.page.inner_text("main")


WAY = (
    "yes", "yes", "next", "said", "next", "child", "many", "some", "many", "yes", "parent", "yes", "yes", "yes", "yes",
    "named", "neutral", "next",
)  # fmt: skip
"""The way of a first call to a referral, by the values of its buttons; where many may be ticked, *Go on*."""


@pytest.mark.parametrize("seed", range(4))
def test_an_exit_stands_ready_at_a_step_reached_by_chance(look: Look, runtime: Runtime, seed: int) -> None:
    chance = random.Random(seed)
    with look(BEN) as ben:
        begin(ben, runtime)
        for value in WAY[: chance.randrange(len(WAY))]:
            answer = ben.page.locator(f".po-answers button[value='{value}']")
            with ben.next_page():
                (answer if answer.count() else ben.page.get_by_role("button", name="Go on", exact=True)).click()
        exits = ben.page.locator(".po-exits button")
        names = ben.page.locator(".po-exits button span").all_inner_texts()
        assert "Not safe now" in names
        place = chance.randrange(len(names))
        ben.follow(exits.nth(place))
        assert ben.barriers() == []
        ben.page.set_viewport_size({"width": 320, "height": 800})
        assert ben.runs_over() == 0
        assert ben.barriers() == []
        with ben.next_page():
            if ben.page.get_by_role("button", name="Leave quickly").count():
                ben.page.get_by_role("button", name="Leave quickly").click()
            else:
                ben.page.get_by_role("button", name="Finish later").click()
        assert "OXF-0001" not in ben.page.inner_text("main")
        assert ben.barriers() == []
        assert ben.complaints == []


@pytest.mark.parametrize("width", [1280, 320])
def test_who_rings_us_is_found_and_met_by_the_opening(look: Look, runtime: Runtime, width: int) -> None:
    a_family(runtime, "OXF-0001")
    with look(BEN) as ben:
        ben.open("/ringing", width=width)
        main = ben.page.locator("main")
        main.get_by_label("The number, its last four digits").fill("0101")
        ben.follow(main.get_by_role("button", name="Find"))
        main.get_by_role("heading", name="Found by last four digits").wait_for()
        assert ben.barriers() == []
        assert ben.runs_over() == 0
        ben.follow(main.get_by_role("button", name="They are on the line"))
        assert said(ben).endswith("Who am I speaking to, please?")
        assert "Amina" not in ben.page.inner_text("main")
        assert [word for word in DISCLOSES if word in ben.page.inner_text("main")] == []
        assert ben.barriers() == []
        ben.open("/ringing", width=width)
        main.get_by_label("The number, its last four digits").fill("9999")
        ben.follow(main.get_by_role("button", name="Find"))
        ben.follow(main.get_by_role("button", name="They rang the wrong team"))
        main.get_by_text("Nobody in another area fits either.").wait_for()
        assert ben.barriers() == []


@pytest.mark.parametrize("width", [1280, 320])
def test_a_practice_call_has_no_barrier(look: Look, width: int) -> None:
    with look(BEN) as ben:
        ben.open("/practice", width=width)
        assert ben.barriers() == []
        ben.follow(ben.page.get_by_role("link", name="Somebody who is angry"))
        for name in ("It is them", "Yes, safe to talk", "Does not want to talk"):
            assert ben.barriers() == []
            assert ben.runs_over() == 0
            ben.follow(ben.page.get_by_role("button", name=name))
        assert ben.page.get_by_role("heading", name="How it went").is_visible()
        assert ben.barriers() == []
        assert ben.complaints == []
