"""The inbox in a real Chromium: texts that come by themselves, work without scripts, keyboards, and no barrier."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.store.consents import standing_of
from outreach.store.numbers import FamilyNumberRow
from outreach.store.texts import TextRow
from tests.browser.conftest import Look
from tests.cast import ANA, BEN, LANTERN, Family, a_family, an_open_offer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_NAME = "Wilhelmina-Konstantina Featherstonehaugh-Cholmondeley of Ross"
_SIDS = iter(range(10_000))


def wrote(runtime: Runtime, family: Family | str, body: str) -> None:
    sender = family if isinstance(family, str) else family.e164
    sid = f"SMlook{next(_SIDS):06d}"
    receive_text(runtime, InboundText(sid=sid, sender=sender, recipient="+447700900999", body=body))


@pytest.fixture
def family(runtime: Runtime) -> Family:
    found = a_family(runtime, "OXF-0001", standing="verified", level=1, name=LONG_NAME)
    an_open_offer(runtime, found)
    wrote(runtime, found, "what is this about then")
    return found


@pytest.fixture
def threads(runtime: Runtime, family: Family) -> dict[str, str]:
    """A thread of each kind, and twenty more; by kind, the number's id."""
    bodies = {
        "later": "not now, maybe later",
        "danger": "he hit me again last night and he is outside the house",
        "compromised": "who is texting my mrs",
        "stopped": "STOP",
        "near stop": "Stop. Thank you",
        "long": "they wont stop asking me about it and i really " * 34,
        "unbroken": "x" * 1600,
        "shared": "is this about my sister?",
    }
    found = {"question": family.number_id}
    for place, (kind, body) in enumerate(bodies.items()):
        one = a_family(runtime, f"OXF-2{place:03}", e164=f"+447700900{300 + place}", standing="verified")
        if kind == "shared":
            with runtime.sessions.begin() as session:
                session.add(FamilyNumberRow(family_id=family.id, number_id=one.number_id, position=2))
        wrote(runtime, one, body)
        found[kind] = one.number_id
    wrote(runtime, "+447700900177", "who are you")
    with runtime.sessions.read() as session:
        strangers = select(TextRow.number_id).where(TextRow.family_id.is_(None), TextRow.number_id != found["shared"])
        found["stranger"] = session.scalars(strangers).one()
    for place in range(20):
        wrote(runtime, a_family(runtime, f"OXF-3{place:03}", e164=f"+447700900{500 + place}"), "who is it?")
    return found


def test_every_kind_of_thread_fits_every_window_without_a_barrier(
    look: Look, runtime: Runtime, threads: dict[str, str]
) -> None:
    with look(BEN) as ben:
        for path in [
            "/inbox/",
            "/inbox/?show=all",
            "/inbox/?show=waiting",
            *(f"/inbox/{number_id}" for number_id in threads.values()),
        ]:
            for width in (1280, 768, 320):
                ben.open(path, width=width)
                assert ben.runs_over() == 0, (path, width)
            assert ben.barriers() == [], path
        assert ben.complaints == []


def test_an_empty_inbox_has_no_barrier(look: Look) -> None:
    with look(BEN) as ben:
        ben.open("/inbox/", width=320)
        assert (ben.runs_over(), ben.barriers(), ben.complaints) == (0, [], [])


def test_a_new_text_appears_by_itself_and_what_is_being_written_stays(
    look: Look, runtime: Runtime, family: Family
) -> None:
    with look(BEN) as ben:
        ben.open(f"/inbox/{family.number_id}")
        ben.page.get_by_label("In your own words").fill("We will")
        wrote(runtime, family, "hello? anybody")
        expect(ben.page.get_by_text("They wrote again.")).to_be_visible()
        expect(ben.page.get_by_label("In your own words")).to_have_value("We will")
        answers: list[int] = []
        ben.page.on("response", lambda each: answers.append(each.status) if "/talk" in each.url else None)
        with ben.page.expect_response(lambda each: "/talk" in each.url and each.status == 304):
            pass
        expect(ben.page.get_by_text("They wrote again.")).to_be_visible()  # nothing came, so nothing was swapped
        assert ben.barriers() == []
        assert [each for each in ben.complaints if "304" not in each] == []


