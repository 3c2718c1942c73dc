"""Undoing an import: everything is as it was before, or it is said why it cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.import_families import Committed, Waiting, commit_plan, expire_plans, plan_import
from outreach.engine.merge_families import merge_families
from outreach.engine.run_cadences import run_cadences
from outreach.engine.undo_import import NotUndone, Undone, undo_import
from outreach.runtime import Runtime
from outreach.store.batches import BatchRow
from outreach.store.conflicts import ConflictRow
from outreach.store.duplicates import DuplicateRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.referrals import ReferralRow
from tests.cast import ANA, BEN, LANTERN
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import (
    a_stop,
    enrolment,
    everything,
    family,
    holds,
    imported,
    written,
)
from tests.fakes import Clock

FIRST = a_row(open_to="early_help")
SECOND = a_row("F002")


def test_a_first_import_undone_leaves_nothing_behind(runtime: Runtime) -> None:
    before = everything(runtime)
    batch = imported(runtime, FIRST, SECOND, a_row("F003", hold="no_contact_order", carer_phone="")).batch_id
    assert undo_import(runtime, ANA, batch_id=batch) == Undone(removed=3, went_back=0, kept=0)
    assert everything(runtime) == before
    with runtime.sessions.read() as session:
        row = session.get_one(BatchRow, batch)
        assert (row.state, row.undo, row.undone_by) == ("undone", None, "ana")


def test_it_can_be_imported_again_afterwards(runtime: Runtime) -> None:
    undo_import(runtime, ANA, batch_id=imported(runtime, FIRST).batch_id)
    assert imported(runtime, FIRST).counts["families"]["new"] == 1


def test_changed_families_go_back_to_the_record_before(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, FIRST, SECOND)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family(runtime).id).assigned_to = "ben"
    before = family(runtime)
    clock.move(days=1)
    moved = {**FIRST, "area": "MKC", "carer_phone": "07700 900555", "carer_ref": "C9", "hold": "officer_safety"}
    batch = imported(runtime, moved, SECOND, a_row("F003")).batch_id
    assert family(runtime).area_code == "MKC"
    assert holds(runtime) == {"officer_safety", "carer_changed"}
    assert holds(runtime, "F002") == set()
    assert undo_import(runtime, ANA, batch_id=batch) == Undone(removed=1, went_back=1, kept=0)
    after = family(runtime)
    assert (after.area_code, after.assigned_to, after.fingerprint, after.last_batch_id) == (
        before.area_code,
        "ben",
        before.fingerprint,
        before.last_batch_id,
    )
    assert holds(runtime) == set()
    assert written(runtime) == [("+447700900001", False)]


def test_who_was_no_longer_listed_is_listed_again(runtime: Runtime) -> None:
    imported(runtime, FIRST, SECOND)
    batch = imported(runtime, FIRST).batch_id
    assert holds(runtime, "F002") == {"no_longer_listed"}
    assert undo_import(runtime, ANA, batch_id=batch) == Undone(removed=0, went_back=1, kept=0)
    assert holds(runtime, "F002") == set()
    assert family(runtime, "F002").listed


def test_the_date_of_knowledge_goes_back_too(runtime: Runtime) -> None:
    imported(runtime, {**FIRST, "custody_as_of": "2026-01-02"})
    batch = imported(runtime, {**FIRST, "custody_as_of": "2026-01-12"}).batch_id
    undo_import(runtime, ANA, batch_id=batch)
    assert family(runtime).custody_as_of.isoformat() == "2026-01-02"


def test_what_was_only_planned_is_no_obstacle(runtime: Runtime) -> None:
    batch = imported(runtime, FIRST).batch_id
    run_cadences(runtime)
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)


def test_a_stop_since_is_in_the_way(runtime: Runtime) -> None:
    batch = imported(runtime, FIRST).batch_id
    a_stop(runtime, "+447700900001", "F001")
    assert undo_import(runtime, ANA, batch_id=batch) == NotUndone(
        "Something was sent, said or decided for 1 family since. The import stays."
    )


def test_a_decision_of_a_person_is_in_the_way(runtime: Runtime) -> None:
    batch = imported(runtime, FIRST).batch_id
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family(runtime).id, kind=Kind.BY_HAND, by="ben", now=runtime.now())
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), NotUndone)
    with runtime.sessions.read() as session:
        assert session.scalars(select(HoldRow.kind)).all() == ["by_hand"]


def test_a_family_with_a_stop_in_the_ledger_stays_out_of_every_list(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, FIRST)
    a_stop(runtime, "+447700900001", "F001")
    clock.move(days=1)
    batch = imported(runtime, FIRST, a_row("F002", carer_phone="07700 900001"), a_row("F003")).batch_id
    assert undo_import(runtime, ANA, batch_id=batch) == Undone(removed=1, went_back=0, kept=1)
    assert not family(runtime, "F002").listed
    assert enrolment(runtime, "F002") is None


def test_only_the_last_import_and_for_seven_days(runtime: Runtime, clock: Clock) -> None:
    first = imported(runtime, FIRST).batch_id
    clock.move(hours=1)
    second = imported(runtime, FIRST, SECOND).batch_id
    assert isinstance(undo_import(runtime, ANA, batch_id=first), NotUndone)
    clock.move(days=8)
    expire_plans(runtime)
    assert isinstance(undo_import(runtime, ANA, batch_id=second), NotUndone)
    with runtime.sessions.read() as session:
        assert session.get_one(BatchRow, second).undo is None


def test_undoing_twice_does_it_once_and_only_who_may(runtime: Runtime) -> None:
    batch = imported(runtime, FIRST).batch_id
    with pytest.raises(NotAllowed):
        undo_import(runtime, BEN, batch_id=batch)
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), NotUndone)


def test_a_file_that_changed_nothing_takes_no_undo_away(runtime: Runtime, clock: Clock) -> None:
    first = imported(runtime, FIRST, SECOND).batch_id
    clock.move(hours=1)
    again = imported(runtime, FIRST, SECOND, name="renamed.csv").batch_id
    clock.move(hours=1)
    assert undo_import(runtime, ANA, batch_id=again) == NotUndone(
        "There is nothing to undo: this file changed nothing."
    )
    assert undo_import(runtime, ANA, batch_id=first) == Undone(removed=2, went_back=0, kept=0)
    third = imported(runtime, SECOND).batch_id
    clock.move(hours=1)
    assert imported(runtime, FIRST, SECOND).counts["families"]["new"] == 1, "as if that file had never come"
    assert isinstance(undo_import(runtime, ANA, batch_id=third), NotUndone)


def imported_there(runtime: Runtime, *rows: dict[str, str]) -> str:
    """By somebody who works in Milton Keynes alone; the batch."""
    there = replace(ANA, areas=frozenset({"MKC"}))
    waiting = plan_import(runtime, there, data=a_file(*rows), file_name="mkc.csv")
    assert isinstance(waiting, Waiting)
    assert isinstance(commit_plan(runtime, there, batch_id=waiting.batch_id), Committed)
    return waiting.batch_id


HERS = a_row("F002", area="MKC", parent_ref=FIRST["carer_ref"])


def test_a_hold_that_it_set_in_another_area_goes_with_it_and_comes_again_with_it(
    either_runtime: Runtime, clock: Clock
) -> None:
    runtime = either_runtime
    imported(runtime, FIRST)
    clock.move(hours=1)
    batch = imported_there(runtime, HERS)
    assert holds(runtime) == {Kind.CARER_IMPRISONED}
    clock.move(hours=1)
    there = replace(ANA, areas=frozenset({"MKC"}))
    assert undo_import(runtime, there, batch_id=batch) == Undone(removed=1, went_back=0, kept=0)
    assert holds(runtime) == set()
    imported_there(runtime, HERS)
    assert holds(runtime) == {Kind.CARER_IMPRISONED}


def test_a_hold_in_another_area_stays_where_the_carer_stands_as_inside_all_the_same(
    runtime: Runtime, clock: Clock
) -> None:
    imported(runtime, FIRST)
    clock.move(hours=1)
    batch = imported_there(runtime, HERS)
    another = imported(runtime, FIRST, a_row("F003", parent_ref=FIRST["carer_ref"])).batch_id
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), NotUndone), "another file came since"
    assert isinstance(undo_import(runtime, ANA, batch_id=another), Undone)
    assert holds(runtime) == {Kind.CARER_IMPRISONED}


def test_the_likely_duplicates_that_it_found_are_forgotten_and_hide_nobody(
    either_runtime: Runtime, clock: Clock
) -> None:
    runtime = either_runtime
    imported(runtime, FIRST)
    with runtime.sessions.begin() as session:
        session.add(
            ConflictRow(
                staff_id="ben", family_id=family(runtime).id, kind="knows", set_by="cora", set_at=runtime.now()
            )
        )  # fmt: skip
    before = everything(runtime)
    clock.move(hours=1)
    batch = imported(runtime, FIRST, SECOND | {"carer_ref": FIRST["carer_ref"]}).batch_id
    with runtime.sessions.read() as session:
        assert session.get_one(DuplicateRow, ("F001", "F002")).decided is None
        assert len(session.scalars(select(ConflictRow)).all()) == 2
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert everything(runtime) == before


def test_two_families_we_knew_that_it_found_alike_are_shown_again_to_who_knows_one_of_them(
    runtime: Runtime, clock: Clock
) -> None:
    imported(runtime, FIRST, SECOND)
    with runtime.sessions.begin() as session:
        session.add(
            ConflictRow(
                staff_id="ben", family_id=family(runtime).id, kind="knows", set_by="cora", set_at=runtime.now()
            )
        )  # fmt: skip
    clock.move(hours=1)
    theirs = SECOND | {"carer_ref": FIRST["carer_ref"], "carer_name": FIRST["carer_name"]}
    batch = imported(runtime, FIRST, theirs).batch_id
    with runtime.sessions.read() as session:
        assert session.get(ConflictRow, ("ben", family(runtime, "F002").id)) is not None
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert holds(runtime, "F002") == set()
    with runtime.sessions.read() as session:
        assert session.scalars(select(DuplicateRow)).all() == []
        assert session.get(ConflictRow, ("ben", family(runtime, "F002").id)) is None


def test_a_hold_that_went_to_the_family_that_stays_goes_with_it(runtime: Runtime, clock: Clock) -> None:
    twin = SECOND | {"carer_ref": FIRST["carer_ref"]}
    imported(runtime, FIRST, twin)
    ids = {"stays_id": family(runtime).id, "goes_id": family(runtime, "F002").id}
    assert merge_families(runtime, ANA, **ids) is None
    clock.move(days=1)
    batch = imported(runtime, FIRST, twin | {"hold": "officer_safety"}).batch_id
    assert holds(runtime) == {"officer_safety"}
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert holds(runtime) == set()


def test_it_tells_how_far_it_is(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, FIRST, SECOND)
    clock.move(hours=1)
    changed = FIRST | {"postcode": "OX1 1AA"}
    batch = imported(runtime, changed, a_row("F003"), a_row("F004")).batch_id
    told: list[tuple[int, int]] = []
    undo_import(runtime, ANA, batch_id=batch, progress=lambda done, in_all: told.append((done, in_all)))
    assert told[0] == (2, 4)
    assert told[-1] == (4, 4)


def test_a_referral_that_it_held_back_waits_for_a_person_and_that_is_said(
    either_runtime: Runtime, clock: Clock
) -> None:
    runtime = either_runtime
    imported(runtime, FIRST)
    with runtime.sessions.begin() as session:
        session.add(
            ReferralRow(
                id=runtime.new_id(), family_id=family(runtime).id, partner_id=LANTERN, state="sent", payload=b"",
                made_by="ben", made_at=runtime.now(),
            )
        )  # fmt: skip
    clock.move(days=1)
    batch = imported(runtime, FIRST | {"hold": "officer_safety"}).batch_id
    undone = undo_import(runtime, ANA, batch_id=batch)
    assert undone == Undone(removed=0, went_back=1, kept=0, referrals=1)
    assert undone.said == "Undone. A referral that it held back waits for a person, on the page of the family."
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["held"]
