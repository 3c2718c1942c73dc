"""Each promise can be seen to be broken, and the house as it works breaks none; on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from outreach.domain.hold import Kind
from outreach.domain.working_days import working_days_before
from outreach.engine.alerts import raise_alert
from outreach.engine.ask_person import compromise
from outreach.engine.dispatch import dispatch
from outreach.engine.end_offer import end_offer
from outreach.engine.holds import lift, set_hold
from outreach.engine.link_events import link_events
from outreach.engine.prove import RULES, prove
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.alerts import AlertRow
from outreach.store.batches import BatchRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import seal
from outreach.store.texts import TextRow
from tests.cast import LANTERN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock


def broken(runtime: Runtime) -> dict[str, tuple[str, ...]]:
    """The rules that do not hold, and what breaks them; the chain's tail is linked first, as a worker would."""
    link_events(runtime)
    return {rule.rule: rule.examples for rule in prove(runtime).findings}


def texted(runtime: Runtime, ref: str = "F001", **more: object) -> tuple[Family, str, str]:
    """A family that was offered by text just now: ``(family, offer, text)``."""
    switch_on_texts(runtime)
    family = a_family(runtime, ref, standing="verified", level=1, next_step=2, **more)  # type: ignore[arg-type]
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    assert dispatch(runtime) == 1
    with runtime.sessions.read() as session:
        text_id = session.query(TextRow.id).filter_by(offer_id=offer_id).one()[0]
    return family, offer_id, text_id


def change(runtime: Runtime, row: type, row_id: object, **values: object) -> None:
    with runtime.sessions.begin() as session:
        session.execute(update(row).where(row.id == row_id).values(**values))  # type: ignore[attr-defined]


def copy_of(runtime: Runtime, text_id: str, **values: object) -> str:
    """Another text like this one, handed over by somebody who does not obey."""
    with runtime.sessions.begin() as session:
        old = session.get_one(TextRow, text_id)
        kept = {c.name: getattr(old, c.name) for c in TextRow.__table__.columns}
        kept |= {"id": runtime.new_id(), "claim": runtime.new_id(), "provider_sid": None} | values
        session.add(TextRow(**kept))
        return str(kept["id"])


def test_a_house_at_work_breaks_no_promise(either_runtime: Runtime, clock: Clock) -> None:
    family, _, text_id = texted(either_runtime)
    a_family(either_runtime, "F002", e164="+447700900102")
    third, _, _ = texted(either_runtime, "F003", e164="+447700900103")
    with either_runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, either_runtime, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=clock())
        set_hold(session, either_runtime, family_id=third.id, kind=Kind.REPLY, by="system", now=clock())
    copy_of(either_runtime, text_id, purpose="stop", offer_id=None)
    clock.move(days=1)
    tick(either_runtime)
    assert broken(either_runtime) == {}


def test_an_end_without_a_name_is_found(either_runtime: Runtime) -> None:
    _, offer_id, _ = texted(either_runtime)
    change(either_runtime, OfferRow, offer_id, state="ended", outcome="whatever", ended_at=either_runtime.now())
    assert broken(either_runtime) == {"one_outcome": (offer_id,), "ended_once": (offer_id,)}


