"""From a file to families at work: the plan that was shown is the one committed, and a stop always survives."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.domain.import_plan import Status
from outreach.domain.intake_record import record_from_json
from outreach.domain.recognition_table import FileProblem
from outreach.engine import import_families
from outreach.engine.end_offer import asked_offer
from outreach.engine.import_families import (
    Committed,
    Gone,
    NeedsChoice,
    Waiting,
    cancel_plan,
    commit_plan,
    expire_plans,
    plan_import,
)
from outreach.engine.stops import EVERYTHING, stop
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.base import Base
from outreach.store.batches import BatchPartRow, BatchRow, parts_of
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.consents import standing_of
from outreach.store.events import EventRow
from outreach.store.families import CarerRow, FamilyRow, NameIndexRow, children_of
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, blind, seal, unseal
from tests.cast import ANA, BEN, DEV
from tests.domain.recognition_rows import a_file, a_row
from tests.fakes import Clock


def planned(runtime: Runtime, *rows: dict[str, str], name: str = "january.csv") -> Waiting:
    waiting = plan_import(runtime, ANA, data=a_file(*rows), file_name=name)
    assert isinstance(waiting, Waiting), waiting
    return waiting


def imported(runtime: Runtime, *rows: dict[str, str], late: str | None = None, name: str = "january.csv") -> Committed:
    committed = commit_plan(runtime, ANA, batch_id=planned(runtime, *rows, name=name).batch_id, late=late)
    assert isinstance(committed, Committed), committed
    return committed


def family(runtime: Runtime, ref: str = "F001") -> FamilyRow:
    with runtime.sessions.read() as session:
        return session.scalars(select(FamilyRow).where(FamilyRow.ref == ref)).one()


def holds(runtime: Runtime, ref: str = "F001") -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family(runtime, ref).id)}


def tasks(runtime: Runtime, ref: str = "F001") -> set[str]:
    with runtime.sessions.read() as session:
        query = select(TaskRow.kind).where(TaskRow.family_id == family(runtime, ref).id, TaskRow.done_at.is_(None))
        return set(session.scalars(query))


def enrolment(runtime: Runtime, ref: str = "F001") -> EnrolmentRow | None:
    with runtime.sessions.read() as session:
        return live_enrolment(session, family(runtime, ref).id)


def written(runtime: Runtime, ref: str = "F001") -> list[tuple[str, bool]]:
    """The family's numbers in order, and whether each is known as a parent's."""
    with runtime.sessions.read() as session:
        rows = numbers.numbers_of(session, family(runtime, ref).id)
        return [(numbers.written(session, row), row.is_parents) for _, row in rows]


def everything(runtime: Runtime) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but batches, events and their chain."""
    beside = {"batch", "batch_part", "event", "event_link", "alembic_version"}
    with runtime.sessions.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in beside
        }


def a_stop(runtime: Runtime, e164: str, ref: str) -> None:
    with runtime.sessions.begin() as session:
        number = numbers.find(session, e164)
        assert number is not None
        stop(
            session, runtime, number=number, family_ids=[family(runtime, ref).id], scope=EVERYTHING, by="system",
            now=runtime.now(),
        )  # fmt: skip


def at_once(*commands: Callable[[], object]) -> list[object]:
    """What the commands answer when they are called at the same time; one alone is called twice."""
    both = commands * 2 if len(commands) == 1 else commands
    with ThreadPoolExecutor(len(both)) as pool:
        return [each.result() for each in [pool.submit(command) for command in both]]


def test_a_plan_writes_nothing_but_itself_and_that_sealed(runtime: Runtime) -> None:
    before = everything(runtime)
    waiting = planned(runtime, a_row(carer_name="Amina Rivera"))
    assert everything(runtime) == before
    with runtime.sessions.read() as session:
        sealed = session.scalars(select(BatchPartRow.data)).all()
        opened = [part.data for part in parts_of(session, waiting.batch_id)]
    assert [b"Amina" in zlib.decompress(data) for data in opened] == [True, True], "the family, and the file"
    assert not [data for data in sealed for part in opened if part in data]


