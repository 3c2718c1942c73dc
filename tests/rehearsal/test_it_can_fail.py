"""The proof can fail: for each promise the product is broken on purpose, and the rehearsal sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from outreach.domain import sending
from outreach.domain.delivery import Handover
from outreach.domain.quiet_hours import Calendar
from outreach.engine import answer_text, finish_call, follow_reading, run_cadences
from outreach.engine.tick import URGENT, run_parts
from outreach.gateway.twilio import TwilioLine
from outreach.rehearsal.households import Town
from outreach.rehearsal.play import one_turn
from outreach.rehearsal.rehearse import rehearse
from outreach.rehearsal.words import Means
from outreach.runtime import Runtime
from outreach.store.texts import TextRow

Turn = Callable[[Runtime, bool], dict[str, int]]


def everybody(manner: Means, *, picks_up: float = 0.0) -> Callable[[Town], None]:
    """All families are alike, in the area that texts, with nothing else about them."""

    def plot(town: Town) -> None:
        for one in town.households.values():
            one.manner, one.answers_phone, one.hold, one.area = manner, picks_up, "", "OXF"
            one.checks, one.language, one.custody, one.relationship = "complete", "en", "sentenced", "mother"

    return plot


def broken(tmp_path: Path, plot: Callable[[Town], None], *, days: int = 52, turn: Turn | None = None) -> dict[str, str]:
    """What the rehearsal says is not kept: the promise, and the story."""
    done = rehearse(families=8, days=days, seed=2, home=tmp_path, plot=plot, turn=turn)
    return {one.promise: "\n".join(one.story) for one in done.broken}


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    rules = tuple(rule for rule in sending.RULES if rule.__name__ not in names)
    assert len(rules) == len(sending.RULES) - len(names)
    monkeypatch.setattr(sending, "RULES", rules)


@pytest.mark.parametrize(
    "plot", [everybody(Means.STOP), everybody(Means.CALL_AT, picks_up=0.8)], ids=["stops", "dates"]
)
def test_with_nothing_broken_every_promise_is_kept(tmp_path: Path, plot: Callable[[Town], None]) -> None:
    assert broken(tmp_path, plot) == {}


def test_a_stop_that_is_not_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_reading, "stop", lambda *_, **__: None)
    found = broken(tmp_path, everybody(Means.STOP_ALL), days=85)
    assert "nobody is rung after or during: a stop" in found
    assert "they mean: stop everything" in found["nobody is rung after or during: a stop"]


def test_a_stop_that_is_answered_with_two_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = answer_text.queue_text

    def twice(*of: Any, **text: Any) -> TextRow:
        if text["purpose"] == "stop":
            once(*of, **text)
        return once(*of, **text)

    monkeypatch.setattr(answer_text, "queue_text", twice)
    without(monkeypatch, "nobody_said_stop")
    found = broken(tmp_path, everybody(Means.STOP))
    assert "no text after or during: a stop" in found
    assert "No text went to a number after its stop, but one confirmation." in found


def test_a_hold_that_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def a_hold_for_all(town: Town, month: int) -> None:
        for one in town.households.values():
            one.hold = "no_contact_order"

    monkeypatch.setattr(Town, "happen", lambda town, month: a_hold_for_all(town, month) if month else None)
    without(monkeypatch, "no_hold_forbids")
    found = broken(tmp_path, everybody(Means.NOTHING), days=62)
    assert "no text after or during: no_contact_order" in found
    assert "hold no_contact_order" in found["no text after or during: no_contact_order"]
    assert "No text went out while a hold stood that forbids it." in found


def test_texts_in_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "the_hour_is_kind", "somebody_is_on_duty")
    plan = run_cadences.cadence.plan
    monkeypatch.setattr(
        run_cadences.cadence,
        "plan",
        lambda *of, **by: plan(*of, **by | {"opens": lambda hours, calendar, moment: moment}),
    )
    found = broken(tmp_path, everybody(Means.NOTHING))
    assert "every text goes inside the hours" in found
    assert "Every text by software went inside the hours and on no closed day, but for urgent ones." in found


def test_no_day_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calendar, "closed", lambda *_: False)
    found = broken(tmp_path, everybody(Means.NOTHING), days=95)
    assert {
        "no offer goes on a tender date",
        "nobody is rung on a bank holiday or a tender date, unless they asked for it",
    } & found.keys()


def test_a_line_that_sends_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = TwilioLine.send_text

    def twice(line: TwilioLine, **text: Any) -> Handover:
        once(line, **text)
        return once(line, **text)

    monkeypatch.setattr(TwilioLine, "send_text", twice)
    assert "no family gets the same offer twice" in broken(tmp_path, everybody(Means.NOTHING))


def test_offers_whose_time_has_passed_are_forgotten(tmp_path: Path) -> None:
    parts = {name: part for name, part in URGENT.items() if name != "cadences"}

    def turn(worker: Runtime, tidy: bool) -> dict[str, int]:
        return one_turn(worker, tidy) if tidy and worker.now().month == 9 else run_parts(worker, parts)

    found = broken(tmp_path, everybody(Means.NOTHING), days=105, turn=turn)
    assert "every family is offered again at each step" in found


def test_a_date_that_nobody_writes_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish_call, "asked_offer", lambda *_, **__: None)
    found = broken(tmp_path, everybody(Means.LATER, picks_up=0.9))
    assert "every date that was given is kept, or on somebody's list" in found
    assert "a date is given on the call" in found["every date that was given is kept, or on somebody's list"]


def test_an_offer_that_ends_without_a_word(tmp_path: Path) -> None:
    def turn(worker: Runtime, tidy: bool) -> dict[str, int]:
        counted = one_turn(worker, tidy)
        with worker.sessions.begin() as session:
            session.execute(
                text("UPDATE offer SET state = 'ended', outcome = 'gone' WHERE channel = 'text' AND state = 'open'")
            )
        return counted

    found = broken(tmp_path, everybody(Means.NOTHING), turn=turn)
    assert "Every ended offer has exactly one named outcome, and no open one has any." in found


def test_somebody_else_on_the_phone_is_texted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_reading, "compromise", lambda *_, **__: None)
    found = broken(tmp_path, everybody(Means.SOMEBODY_ELSE), days=85)
    assert "nobody is rung after or during: somebody else on the phone" in found


def test_a_part_of_the_work_that_fails_while_every_promise_stands(tmp_path: Path) -> None:
    def turn(runtime: Runtime, tidy: bool) -> dict[str, int]:
        return {**one_turn(runtime, tidy), "notices": -1}

    found = broken(tmp_path, everybody(Means.NOTHING), days=8, turn=turn)
    assert list(found) == ["no part of a worker's work fails"]
    assert "notices: " in found["no part of a worker's work fails"]
