"""Likely duplicates: side by side to a person; merged without losing a no, or told apart and never asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.domain.import_plan import Status
from outreach.engine import guide_call
from outreach.engine.alerts import raise_alert, settle_alert
from outreach.engine.holds import set_hold
from outreach.engine.merge_families import NotDecided, merge_families, tell_apart
from outreach.engine.record_consent import record_consent
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.cadences import live_enrolment
from outreach.store.consents import standing_of
from outreach.store.duplicates import DuplicateRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import FamilyNumberRow
from outreach.store.offers import OfferRow, open_offer
from outreach.views.duplicates import pair_page, pairs_page
from tests.cast import ANA, BEN, DEV, LANTERN
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import a_stop, enrolment, family, holds, imported, tasks, written

ONE = a_row("F001", imprisoned_on="2026-01-05", carer_name="Amina Rivera", carer_phone="07700 900001")
TWO = a_row(
    "F002", imprisoned_on="2026-01-05", carer_name="amina RIVERA", carer_phone="07700 900001",
    carer_phone_2="07700 900002",
)  # fmt: skip
STAYS, GOES = "F001", "F002"


@pytest.fixture
def pair(runtime: Runtime) -> tuple[str, str]:
    """F001, known for a while, and F002, which came later and is alike."""
    imported(runtime, ONE)
    run_cadences(runtime)
    imported(runtime, ONE, TWO)
    return family(runtime, STAYS).id, family(runtime, GOES).id


def merged(runtime: Runtime, pair: tuple[str, str]) -> None:
    assert merge_families(runtime, ANA, stays_id=pair[0], goes_id=pair[1]) is None


def test_a_likely_duplicate_is_held_and_stands_beside_the_other_for_a_person(
    runtime: Runtime, pair: tuple[str, str]
) -> None:
    assert holds(runtime, GOES) == {Kind.LIKELY_DUPLICATE}
    assert "duplicate" in tasks(runtime, GOES)
    (line,) = pairs_page(runtime, ANA).pairs
    assert (line.first.ref, line.second.ref) == (STAYS, GOES)
    page = pair_page(runtime, ANA, *pair)
    assert page is not None
    alike = {fact.label for fact in page.facts if fact.alike}
    assert "Carer" in alike
    assert "Carer's reference" not in alike
    assert [label for _, label in page.keep] == [
        "The same family: keep F001, close F002", "The same family: keep F002, close F001",
    ]  # fmt: skip


def test_told_apart_is_remembered_for_the_references_and_never_asked_again(
    runtime: Runtime, pair: tuple[str, str]
) -> None:
    assert tell_apart(runtime, ANA, family_id=pair[0], other_id=pair[1]) is None
    assert holds(runtime, GOES) == set()
    assert "duplicate" not in tasks(runtime, GOES)
    assert pairs_page(runtime, ANA).pairs == ()
    again = imported(runtime, ONE, TWO | {"postcode": "OX1 1AA"}, name="february.csv")
    assert again.plan is not None
    assert all(not each.duplicate_of for each in again.plan.families)
    assert holds(runtime, GOES) == set()
    assert isinstance(tell_apart(runtime, ANA, family_id=pair[0], other_id=pair[1]), NotDecided)


def test_who_was_told_apart_is_not_asked_again_when_the_reference_comes_anew(runtime: Runtime) -> None:
    imported(runtime, ONE)
    with runtime.sessions.begin() as session:
        session.add(DuplicateRow(ref=STAYS, other_ref=GOES, found_at=runtime.now(), decided="different"))
    done = imported(runtime, ONE, TWO)
    assert done.plan is not None
    (new,) = done.plan.with_status(Status.NEW)
    assert (new.ref, new.duplicate_of) == (GOES, ())
    assert holds(runtime, GOES) == set()


def test_merging_closes_one_and_keeps_its_history(runtime: Runtime, pair: tuple[str, str]) -> None:
    merged(runtime, pair)
    goes = family(runtime, GOES)
    assert (goes.excluded_why, goes.merged_into, goes.assigned_to) == ("merged", pair[0], None)
    assert enrolment(runtime, GOES) is None
    assert enrolment(runtime, STAYS) is not None
    assert tasks(runtime, GOES) == set()
    with runtime.sessions.read() as session:
        assert open_offer(session, goes.id) is None
        said = set(session.scalars(select(EventRow.name).where(EventRow.family_id == goes.id)))
        assert {"family_imported", "hold_set", "families_merged"} <= said, "what happened to it is still there"
    tick(runtime)
    with runtime.sessions.read() as session:
        assert (
            session.scalars(select(OfferRow).where(OfferRow.family_id == goes.id, OfferRow.state == "open")).all() == []
        )


def test_an_open_offer_of_the_one_that_goes_is_superseded(runtime: Runtime, pair: tuple[str, str]) -> None:
    stays, goes = pair[1], pair[0]  # the newer reference stays, and the older one has an offer
    assert merge_families(runtime, ANA, stays_id=stays, goes_id=goes) is None
    with runtime.sessions.read() as session:
        (offer,) = session.scalars(select(OfferRow).where(OfferRow.family_id == goes)).all()
        assert (offer.state, offer.outcome, offer.outcome_why) == ("ended", "superseded", "merged")
        assert live_enrolment(session, stays) is not None


def test_the_numbers_come_along_and_a_shared_one_is_one_familys_again(runtime: Runtime, pair: tuple[str, str]) -> None:
    merged(runtime, pair)
    assert [each for each, _ in written(runtime, STAYS)] == ["+447700900001", "+447700900002"]
    assert written(runtime, GOES) == []
    with runtime.sessions.read() as session:
        number = numbers.find(session, "+447700900001")
        assert number is not None
        assert numbers.families_on(session, number.id) == [pair[0]]
    again = imported(runtime, ONE, TWO, a_row("F003", imprisoned_on="2026-01-05"), name="february.csv")
    assert again.plan is not None
    assert all(not each.shared_numbers for each in again.plan.families if each.ref != GOES)


def test_a_number_that_people_took_off_stays_off(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        for link in session.scalars(select(FamilyNumberRow).where(FamilyNumberRow.family_id == pair[1])):
            link.off_at, link.off_why = runtime.now(), "lost"
    merged(runtime, pair)
    assert written(runtime, STAYS) == []


def test_a_stop_of_either_stops_the_one_that_stays(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        record_consent(
            session, runtime, family_id=pair[1], purpose="contact", value="withdrawn", by="ben", how="voice",
            now=runtime.now(),
        )  # fmt: skip
    merged(runtime, pair)
    with runtime.sessions.read() as session:
        assert standing_of(session, pair[0]).stopped == {"text", "call"}
    assert enrolment(runtime, STAYS) is None


def test_a_stop_of_texts_alone_and_a_refused_referral_are_carried(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        for purpose, channel, partner in (("contact", "text", None), ("refer", "any", LANTERN)):
            record_consent(
                session, runtime, family_id=pair[1], purpose=purpose, channel=channel, value="refused", by="ben",
                how="voice", partner_id=partner, now=runtime.now(),
            )  # fmt: skip
        record_consent(
            session, runtime, family_id=pair[0], purpose="refer", value="given", by="ben", how="voice",
            partner_id=LANTERN, now=runtime.now(), authority="informal",
        )  # fmt: skip
    merged(runtime, pair)
    with runtime.sessions.read() as session:
        standing = standing_of(session, pair[0])
    assert standing.stopped == {"text"}
    assert standing.referred_to == frozenset(), "the no of the one weighs more than the yes of the other"
    assert enrolment(runtime, STAYS) is not None


def test_a_yes_does_not_move(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        record_consent(
            session, runtime, family_id=pair[1], purpose="refer", value="given", by="ben", how="voice",
            partner_id=LANTERN, now=runtime.now(), authority="informal",
        )  # fmt: skip
    merged(runtime, pair)
    with runtime.sessions.read() as session:
        assert standing_of(session, pair[0]).referred_to == frozenset()


def test_every_hold_of_either_stands(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        for kind in (Kind.OFFICER_SAFETY, Kind.CARER_IS_VICTIM, Kind.BY_HAND):
            set_hold(session, runtime, family_id=pair[1], kind=kind, by="cora", now=runtime.now(), why="as she said")
    merged(runtime, pair)
    assert holds(runtime, STAYS) == {Kind.OFFICER_SAFETY, Kind.CARER_IS_VICTIM, Kind.BY_HAND}
    with runtime.sessions.read() as session:
        assert all(row.why for row in open_holds(session, pair[0]))


def test_what_a_later_file_says_of_the_closed_reference_holds_the_one_that_stays(
    runtime: Runtime, pair: tuple[str, str]
) -> None:
    merged(runtime, pair)
    done = imported(runtime, ONE, TWO | {"hold": "no_contact_order"}, name="february.csv")
    assert done.plan is not None
    (line,) = (each for each in done.plan.families if each.ref == GOES)
    assert "merged with another family" in line.sentence
    assert Kind.NO_CONTACT_ORDER in holds(runtime, STAYS)
    goes = family(runtime, GOES)
    assert (goes.excluded_why, goes.merged_into) == ("merged", pair[0])
    imported(runtime, ONE, TWO | {"carer_relationship": "foster_carer"}, name="march.csv")
    assert family(runtime, STAYS).excluded_why == "foster_carer"
    assert enrolment(runtime, STAYS) is None


def test_a_stop_on_a_shared_number_stays_a_stop(runtime: Runtime, pair: tuple[str, str]) -> None:
    a_stop(runtime, "+447700900002", GOES)
    merged(runtime, pair)
    imported(runtime, ONE, TWO, name="february.csv")
    assert enrolment(runtime, STAYS) is None
    with runtime.sessions.read() as session:
        assert standing_of(session, pair[0]).stopped == {"text", "call"}


def test_who_is_not_contacted_is_the_one_that_stays(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, pair[1]).excluded_why = "child_we_care_for"
    refused = merge_families(runtime, ANA, stays_id=pair[0], goes_id=pair[1])
    assert isinstance(refused, NotDecided)
    assert "Keep that one" in refused.why
    page = pair_page(runtime, ANA, *pair)
    assert page is not None
    assert [each for each, _ in page.keep] == [pair[1]]


def test_nobody_merges_over_an_alert_or_a_call(runtime: Runtime, pair: tuple[str, str]) -> None:
    with runtime.sessions.begin() as session:
        alert = raise_alert(session, runtime, area_code="OXF", family_id=pair[1], kind="violence", now=runtime.now())
        alert_id = alert.id
    refused = merge_families(runtime, ANA, stays_id=pair[0], goes_id=pair[1])
    assert isinstance(refused, NotDecided)
    assert "alert" in refused.why
    settle_alert(runtime, ANA, alert_id=alert_id)
    with runtime.sessions.read() as session:
        offer = open_offer(session, pair[0])
        assert offer is not None
        offer_id = offer.id
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer_id), guide_call.Opened)
    refused = merge_families(runtime, ANA, stays_id=pair[0], goes_id=pair[1])
    assert isinstance(refused, NotDecided)
    assert "not finished" in refused.why


def test_only_who_works_in_the_areas_of_both_sees_and_decides(runtime: Runtime) -> None:
    imported(runtime, ONE)
    imported(runtime, ONE, TWO | {"area": "MKC"})
    both = family(runtime, STAYS).id, family(runtime, GOES).id
    with pytest.raises(NotAllowed):
        merge_families(runtime, DEV, stays_id=both[0], goes_id=both[1])
    with pytest.raises(NotAllowed):
        pairs_page(runtime, BEN)
    only_oxford = replace(ANA, areas=frozenset({"OXF"}))
    assert pair_page(runtime, only_oxford, *both) is None
    page = pairs_page(runtime, only_oxford)
    assert (page.pairs, page.elsewhere) == ((), 1)


def test_a_third_reference_is_asked_of_the_one_that_stays(runtime: Runtime, pair: tuple[str, str]) -> None:
    third = a_row("F003", imprisoned_on="2026-01-05", carer_name="Amina Rivera", carer_phone="07700 900002")
    imported(runtime, ONE, TWO, third, name="february.csv")
    assert {(each.first.ref, each.second.ref) for each in pairs_page(runtime, ANA).pairs} >= {(GOES, "F003")}
    merged(runtime, pair)
    assert (STAYS, "F003") in {(each.first.ref, each.second.ref) for each in pairs_page(runtime, ANA).pairs}
    assert Kind.LIKELY_DUPLICATE in holds(runtime, "F003")
    with runtime.sessions.read() as session:
        lifted = select(HoldRow).where(HoldRow.kind == Kind.LIKELY_DUPLICATE, HoldRow.family_id == pair[1])
        assert all(row.lifted_at for row in session.scalars(lifted))


def test_merging_is_the_same_on_either_database(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(runtime, ONE)
    imported(runtime, ONE, TWO | {"hold": "officer_safety"})
    both = family(runtime, STAYS).id, family(runtime, GOES).id
    assert pairs_page(runtime, ANA).in_all == 1
    merged(runtime, both)
    assert pairs_page(runtime, ANA).in_all == 0
    assert holds(runtime, STAYS) == {Kind.OFFICER_SAFETY}
    assert [each for each, _ in written(runtime, STAYS)] == ["+447700900001", "+447700900002"]
