"""The whole main job in a browser, as its people do it: from the month's file to a referral, and to a stop that holds.

The house is the demo's, with every joint real: console and simulated network over HTTP, the importer, the gate, the
reader, the script engine. Only the worker is called by hand, and the clock is moved on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Response

from outreach.demo.house import House
from outreach.demo.month import FILES, import_month
from outreach.demo.stage import Stage
from outreach.domain.quiet_hours import at_london, london
from tests.browser.chromium import Chromium, Looker, window

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TALK = ("It is them", "It is still them", "Yes, safe to talk", "I have said this")
YES = (
    *TALK, "For the children", "Yes", "Parent with responsibility", "Just theirs, may say support", "No voicemail",
)  # fmt: skip
NEEDS = ("School", "Sleep", "For themselves")
NOT_NOW = (*TALK, "Not just now", "No voicemail")
MAY_NAME_THE_CHARITY, MAY_SAY_SUPPORT = "Just theirs, may name the charity", "Just theirs, may say support"
MONTHS = (date(2026, 3, 4), date(2026, 4, 1), date(2026, 5, 6), date(2026, 6, 3))
RAW = re.compile(r"Traceback|Internal Server Error|sqlalchemy|jinja2|\{\{|Something went wrong", re.IGNORECASE)


class Person:
    """Somebody with a browser. Each kind of page they come to is looked at once for barriers, and for raw errors."""

    def __init__(self, looker: Looker) -> None:
        self.looker, self.page = looker, looker.page
        self.faults: list[str] = []
        self._seen: set[str] = set()
        self.page.on("response", self._heard)

    def goes_to(self, address: str) -> Person:
        self.page.goto(self.looker.base + address)
        return self.looks()

    def presses(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> Person:
        button = (within or self.page).get_by_role("button", name=name).first
        self.looker.follow(button)
        return self.looks()

    def looks(self) -> Person:
        kind = re.sub(r"[0-9a-f-]{36}|\+\d+", "…", self.page.url) + " " + self.page.title()
        if kind not in self._seen:
            self._seen.add(kind)
            self.faults += [f"{kind}: {each}" for each in self.looker.barriers()]
        if RAW.search(self.reads()):
            self.faults.append(f"{kind} shows a raw error")
        return self

    def reads(self) -> str:
        return re.sub(r"\s+", " ", self.page.locator("main, body").first.inner_text())

    def _heard(self, response: Response) -> None:
        if response.status >= 400 and response.status != 422:
            self.faults.append(f"{response.status} at {response.url}")


class Street:
    """Everybody of the journey, each in a window of their own."""

    def __init__(self, house: House, browser: Chromium, windows: ExitStack) -> None:
        self.house, self._browser, self._windows = house, browser, windows
        self.stage = Stage(house)
        self.everybody: list[Person] = []

    def persona(self, name: str) -> Person:
        """Somebody of the demo, signed in by choosing them."""
        person = self._somebody(self.house.console_url)
        person.goes_to("/").presses(re.compile(f"^{name}"))
        assert name in person.page.locator("header").inner_text()
        return person

    def phone(self, number: str) -> Person:
        """Whoever holds the family's phone, reading and typing on it."""
        return self._somebody(self.house.simulator.url).goes_to(f"/phones/{number}")

    def texts_to(self, number: str) -> list[str]:
        return [each["body"] for each in self.house.simulator.network.handed_over() if each["to"] == number]

    def moves_on(self, day: date, clock: time = time(10, 0)) -> None:
        """Move on to a moment, with a morning's work in each week in between."""
        week = london(self.house.clock()).date() + timedelta(weeks=1)
        while week < day:
            self.house.clock.move_to(at_london(week, time(10, 0)))
            self.stage.work()
            week += timedelta(weeks=1)
        self.house.clock.move_to(at_london(day, clock))
        self.stage.work()

    def _somebody(self, base: str) -> Person:
        person = Person(self._windows.enter_context(window(self._browser, base)))
        self.everybody.append(person)
        return person


@pytest.fixture
def street(browser: Chromium, tmp_path: Path) -> Iterator[Street]:
    house = House(home=tmp_path / "house")
    try:
        house.open()
        with ExitStack() as windows:
            yield Street(house, browser, windows)
    finally:
        house.close()


def imports(coordinator: Person, file: Path, *, late: bool = False) -> str:
    """Bring a file, read the plan, accept it. Returns what the plan said."""
    coordinator.goes_to("/imports")
    coordinator.page.get_by_label("The recognition file").set_input_files(file)
    coordinator.presses("Show me the plan")
    plan = coordinator.reads()
    assert "Nothing is written yet." in plan
    coordinator.presses("Accept and import")
    if late:
        assert "Choose when the families that were found late are offered support" in coordinator.reads()
        coordinator.page.get_by_label("At the next step of their cadence").check()
        coordinator.presses("Accept and import")
    assert "What this import did" in coordinator.reads()
    return plan


def rings(practitioner: Person, ref: str, wishes: tuple[str, ...]) -> None:
    """Start the call of a family on today's list, one's own or a colleague's, and follow the guide to the read-back."""
    practitioner.goes_to("/today")
    for folded in practitioner.page.get_by_text("On colleagues' lists").all():
        folded.click()
    elsewhere = re.compile(f"^Take .*{ref}")
    if practitioner.page.get_by_role("button", name=elsewhere).count():
        practitioner.presses(elsewhere)
    line = practitioner.page.locator(".po-call-line").filter(has_text=ref)
    practitioner.presses(re.compile("^Start the call"), within=line)
    for _ in range(40):
        if practitioner.page.get_by_role("heading", name="What was agreed").is_visible():
            return
        practitioner_answers(practitioner, wishes)
    pytest.fail("the call does not come to its end")


