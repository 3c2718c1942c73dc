"""Notices to social workers: once for each imprisonment, with the least that is needed, and never without a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.engine.notices import (
    PAST,
    NotDone,
    Went,
    answer_notice,
    approve_notice,
    chase_notices,
    drop_notice,
    send_notice,
    sent_by_hand,
)
from outreach.gateway.mail import CatchMail, NotSent
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.notices import NoticeRow
from outreach.store.sealing import unseal
from outreach.views.notices import notice_page
from tests.cast import ANA, BEN, CORA
from tests.domain.recognition_rows import a_file, a_row
from tests.fakes import Clock

JO = "Jo Example <jo@council.example>"
PLAN = a_row(open_to="child_protection", social_worker=JO, carer_name="Amina Rivera")
HELP = a_row(open_to="early_help", social_worker=JO)
KIM = "Kim Other <kim@council.example>"


def imported(runtime: Runtime, *rows: dict[str, str]) -> None:
    waiting = plan_import(runtime, ANA, data=a_file(*rows), file_name="month.csv")
    assert isinstance(waiting, Waiting), waiting
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="next"), Committed)


def notices(runtime: Runtime) -> list[NoticeRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(NoticeRow).order_by(NoticeRow.made_at, NoticeRow.id)))


def words_of(runtime: Runtime, row: NoticeRow) -> str:
    with runtime.sessions.read() as session:
        words = unseal(session, row.body, key_id=row.family_id, table="notice", column="body", row_id=row.id)
    assert words is not None
    return words


def holds(runtime: Runtime) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, session.scalars(select(FamilyRow.id)).one())}


def letters(runtime: Runtime) -> list[str]:
    assert isinstance(runtime.mail, CatchMail)
    return [letter.body for letter in runtime.mail.letters]


def one(runtime: Runtime) -> NoticeRow:
    found = notices(runtime)
    assert len(found) == 1
    return found[0]


def approved(runtime: Runtime) -> str:
    row = one(runtime)
    assert approve_notice(runtime, ANA, notice_id=row.id, words=words_of(runtime, row)) is None
    return row.id


def may_go_ahead(runtime: Runtime) -> None:
    notice_id = approved(runtime)
    assert sent_by_hand(runtime, ANA, notice_id=notice_id) is None
    assert answer_notice(runtime, ANA, notice_id=notice_id, answer="go_ahead") is None


def trusting(runtime: Runtime) -> Runtime:
    settings = runtime.settings.model_copy(update={"notice_domains": ("Council.example",)})
    return replace(runtime, settings=settings)


def test_an_import_drafts_one_notice_for_each_social_worker_with_the_least_that_is_needed(runtime: Runtime) -> None:
    sister = {**PLAN, "child_ref": "K2", "child_first_name": "Ola"}
    other = {**PLAN, "child_ref": "K3", "child_first_name": "Uma", "social_worker": "", "open_to": "child_in_need"}
    well = {**PLAN, "child_ref": "K4", "child_first_name": "Ivo", "social_worker": "", "open_to": "none"}
    imported(runtime, PLAN, sister, other, well)
    to_jo, to_door = sorted(notices(runtime), key=lambda row: row.front_door)
    assert (to_jo.children, to_jo.why, to_jo.waits, to_jo.state) == (
        ["K001", "K2"],
        "child_protection",
        True,
        "drafted",
    )
    assert (to_door.children, to_door.why, to_door.waits, to_door.front_door) == (["K3"], "child_in_need", False, True)
    said = words_of(runtime, to_jo)
    assert "Dear Jo Example," in said
    assert "Child001, born 2 April 2017 (ref K001)" in said
    assert "29 December 2025" in said
    for never in ("Amina", "P001", "07700", "prison ", "remand", "Ivo"):
        assert never not in said
    assert letters(runtime) == []


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"open_to": "none"}, []),
        ({"open_to": "unknown"}, []),
        ({"open_to": "early_help"}, ["early_help"]),
        ({"open_to": "child_in_need"}, ["child_in_need"]),
        ({"open_to": "none", "hold": "live_safeguarding"}, ["live_safeguarding"]),
        ({"open_to": "child_we_care_for"}, ["child_we_care_for"]),
        ({"open_to": "none", "carer_relationship": "foster_carer"}, ["foster_carer"]),
        ({"open_to": "early_help", "deceased": "carer"}, []),
        ({"open_to": "early_help", "custody": "released"}, []),
    ],
)
def test_who_gives_a_notice(runtime: Runtime, cells: dict[str, str], why: list[str]) -> None:
    imported(runtime, a_row(**cells))
    assert [row.why for row in notices(runtime)] == why


def test_the_thresholds_are_of_the_area(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").notice_thresholds = ["child_protection"]
    imported(runtime, HELP)
    assert notices(runtime) == []


def test_a_child_is_told_of_once_for_each_imprisonment_and_again_when_it_weighs_more(runtime: Runtime) -> None:
    imported(runtime, HELP)
    approved(runtime)
    imported(runtime, {**HELP, "postcode": "OX1 1AA"})
    assert [row.why for row in notices(runtime)] == ["early_help"]
    imported(runtime, {**HELP, "open_to": "child_protection"})
    assert [row.why for row in notices(runtime)] == ["early_help", "child_protection"]
    imported(runtime, {**HELP, "open_to": "early_help", "custody": "released"})
    imported(runtime, {**HELP, "open_to": "early_help", "imprisoned_on": "2026-01-10"})
    assert [(row.why, row.imprisoned_on.isoformat()) for row in notices(runtime)] == [
        ("early_help", "2025-12-29"),
        ("early_help", "2026-01-10"),
    ]


def test_a_draft_that_nobody_approved_is_made_anew_by_the_next_file(runtime: Runtime) -> None:
    imported(runtime, HELP)
    imported(runtime, {**HELP, "social_worker": "Kim Other <kim@council.example>"})
    assert "Dear Kim Other," in words_of(runtime, one(runtime))


def test_nothing_is_sent_before_a_coordinator_approved_it(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    notice_id = one(runtime).id
    assert isinstance(send_notice(runtime, ANA, notice_id=notice_id), NotDone)
    with pytest.raises(NotAllowed):
        approve_notice(runtime, CORA, notice_id=notice_id, words="Dear Jo")
    with pytest.raises(NotAllowed):
        approve_notice(runtime, BEN, notice_id=notice_id, words="Dear Jo")
    assert letters(runtime) == []


def test_personal_data_goes_to_allowed_domains_only(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    notice_id = approved(runtime)
    assert send_notice(runtime, ANA, notice_id=notice_id) == Went("bare")
    assert "Child001" not in letters(runtime)[0]
    assert isinstance(send_notice(runtime, ANA, notice_id=notice_id), NotDone)
    assert len(letters(runtime)) == 1


def test_to_an_allowed_domain_the_whole_notice_goes_once(runtime: Runtime) -> None:
    trusted = trusting(runtime)
    imported(trusted, PLAN)
    notice_id = approved(trusted)
    assert send_notice(trusted, ANA, notice_id=notice_id) == Went("mail")
    assert "Child001" in letters(runtime)[0]
    assert one(runtime).state == "sent"


def test_what_cannot_go_by_mail_is_marked_as_sent_by_hand(runtime: Runtime) -> None:
    class Down:
        def send(self, *, to: str, subject: str, body: str) -> NotSent:
            return NotSent("the mail server answered 451", try_again=True)

    imported(runtime, PLAN)
    notice_id = approved(runtime)
    broken = replace(runtime, mail=Down())
    answer = send_notice(broken, ANA, notice_id=notice_id)
    assert isinstance(answer, NotDone)
    assert "451" in answer.why
    assert one(runtime).state == "approved"
    assert sent_by_hand(runtime, ANA, notice_id=notice_id) is None
    assert (one(runtime).state, one(runtime).sent_how) == ("sent", "by_hand")


def test_the_family_waits_for_the_answer_and_goes_on_with_it(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    assert Kind.SOCIAL_WORKER_FIRST in holds(runtime)
    notice_id = approved(runtime)
    assert isinstance(answer_notice(runtime, ANA, notice_id=notice_id, answer="go_ahead"), NotDone)
    sent_by_hand(runtime, ANA, notice_id=notice_id)
    assert answer_notice(runtime, ANA, notice_id=notice_id, answer="wait", words="not this week") is None
    assert Kind.SOCIAL_WORKER_FIRST in holds(runtime)
    assert answer_notice(runtime, CORA, notice_id=notice_id, answer="go_ahead") is None
    assert holds(runtime) == set()


def test_one_of_two_social_workers_lifts_nothing_alone(runtime: Runtime) -> None:
    imported(runtime, PLAN, {**PLAN, "child_ref": "K2", "social_worker": "Kim Other <kim@council.example>"})
    first, second = notices(runtime)
    for row in (first, second):
        approve_notice(runtime, ANA, notice_id=row.id, words="Dear colleague")
        sent_by_hand(runtime, ANA, notice_id=row.id)
    answer_notice(runtime, ANA, notice_id=first.id, answer="go_ahead")
    assert Kind.SOCIAL_WORKER_FIRST in holds(runtime)
    answer_notice(runtime, ANA, notice_id=second.id, answer="go_ahead")
    assert holds(runtime) == set()


def test_a_social_worker_who_asks_to_wait_holds_a_family_that_did_not(runtime: Runtime) -> None:
    imported(runtime, HELP)
    assert holds(runtime) == set()
    notice_id = approved(runtime)
    sent_by_hand(runtime, ANA, notice_id=notice_id)
    answer_notice(runtime, ANA, notice_id=notice_id, answer="no_contact")
    assert holds(runtime) == {"social_worker_first"}


def test_live_safeguarding_stays_held_by_its_own_hold_after_the_answer(runtime: Runtime) -> None:
    imported(runtime, a_row(hold="live_safeguarding"))
    assert holds(runtime) == {"live_safeguarding", "social_worker_first"}
    notice_id = approved(runtime)
    sent_by_hand(runtime, ANA, notice_id=notice_id)
    answer_notice(runtime, ANA, notice_id=notice_id, answer="go_ahead")
    assert holds(runtime) == {"live_safeguarding"}


def test_who_does_not_answer_is_reminded_twice_without_personal_data_and_then_a_person_rings(
    runtime: Runtime, clock: Clock
) -> None:
    imported(runtime, PLAN)
    send_notice(runtime, ANA, notice_id=approved(runtime))
    assert chase_notices(runtime) == 0
    for _ in range(4):
        clock.move(days=5)
        chase_notices(runtime)
    assert len(letters(runtime)) == 3
    assert all("Child001" not in letter for letter in letters(runtime))
    with runtime.sessions.read() as session:
        tasks = session.scalars(select(TaskRow.kind).where(TaskRow.kind == "notice_unanswered")).all()
    assert tasks == ["notice_unanswered"]


def test_a_draft_is_dropped_with_a_reason_and_holds_stay(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    notice_id = one(runtime).id
    assert isinstance(drop_notice(runtime, ANA, notice_id=notice_id, why=" "), NotDone)
    assert drop_notice(runtime, ANA, notice_id=notice_id, why="They work with us on this") is None
    assert Kind.SOCIAL_WORKER_FIRST in holds(runtime)
    imported(runtime, {**PLAN, "postcode": "OX1 1AA"})
    assert [row.state for row in notices(runtime)] == ["dropped"]


def test_events_of_notices_hold_no_words_and_no_address(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    send_notice(runtime, ANA, notice_id=approved(runtime))
    with runtime.sessions.read() as session:
        rows = session.scalars(select(EventRow).where(EventRow.name.like("notice_%"))).all()
        said = " ".join(str((row.name, row.subjects, row.data)) for row in rows)
    assert {row.name for row in rows} >= {"notice_drafted", "notice_approved", "notice_sending", "notice_sent"}
    assert not any(word in said for word in ("Jo", "council", "Child001", "K001"))


def test_another_imprisonment_waits_for_the_answer_again(runtime: Runtime, clock: Clock) -> None:
    """The notice says that nobody contacts them before, and so it is."""
    protected = a_row(open_to="child_protection", social_worker=JO, imprisoned_on="2026-01-05")
    imported(runtime, protected)
    may_go_ahead(runtime)
    assert holds(runtime) == set()
    clock.move(days=20)
    second = protected | {"parent_ref": "P9", "imprisoned_on": "2026-01-28"}
    imported(runtime, protected, second)
    assert holds(runtime) == {Kind.SOCIAL_WORKER_FIRST}
    assert [row.state for row in notices(runtime)] == ["answered", "drafted"]


def test_a_date_put_right_tells_nobody_twice(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    may_go_ahead(runtime)
    for day in ("2025-12-30", "2025-12-27"):
        imported(runtime, PLAN | {"imprisoned_on": day})
        assert (one(runtime).state, one(runtime).imprisoned_on.isoformat()) == ("answered", day)
        assert holds(runtime) == set()


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param({"deceased": "child"}, id="a death"),
        pytest.param({"custody": "released"}, id="a release"),
        pytest.param({"open_to": "none"}, id="help that is over"),
        pytest.param({"child_ref": "K9"}, id="a child who left"),
        pytest.param({"open_to": "child_we_care_for"}, id="a child who is cared for now"),
        pytest.param({"social_worker": "Kim Other <kim@council.example>"}, id="another social worker"),
    ],
)
def test_what_was_approved_does_not_go_when_it_is_not_so_any_more(runtime: Runtime, cells: dict[str, str]) -> None:
    imported(runtime, PLAN)
    notice_id = approved(runtime)
    imported(runtime, PLAN | cells)
    assert send_notice(trusting(runtime), ANA, notice_id=notice_id) == NotDone(PAST)
    assert letters(runtime) == []
    assert drop_notice(runtime, ANA, notice_id=notice_id, why="not so any more") is None


def test_what_was_approved_goes_where_something_else_changed(runtime: Runtime) -> None:
    imported(runtime, PLAN)
    notice_id = approved(runtime)
    imported(runtime, PLAN | {"postcode": "OX1 1AA", "carer_phone": "07700 900555"})
    assert send_notice(trusting(runtime), ANA, notice_id=notice_id) == Went("mail")


def sent_to_jo(runtime: Runtime, *rows: dict[str, str]) -> str:
    imported(runtime, *rows)
    notice_id = approved(runtime)
    assert sent_by_hand(runtime, ANA, notice_id=notice_id) is None
    return notice_id


def test_a_social_worker_who_is_new_gets_a_draft_of_their_own(runtime: Runtime, clock: Clock) -> None:
    sent_to_jo(runtime, HELP)
    clock.move(days=30)
    imported(runtime, HELP | {"social_worker": KIM})
    assert [(row.state, row.children) for row in notices(runtime)] == [("sent", ["K001"]), ("drafted", ["K001"])]
    assert "Dear Kim Other," in words_of(runtime, notices(runtime)[1])
    page = notice_page(runtime, ANA, notices(runtime)[1].id)
    assert page is not None
    assert page.told_before == ("Jo Example: sent by hand, not answered",)
    imported(runtime, HELP | {"social_worker": KIM, "postcode": "OX1 1AA"})
    assert len(notices(runtime)) == 2, "once, not once an import"


@pytest.mark.parametrize(
    "worker",
    [
        pytest.param("JO EXAMPLE <j.example@other.example>", id="another address"),
        pytest.param("Jo Newname <Jo@council.example>", id="another name"),
        pytest.param("", id="nobody is named"),
    ],
)
def test_who_was_told_is_told_once_however_they_are_written(runtime: Runtime, worker: str) -> None:
    sent_to_jo(runtime, HELP)
    imported(runtime, HELP | {"social_worker": worker})
    assert len(notices(runtime)) == 1


def test_a_notice_that_was_dropped_is_not_needed_for_somebody_new_either(runtime: Runtime) -> None:
    imported(runtime, HELP)
    drop_notice(runtime, ANA, notice_id=one(runtime).id, why="their team knows")
    imported(runtime, HELP | {"social_worker": KIM})
    assert [row.state for row in notices(runtime)] == ["dropped"]


def test_a_social_worker_named_later_is_told_though_the_front_door_was(runtime: Runtime) -> None:
    sent_to_jo(runtime, HELP | {"social_worker": ""})
    imported(runtime, HELP | {"social_worker": KIM})
    assert [row.front_door for row in notices(runtime)] == [True, False]


def test_the_answer_of_the_one_who_is_allocated_now_is_enough(runtime: Runtime, clock: Clock) -> None:
    sent_to_jo(runtime, PLAN)
    clock.move(days=1)
    imported(runtime, PLAN | {"social_worker": KIM})
    jo, kim = notices(runtime)
    assert (jo.waits, kim.waits) == (True, True)
    assert jo.chase_on is not None
    approve_notice(runtime, ANA, notice_id=kim.id, words="Dear Kim")
    sent_by_hand(runtime, ANA, notice_id=kim.id)
    assert notices(runtime)[0].chase_on is None, "whoever has the child no more is not chased"
    answer_notice(runtime, ANA, notice_id=kim.id, answer="go_ahead")
    assert holds(runtime) == set()


def test_a_wait_of_the_one_before_stands_until_it_is_put_right(runtime: Runtime, clock: Clock) -> None:
    first = sent_to_jo(runtime, PLAN)
    answer_notice(runtime, ANA, notice_id=first, answer="wait")
    clock.move(days=1)
    imported(runtime, PLAN | {"social_worker": KIM})
    kim = notices(runtime)[1]
    approve_notice(runtime, ANA, notice_id=kim.id, words="Dear Kim")
    sent_by_hand(runtime, ANA, notice_id=kim.id)
    answer_notice(runtime, ANA, notice_id=kim.id, answer="go_ahead")
    assert holds(runtime) == {Kind.SOCIAL_WORKER_FIRST}
    answer_notice(runtime, ANA, notice_id=first, answer="go_ahead")
    assert holds(runtime) == set()


def test_after_a_yes_somebody_new_is_told_and_the_family_does_not_wait_again(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, PLAN)
    may_go_ahead(runtime)
    clock.move(days=1)
    imported(runtime, PLAN | {"social_worker": KIM})
    kim = notices(runtime)[1]
    assert (kim.state, kim.waits) == ("drafted", False)
    assert "We do not contact them before" not in words_of(runtime, kim)
    assert holds(runtime) == set()


def test_a_notice_is_chased_after_working_days_alone(runtime: Runtime, clock: Clock) -> None:
    """Sent on Thursday 2 April 2026, before Easter: Friday and Monday are bank holidays, the days between a weekend."""
    clock.move(days=79)
    imported(runtime, PLAN)
    send_notice(runtime, ANA, notice_id=approved(runtime))
    due = one(runtime).chase_on
    assert due is not None
    assert due.isoformat() == "2026-04-09"
    clock.move(days=7)
    assert chase_notices(runtime) == 1
    again = one(runtime).chase_on
    assert again is not None
    assert again.isoformat() == "2026-04-14"


def test_where_there_is_another_bank_holiday_it_is_of_that_nation(runtime: Runtime, clock: Clock) -> None:
    """Easter Monday is none in Scotland."""
    clock.move(days=79)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").nation = "SCT"
    imported(runtime, PLAN)
    send_notice(runtime, ANA, notice_id=approved(runtime))
    due = one(runtime).chase_on
    assert due is not None
    assert due.isoformat() == "2026-04-08"