def test_an_offer_that_ended_twice_is_found(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    offer_id = an_open_offer(either_runtime, family)
    for _ in range(2):
        change(either_runtime, OfferRow, offer_id, state="open", outcome=None, ended_at=None)
        with either_runtime.sessions.begin() as session:
            offer = session.get_one(OfferRow, offer_id)
            end_offer(session, either_runtime, offer, outcome="O3", now=either_runtime.now())
    assert broken(either_runtime)["ended_once"] == (offer_id,)


@pytest.mark.parametrize("channel", ["call", "text"])
def test_an_offer_that_nobody_sees_to_is_found_after_three_working_days(
    either_runtime: Runtime, clock: Clock, channel: str
) -> None:
    family = a_family(either_runtime, "F001")
    offer_id = an_open_offer(either_runtime, family, channel=channel)
    clock.move(days=3)  # to Friday
    assert broken(either_runtime) == {}
    clock.move(days=1)  # Wednesday, Thursday and Friday have passed
    assert broken(either_runtime) == {"has_a_future": (offer_id,)}


def test_an_overdue_call_that_somebody_has_or_that_must_wait_is_no_finding(
    either_runtime: Runtime, clock: Clock
) -> None:
    mine, held = a_family(either_runtime, "F001"), a_family(either_runtime, "F002", e164="+447700900102")
    change(either_runtime, OfferRow, an_open_offer(either_runtime, mine), assigned_to="ben")
    an_open_offer(either_runtime, held)
    with either_runtime.sessions.begin() as session:
        set_hold(session, either_runtime, family_id=held.id, kind=Kind.RELEASED, by="import", now=clock())
    clock.move(days=10)
    assert broken(either_runtime) == {}


def test_an_overdue_call_on_todays_list_is_in_somebodys_hands(either_runtime: Runtime, clock: Clock) -> None:
    offer_id = an_open_offer(either_runtime, a_family(either_runtime, "F001"))
    clock.move(days=10)  # to a Friday
    change(either_runtime, OfferRow, offer_id, list_of="ben", list_on=clock().date())
    assert broken(either_runtime) == {}
    clock.move(days=1)
    change(either_runtime, OfferRow, offer_id, list_of=None, list_on=clock().date())  # nobody works on a Saturday
    assert broken(either_runtime) == {}
    clock.move(days=2)
    assert broken(either_runtime) == {"has_a_future": (offer_id,)}, "nobody dealt it since"
    change(either_runtime, OfferRow, offer_id, list_on=clock().date())
    assert broken(either_runtime) == {"has_a_future": (offer_id,)}, "and on Monday it is on nobody's list"


def test_a_call_without_a_number_needs_somebody_who_looks_for_one(either_runtime: Runtime, clock: Clock) -> None:
    family = a_family(either_runtime, "F001")
    offer_id = an_open_offer(either_runtime, family)
    change(either_runtime, NumberRow, family.number_id, standing="lost")
    clock.move(days=10)
    assert broken(either_runtime) == {"has_a_future": (offer_id,)}


def test_a_call_on_a_number_that_somebody_is_to_decide_about_waits_for_them(
    either_runtime: Runtime, clock: Clock
) -> None:
    family, other = a_family(either_runtime, "F001"), a_family(either_runtime, "F002", e164="+447700900102")
    an_open_offer(either_runtime, family)
    change(either_runtime, OfferRow, an_open_offer(either_runtime, other), assigned_to="ben")
    with either_runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        session.add(FamilyNumberRow(family_id=other.id, number_id=number.id, position=2))
        compromise(session, either_runtime, number=number, family_id=other.id, why="third_party", now=clock())
    clock.move(days=10)
    assert broken(either_runtime) == {}


def test_an_offer_that_waits_for_what_is_no_longer_true_is_found(either_runtime: Runtime, clock: Clock) -> None:
    switch_on_texts(either_runtime)
    family = a_family(either_runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(either_runtime, family, channel="text", step=1)
    far = clock() + timedelta(days=90)
    change(either_runtime, OfferRow, offer_id, due_at=far, waits_for="by_hand")
    assert broken(either_runtime) == {"has_a_future": (offer_id,)}
    with either_runtime.sessions.begin() as session:
        set_hold(session, either_runtime, family_id=family.id, kind=Kind.BY_HAND, by="ana", now=clock(), until=far)
    assert broken(either_runtime) == {}


def test_a_promise_that_software_took_away_is_found(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    offer_id = an_open_offer(either_runtime, family)
    change(either_runtime, OfferRow, offer_id, promised=True)
    with either_runtime.sessions.begin() as session:
        end_offer(
            session, either_runtime, session.get_one(OfferRow, offer_id), outcome="expired", now=either_runtime.now()
        )
    assert broken(either_runtime)["promises_stand"] == (offer_id,)


BEFORE = datetime(2026, 1, 13, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "active"},
        {"state": "rested", "state_why": "later", "rest_until": date(2026, 1, 2)},
        {"state": "rested", "state_why": None},
        {"state": "ended", "state_why": None},
        {"state": "lost"},
    ],
)
def test_a_family_that_fell_out_is_found(either_runtime: Runtime, clock: Clock, values: dict[str, object]) -> None:
    family = a_family(either_runtime, "F001")
    change(either_runtime, EnrolmentRow, family.enrolment_id, **values)
    clock.move(hours=2)
    assert broken(either_runtime) == {"nobody_fell_out": (family.enrolment_id,)}


def test_a_family_that_was_never_enrolled_is_found(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    with either_runtime.sessions.begin() as session:
        session.delete(session.get_one(EnrolmentRow, family.enrolment_id))
    assert broken(either_runtime) == {"everybody_enrolled": (family.id,)}
    change(either_runtime, FamilyRow, family.id, excluded_why="foster_carer")
    assert broken(either_runtime) == {}


def stopped(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        stop(
            session, runtime, number=numbers.lock(session, family.number_id), family_ids=[family.id],
            scope=EVERYTHING, by="family", now=runtime.now(),
        )  # fmt: skip


def test_an_open_offer_after_a_stop_is_found(either_runtime: Runtime) -> None:
    family, offer_id, _ = texted(either_runtime)
    stopped(either_runtime, family)
    change(either_runtime, OfferRow, offer_id, state="open", outcome=None, ended_at=None)
    assert broken(either_runtime)["stop_ends_offers"] == (offer_id,)


def test_a_text_after_a_stop_is_found_and_its_one_confirmation_is_not(either_runtime: Runtime) -> None:
    family, _, text_id = texted(either_runtime)
    stopped(either_runtime, family)
    copy_of(either_runtime, text_id, purpose="stop", offer_id=None)
    assert broken(either_runtime) == {}
    again = copy_of(either_runtime, text_id, purpose="stop", offer_id=None)
    assert broken(either_runtime) == {"nothing_after_stop": (again,)}


def test_a_text_to_another_number_of_a_family_that_stopped_is_found(either_runtime: Runtime) -> None:
    family, _, text_id = texted(either_runtime)
    other = a_family(either_runtime, "F002", e164="+447700900102")
    stopped(either_runtime, family)
    found = copy_of(either_runtime, text_id, number_id=other.number_id, offer_id=None)
    assert broken(either_runtime)["nothing_after_stop_of_family"] == (found,)


@pytest.mark.parametrize(
    ("kind", "purpose", "is_found"),
    [
        (Kind.REPLY, "offer", True),
        (Kind.REPLY, "answer", True),
        (Kind.REPLY, "person", False),
        (Kind.REPLY, "crisis", False),
        (Kind.NO_CONTACT_ORDER, "crisis", True),
        (Kind.CARER_IS_VICTIM, "person", True),
    ],
)
def test_a_text_during_a_hold_is_found_unless_it_may_pass(
    either_runtime: Runtime, clock: Clock, kind: Kind, purpose: str, is_found: bool
) -> None:
    family, _, text_id = texted(either_runtime)
    with either_runtime.sessions.begin() as session:
        hold = set_hold(session, either_runtime, family_id=family.id, kind=kind, by="ana", now=clock())
    found = copy_of(either_runtime, text_id, purpose=purpose, offer_id=None)
    assert broken(either_runtime) == ({"none_during_hold": (found,)} if is_found else {})
    change(either_runtime, TextRow, found, handed_over_at=clock() + timedelta(hours=1))
    with either_runtime.sessions.begin() as session:
        lift(session, either_runtime, session.get_one(type(hold), hold.id), by="cora", now=clock())
    assert broken(either_runtime) == {}


@pytest.mark.parametrize(
    ("moment", "purpose", "is_found"),
    [
        (datetime(2026, 1, 13, 20, 0, tzinfo=UTC), "answer", True),
        (datetime(2026, 1, 13, 20, 0, tzinfo=UTC), "crisis", False),
        (datetime(2026, 1, 13, 20, 0, tzinfo=UTC), "person", False),
        (datetime(2026, 1, 13, 9, 29, tzinfo=UTC), "offer", True),
        (datetime(2026, 7, 14, 8, 30, tzinfo=UTC), "offer", False),  # half past nine in London's summer
        (datetime(2026, 1, 17, 11, 0, tzinfo=UTC), "offer", True),  # a Saturday
        (datetime(2026, 4, 6, 10, 0, tzinfo=UTC), "answer", True),  # Easter Monday
        (datetime(2026, 5, 4, 10, 0, tzinfo=UTC), "offer", True),  # the child's birthday, and a bank holiday
        (datetime(2027, 5, 4, 10, 0, tzinfo=UTC), "offer", True),  # the child's birthday
        (datetime(2027, 5, 4, 10, 0, tzinfo=UTC), "answer", False),  # they wrote first
        (datetime(2025, 12, 22, 10, 0, tzinfo=UTC), "offer", True),  # before the winter rest is over
    ],
)
def test_a_text_at_an_unkind_hour_is_found(
    either_runtime: Runtime, moment: datetime, purpose: str, is_found: bool
) -> None:
    family, _, text_id = texted(either_runtime)
    change(either_runtime, EnrolmentRow, family.enrolment_id, began_at=datetime(2025, 1, 1, tzinfo=UTC))
    change(either_runtime, TextRow, text_id, handed_over_at=moment, purpose=purpose)
    assert broken(either_runtime) == ({"kind_hours": (text_id,)} if is_found else {})


def test_an_offer_that_went_twice_is_found_unless_the_first_did_not_arrive(either_runtime: Runtime) -> None:
    _, offer_id, text_id = texted(either_runtime)
    copy_of(either_runtime, text_id)
    assert broken(either_runtime) == {"never_twice": (offer_id,), "one_text_per_step": (offer_id,)}
    change(either_runtime, TextRow, text_id, state="undelivered")
    assert broken(either_runtime) == {}


def test_a_text_after_somebody_else_was_on_the_number_is_found(either_runtime: Runtime) -> None:
    family, _, text_id = texted(either_runtime)
    change(either_runtime, NumberRow, family.number_id, standing="compromised", compromised_at=either_runtime.now())
    assert broken(either_runtime) == {}
    change(either_runtime, NumberRow, family.number_id, compromised_at=either_runtime.now() - timedelta(minutes=1))
    assert broken(either_runtime) == {"not_compromised": (text_id,)}


def test_a_text_to_two_families_is_found_once_it_is_certain_that_they_share_the_number(
    either_runtime: Runtime, clock: Clock
) -> None:
    family, _, text_id = texted(either_runtime)
    other = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
        events.note(
            session, "family_changed", id=either_runtime.new_id(), at=clock(), actor_id="import", family_id=other.id
        )
    assert broken(either_runtime) == {}
    change(either_runtime, TextRow, text_id, handed_over_at=clock() + timedelta(minutes=5))
    assert broken(either_runtime) == {"not_two_families": (text_id,)}


def test_a_text_to_an_imprisoned_parent_is_found(either_runtime: Runtime, clock: Clock) -> None:
    family, _, text_id = texted(either_runtime)
    with either_runtime.sessions.begin() as session:
        session.add(
            BatchRow(
                id="batch", state="committed", file_name="a.csv", file_digest="", known_digest="", made_by="ana",
                made_at=BEFORE, expires_at=BEFORE, committed_at=BEFORE,
            )
        )  # fmt: skip
    change(either_runtime, NumberRow, family.number_id, is_parents=True)
    assert broken(either_runtime) == {"not_a_parents": (text_id,)}


def test_a_text_that_nobody_can_say_anything_of_needs_a_person(either_runtime: Runtime, clock: Clock) -> None:
    _, _, text_id = texted(either_runtime)
    change(either_runtime, TextRow, text_id, state="unknown")
    assert broken(either_runtime) == {}
    clock.move(hours=2)
    assert broken(either_runtime) == {"unknown_settled": (text_id,)}


def test_a_text_that_stands_in_the_queue_is_found(either_runtime: Runtime, clock: Clock) -> None:
    _, _, text_id = texted(either_runtime)
    waiting = copy_of(either_runtime, text_id, state="waiting", claim=None, offer_id=None)
    clock.move(days=4)
    assert broken(either_runtime) == {"queue_moves": (waiting,)}


def test_an_alert_that_nobody_heard_of_is_found(either_runtime: Runtime, clock: Clock) -> None:
    family = a_family(either_runtime, "F001")
    an_open_offer(either_runtime, family)
    with either_runtime.sessions.begin() as session:
        alert = raise_alert(session, either_runtime, area_code="OXF", family_id=family.id, kind="violence", now=clock())
    clock.move(minutes=20)
    assert broken(either_runtime) == {"alerts_told": (alert.id,)}
    change(either_runtime, AlertRow, alert.id, taken_at=clock(), taken_by="ben")
    assert broken(either_runtime) == {}


def test_a_referral_without_consent_is_found(either_runtime: Runtime, clock: Clock) -> None:
    family = a_family(either_runtime, "F001")
    an_open_offer(either_runtime, family)
    with either_runtime.sessions.begin() as session:
        session.add(
            ReferralRow(
                id="referral", family_id=family.id, partner_id=LANTERN, state="sent", made_by="ben", made_at=clock(),
                payload=seal(
                    session, "{}", key_id=family.id, table="referral", column="payload", row_id="referral"
                ),
            )
        )  # fmt: skip
    assert broken(either_runtime) == {"referrals_consented": ("referral",)}


def test_a_trigger_that_is_gone_and_an_event_that_was_changed_are_found(either_runtime: Runtime) -> None:
    texted(either_runtime)
    link_events(either_runtime)
    on = "" if either_runtime.sessions.on_sqlite else " ON event"
    with either_runtime.sessions.begin() as session:
        session.execute(sql(f"DROP TRIGGER refuse_update_event{on}"))
        session.execute(sql("UPDATE event SET actor_id = 'somebody' WHERE name = 'text_accepted'"))
    found = broken(either_runtime)
    assert found.keys() == {"append_only", "chain_holds"}
    assert found["append_only"] == ("event:update",)


def test_events_that_nobody_links_are_found(runtime: Runtime) -> None:
    texted(runtime)
    assert isinstance(runtime.now, Clock)
    runtime.now.move(days=2)
    assert "events_linked" in {rule.rule for rule in prove(runtime).findings}


def test_each_rule_has_a_name_of_its_own_and_a_sentence() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.says.endswith(".") and rule.says[0].isupper() for rule in RULES)


@pytest.mark.parametrize(
    ("day", "count", "before"),
    [
        (date(2026, 1, 13), 1, date(2026, 1, 12)),
        (date(2026, 1, 12), 1, date(2026, 1, 9)),
        (date(2026, 1, 13), 3, date(2026, 1, 8)),
        (date(2026, 4, 7), 1, date(2026, 4, 2)),  # Easter lies between
    ],
)
def test_working_days_leave_out_weekends_and_bank_holidays(day: date, count: int, before: date) -> None:
    assert working_days_before(day, count) == before