def practitioner_answers(practitioner: Person, wishes: tuple[str, ...]) -> None:
    now = practitioner.page.locator("#now")
    boxes = now.get_by_role("checkbox")
    if boxes.count():
        for need in NEEDS:
            for box in now.get_by_role("checkbox", name=need, exact=True).all():
                box.check()
        practitioner.presses("Go on", within=now)
        return
    labels = [" ".join(each.inner_text().split()[1:]) for each in now.locator(".po-answers button").all()]
    chosen = next((wish for wish in wishes if wish in labels), labels[-1])
    assert chosen in wishes or chosen in ("Go on", "Pass over"), f"nothing said about {labels}"
    practitioner.looker.follow(now.locator(".po-answers button").nth(labels.index(chosen)))
    practitioner.looks()


def types(street: Street, family: Person, words: str) -> None:
    """Type a text on the family's phone, and let the house do what it does."""
    family.page.get_by_label(re.compile("^Text from")).fill(words)
    family.presses(re.compile("^Send"))
    assert street.house.simulator.settle(), "the text did not come to the house"
    street.stage.work()
    family.page.reload()
    family.looks()


def last_text(family: Person) -> str:
    return family.page.locator("#thread li.theirs .words").last.inner_text()


def test_from_the_file_to_two_referrals_and_a_stop_that_holds(street: Street, tmp_path: Path) -> None:
    # The month's file comes: the coordinator reads the plan and accepts it.
    carys = street.persona("Carys Bevan")
    plan = imports(carys, FILES[0])
    assert "23 new families." in plan
    assert "1 row cannot be read." in plan
    assert "There is no such day in that month." in plan
    street.moves_on(date(2026, 1, 6))

    # A first call, guided, with consent and needs: a referral.
    priya = street.persona("Priya Shah")
    assert "F001" in priya.goes_to("/today").reads()
    rings(priya, "F001", YES)
    read_back = priya.reads()
    assert "What may go to Lantern Families" in read_back
    assert "For the children" in read_back
    priya.presses("Yes, close the call and make the referral")
    assert "The call is closed" in priya.reads()

    # The charity sees that somebody came, opens it, and takes it on.
    lena = street.persona("Lena Fox")
    assert "Hartley" not in lena.goes_to("/referrals/").reads()
    lena.presses(re.compile("^Open"))
    opened = lena.reads()
    assert "Leanne Hartley" in opened
    assert "Mason" in opened
    lena.presses("Accept")
    assert "Accepted." in lena.page.locator(".po-status").inner_text()

    # Two families for whom it is not the moment: one may be texted by the charity's name, one only of support.
    for ref, level in (("F014", MAY_NAME_THE_CHARITY), ("F025", MAY_SAY_SUPPORT)):
        rings(priya, ref, (*NOT_NOW, level))
        priya.presses("Yes, close the call")
        assert "The call is closed" in priya.reads()

    # The second month, with a family that was found late.
    street.moves_on(date(2026, 2, 2), time(9, 40))
    imports(carys, FILES[1], late=True)

    # Six weeks after they said not now, they are offered again, by text.
    rachel_number, vicky_number = street.stage.someone("F014").phone, street.stage.someone("F025").phone
    assert street.texts_to(rachel_number) == street.texts_to(vicky_number) == []
    street.moves_on(date(2026, 2, 18), time(10, 30))
    rachel, vicky = street.phone(rachel_number), street.phone(vicky_number)
    offer = last_text(rachel)
    assert "Lantern Families" in offer
    assert "STOP" in offer
    assert "Lantern" not in last_text(vicky)

    # One says yes, and is asked each part.
    types(street, rachel, "Yes please")
    questions = []
    while "Reply 1" in last_text(rachel) and len(questions) < 10:
        questions.append(last_text(rachel))
        types(street, rachel, "1")
        street.stage.later(minutes=2)
        rachel.page.reload()
    assert "still just yours" in questions[0]
    assert any("name and number to Lantern Families" in each for each in questions)
    assert any("first names and ages" in each for each in questions)
    assert len(questions) == len(set(questions)) == 7
    assert "We pass on only what you agreed" in last_text(rachel)
    lena.goes_to("/referrals/")
    assert "Rachel" not in lena.reads()
    lena.presses(re.compile("^Open"))
    assert "Rachel Aldous" in lena.reads()
    assert "Freya" in lena.reads()
    lena.goes_to("/referrals/")
    assert "Leanne Hartley" in lena.reads(), "the first referral is still with them"

    # The other says stop. It is answered once, and that is the last text.
    types(street, vicky, "STOP")
    assert "not text you again" in last_text(vicky)
    told = street.texts_to(vicky_number)
    assert len(told) == 2
    priya.goes_to("/today")
    assert "F025" not in " ".join(priya.page.locator(".po-call-line").all_inner_texts())

    # Not after the same file again, not under another name, and not in the months that follow.
    renamed = tmp_path / "again.csv"
    renamed.write_bytes(FILES[1].read_bytes())
    for file in (FILES[1], renamed):
        assert "said stop" in imports(carys, file)
    others = len(street.house.simulator.network.handed_over())
    for day, file in zip(MONTHS, FILES[2:], strict=True):
        street.moves_on(day)
        import_month(street.house.runtime, file)
    types(street, vicky, "START")
    street.moves_on(date(2026, 7, 8))
    assert street.texts_to(vicky_number) == told
    since = street.house.simulator.network.handed_over()[others:]
    assert any("CALL" in each["body"] for each in since), "others are still offered support"

    for person in street.everybody:
        assert person.faults == []
        assert [each for each in person.looker.complaints if "status of 422" not in each] == []
