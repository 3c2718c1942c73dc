"""After a stop: only a supervisor records that they asked us to be in touch again, and nothing follows by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor, NotAllowed
from outreach.engine.enrol import end_enrolment
from outreach.engine.record_consent import record_consent
from outreach.engine.reopen import NotReopened, reopen
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.consents import ConsentRow, last_word_on_contact, standing_of
from outreach.store.events import EventRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import unseal
from outreach.store.texts import TextRow
from tests.cast import ANA, BEN, CORA, Family, a_family

CORA_OF_MKC = Actor(CORA.id, CORA.name, CORA.role, CORA.organisation_id, frozenset({"MKC"}))


def stopped(runtime: Runtime, family: Family, *, scope: frozenset[str] = EVERYTHING) -> None:
    """A stop by text, confirmed, and then something that sounds like a yes."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, runtime, number=number, family_ids=[family.id], scope=scope, by="family", now=now)
        number.stop_confirmed_at = now
        open_task(session, runtime, kind="reopen", subject_id="t1", family_id=family.id, now=now, for_role="supervisor")


def seen(runtime: Runtime, family: Family) -> str:
    with runtime.sessions.read() as session:
        return last_word_on_contact(session, family.id)


def again(runtime: Runtime, family: Family, actor: Actor = CORA, **other: object) -> NotReopened | None:
    form: dict[str, object] = {
        "number_id": family.number_id, "seen": seen(runtime, family), "ways": ["text", "call"], "who": "carer",
        "how": "voice", "why": "She rang the front desk and asked for me",
    }  # fmt: skip
    return reopen(runtime, actor, family_id=family.id, **{**form, **other})  # type: ignore[arg-type]


def still_stopped(runtime: Runtime, family: Family) -> tuple[set[str], set[str]]:
    """In the ledger, and on the number."""
    with runtime.sessions.read() as session:
        number = session.get_one(NumberRow, family.number_id)
        pairs = (("text", number.texts_stopped_at), ("call", number.calls_stopped_at))
        return set(standing_of(session, family.id).stopped), {way for way, at in pairs if at is not None}


def test_the_ledger_and_the_number_are_open_again_and_the_task_is_done(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, a_family(either_runtime, "F001")
    stopped(runtime, family)
    assert still_stopped(runtime, family) == ({"text", "call"}, {"text", "call"})
    assert again(runtime, family) is None
    assert still_stopped(runtime, family) == (set(), set())
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).stop_confirmed_at is None
        assert session.scalars(select(TaskRow.done_by).where(TaskRow.kind == "reopen")).one() == "cora"


def test_who_how_and_why_are_kept_the_why_sealed_and_the_event_in_codes(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, a_family(either_runtime, "F001")
    stopped(runtime, family)
    again(runtime, family, who="professional", how="letter")
    with runtime.sessions.read() as session:
        entry = session.scalars(select(ConsentRow).where(ConsentRow.value == "reopened")).one()
        why = unseal(session, entry.wording, key_id=family.id, table="consent", column="wording", row_id=entry.id)
        event = session.scalars(select(EventRow).where(EventRow.name == "contact_reopened")).one()
    assert (entry.given_by, entry.how, entry.recorded_by, entry.channel) == ("professional", "letter", "cora", "any")
    assert why == "She rang the front desk and asked for me"
    assert event.data == {"scope": ["call", "text"], "who": "professional", "how": "letter"}
    assert (event.actor_id, event.family_id, event.subjects) == ("cora", family.id, [family.number_id])


def test_only_what_was_asked_for_is_open_again(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, a_family(either_runtime, "F001")
    stopped(runtime, family)
    assert again(runtime, family, ways=["call"]) is None
    assert still_stopped(runtime, family) == ({"text"}, {"text"})
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).stop_confirmed_at is not None


def test_nothing_is_planned_and_nothing_is_sent(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, a_family(either_runtime, "F001")
    stopped(runtime, family)
    with runtime.sessions.begin() as session:
        end_enrolment(session, runtime, family_id=family.id, why="stopped", outcome="stopped", now=runtime.now())
    again(runtime, family)
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow)).all() == []
        assert session.scalars(select(TextRow)).all() == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("ways", {"ways": []}),
        ("ways", {"ways": ["letter"]}),
        ("who", {"who": "a_friend"}),
        ("known", {"how": "a hunch"}),
        ("asked-why", {"why": " "}),
        ("number", {"number_id": "somebody-elses"}),
    ],
)
def test_nothing_is_opened_without_who_how_why_and_which_number(
    runtime: Runtime, field: str, wrong: dict[str, object]
) -> None:
    family = a_family(runtime, "F001")
    stopped(runtime, family)
    refused = again(runtime, family, CORA, **wrong)
    assert isinstance(refused, NotReopened)
    assert refused.field == field
    assert still_stopped(runtime, family) == ({"text", "call"}, {"text", "call"})


def test_only_a_supervisor_of_the_area(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    stopped(runtime, family)
    for who in (ANA, BEN, CORA_OF_MKC):
        with pytest.raises(NotAllowed):
            again(runtime, family, who)
    assert still_stopped(runtime, family) == ({"text", "call"}, {"text", "call"})


def test_twice_is_once_and_a_newer_stop_is_read_first(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, a_family(either_runtime, "F001")
    stopped(runtime, family)
    page = seen(runtime, family)
    assert again(runtime, family, seen=page) is None
    assert isinstance(again(runtime, family, seen=page), NotReopened)
    page = seen(runtime, family)
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, runtime, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=runtime.now())
    assert isinstance(again(runtime, family, seen=page), NotReopened)
    assert still_stopped(runtime, family) == ({"text", "call"}, {"text", "call"})
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ConsentRow).where(ConsentRow.value == "reopened")).all()) == 1


@pytest.mark.parametrize("standing", ["compromised", "lost"])
def test_a_number_somebody_else_was_on_is_not_opened(runtime: Runtime, standing: str) -> None:
    family = a_family(runtime, "F001")
    stopped(runtime, family)
    with runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).standing = standing
    assert isinstance(again(runtime, family), NotReopened)
    assert still_stopped(runtime, family) == ({"text", "call"}, {"text", "call"})


def test_their_other_numbers_stay_stopped(runtime: Runtime) -> None:
    family, other = a_family(runtime, "F001"), a_family(runtime, "F002", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=family.id, number_id=other.number_id, position=2))
    stopped(runtime, family)
    stopped(runtime, Family(family.id, other.number_id, other.e164, family.enrolment_id))
    again(runtime, family)
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).texts_stopped_at is None
        assert session.get_one(NumberRow, other.number_id).texts_stopped_at is not None


def test_another_family_that_the_numbers_stop_protected_stays_stopped(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family, other = a_family(runtime, "F001"), a_family(runtime, "F002", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
        record_consent(
            session, runtime, family_id=other.id, purpose="contact", channel="text", value="withdrawn", by="carer",
            how="voice", now=runtime.now(),
        )  # fmt: skip
    stopped(runtime, family)
    assert again(runtime, family) is None
    with runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == set()
        assert standing_of(session, other.id).stopped == {"text", "call"}
        entries = session.scalars(select(ConsentRow).where(ConsentRow.family_id == other.id).order_by(ConsentRow.id))
        assert [row.channel for row in entries] == ["text", "call"]
