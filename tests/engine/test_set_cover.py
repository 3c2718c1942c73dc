"""Days on which the rota is not as the week says, and what that does to texts."""

from __future__ import annotations

from datetime import date, time

import pytest

from outreach.domain.access import NotAllowed
from outreach.domain.quiet_hours import at_london
from outreach.domain.rota import covering, on_duty, staffed_for
from outreach.engine.dispatch import dispatch
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_cover import end_cover, set_cover
from outreach.engine.set_rota import NotSet
from outreach.runtime import Runtime
from outreach.store.offers import open_offer
from outreach.store.staff import CoverRow, shifts_of
from tests.cast import ANA, BEN, a_family, an_open_offer, switch_on_texts
from tests.fakes import FakeLine

TODAY = date(2026, 1, 13)


def test_who_is_away_is_not_on_and_no_text_goes_that_finds_nobody(runtime: Runtime, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    assert set_cover(runtime, ANA, area="OXF", first=TODAY, last=None, away="ben", covers=None) is None
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer
    assert (line.texts, offer.waits_for) == ([], "nobody_on_duty")
    assert offer.due_at.date() == date(2026, 1, 14), "the next day is as the week says"


def test_a_cover_takes_the_hours_and_the_place_of_who_is_away(runtime: Runtime) -> None:
    assert set_cover(runtime, ANA, area="OXF", first=TODAY, last=date(2026, 1, 18), away="ben", covers="cora") is None
    with runtime.sessions.read() as session:
        shifts = shifts_of(session, "OXF")
    ten = at_london(TODAY, time(10))
    assert on_duty(shifts, ten) == ["cora"]
    assert staffed_for(shifts, ten, 4)
    assert covering(shifts, TODAY) == {"ben": "cora"}
    assert covering(shifts, date(2026, 1, 17)) == {}, "nobody works on Saturdays, so nobody is covered"
    assert on_duty(shifts, at_london(date(2026, 1, 19), time(10))) == ["ben"]


def test_taking_it_back_counts_the_week_again_and_keeps_the_row(runtime: Runtime) -> None:
    set_cover(runtime, ANA, area="OXF", first=TODAY, last=None, away="ben", covers="cora")
    with runtime.sessions.read() as session:
        ids = [row.id for row in session.query(CoverRow).order_by(CoverRow.id)]
    assert [end_cover(runtime, ANA, cover_id=each) for each in ids] == [True, True]
    assert not end_cover(runtime, ANA, cover_id=ids[0])
    with runtime.sessions.read() as session:
        assert on_duty(shifts_of(session, "OXF"), at_london(TODAY, time(10))) == ["ben"]
        assert session.query(CoverRow).count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first": None}, "cover-first"),
        ({"first": date(2026, 1, 12)}, "cover-first"),
        ({"last": date(2026, 3, 1)}, "cover-last"),
        ({"away": None, "covers": None}, "away"),
        ({"away": "dev"}, "away"),
        ({"covers": "ben"}, "covers"),
        ({"away": None, "covers": "cora"}, "cover-starts"),
        ({"away": None, "covers": "ben", "starts": time(10), "ends": time(12)}, "covers"),
        ({"first": date(2026, 1, 17)}, "cover-first"),
        ({"starts": time(12), "ends": time(10)}, "cover-starts"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(runtime: Runtime, changes: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"area": "OXF", "first": TODAY, "last": None, "away": "ben", "covers": "cora", **changes}
    refused = set_cover(runtime, ANA, **given)  # type: ignore[arg-type]
    assert isinstance(refused, NotSet)
    assert refused.problems[0][0] == field


def test_only_who_may_edit_the_rota_sets_covers(runtime: Runtime) -> None:
    with pytest.raises(NotAllowed):
        set_cover(runtime, BEN, area="OXF", first=TODAY, last=None, away="ben", covers=None)
