"""The page of the import: nothing is written before the plan is accepted, and everything of it can be opened."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store.batches import BatchRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA
from tests.domain.recognition_rows import HEADER, a_file, a_row
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]
GOOD = a_row(imprisoned_on="2026-01-05", carer_name="Amina Rivera")
BAD = a_row("F002", child_born_on="31/02/2015", carer_name="=cmd|' /C calc'!A0", carer_phone="+447700900002")
LATE = a_row("F003", imprisoned_on="2025-06-02")


def upload(ana: Visitor, *rows: dict[str, str], data: bytes | None = None) -> TestResponse:
    content = a_file(*rows) if data is None else data
    return ana.post("/imports", {"file": (io.BytesIO(content), "january.csv")})


def a_plan(ana: Visitor, *rows: dict[str, str]) -> str:
    """The address of the plan of a file with ``rows``."""
    response = upload(ana, *rows)
    assert response.status_code == 303, words(response)
    return response.location


def families(runtime: Runtime) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(FamilyRow)) or 0


def test_the_plan_is_read_in_sentences_and_nothing_is_written(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    page = words(ana.get(a_plan(ana, GOOD, BAD, a_row("F004", hold="no_contact_order"))))
    assert "2 new families." in page
    assert "1 row cannot be read." in page
    assert "Nothing is written yet." in page
    assert "There is no such day in that month." in page
    assert "Amina Rivera" in page
    assert "Held: there is a no-contact order." in page
    assert families(runtime) == 0


def test_accepting_writes_once_however_often_it_is_pressed(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    plan = a_plan(ana, GOOD)
    for _ in range(2):
        response = ana.post(f"{plan}/accept")
        assert (response.status_code, response.location) == (303, plan)
    assert families(runtime) == 1
    assert "What this import did" in words(ana.get(plan))
    assert "1 new family." in words(ana.get("/imports"))


def test_families_found_late_need_a_choice_before_anything_is_written(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    plan = a_plan(ana, LATE)
    asked = ana.post(f"{plan}/accept")
    assert asked.status_code == 422
    assert "Choose when the families that were found late are offered support" in words(asked)
    assert families(runtime) == 0
    assert ana.post(f"{plan}/accept", {"late": "next"}).status_code == 303
    assert families(runtime) == 1


def test_what_changed_since_is_said_and_the_new_plan_is_shown(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    first, second = a_plan(ana, GOOD), a_plan(ana, GOOD, a_row("F004", imprisoned_on="2026-01-05"))
    ana.post(f"{first}/accept")
    answer = ana.post(f"{second}/accept")
    assert answer.status_code == 409
    assert "Something changed since you saw this plan, so nothing was written." in words(answer)
    assert families(runtime) == 1
    assert ana.post(f"{second}/accept").status_code == 303
    assert families(runtime) == 2


def test_a_cancelled_plan_is_gone(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    plan = a_plan(ana, GOOD)
    ana.post(f"{plan}/cancel")
    assert "Amina" not in ana.get(plan).text
    assert "This plan was cancelled" in ana.post(f"{plan}/accept", follow=True).text
    assert families(runtime) == 0


def test_a_file_that_cannot_be_read_says_why_at_the_field(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    for data, says in ((b"", "The file is empty"), (b"Dear all", "not a recognition file"), (b"\xff\xfex", "UTF-16")):
        response = upload(ana, data=data)
        assert response.status_code == 422
        assert says in words(response)
    assert "Choose a file first" in words(ana.post("/imports"))
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(BatchRow)) == 0


def test_the_rows_that_failed_come_back_with_why_and_run_nowhere(be: Be) -> None:
    ana = be(ANA)
    response = ana.get(f"{a_plan(ana, GOOD, BAD)}/failed-rows.csv")
    text = response.data.decode("utf-8-sig")
    header, row = text.splitlines()
    assert header.startswith("what_is_wrong,family_ref,")
    assert row.startswith('"Row 3. child_born_on: There is no such day in that month.')
    assert "'=cmd|" in row
    assert "'+447700900002" in row
    mended = text.replace("31/02/2015", "28/02/2015").encode()
    plan = upload(ana, data=mended).location
    page = words(ana.get(plan))
    assert "1 new family." in page
    assert "cannot be read" not in page
    assert "=cmd|" in page
    assert "'=cmd|" not in page


def test_every_line_can_be_opened_also_the_unchanged_ones(be: Be) -> None:
    ana = be(ANA)
    ana.post(f"{a_plan(ana, GOOD)}/accept")
    plan = a_plan(ana, GOOD | {"custody_as_of": "2026-01-12"})
    assert "1 family is unchanged." in words(ana.get(plan))
    assert "Amina Rivera" in words(ana.get(f"{plan}/families/unchanged"))
    assert ana.get(f"{plan}/families/nonsense").status_code == 404


def test_a_long_plan_is_shown_in_pages(be: Be) -> None:
    ana = be(ANA)
    plan = a_plan(ana, *(a_row(f"F{n:03}", imprisoned_on="2026-01-05") for n in range(1, 121)))
    assert "See all 120" in words(ana.get(plan))
    last = words(ana.get(f"{plan}/families/new?page=3"))
    assert "Page 3 of 3" in last
    assert "F120" in last


def test_what_the_file_as_a_whole_lacks_stands_above_the_button(be: Be) -> None:
    ana = be(ANA)
    header = [name for name in HEADER if name not in ("open_to", "parent_phone")]
    page = words(ana.get(upload(ana, data=a_file(GOOD, header=header)).location))
    assert page.index("The file has no column open_to") < page.index("Accept and import")
    assert page.index("The file has no column parent_phone") < page.index("Accept and import")
    assert page.count("The file has no column") == 2, "and is not said twice"


def test_every_remark_can_be_read_the_gravest_first(be: Be) -> None:
    ana = be(ANA)
    small = [a_row(f"F{n:03}", carer_phone="", imprisoned_on="2026-01-05") for n in range(1, 130)]
    grave = a_row("F130", imprisoned_on="2026-01-05", parent_phone="07700 900130")
    plan = a_plan(ana, *small, grave)
    page = words(ana.get(plan))
    assert "131 things are worth a look before you accept." in page
    first = page.index("This is the number of an imprisoned parent. It is never contacted.")
    assert first < page.index("No number of this family can be used.", page.index("Worth a look"))
    assert "See all 131 worth a look" in page
    assert "Page 1 of 2" in words(ana.get(f"{plan}/remarks/warnings"))
    last = words(ana.get(f"{plan}/remarks/warnings?page=2"))
    assert "Page 2 of 2" in last
    assert last.count("No number of this family can be used.") == 31
    assert ana.get(f"{plan}/remarks/nonsense").status_code == 404
    assert be(BEN).get(f"{plan}/remarks/warnings").status_code == 403


def test_every_row_that_cannot_be_read_can_be_read_of(be: Be) -> None:
    ana = be(ANA)
    plan = a_plan(ana, GOOD, *(a_row(f"F{n:03}", custody="gone") for n in range(2, 123)))
    assert "See all 121 that are wrong" in words(ana.get(plan))
    assert "Row" in words(ana.get(f"{plan}/remarks/failed?page=2"))


def test_who_may_not_import_sees_no_plan(be: Be) -> None:
    plan = a_plan(be(ANA), GOOD)
    assert be(BEN).get(plan).status_code == 403
    assert be(BEN).get("/imports").status_code == 403
    cora = be(CORA)
    assert "Accept and import" not in words(cora.get(plan))
    assert cora.post(f"{plan}/accept").status_code == 403


def test_reading_a_plan_is_written_down_with_the_families_it_names(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    ana.post(f"{a_plan(ana, GOOD)}/accept")
    ana.get(a_plan(ana, GOOD | {"postcode": "OX1 1AA"}))
    with runtime.sessions.read() as session:
        family_id = session.scalars(select(FamilyRow.id)).one()
        seen = session.scalars(
            select(EventRow).where(EventRow.name == "page_seen").order_by(EventRow.id.desc())
        ).first()
    assert seen is not None
    assert family_id in seen.subjects or seen.family_id == family_id


def test_the_template_and_the_columns_are_there(be: Be) -> None:
    ana = be(ANA)
    assert ana.get("/imports/template.csv").data.startswith(b"\xef\xbb\xbffamily_ref,area,")
    assert "child_we_care_for" in words(ana.get("/imports/columns"))


def test_no_plan_page_has_an_address_with_a_name_or_number(be: Be) -> None:
    plan = a_plan(be(ANA), GOOD)
    assert re.fullmatch(r"/imports/[0-9a-f-]{36}", plan)


def test_the_done_page_says_what_undoing_will_do_and_does_it(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    plan = a_plan(ana, GOOD)
    ana.post(f"{plan}/accept")
    page = words(ana.get(plan))
    assert "Undoing removes 1 new family. It can be done until" in page
    assert f'action="{plan}/undo"' not in be(CORA).get(plan).text
    assert "Everything is as it was before this file." in ana.post(f"{plan}/undo", follow=True).text
    assert families(runtime) == 0
    assert "This import was undone" in words(ana.get(plan))
    assert "nothing to undo" in ana.post(f"{plan}/undo", follow=True).text


def test_what_undoing_will_do_is_said_of_what_there_is(be: Be, clock: Clock) -> None:
    ana = be(ANA)
    ana.post(f"{a_plan(ana, GOOD)}/accept")
    changed = {**GOOD, "postcode": "OX1 1AA"}
    for rows, said in (
        ((changed,), "Undoing puts 1 family back to the record before."),
        ((GOOD, a_row("F900", imprisoned_on="2026-01-05")), "Undoing removes 1 new family and puts 1 family back"),
    ):
        clock.move(hours=1)
        plan = a_plan(ana, *rows)
        ana.post(f"{plan}/accept")
        assert said in words(ana.get(plan))


def test_what_was_cancelled_or_undone_says_nothing_of_what_it_would_have_done(be: Be) -> None:
    ana = be(ANA)
    ana.post(f"{a_plan(ana, GOOD)}/cancel")
    done = a_plan(ana, GOOD)
    ana.post(f"{done}/accept")
    assert words(ana.get("/imports")).count("1 new family.") == 1
    ana.post(f"{done}/undo")
    assert "1 new family." not in words(ana.get("/imports"))