def test_a_committed_family_has_its_people_numbers_index_and_enrolment(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(
        runtime,
        a_row(carer_name="Zoë Rivera", carer_phone_2="020 7946 0001", parent_phone="07700 900777"),
        a_row(child_ref="K002", carer_name="Zoë Rivera", carer_phone_2="020 7946 0001", carer_language="Polish"),
    )
    row = family(runtime)
    assert (row.area_code, row.custody, row.language, row.listed, row.excluded_why) == (
        "OXF",
        "remand",
        "pl",
        True,
        None,
    )
    assert written(runtime) == [("+447700900001", False), ("+442079460001", False)]
    assert enrolment(runtime) is not None
    with runtime.sessions.read() as session:
        carer = session.scalars(select(CarerRow).where(CarerRow.family_id == row.id)).one()
        name = unseal(session, carer.name, key_id=row.id, table="carer", column="name", row_id=carer.id)
        assert name == "Zoë Rivera"
        assert session.get(NameIndexRow, (blind(session, "name", "zoe"), row.id)) is not None
        assert [child.ref for child in children_of(session, row.id)] == ["K001", "K002"]
        parents = numbers.find(session, "+447700900777")
        assert parents is not None
        assert parents.is_parents


def test_the_same_file_twice_renamed_or_not_changes_nothing(runtime: Runtime, clock: Clock) -> None:
    rows = (a_row(), a_row("F002", custody="released"), a_row("F003", child_born_on="?"), a_row("F003", child_ref="K9"))
    first = imported(runtime, *rows)
    clock.move(days=3)
    before = everything(runtime)
    again = imported(runtime, *rows, name="january-copy.csv")
    assert everything(runtime) == before
    assert again.counts["families"] | {"unchanged": 0, "held": 0} == dict.fromkeys(again.counts["families"], 0)
    assert again.counts["families"]["unchanged"] == 3
    assert again.counts["rows"] == first.counts["rows"]


def test_a_month_without_a_change_refreshes_the_date_of_knowledge_alone(runtime: Runtime) -> None:
    imported(runtime, a_row(custody_as_of="2026-01-02"), a_row("F002"))
    before = family(runtime)
    imported(runtime, a_row(custody_as_of="2026-01-12"), a_row("F002"), name="february.csv")
    after = family(runtime)
    assert after.custody_as_of.isoformat() == "2026-01-12"
    assert (after.record, after.last_batch_id) == (before.record, before.last_batch_id)


def test_accepting_twice_writes_once(runtime: Runtime) -> None:
    waiting = planned(runtime, a_row())
    first = commit_plan(runtime, ANA, batch_id=waiting.batch_id)
    before = everything(runtime)
    second = commit_plan(runtime, ANA, batch_id=waiting.batch_id)
    assert isinstance(first, Committed)
    assert isinstance(second, Committed)
    assert second.counts == first.counts
    assert everything(runtime) == before


def test_accepting_twice_at_the_same_moment_writes_once(either_runtime: Runtime) -> None:
    runtime = either_runtime
    waiting = planned(runtime, a_row(), a_row("F002"))
    answers = at_once(lambda: commit_plan(runtime, ANA, batch_id=waiting.batch_id))
    assert sorted(isinstance(each, Committed) and each.plan is not None for each in answers) == [False, True]
    assert all(isinstance(each, Committed) for each in answers)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(FamilyRow)) == 2


def test_two_plans_of_the_same_families_at_the_same_moment_write_them_once(either_runtime: Runtime) -> None:
    runtime = either_runtime
    plans = [planned(runtime, a_row(), name=name).batch_id for name in ("one.csv", "two.csv")]
    answers = at_once(*(lambda batch_id=each: commit_plan(runtime, ANA, batch_id=batch_id) for each in plans))
    assert sorted(type(each).__name__ for each in answers) == ["Committed", "Waiting"]
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(FamilyRow)) == 1


def test_what_changed_since_the_plan_was_shown_is_said_and_nothing_is_written(runtime: Runtime) -> None:
    imported(runtime, a_row())
    waiting = planned(runtime, a_row(), a_row("F002"), name="february.csv")
    a_stop(runtime, "+447700900001", "F001")
    before = everything(runtime)
    answer = commit_plan(runtime, ANA, batch_id=waiting.batch_id)
    assert isinstance(answer, Waiting)
    assert everything(runtime) == before
    assert len(answer.changed) == 1
    assert "Has said stop" in answer.changed[0]
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id), Committed)


def test_a_late_found_family_is_not_written_without_a_choice(runtime: Runtime) -> None:
    late = a_row(imprisoned_on="2025-06-02", custody_as_of="2026-01-10")
    waiting = planned(runtime, late)
    assert commit_plan(runtime, ANA, batch_id=waiting.batch_id) == NeedsChoice(1)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(FamilyRow)) == 0
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="next"), Committed)
    joined = enrolment(runtime)
    assert joined is not None
    assert (joined.late, bool(joined.behind)) == ("next", True)


