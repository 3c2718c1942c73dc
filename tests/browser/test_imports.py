"""The month's import in a real Chromium: errors, mending, a plan that changed underneath, undo, the keyboard alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from outreach.engine.import_families import Waiting, commit_plan, plan_import
from outreach.engine.import_jobs import begin_job
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow
from outreach.store.import_jobs import ImportJobRow
from tests.browser.chromium import Looker
from tests.browser.conftest import Look
from tests.cast import ANA
from tests.domain.recognition_rows import HEADER, a_file, a_row
from tests.engine.test_map_columns import renamed

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_NAME = "Wilhelmina-Konstantina Featherstonehaugh-Cholmondeley of Ross"
GOOD = a_row(imprisoned_on="2026-01-05", carer_name="Amina Rivera")
BAD = a_row("F002", imprisoned_on="2026-01-05", child_born_on="31/02/2015", carer_name="=cmd|' /C calc'!A0")
FULL = [
    GOOD | {"carer_name": LONG_NAME, "open_to": "child_in_need"},
    BAD | {"custody": "n" * 90, "carer_name": LONG_NAME},
    a_row("F003", imprisoned_on="2025-03-02", hold="no_contact_order;carer_is_victim"),
    a_row("F004", carer_relationship="foster_carer"),
    *(a_row(f"F{number:03}", imprisoned_on="2026-01-05") for number in range(10, 75)),
]
PICTURES = os.environ.get("OUTREACH_PICTURES")
"""A folder: the pages are photographed into it, to be looked at."""


def families(runtime: Runtime) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(FamilyRow)) or 0


def send(looker: Looker, *rows: dict[str, str], data: bytes | None = None) -> None:
    content = a_file(*rows) if data is None else data
    looker.page.get_by_label("The recognition file").set_input_files(
        {"name": "january.csv", "mimeType": "text/csv", "buffer": content}
    )
    looker.follow(looker.page.get_by_role("button", name="Show me the plan"))


def fits(looker: Looker, name: str) -> None:
    """The page as it is has no barrier and nothing over the edge, narrow and wide."""
    for width in (1280, 320):
        looker.page.set_viewport_size({"width": width, "height": 900})
        assert looker.runs_over() == 0, (name, width)
        assert looker.barriers() == [], (name, width)
        assert looker.page.evaluate(
            "[...document.querySelectorAll('table')].every(t => t.offsetWidth <= t.parentElement.clientWidth)"
        ), f"{name}: a table scrolls sideways at {width}"
        if PICTURES:
            looker.page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    looker.page.set_viewport_size({"width": 1280, "height": 900})


def test_what_failed_is_downloaded_mended_and_sent_again(look: Look, runtime: Runtime, tmp_path: Path) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, GOOD, BAD)
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import will do")
        failed = ana.page.get_by_role("row").filter(has_text="31/02/2015")
        expect(failed).to_contain_text("child_born_on")
        expect(failed).to_contain_text("There is no such day in that month.")
        fits(ana, "plan-with-errors")
        with ana.page.expect_download() as download:
            ana.page.get_by_role("link", name="Download these rows").click()
        download.value.save_as(tmp_path / "failed.csv")
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        assert families(runtime) == 1
        text = (tmp_path / "failed.csv").read_text("utf-8-sig")
        assert "'=cmd|" in text, "the download runs nowhere"
        ana.open("/imports")
        send(ana, data=text.replace("31/02/2015", "28/02/2015").encode("utf-8-sig"))
        expect(ana.page.get_by_text("1 new family.")).to_be_visible()
        expect(ana.page.get_by_text("cannot be read")).to_have_count(0)
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import did")
        assert families(runtime) == 2


def test_a_file_that_cannot_be_read_says_why_and_the_way_back_is_the_same_page(look: Look) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        ana.follow(ana.page.get_by_role("button", name="Show me the plan"))
        expect(ana.page.get_by_role("alert")).to_contain_text("Choose a file first")
        send(ana, data=b"Dear all, please find attached")
        summary = ana.page.get_by_role("alert")
        expect(summary).to_contain_text("not a recognition file")
        fits(ana, "refused")
        summary.get_by_role("link").click()
        expect(ana.page.get_by_label("The recognition file")).to_be_focused()
        send(ana, GOOD)
        expect(ana.page.get_by_text("Nothing is written yet.")).to_be_visible()


def test_a_plan_that_changed_underneath_says_what_and_shows_the_new_one(look: Look, runtime: Runtime) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, GOOD, a_row("F004", imprisoned_on="2026-01-05"))
        meanwhile = plan_import(runtime, ANA, data=a_file(GOOD), file_name="other.csv")
        assert isinstance(meanwhile, Waiting)
        commit_plan(runtime, ANA, batch_id=meanwhile.batch_id)
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_text("Something changed since you saw this plan")).to_be_visible()
        expect(ana.page.get_by_text("F001: it said “New.")).to_be_visible()
        expect(ana.page.get_by_text("1 family is unchanged.")).to_be_visible()
        assert families(runtime) == 1, "nothing was written"
        fits(ana, "changed-underneath")
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import did")
        assert families(runtime) == 2


def test_an_import_is_undone_from_its_page(look: Look, runtime: Runtime) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, GOOD)
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_text("Undoing removes 1 new family")).to_be_visible()
        fits(ana, "done")
        ana.follow(ana.page.get_by_role("button", name="Undo this import"))
        expect(ana.page.get_by_text("Everything is as it was before this file.")).to_be_visible()
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("This import was undone")
        assert families(runtime) == 0
        fits(ana, "undone")


def test_a_full_plan_fits_every_window_and_every_line_opens(look: Look, runtime: Runtime) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, *FULL)
        expect(ana.page.get_by_text("Found late").first).to_be_visible()
        for line in ana.page.locator("summary").all()[:3]:
            line.click()
        fits(ana, "full-plan")
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_role("alert")).to_contain_text("Choose when the families that were found late")
        fits(ana, "late-not-chosen")
        ana.follow(ana.page.get_by_role("link", name="See all"))
        fits(ana, "all-the-new")
        ana.open("/imports/columns")
        fits(ana, "columns")
        assert [each for each in ana.complaints if "422" not in each] == []
        assert families(runtime) == 0


def test_a_month_is_imported_with_the_keyboard_alone(look: Look, runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "january.csv"
    file.write_bytes(a_file(GOOD, a_row("F003", imprisoned_on="2025-06-02")))
    with look(ANA) as ana:
        ana.open("/imports")
        tab_to(ana.page, "file")
        ana.page.locator(":focus").set_input_files(file)  # the browser's own window to choose a file is not ours to try
        press(ana, "Show me the plan")
        tab_to(ana.page, "late")
        ana.page.keyboard.press("Space")
        press(ana, "Accept and import")
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import did")
        assert families(runtime) == 2
        press(ana, "Undo this import")
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("This import was undone")
        assert families(runtime) == 0


def test_a_month_is_imported_without_scripts(look: Look, runtime: Runtime) -> None:
    with look(ANA, scripts=False) as ana:
        ana.open("/imports")
        send(ana, GOOD, BAD)
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import did")
        assert families(runtime) == 1


def test_column_names_are_explained_once_and_the_page_fits(look: Look, runtime: Runtime) -> None:
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, data=renamed(GOOD | {"carer_name": LONG_NAME}))
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What do these columns hold?")
        fits(ana, "columns-asked")
        ana.follow(ana.page.get_by_role("button", name="Show me the plan"))
        expect(ana.page.get_by_role("alert")).to_contain_text("No column is said to be")
        fits(ana, "columns-not-whole")
        for name, column in (("Guardian", "carer_name"), ("DOB", "child_born_on")):
            ana.page.get_by_label(f"The column “{name}”").select_option(column)
        ana.page.get_by_label("The column “Date of reception”").select_option("imprisoned_on")
        ana.follow(ana.page.get_by_role("button", name="Show me the plan"))
        expect(ana.page.get_by_text("Nothing is written yet.")).to_be_visible()
        fits(ana, "plan-of-columns")
        ana.follow(ana.page.get_by_role("link", name="Change what the columns mean"))
        fits(ana, "columns-again")
        ana.page.get_by_text("Columns that have our names").click()
        fits(ana, "columns-of-ours")
        ana.follow(ana.page.get_by_role("button", name="Show me the plan"))
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        ana.open("/imports")
        send(ana, data=renamed(GOOD | {"carer_name": LONG_NAME}, a_row("F002", imprisoned_on="2026-01-05")))
        expect(ana.page.get_by_text("1 new family.")).to_be_visible()


def test_all_that_is_worth_a_look_fits_in_every_window(look: Look, runtime: Runtime) -> None:
    rows = [a_row(f"F{number:03}", imprisoned_on="2026-01-05", carer_phone="") for number in range(1, 103)]
    header = [name for name in HEADER if name not in ("open_to", "deceased", "parent_phone")]
    with look(ANA) as ana:
        ana.open("/imports")
        send(ana, data=a_file(*rows, header=header))
        expect(ana.page.get_by_text("The file has no column deceased")).to_be_visible()
        fits(ana, "plan-without-columns")
        ana.follow(ana.page.get_by_role("link", name="See all 102 worth a look"))
        fits(ana, "remarks")


def test_two_families_stand_beside_each_other_in_every_window(look: Look, runtime: Runtime) -> None:
    twin = GOOD | {"family_ref": "F002", "child_ref": "K002", "carer_name": LONG_NAME}
    for rows in ((GOOD,), (GOOD, twin)):
        waiting = plan_import(runtime, ANA, data=a_file(*rows), file_name="january.csv")
        assert isinstance(waiting, Waiting)
        commit_plan(runtime, ANA, batch_id=waiting.batch_id)
    with look(ANA) as ana:
        ana.open("/gate/")
        expect(ana.page.get_by_role("table")).to_be_visible()
        fits(ana, "gate")
    with look(ANA, scripts=False) as ana:
        ana.open("/gate/")
        ana.follow(ana.page.get_by_role("link", name="may be one: compare them"))
        fits_without_scripts(ana, "duplicates")
        ana.follow(ana.page.get_by_role("link", name="F002"))
        fits_without_scripts(ana, "duplicate")
        ana.page.get_by_label("Not a duplicate").check()
        ana.follow(ana.page.get_by_role("button", name="Save"))
        expect(ana.page.get_by_text("Kept as two families.")).to_be_visible()
    with look(ANA) as ana:
        for path in ("/gate/areas", "/gate/areas/OXF", f"/gate/duplicates/{pair(runtime)}"):
            ana.open(path)
            fits(ana, path.strip("/").replace("/", "-")[:24])
        assert ana.complaints == []


def test_a_long_import_says_how_far_it_is_and_ends_where_a_short_one_does(look: Look, runtime: Runtime) -> None:
    rows = [a_row(f"F{number:05}", imprisoned_on="2026-01-05", carer_phone="") for number in range(3_000)]
    with look(ANA, scripts=False) as ana:
        ana.open("/imports")
        send(ana, *rows)
        expect(ana.page.get_by_text("3000 new families.")).to_be_visible()
        ana.follow(ana.page.get_by_role("button", name="Accept and import"))
        expect(ana.page.get_by_role("heading", level=1)).to_have_text("What this import did")
        assert families(runtime) == 3_000
    job_id = begin_job(runtime, ANA, what="plan", file_name="january.csv")
    with runtime.sessions.begin() as session:
        row = session.get_one(ImportJobRow, job_id)
        row.done, row.in_all = 12_000, 20_000
    with look(ANA) as ana:
        ana.open(f"/imports/working/{job_id}")
        fits(ana, "working")


def pair(runtime: Runtime) -> str:
    with runtime.sessions.read() as session:
        return "/".join(session.scalars(select(FamilyRow.id).order_by(FamilyRow.ref)))


def fits_without_scripts(looker: Looker, name: str) -> None:
    for width in (1280, 320):
        looker.page.set_viewport_size({"width": width, "height": 900})
        assert looker.runs_over() == 0, (name, width)
        if PICTURES:
            looker.page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


def tab_to(page: Page, name: str) -> None:
    """Tab until the element with this name (or words) has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate("[document.activeElement.name, document.activeElement.innerText]")
        if name in [str(each).strip() for each in here]:
            return
    pytest.fail(f"the keyboard does not come to {name}")


def press(looker: Looker, button: str) -> None:
    tab_to(looker.page, button)
    looker.press("Enter")
