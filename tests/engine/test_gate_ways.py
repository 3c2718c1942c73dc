"""The gate says of every family whether there is a way to be in touch with it, in the lists as on its own page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outreach.domain.gate import Stands
from outreach.engine.tasks import finish_task
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.consents import ConsentRow
from outreach.views.gate import GateFamily, gate_family, gate_list, gate_page
from tests.cast import ANA
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import a_stop, family, imported, tasks
from tests.fakes import Clock

ONE = a_row(imprisoned_on="2026-01-12", carer_phone_2="07700 900555")


def at_the_gate(runtime: Runtime) -> tuple[Stands, set[str]]:
    """Where the family stands, and why; the same in the lists and the counts."""
    page = gate_family(runtime, ANA, family(runtime).id)
    assert isinstance(page, GateFamily)
    listed = {each for each in Stands if gate_list(runtime, ANA, stands=each, why=None, page=1).families}
    assert listed == {page.stands}
    counted = {each.code for each in gate_page(runtime, ANA).reasons}
    assert counted == {each.code for each in page.reasons if each.holds and not each.careful}
    return page.stands, {each.code for each in page.reasons}


def on_number(runtime: Runtime, e164: str, **facts: object) -> None:
    with runtime.sessions.begin() as session:
        number = numbers.find(session, e164)
        assert number is not None
        for name, value in facts.items():
            setattr(number, name, value)


def test_who_said_stop_is_not_ready(either_runtime: Runtime) -> None:
    imported(either_runtime, ONE)
    assert at_the_gate(either_runtime) == (Stands.READY, set())
    a_stop(either_runtime, "+447700900001", "F001")
    assert at_the_gate(either_runtime) == (Stands.HELD, {"stopped"})


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        ([("text", "withdrawn")], Stands.READY),
        ([("text", "withdrawn"), ("call", "refused")], Stands.HELD),
        ([("any", "withdrawn"), ("any", "given")], Stands.HELD),
        ([("any", "withdrawn"), ("call", "reopened")], Stands.READY),
        ([("any", "withdrawn"), ("any", "reopened"), ("any", "withdrawn")], Stands.HELD),
    ],
)
def test_the_last_word_on_each_way_counts(runtime: Runtime, words: list[tuple[str, str]], stands: Stands) -> None:
    imported(runtime, ONE)
    with runtime.sessions.begin() as session:
        for channel, value in words:
            session.add(
                ConsentRow(
                    id=runtime.new_id(), family_id=family(runtime).id, purpose="contact", channel=channel, value=value,
                    given_by="carer", recorded_by="ana", how="voice", at=runtime.now(),
                )
            )  # fmt: skip
    assert at_the_gate(runtime)[0] is stands


def test_a_number_somebody_else_was_on_is_no_way_but_another_is(runtime: Runtime) -> None:
    imported(runtime, ONE)
    on_number(runtime, "+447700900001", standing="compromised")
    assert at_the_gate(runtime) == (Stands.READY, set())
    on_number(runtime, "+447700900555", standing="compromised")
    assert at_the_gate(runtime) == (Stands.HELD, {"number_compromised"})
    on_number(runtime, "+447700900555", standing="unverified", texts_stopped_at=runtime.now())
    assert at_the_gate(runtime) == (Stands.READY, set())
    on_number(runtime, "+447700900555", calls_stopped_at=runtime.now())
    assert at_the_gate(runtime) == (Stands.HELD, {"number_compromised", "stopped"})


def test_no_number_is_left(runtime: Runtime) -> None:
    imported(runtime, ONE)
    on_number(runtime, "+447700900001", standing="lost")
    on_number(runtime, "+447700900555", is_parents=True)
    assert at_the_gate(runtime) == (Stands.HELD, {"no_number"})


def test_old_knowledge_of_the_custody_is_said_and_holds_nobody(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, ONE)
    clock.move(days=36)
    assert at_the_gate(runtime) == (Stands.READY, {"custody_old"})


def test_an_interpreter_is_booked_before_the_first_call(runtime: Runtime) -> None:
    theirs = ONE | {"interpreter": "yes", "carer_language": "ckb"}
    imported(runtime, theirs)
    assert tasks(runtime) == {"book_interpreter"}
    assert at_the_gate(runtime) == (Stands.READY, {"interpreter", "other_language"})
    with runtime.sessions.read() as session:
        task_id = session.query(TaskRow).one().id
    finish_task(runtime, ANA, task_id=task_id)
    assert at_the_gate(runtime) == (Stands.READY, {"other_language"})
    imported(runtime, theirs | {"postcode": "OX1 1AA"})
    assert tasks(runtime) == set(), "it was booked"


@pytest.mark.parametrize(
    "cells", [{"carer_relationship": "foster_carer"}, {"supported_before": "school"}, {"custody": "released"}]
)
def test_nobody_books_an_interpreter_for_who_is_not_rung(runtime: Runtime, cells: dict[str, str]) -> None:
    imported(runtime, ONE | {"interpreter": "yes"} | cells)
    assert "book_interpreter" not in tasks(runtime)


def test_a_need_that_a_later_file_names_is_booked_then(runtime: Runtime) -> None:
    imported(runtime, ONE)
    imported(runtime, ONE | {"interpreter": "yes"})
    assert tasks(runtime) == {"book_interpreter"}


def test_who_works_elsewhere_counts_none_of_them(runtime: Runtime) -> None:
    imported(runtime, ONE)
    elsewhere = replace(ANA, areas=frozenset({"MKC"}))
    assert gate_page(runtime, elsewhere).counts == {"ready": 0, "careful": 0, "held": 0, "excluded": 0}