def test_a_cancelled_plan_leaves_no_trace_but_the_note(runtime: Runtime) -> None:
    waiting = planned(runtime, a_row())
    cancel_plan(runtime, ANA, batch_id=waiting.batch_id)
    assert commit_plan(runtime, ANA, batch_id=waiting.batch_id) == Gone("cancelled")
    with runtime.sessions.read() as session:
        assert session.get_one(BatchRow, waiting.batch_id).plan is None
        names = session.scalars(select(EventRow.name).where(EventRow.name.like("import_%")).order_by(EventRow.id)).all()
    assert names == ["import_planned", "import_cancelled"]


def test_a_plan_is_gone_after_24_hours(runtime: Runtime, clock: Clock) -> None:
    waiting = planned(runtime, a_row())
    clock.move(hours=23, minutes=59)
    assert expire_plans(runtime) == 0
    clock.move(minutes=1)
    assert commit_plan(runtime, ANA, batch_id=waiting.batch_id) == Gone("expired")
    assert expire_plans(runtime) == 1
    with runtime.sessions.read() as session:
        assert session.get_one(BatchRow, waiting.batch_id).plan is None


def test_a_stop_survives_the_same_file_a_new_number_and_a_new_reference(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(runtime, a_row())
    a_stop(runtime, "+447700900001", "F001")
    again = imported(runtime, a_row(carer_phone="07700 900222"), a_row("F002", carer_phone="07700 900001"))
    assert again.counts["families"]["stopped"] == 2
    assert enrolment(runtime, "F001") is None
    assert enrolment(runtime, "F002") is None
    with runtime.sessions.read() as session:
        for ref in ("F001", "F002"):
            assert standing_of(session, family(runtime, ref).id).stopped == EVERYTHING
        number = numbers.find(session, "+447700900001")
        assert number is not None
        assert number.texts_stopped_at is not None


def test_a_release_holds_the_family_and_asks_the_supervisor_the_same_day(runtime: Runtime) -> None:
    imported(runtime, a_row())
    released = imported(runtime, a_row(custody="released"), name="releases.csv")
    assert released.counts["families"]["released"] == 1
    assert holds(runtime) == {Kind.RELEASED}
    with runtime.sessions.read() as session:
        task = session.scalars(select(TaskRow)).one()
        assert (task.kind, task.for_role, task.due_at) == ("release_review", "supervisor", runtime.now())


def test_imprisoned_again_begins_anew_behind_the_hold_of_the_release(runtime: Runtime) -> None:
    imported(runtime, a_row(imprisoned_on="2025-11-03"), late="now")
    first = enrolment(runtime)
    imported(runtime, a_row(imprisoned_on="2025-11-03", custody="released"), name="releases.csv")
    imported(runtime, a_row(imprisoned_on="2026-01-05"), name="february.csv")
    second = enrolment(runtime)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert holds(runtime) == {Kind.RELEASED}


def test_a_day_that_a_family_was_given_stands_when_he_is_imprisoned_again(runtime: Runtime) -> None:
    imported(runtime, a_row(imprisoned_on="2025-11-03"), late="now")
    imported(runtime, a_row(imprisoned_on="2025-11-03", custody="released"), name="releases.csv")
    day = runtime.now() + timedelta(days=22)
    with runtime.sessions.begin() as session:
        asked_offer(
            session, runtime, family_id=family(runtime).id, due_at=day, due_until=day + timedelta(hours=1),
            now=runtime.now(),
        )  # fmt: skip
    imported(runtime, a_row(imprisoned_on="2026-01-05"), name="february.csv")
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow).where(OfferRow.state == "open")).one()
        assert (offer.promised, offer.due_at, offer.due_until) == (True, day, day + timedelta(hours=1))
        now_in = enrolment(runtime)
        assert now_in is not None
        assert offer.enrolment_id == now_in.id


