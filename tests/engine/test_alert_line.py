"""Danger reaches a phone: who is told, in which order, and what happens where nobody can be."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from outreach.domain.rota import told_in_order
from outreach.engine.alerts import area_for_stranger, raise_alert, watch_alerts
from outreach.engine.manage_staff import set_phone
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, AlertToldRow
from outreach.store.areas import AreaRow
from outreach.store.events import EventRow
from outreach.store.staff import StaffRow
from outreach.views.overview import overview
from tests.cast import ANA, CORA, STAFF_PHONES, a_family
from tests.fakes import Clock, FakeLine

NIGHT = datetime(2026, 1, 14, 2, 0, tzinfo=UTC)


def no_phones(runtime: Runtime, *who: str) -> None:
    with runtime.sessions.begin() as session:
        for each in who:
            session.get_one(StaffRow, each).phone = None


def name_for_the_night(runtime: Runtime, who: str) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").out_of_hours_by = who


def danger(runtime: Runtime) -> str:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        alert = raise_alert(
            session, runtime, area_code="OXF", family_id=family.id, kind="violence", now=runtime.now()
        )  # fmt: skip
        return alert.id


def told(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.sessions.read() as session:
        rows = session.execute(select(AlertToldRow.staff_id, AlertToldRow.channel).order_by(AlertToldRow.id))
        return [(row.staff_id, row.channel) for row in rows]


def test_at_night_the_named_answer_is_told_first_by_text_and_call(
    runtime: Runtime, clock: Clock, line: FakeLine
) -> None:
    name_for_the_night(runtime, "ana")
    clock.moment = NIGHT
    danger(runtime)
    watch_alerts(runtime)
    assert told(runtime) == [("ana", "text"), ("ana", "call")]
    assert [each["to"] for each in line.texts] == [STAFF_PHONES["ana"]]
    assert [each["first"] for each in line.dials] == [STAFF_PHONES["ana"]]
    assert not any(word in str(line.texts[0]["body"]).lower() for word in ("amina", "rivera", "violence"))
    clock.move(minutes=5)
    watch_alerts(runtime)
    assert told(runtime)[-1] == ("cora", "call")


def test_in_the_day_the_named_answer_comes_after_the_line() -> None:
    roles = {"a": "practitioner", "b": "coordinator", "c": "supervisor", "d": "practitioner", "e": "practitioner"}
    assert told_in_order(roles, on_duty=["d"], named="a") == ["d", "c", "b", "a"]
    assert told_in_order(roles, on_duty=[], named="a") == ["a", "c", "b"]
    assert told_in_order(roles, on_duty=[], named="gone") == ["c", "b"]
    assert told_in_order(roles, on_duty=["c"], named="c") == ["c", "b"]


def test_who_has_no_phone_keeps_the_next_from_nothing(runtime: Runtime) -> None:
    no_phones(runtime, "ben")
    danger(runtime)
    watch_alerts(runtime)
    assert told(runtime) == [("ben", "console"), ("cora", "text"), ("cora", "call")]


def test_nobody_to_tell_is_kept_said_and_pauses_the_area(runtime: Runtime, clock: Clock, line: FakeLine) -> None:
    assert overview(runtime, CORA).alerts.nobody_to_tell == ()
    no_phones(runtime, "ben", "cora", "ana")
    alert_id = danger(runtime)
    for _ in range(4):
        watch_alerts(runtime)
        clock.move(minutes=5)
    watch_alerts(runtime)
    with runtime.sessions.read() as session:
        assert session.get_one(AlertRow, alert_id).nobody_to_tell_at is not None
        noted = session.scalars(select(EventRow).where(EventRow.name == "alert_nobody_to_tell")).all()
        assert [each.subjects for each in noted] == [[alert_id]]
        assert session.get_one(AreaRow, "OXF").paused_why == "alert_not_taken"
    assert line.texts == []
    assert overview(runtime, CORA).alerts.nobody_to_tell == ("Oxfordshire",)
    assert set_phone(runtime, email="ana@paramount.example", phone="07700 900803") is None
    assert overview(runtime, CORA).alerts.nobody_to_tell == ()


def test_an_area_with_nobody_at_all_is_said_too(runtime: Runtime) -> None:
    no_phones(runtime, *STAFF_PHONES)
    with runtime.sessions.begin() as session:
        for each in ("ana", "ben", "cora"):
            session.get_one(StaffRow, each).left_at = runtime.now()
    alert_id = danger(runtime)
    watch_alerts(runtime)
    with runtime.sessions.read() as session:
        assert session.get_one(AlertRow, alert_id).nobody_to_tell_at is not None
    assert told(runtime) == []


def test_a_strangers_danger_at_night_goes_where_a_phone_rings(runtime: Runtime) -> None:
    no_phones(runtime, "ben", "cora", "ana")
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "MKC").out_of_hours_by = "dev"
    with runtime.sessions.read() as session:
        assert area_for_stranger(session, NIGHT) == "MKC"


def test_a_phone_is_set_for_somebody_who_is_here(runtime: Runtime) -> None:
    assert set_phone(runtime, email="nobody@paramount.example", phone="07700 900803") is not None
    assert "cannot be used" in str(set_phone(runtime, email="ana@paramount.example", phone="12"))
    assert ANA.id in STAFF_PHONES
