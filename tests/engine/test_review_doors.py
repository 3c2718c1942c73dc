"""What came between the question and the deed counts: a conflict, practice asked for, a family closed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

import outreach.engine.edit_cadence as edit_cadence
from outreach.domain.delivery import Accepted, CallReceipt, CallState
from outreach.engine import dial_call, forecast, guide_call
from outreach.engine import refer as referrals
from outreach.engine.connect_call import number_to_ring
from outreach.engine.edit_cadence import ChangedMeanwhileError, new_version
from outreach.engine.hand_over import ask_partner, number_to_join
from outreach.engine.keep_apart import keep_apart
from outreach.engine.merge_families import merge_families, tell_apart
from outreach.engine.practise import ask_for_practice
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_gate import set_gate
from outreach.runtime import Runtime
from outreach.store.cadences import in_use
from outreach.store.conflicts import hidden_from
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import TextRow
from outreach.views.imports import plan_page
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.domain.recognition_rows import a_row
from tests.engine.test_hand_over import call, family  # noqa: F401 - fixtures
from tests.engine.test_import_families import family as family_of
from tests.engine.test_import_families import imported, planned
from tests.engine.test_landing import a_gate
from tests.engine.test_refer import agreed, held, state
from tests.fakes import Clock, FakeLine

ONE = a_row("F001", imprisoned_on="2026-01-05", carer_name="Amina Rivera", carer_phone="07700 900001")
TWO = a_row("F002", imprisoned_on="2026-01-05", carer_name="amina RIVERA", carer_phone="07700 900001")


def apart(runtime: Runtime, family_id: str, who: str = "ben") -> None:
    assert keep_apart(runtime, ANA, family_id=family_id, staff_id=who, kind="neighbour", why="") is None


def a_dialled_call(runtime: Runtime, line: FakeLine, known: Family) -> str:
    line.answers.append(Accepted("CA1"))
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, known))
    assert isinstance(opened, guide_call.Opened)
    dialled = dial_call.dial(runtime, BEN, conversation_id=opened.conversation_id)
    assert isinstance(dialled, dial_call.Dialled)
    return dialled.attempt_id


def test_a_colleague_put_on_the_conflict_list_between_the_dial_and_the_key_rings_nobody(
    runtime: Runtime, line: FakeLine
) -> None:
    known = a_family(runtime, "F001")
    attempt_id = a_dialled_call(runtime, line, known)
    apart(runtime, known.id)
    assert number_to_ring(runtime, CallReceipt("CA1", CallState.IN_PROGRESS), attempt_id) is None


@pytest.mark.parametrize("who", ["eve", "ben"])
def test_a_worker_put_on_the_conflict_list_meanwhile_is_not_brought_into_the_call(
    runtime: Runtime,
    family: Family,  # noqa: F811
    call: str,  # noqa: F811
    line: FakeLine,
    who: str,
) -> None:
    ask_partner(runtime, BEN, conversation_id=call)
    apart(runtime, family.id, who)
    assert number_to_join(runtime, line.dials[-1]["reference"]) is None


def test_a_colleagues_open_call_is_no_way_round_the_practice_that_is_asked_for(
    runtime: Runtime, line: FakeLine
) -> None:
    known = a_family(runtime, "F001")
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, known))
    assert isinstance(opened, guide_call.Opened)
    ask_for_practice(runtime, ANA, area="OXF", families=["child"])
    guide_call.resume(runtime, CORA, conversation_id=opened.conversation_id)
    assert isinstance(dial_call.dial(runtime, CORA, conversation_id=opened.conversation_id), guide_call.NotPractised)
    assert line.dials == []


@pytest.mark.parametrize("why", ["deceased", "merged", "child_we_care_for"])
def test_a_held_referral_of_a_family_that_is_not_contacted_is_never_released(runtime: Runtime, why: str) -> None:
    known = agreed(runtime)
    row = held(runtime, known, scope=frozenset({"text"}))
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, known.id).excluded_why = why
    assert isinstance(referrals.release_held(runtime, BEN, referral_id=row.id), referrals.NotMoved)
    assert state(runtime, row) == "held"


def test_a_new_reference_of_a_family_that_a_colleague_knows_is_hidden_until_somebody_decides(
    runtime: Runtime,
) -> None:
    assert set_gate(runtime, ANA, area="OXF", gate=a_gate(champion_id="ben")) is None
    imported(runtime, ONE)
    apart(runtime, family_of(runtime, "F001").id)
    imported(runtime, ONE, TWO)
    first, second = family_of(runtime, "F001"), family_of(runtime, "F002")
    assert second.assigned_to is None, "it does not land on the list of who knows them"
    with runtime.sessions.read() as session:
        assert hidden_from(session, "ben") == {first.id, second.id}
    assert tell_apart(runtime, ANA, family_id=first.id, other_id=second.id) is None
    with runtime.sessions.read() as session:
        assert hidden_from(session, "ben") == {first.id}


def test_a_conflict_found_while_a_pair_waits_hides_both_and_a_merge_keeps_it(runtime: Runtime) -> None:
    assert set_gate(runtime, ANA, area="OXF", gate=a_gate(champion_id="ben")) is None
    imported(runtime, ONE)
    imported(runtime, ONE, TWO)
    first, second = family_of(runtime, "F001"), family_of(runtime, "F002")
    apart(runtime, first.id)
    assert family_of(runtime, "F002").assigned_to is None
    assert merge_families(runtime, ANA, stays_id=second.id, goes_id=first.id) is None
    with runtime.sessions.read() as session:
        assert hidden_from(session, "ben") == {first.id, second.id}


def test_a_plan_says_nothing_of_a_family_that_may_be_one_its_reader_knows(runtime: Runtime) -> None:
    imported(runtime, ONE)
    batch_id = planned(runtime, ONE, TWO).batch_id
    knows = replace(ANA, hides=frozenset({family_of(runtime, "F001").id}))
    assert "F001" in repr(plan_page(runtime, ANA, batch_id))
    seen = repr(plan_page(runtime, knows, batch_id))
    assert "F001" not in seen
    assert "Rivera" not in seen


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
def test_a_text_queued_while_a_cadence_is_saved_from_a_snapshot_is_not_orphaned(
    postgres_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The save sees the data as it was when it began; a worker queued the offer's text since."""
    runtime = postgres_runtime
    switch_on_texts(runtime)
    known = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, known, channel="text")
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).due_at = runtime.now() + timedelta(minutes=30)
    run_cadences(runtime)  # everybody was looked at before
    assert isinstance(runtime.now, Clock)
    runtime.now.move(minutes=30)
    with runtime.sessions.read() as session:
        (one,) = in_use(session).values()
    asked = forecast.forecast

    def meanwhile(*args: object, **more: object) -> object:
        found = asked(*args, **more)  # type: ignore[arg-type]
        run_cadences(runtime)
        return found

    monkeypatch.setattr(edit_cadence, "forecast", meanwhile)
    edited = replace(one.cadence, steps=one.cadence.steps[1:])
    with pytest.raises(ChangedMeanwhileError):
        new_version(runtime, ANA, cadence_id=one.id, cadence=edited, why="begins later")
    with runtime.sessions.read() as session:
        offer = open_offer(session, known.id)
        assert offer is not None
        assert offer.id == offer_id
        assert session.scalars(select(TextRow.state).where(TextRow.offer_id == offer_id)).all() == ["waiting"]
