"""Around the plan: column names that are asked for, long files that are read beside the page, duplicates, the gate."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from admin.screens import imports as screen
from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.import_jobs import begin_job
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.import_jobs import ImportJobRow
from tests.admin.test_imports import families, upload
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, a_family
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import family, holds, imported
from tests.engine.test_map_columns import renamed
from tests.engine.test_merge_families import ONE, TWO

Be = Callable[[Actor | None], Visitor]


def send(who: Visitor, data: bytes) -> TestResponse:
    return who.post("/imports", {"file": (io.BytesIO(data), "january.csv")})


def when_done(who: Visitor, answer: TestResponse) -> TestResponse:
    """The page that a long piece of work leads to."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        page = who.get(answer.location)
        if "Refresh" not in page.headers:
            return page
        time.sleep(0.1)
    pytest.fail("the work does not end")


def test_column_names_that_are_not_ours_are_asked_for_and_remembered(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    data = renamed(a_row(imprisoned_on="2026-01-05", carer_name="Amina Rivera"))
    asked = send(ana, data)
    assert asked.status_code == 303
    page = ana.get(asked.location)
    said = words(page)
    assert "What do these columns hold?" in said
    assert "The column “Guardian”" in said
    assert "For example: Amina Rivera" in said
    assert "Still to be found: date of imprisonment, child's date of birth and carer's name." in said
    assert re.search(r'value="child_born_on" selected', page.text), "what is likely is proposed"
    wrong = ana.post(asked.location, {"column-1": "carer_name"})
    assert wrong.status_code == 422
    assert "No column is said to be" in words(wrong)
    names = re.findall(r"The column “(.+?)”", said)
    meant = {"Guardian": "carer_name", "DOB": "child_born_on", "Date of reception": "imprisoned_on"}
    answers: dict[str, object] = {f"column-{place}": meant.get(name, name) for place, name in enumerate(names, 1)}
    planned = ana.post(asked.location, answers)
    assert planned.status_code == 303
    plan = words(ana.get(planned.location))
    assert "1 new family." in plan
    assert "This column is read as carer_name, as a colleague said its name means." in plan
    assert ana.get(asked.location).status_code == 404, "the file is gone"
    assert families(runtime) == 0
    ana.post(f"{planned.location}/accept", {"late": "next"})
    again = words(ana.get(send(ana, data + b"\r\n").location))
    assert "1 family is unchanged." in again, "the next month is read at once"
    assert "This column is read as carer_name, as a colleague said its name means." in again


def test_what_the_columns_mean_is_changed_from_the_plan(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    row = a_row(imprisoned_on="2026-01-05", carer_phone="07700 900777", parent_phone="07700 900001")
    plan = send(ana, a_file(row)).location
    assert f'href="{plan}/columns"' in ana.get(plan).text
    page = ana.get(f"{plan}/columns")
    assert "This is how january.csv is read now." in words(page)
    names = re.findall(r"The column “(.+?)”", words(page))
    chosen: dict[str, object] = {f"column-{place}": name for place, name in enumerate(names, 1)}
    both = [f"column-{names.index(name) + 1}" for name in ("carer_phone", "parent_phone")]
    twice = ana.post(f"{plan}/columns", chosen | {both[0]: "parent_phone"})
    assert twice.status_code == 422
    assert "Two columns are said to be parent_phone. Choose one." in words(twice)
    anew = ana.post(f"{plan}/columns", chosen | {both[0]: "parent_phone", both[1]: "carer_phone"})
    assert anew.status_code == 303
    assert "07700 900001" in words(ana.get(anew.location))
    assert "This plan was cancelled" in ana.post(f"{plan}/accept", follow=True).text
    assert ana.get(f"{plan}/columns").status_code == 404
    assert families(runtime) == 0


def test_a_long_file_is_read_by_the_answer_beside_the_page(be: Be, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "QUICK_BYTES", 10)
    ana = be(ANA)
    asked = when_done(ana, send(ana, renamed(a_row(imprisoned_on="2026-01-05")))).location
    names = re.findall(r"The column “(.+?)”", words(ana.get(asked)))
    meant = {"Guardian": "carer_name", "DOB": "child_born_on", "Date of reception": "imprisoned_on"}
    begun = ana.post(asked, {f"column-{place}": meant.get(name, name) for place, name in enumerate(names, 1)})
    assert "/imports/working/" in begun.location
    plan = when_done(ana, begun).location
    assert "1 new family." in words(ana.get(plan))
    changed = when_done(ana, ana.post(f"{plan}/columns")).location
    assert changed != plan
    assert "1 new family." in words(ana.get(changed))


def test_a_file_that_waits_for_its_columns_can_be_cancelled_and_is_nobody_elses(be: Be) -> None:
    ana = be(ANA)
    asked = send(ana, renamed(a_row()))
    assert be(CORA).get(asked.location).status_code == 403
    assert "Cancelled." in ana.post(f"{asked.location}/forget", follow=True).text
    assert ana.get(asked.location).status_code == 404
    assert "waited for more than 24 hours" in ana.post(asked.location, follow=True).text


def test_a_long_file_is_read_and_written_beside_the_page(
    be: Be, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "QUICK_BYTES", 10)
    monkeypatch.setattr(screen, "QUICK_ROWS", 0)
    monkeypatch.setattr(screen, "QUICK_TO_UNDO", 0)
    ana = be(ANA)
    rows = [a_row(f"F{number:03}", imprisoned_on="2026-01-05") for number in range(1, 41)]
    plan = when_done(ana, send(ana, a_file(*rows)))
    assert plan.status_code == 303
    assert "40 new families." in words(ana.get(plan.location))
    done = when_done(ana, ana.post(f"{plan.location}/accept"))
    assert done.status_code == 303
    assert "What this import did" in words(ana.get(done.location))
    assert families(runtime) == 40
    begun = ana.post(f"{plan.location}/undo")
    assert "/imports/working/" in begun.location
    assert "Everything is as it was before this file." in ana.get(when_done(ana, begun).location).text
    assert families(runtime) == 0
    again = ana.post(f"{plan.location}/undo")
    assert "There is nothing to undo" in ana.get(when_done(ana, again).location).text
    late = when_done(ana, send(ana, a_file(a_row("F900", imprisoned_on="2025-01-05"))))
    asked = when_done(ana, ana.post(f"{late.location}/accept"))
    assert asked.status_code == 422
    assert "Choose when the families that were found late are offered support" in words(asked)
    refused = when_done(ana, send(ana, b"Dear all, please find attached"))
    assert refused.status_code == 422
    assert "not a recognition file" in words(refused)
    strange = when_done(ana, send(ana, renamed(a_row())))
    assert "/imports/asked/" in strange.location


def test_while_it_is_read_the_page_says_how_far_it_is_and_looks_again_without_scripts(be: Be, runtime: Runtime) -> None:
    job_id = begin_job(runtime, ANA, what="plan", file_name="january.csv")
    with runtime.sessions.begin() as session:
        row = session.get_one(ImportJobRow, job_id)
        row.done, row.in_all = 12_000, 20_000
    page = be(ANA).get(f"/imports/working/{job_id}")
    assert "12,000 of 20,000 rows. Nothing is written yet." in words(page)
    assert page.headers["Refresh"] == f"3; url=/imports/working/{job_id}"
    assert 'value="12000" max="20000"' in page.text
    assert be(CORA).get(f"/imports/working/{job_id}").status_code == 403


def test_an_older_list_is_asked_about_above_the_button_and_on_it(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    for day, button in (("2026-01-12", "Accept and import"), ("2026-01-02", "Yes, import this older list")):
        plan = send(ana, a_file(a_row(imprisoned_on="2025-12-29", custody_as_of=day))).location
        said = words(ana.get(plan))
        assert button in said
        ana.post(f"{plan}/accept", {"late": "next"})
    assert said.index("older than the newest one imported") < said.index(button)
    assert families(runtime) == 1


def test_while_it_is_undone_the_page_says_so(be: Be, runtime: Runtime) -> None:
    job_id = begin_job(runtime, ANA, what="undo", batch_id="b1")
    with runtime.sessions.begin() as session:
        row = session.get_one(ImportJobRow, job_id)
        row.done, row.in_all = 500, 3_000
    said = words(be(ANA).get(f"/imports/working/{job_id}"))
    assert "Undoing the import" in said
    assert "500 of 3,000 families. Everything is undone at once, at the end, or nothing is." in said
    with runtime.sessions.begin() as session:
        session.get_one(ImportJobRow, job_id).state = "failed"
    assert "nothing was undone" in be(ANA).get(f"/imports/working/{job_id}", follow=True).text


def test_two_families_are_compared_and_merged_or_told_apart_on_their_page(be: Be, runtime: Runtime) -> None:
    imported(runtime, ONE)
    imported(runtime, ONE, TWO)
    ana = be(ANA)
    assert "1 pair of families may be one" in words(ana.get("/gate/"))
    listed = words(ana.get("/gate/duplicates"))
    assert "A. R., F001" in listed
    address = f"/gate/duplicates/{family(runtime).id}/{family(runtime, 'F002').id}"
    page = words(ana.get(address))
    assert "Amina Rivera" in page
    assert "Alike" in page
    assert ana.post(address, {}).status_code == 422
    assert "A coordinator decides." in words(be(CORA).get(address))
    assert be(CORA).post(address, {"answer": "different"}).status_code == 403
    assert be(BEN).get(address).status_code == 403
    assert "One family now." in ana.post(address, {"answer": family(runtime).id}, follow=True).text
    assert "Somebody decided this already" in words(ana.post(address, {"answer": "different"}))
    closed = words(ana.get(f"/gate/families/{family(runtime, 'F002').id}"))
    assert "One family with F001 , which goes on in its stead" in closed or "One family with F001" in closed
    assert "F002" in words(ana.get(f"/gate/families/{family(runtime).id}"))


def test_not_a_duplicate_lifts_the_hold(be: Be, runtime: Runtime) -> None:
    imported(runtime, ONE)
    imported(runtime, ONE, TWO)
    address = f"/gate/duplicates/{family(runtime).id}/{family(runtime, 'F002').id}"
    assert "Kept as two families." in be(ANA).post(address, {"answer": "different"}, follow=True).text
    assert holds(runtime, "F002") == set()


def test_what_the_gate_goes_by_is_read_and_set_for_each_area(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    said = words(ana.get("/gate/areas"))
    assert "A child open to early help or a child in need plan or a child protection plan gives a notice" in said
    assert "New families are dealt among those who are on duty." in said
    form: dict[str, object] = {
        "thresholds": ["child_protection"], "front_door": "front.door@oxf.gov.uk", "chase_days": "5",
        "champion": "ben", "pick_up_days": "2",
    }  # fmt: skip
    assert ana.post("/gate/areas/OXF", form).status_code == 303
    said = words(ana.get("/gate/areas"))
    assert "A child open to a child protection plan gives a notice to the social worker." in said
    assert "New families land on the list of Ben Practitioner." in said
    assert "Not tried in 2 working days" in said
    assert "Not answered in 5 working days: a reminder." in said
    assert "Working days until a notice without an answer is chased" in words(ana.get("/gate/areas/OXF"))
    wrong = ana.post("/gate/areas/OXF", form | {"front_door": "the desk", "chase_days": "many"})
    assert wrong.status_code == 422
    assert "Write one e-mail address" in words(wrong)
    assert "Write a number of days" in words(wrong)
    assert ana.get("/gate/areas/SLO").status_code == 403
    assert ana.get("/gate/areas/XXX").status_code == 404
    assert be(BEN).get("/gate/areas").status_code == 403
    with runtime.sessions.read() as session:
        assert session.get_one(AreaRow, "OXF").notice_thresholds == ["child_protection"]


def test_a_witness_waits_for_the_officer_in_the_case(be: Be, runtime: Runtime) -> None:
    one = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        hold_id = set_hold(
            session, runtime, family_id=one.id, kind=Kind.WITNESS_IN_CASE, by="import", now=runtime.now()
        ).id  # fmt: skip
    ana, cora, base = be(ANA), be(CORA), f"/gate/families/{one.id}/holds/{hold_id}"
    page = ana.get(f"/gate/families/{one.id}").text
    assert "Who answered for the case" in page
    assert f"{base}/lift" not in page, "there is nothing to agree to yet"
    for who in (ana, cora):
        refused = who.post(f"{base}/lift", {"why": "The trial is over"})
        assert refused.status_code == 400
        assert "The officer in the case has not said yet" in words(refused)
    assert ana.post(f"{base}/officer", {"words": " ", "agrees": "yes"}).status_code == 400
    ana.post(f"{base}/officer", {"words": "DC Hale: not before the verdict", "agrees": "no"})
    assert "asks to wait: DC Hale: not before the verdict" in words(ana.get(f"/gate/families/{one.id}"))
    assert ana.post(f"{base}/lift", {"why": "now"}).status_code == 400
    ana.post(f"{base}/officer", {"words": "DC Hale: the trial is over", "agrees": "yes"})
    ana.post(f"{base}/lift", {"why": "The trial is over"})
    assert Kind.WITNESS_IN_CASE in holds(runtime)
    cora.post(f"{base}/lift", {"why": "Agreed"})
    assert holds(runtime) == set()


def test_a_bad_row_among_strange_columns_is_downloaded_in_our_names(be: Be) -> None:
    ana = be(ANA)
    meant = {"Guardian": "carer_name", "DOB": "child_born_on", "Date of reception": "imprisoned_on"}
    asked = send(ana, renamed(a_row(imprisoned_on="2026-01-05"), a_row("F002", child_born_on="never")))
    names = re.findall(r"The column “(.+?)”", words(ana.get(asked.location)))
    planned = ana.post(
        asked.location, {f"column-{place}": meant.get(name, name) for place, name in enumerate(names, 1)}
    )
    failed = ana.get(f"{planned.location}/failed-rows.csv").data.decode("utf-8-sig")
    assert failed.startswith("what_is_wrong,family_ref,area,")
    assert "carer_name" in failed.splitlines()[0]
    again = upload(ana, data=failed.replace("never", "2017-04-02").encode())
    assert "1 new family." in words(ana.get(again.location))