def test_a_family_that_is_no_longer_listed_is_held_and_comes_back(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(runtime, a_row(), a_row("F002"))
    imported(runtime, a_row("F002"), name="february.csv")
    assert (holds(runtime), family(runtime).listed, tasks(runtime)) == (
        {Kind.NO_LONGER_LISTED}, False, {"no_longer_listed"},
    )  # fmt: skip
    imported(runtime, a_row(custody_as_of="2026-01-12"), a_row("F002"), name="march.csv")
    assert (holds(runtime), family(runtime).listed, tasks(runtime)) == (set(), True, set())


def test_a_family_with_a_rejected_row_is_held_until_the_row_is_mended(runtime: Runtime) -> None:
    imported(runtime, a_row(), a_row(child_ref="K002", child_born_on="31/02/2015"))
    assert (holds(runtime), tasks(runtime)) == ({Kind.ROW_TO_MEND}, {"mend_row"})
    imported(runtime, a_row(), a_row(child_ref="K002", child_born_on="28/02/2015"), name="mended.csv")
    assert (holds(runtime), tasks(runtime)) == (set(), set())
    with runtime.sessions.read() as session:
        assert [child.ref for child in children_of(session, family(runtime).id)] == ["K002", "K001"]


@pytest.mark.parametrize(
    ("cells", "why", "task"),
    [
        ({"carer_relationship": "foster_carer"}, "foster_carer", "local_authority"),
        ({"open_to": "child_we_care_for"}, "child_we_care_for", "local_authority"),
        ({"deceased": "carer"}, "deceased", "deceased"),
    ],
)
def test_an_excluded_family_is_not_enrolled_now_nor_later(
    runtime: Runtime, cells: dict[str, str], why: str, task: str
) -> None:
    imported(runtime, a_row(**cells), a_row("F002"))
    imported(runtime, a_row(**cells), a_row("F002", **cells), name="february.csv")
    for ref in ("F001", "F002"):
        assert (family(runtime, ref).excluded_why, enrolment(runtime, ref)) == (why, None)
        assert task in tasks(runtime, ref)


def test_a_changed_phone_takes_the_old_one_off_unless_she_was_spoken_to_on_it(runtime: Runtime) -> None:
    imported(runtime, a_row(), a_row("F002"))
    with runtime.sessions.begin() as session:
        index = blind(session, "e164", "+447700900002")
        session.execute(update(NumberRow).where(NumberRow.e164_index == index).values(standing="verified"))
    imported(runtime, a_row(carer_phone="07700 900333"), a_row("F002", carer_phone="07700 900444"), name="february.csv")
    assert written(runtime, "F001") == [("+447700900333", False)]
    assert written(runtime, "F002") == [("+447700900444", False), ("+447700900002", False)]


def test_a_number_taken_off_by_people_does_not_come_back_with_the_file(runtime: Runtime) -> None:
    imported(runtime, a_row(carer_phone_2="07700 900555"))
    with runtime.sessions.begin() as session:
        number = numbers.find(session, "+447700900001")
        assert number is not None
        number.standing = "lost"
        link, _ = numbers.numbers_of(session, family(runtime).id)[0]
        link.off_at, link.off_why = runtime.now(), "lost"
    imported(runtime, a_row(carer_phone_2="07700 900555", postcode="OX1 1AA"), name="february.csv")
    assert written(runtime) == [("+447700900555", False)]


def test_another_carer_begins_anew_behind_a_hold(runtime: Runtime) -> None:
    imported(runtime, a_row())
    with runtime.sessions.begin() as session:
        session.execute(update(NumberRow).values(standing="verified", level=2, verified_at=runtime.now()))
        session.execute(update(CarerRow).values(authority="parental_responsibility"))
    imported(
        runtime, a_row(carer_ref="C900", carer_name="Nan Rivera", carer_relationship="grandparent"), name="feb.csv"
    )
    assert holds(runtime) == {Kind.CARER_CHANGED}
    with runtime.sessions.read() as session:
        carer = session.scalars(select(CarerRow)).one()
        number = session.scalars(select(NumberRow)).one()
        assert (carer.ref, carer.authority, number.standing, number.level) == ("C900", None, "unverified", 0)


def test_a_hold_that_a_person_lifted_stays_lifted(runtime: Runtime) -> None:
    imported(runtime, a_row(hold="officer_safety"))
    with runtime.sessions.begin() as session:
        (row,) = open_holds(session, family(runtime).id)
        row.lifted_at, row.lifted_by = runtime.now(), "cora"
    imported(runtime, a_row(hold="officer_safety", postcode="OX1 1AA"), name="february.csv")
    assert holds(runtime) == set()


def test_a_corrected_date_of_imprisonment_moves_what_is_planned_from_it(runtime: Runtime) -> None:
    imported(runtime, a_row(imprisoned_on="2026-01-02"))
    imported(runtime, a_row(imprisoned_on="2026-01-09"), name="february.csv")
    moved = enrolment(runtime)
    assert moved is not None
    assert moved.anchor_on == moved.imprisoned_on == family(runtime).imprisoned_on


def test_what_is_stored_is_what_the_next_month_is_compared_with(runtime: Runtime) -> None:
    plan = planned(runtime, a_row(hold="carer_is_victim")).plan
    imported(runtime, a_row(hold="carer_is_victim"))
    row = family(runtime)
    with runtime.sessions.read() as session:
        text = unseal(session, row.record, key_id=row.id, table="family", column="record", row_id=row.id)
    assert text is not None
    assert record_from_json(text) == plan.with_status(Status.NEW)[0].record


def test_a_file_that_fails_half_way_writes_nothing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = planned(runtime, a_row(), a_row("F002"))
    broken = replace(runtime, new_id=_fails_after(runtime, 12))
    with pytest.raises(RuntimeError):
        commit_plan(broken, ANA, batch_id=waiting.batch_id)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(FamilyRow)) == 0
        assert session.get_one(BatchRow, waiting.batch_id).state == "planned"