def test_a_new_thread_appears_in_the_list_by_itself(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        ben.open("/inbox/")
        wrote(runtime, a_family(runtime, "OXF-0009", e164="+447700900109"), "who is this?")
        expect(ben.page.get_by_role("link", name="OXF-0009")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_answer_goes_by_keyboard_from_reading_to_settled(
    look: Look, runtime: Runtime, family: Family, scripts: bool
) -> None:
    with look(BEN, scripts=scripts) as ben:
        ben.open("/inbox/")
        ben.page.get_by_role("link", name="OXF-0001").focus()
        ben.press("Enter")
        ben.page.get_by_role("button", name="I answer this one").focus()
        ben.press("Enter")
        ben.page.get_by_label("In your own words").focus()
        ben.page.keyboard.type("Sorry, we are the Willow team. Shall we ring you?")
        ben.page.keyboard.press("Tab")
        ben.press("Enter")
        expect(ben.page.get_by_role("heading", name="This is how it will look")).to_be_visible()
        assert ben.runs_over() == 0
        if scripts:
            assert ben.barriers() == []
        ben.page.get_by_label("That answers it: settle the thread too").focus()
        ben.page.keyboard.press("Space")
        ben.page.keyboard.press("Tab")
        ben.press("Enter")
        expect(ben.page.get_by_text("On its way. The thread is settled.")).to_be_visible()
    with runtime.sessions.read() as session:
        assert session.scalars(select(TextRow.by_staff).where(TextRow.purpose == "person")).all() == ["ben"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_wish_to_stop_is_put_right_and_obeyed_by_keyboard(
    look: Look, runtime: Runtime, family: Family, scripts: bool
) -> None:
    with look(BEN, scripts=scripts) as ben:
        ben.open(f"/inbox/{family.number_id}", width=320)
        ben.page.get_by_label("Their last text read as").focus()
        ben.page.keyboard.type("stop")
        ben.page.keyboard.press("Tab")
        ben.press("Enter")
        expect(ben.page.get_by_text("Say what is to stop.")).to_be_visible()
        expect(ben.page.get_by_role("heading", name="They may want us to stop")).to_be_in_viewport()
        assert ben.runs_over() == 0
        if scripts:
            assert ben.barriers() == []
        ben.page.get_by_label("Everything: texts and calls").focus()
        for _ in range(3):
            ben.page.keyboard.press("ArrowDown")
        expect(ben.page.get_by_label("The charity only")).to_be_checked()
        ben.page.keyboard.press("Tab")
        ben.press("Enter")
        expect(ben.page.get_by_text("What was agreed with the charity has ended")).to_be_visible()
        expect(ben.page.get_by_role("heading", name="They may want us to stop")).to_have_count(0)
    with runtime.sessions.read() as session:
        assert LANTERN in standing_of(session, family.id).refused


def test_words_that_may_not_go_are_said_at_the_top_and_at_the_field(look: Look, family: Family) -> None:
    with look(BEN) as ben:
        ben.open(f"/inbox/{family.number_id}", width=320)
        ben.page.get_by_label("In your own words").fill("Is he still in prison?")
        ben.follow(ben.page.get_by_role("button", name="See how it will look").first)
        expect(ben.page.get_by_role("alert")).to_contain_text("It gives away: prison")
        assert (ben.runs_over(), ben.barriers()) == (0, [])


def test_danger_is_taken_by_one_and_the_colleague_sees_it(look: Look, runtime: Runtime) -> None:
    family = a_family(runtime, "OXF-0001", standing="verified")
    wrote(runtime, family, "he hit me again last night and he is outside the house")
    with look(BEN) as ben, look(ANA) as ana:
        ana.open("/inbox/?show=danger")
        expect(ana.page.get_by_text("Nobody has it yet")).to_be_visible()
        ben.open("/today")
        ben.follow(ben.page.get_by_role("button", name="I have it"))
        expect(ben.page.get_by_text("You have it since")).to_be_visible()
        expect(ana.page.get_by_text("Ben Practitioner has it").first).to_be_visible()
        ana.follow(ana.page.get_by_role("link", name="OXF-0001"))
        expect(ana.page.get_by_role("button", name="Take it over from Ben Practitioner")).to_be_visible()
        assert ana.barriers() == []


def test_a_thread_is_answered_by_one_and_a_colleague_who_comes_is_told(look: Look, family: Family) -> None:
    with look(BEN) as ben, look(ANA) as ana:
        ben.open(f"/inbox/{family.number_id}")
        ben.follow(ben.page.get_by_role("button", name="I answer this one"))
        expect(ben.page.get_by_role("button", name="Give it back")).to_be_visible()
        ana.open(f"/inbox/{family.number_id}")
        expect(ana.page.get_by_text("Ben Practitioner answers this thread.")).to_be_visible()
        expect(ana.page.get_by_label("In your own words")).to_have_count(0)
        assert ana.barriers() == []
        ana.follow(ana.page.get_by_role("button", name="Take it over from Ben Practitioner"))
        expect(ana.page.get_by_role("button", name="Give it back")).to_be_visible()
        ben.open(f"/inbox/{family.number_id}")
        expect(ben.page.get_by_role("button", name="Take it over from")).to_be_visible()
        expect(ben.page.get_by_label("In your own words")).to_have_count(0)


def test_before_it_goes_one_sees_what_a_bystander_would_and_how_long_it_is(look: Look, family: Family) -> None:
    with look(BEN) as ben:
        ben.open(f"/inbox/{family.number_id}", width=320)
        words = "We can ring you when you like. Is there a day that is good for you? "
        words += "We are there in the week, in the daytime."
        ben.page.get_by_label("In your own words").fill(f"{words} Just say when.")
        ben.follow(ben.page.get_by_role("button", name="See how it will look").first)
        expect(ben.page.locator(".po-lock__words")).to_have_text(f"{words} Just say…")
        expect(ben.page.get_by_text("One text, 124 of 160 letters.")).to_be_visible()
        ben.page.get_by_label("Change the words").fill("That is fine \N{SMILING FACE WITH SMILING EYES}")
        ben.follow(ben.page.get_by_role("button", name="See how it will look"))
        expect(
            ben.page.get_by_text("of 70 letters. It has a letter or a picture that makes texts shorter")
        ).to_be_visible()
        assert (ben.runs_over(), ben.barriers(), ben.complaints) == (0, [], [])


def test_a_reading_is_put_right_and_stands_in_the_file_to_learn_from(
    look: Look, runtime: Runtime, family: Family
) -> None:
    with look(BEN) as ben, look(ANA) as ana:
        ben.open(f"/inbox/{family.number_id}")
        ben.page.locator("select[name=intent]").select_option("later")
        ben.follow(ben.page.get_by_role("button", name="Put it right"))
        expect(ben.page.get_by_role("button", name="Put it right")).to_be_visible()
        ana.open("/inbox/")
        with ana.page.expect_download() as coming:
            ana.page.get_by_role("link", name="The readings colleagues put right").click()
        (line,) = coming.value.path().read_text("utf-8").splitlines()
        found = json.loads(line)
        assert (found["text"], found["intent"]) == ("what is this about then", "later")