def test_a_number_that_wrote_to_us_at_the_same_moment_is_found_at_the_second_try(either_runtime: Runtime) -> None:
    runtime = either_runtime
    waiting = planned(runtime, a_row(), a_row("F002"))
    wrote: list[str] = []

    def new_id() -> str:
        if not wrote:
            wrote.append(made := runtime.new_id())
            with runtime.sessions.begin() as session:
                session.add(a_number(session, made, "+447700900002"))
        return runtime.new_id()

    committed = commit_plan(replace(runtime, new_id=new_id), ANA, batch_id=waiting.batch_id)
    assert isinstance(committed, Committed)
    with runtime.sessions.read() as session:
        assert [row.id for _, row in numbers.numbers_of(session, family(runtime, "F002").id)] == wrote


def a_number(session: Session, number_id: str, e164: str) -> NumberRow:
    return NumberRow(
        id=number_id,
        e164=seal(session, e164, key_id=SERVICE, table="number", column="e164", row_id=number_id),
        e164_index=blind(session, "e164", e164),
        last4_index=blind(session, "last4", e164[-4:]),
        kind="mobile",
    )


def _fails_after(runtime: Runtime, count: int) -> Callable[[], str]:
    left = iter(range(count))

    def new_id() -> str:
        if next(left, None) is None:
            raise RuntimeError("the machine stopped")
        return runtime.new_id()

    return new_id


def test_only_who_may_import_imports_and_only_in_their_areas(runtime: Runtime) -> None:
    with pytest.raises(NotAllowed):
        plan_import(runtime, BEN, data=a_file(a_row()), file_name="x.csv")
    abroad = planned(runtime, a_row(area="RDG"), a_row("F002"))
    assert abroad.plan.intake.rows_rejected == 1
    assert "work in" in abroad.plan.problems[0].problem
    elsewhere = replace(DEV, id="dora", role=ANA.role)
    assert commit_plan(runtime, elsewhere, batch_id=abroad.batch_id) == Gone("not_yours")


def test_a_file_that_cannot_be_read_writes_nothing_at_all(runtime: Runtime) -> None:
    answer = plan_import(runtime, ANA, data=b"not a table", file_name="x.csv")
    assert isinstance(answer, FileProblem)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(BatchRow)) == 0


def test_a_very_long_file_is_refused_on_sqlite_with_the_name_of_postgresql(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_families, "MOST_ROWS_ON_SQLITE", 1)
    answer = plan_import(runtime, ANA, data=a_file(a_row(), a_row("F002")), file_name="x.csv")
    assert isinstance(answer, FileProblem)
    assert "PostgreSQL" in answer.said


def test_events_hold_no_words_of_people(runtime: Runtime) -> None:
    imported(runtime, a_row(carer_name="Amina Rivera"))
    imported(runtime, a_row(carer_name="Amina Khan", child_first_name="Mia"), name="february.csv")
    with runtime.sessions.read() as session:
        noted = [(row.name, str(row.data)) for row in session.scalars(select(EventRow))]
    assert ("family_changed", "{'fields': [\"carer's name\", 'first name']}") in noted
    assert not [data for _, data in noted for word in ("Amina", "Khan", "Mia", "7700", "K001") if word in data]
