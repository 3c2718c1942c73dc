"""Import: drop the month's file, read the plan, accept it. Everything of the plan can be opened before."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.import_plan import Status
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_export import failed_rows_csv, template_csv
from outreach.domain.recognition_table import FileProblem
from outreach.engine.import_families import Committed, Gone, NeedsChoice, Waiting, cancel_plan, commit_plan
from outreach.engine.import_jobs import begin_job, commit_job, explain_job, plan_job, undo_job
from outreach.engine.map_columns import GONE as FILE_GONE
from outreach.engine.map_columns import Asked, NotMeant, explain_again, explain_columns, forget_file, upload_file
from outreach.engine.undo_import import NotUndone, undo_import
from outreach.views.columns_asked import ColumnsAsked, columns_asked, columns_of_plan
from outreach.views.import_job import ImportJob, import_job
from outreach.views.imports import (
    REMARKS,
    failed_rows,
    group_page,
    imports_page,
    plan_page,
    remarks_page,
    rows_of_batch,
)

screen = Blueprint("imports", __name__, url_prefix="/imports")

GONE = {
    "cancelled": "This plan was cancelled. Import the file again if that was not meant.",
    "expired": "This plan waited for more than 24 hours and is gone. Import the file again.",
    "committed": "This file was imported already. Undo that first, or say what its columns mean when it comes next.",
    "not_yours": "This plan has families of an area you do not work in. Somebody who does must accept it.",
}
CHOOSE = "Choose when the families that were found late are offered support"
IMPORTED = "Imported. New families join their cadence; nothing is sent before the gate is passed."
FAILED = (
    "Something went wrong, and nothing was written. Send the file again; if it happens twice, tell whoever runs this."
)
STAYS = "Something went wrong, and nothing was undone. Try again; if it happens twice, tell whoever runs this."
QUICK_BYTES, QUICK_ROWS, QUICK_TO_UNDO = 200_000, 1_000, 500
"""What is read and written within a second; more goes on beside the page, which tells how far it is."""
LOOK_AGAIN_SECONDS = 3
AT_WORK = ThreadPoolExecutor(2, thread_name_prefix="import")
NO_FILE = "Choose a file first"
Errors = list[tuple[str, str]]


@screen.get("")
@allow(Permission.IMPORT_READ)
@discloses()
def show() -> str:
    return _first_page([])


@screen.get("/columns")
@allow(Permission.IMPORT_READ)
@discloses()
def columns() -> str:
    return render_template("console/imports/columns.html", columns=COLUMNS)


@screen.get("/template.csv")
@allow(Permission.IMPORT_READ)
@discloses()
def template() -> Response:
    return _download(template_csv(), "recognition-file-template.csv")


@screen.post("")
@allow(Permission.IMPORT_COMMIT)
def upload() -> AnyResponse | tuple[str, int]:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _first_page([("file", NO_FILE)]), 422
    data = file.read()
    if len(data) > QUICK_BYTES:
        job_id = begin_job(runtime(), actor(), what="plan", file_name=file.filename)
        return _beside(job_id, plan_job, data=data, file_name=file.filename)
    answer = upload_file(runtime(), actor(), data=data, file_name=file.filename)
    if isinstance(answer, Asked):
        return redirect(url_for("imports.asked", file_id=answer.file_id), 303)
    return _planned(answer)


@screen.get("/working/<job_id>")
@allow(Permission.IMPORT_COMMIT)
@discloses("batch")
def working(job_id: str) -> AnyResponse | tuple[str, int]:
    job = import_job(runtime(), actor(), job_id)
    if job is None:
        abort(404)
    disclose("import_job", [])
    if job.state == "working":
        page = Response(render_template("console/imports/working.html", job=job))
        page.headers["Refresh"] = f"{LOOK_AGAIN_SECONDS}; url={url_for('imports.working', job_id=job_id)}"
        return page
    return _after_job(job)


def _after_job(job: ImportJob) -> AnyResponse | tuple[str, int]:
    """Where the work led, as if it had been quick."""
    match job.answer:
        case "planned":
            return redirect(url_for("imports.plan", batch_id=job.leads_to), 303)
        case "asked":
            return redirect(url_for("imports.asked", file_id=job.leads_to), 303)
        case "refused":
            return _first_page([("file", problem) for problem in job.says]), 422
        case "committed":
            tell(IMPORTED)
            return redirect(url_for("imports.plan", batch_id=job.leads_to), 303)
        case "choose":
            return _plan_page(job.leads_to or "", errors=[("late", CHOOSE)]), 422
        case "changed":
            return _plan_page(job.leads_to or "", changed=job.says), 409
        case "undone" | "not_undone":
            return _undone(job.leads_to or "", job.says[0], warning=job.answer == "not_undone")
        case "gone":
            tell(GONE[job.says[0]], warning=True)
        case _:
            tell(STAYS if job.what == "undo" else FAILED, warning=True)
    return redirect(url_for("imports.show"), 303)


def _beside(job_id: str, work: Callable[..., None], **given: Any) -> AnyResponse | tuple[str, int]:
    """Do long work beside this request; what is done within a second is shown at once."""
    doing = AT_WORK.submit(work, runtime(), actor(), job_id=job_id, **given)
    wait([doing], timeout=1)
    return redirect(url_for("imports.working", job_id=job_id), 303)


@screen.get("/asked/<file_id>")
@allow(Permission.IMPORT_COMMIT)
@discloses("file")
def asked(file_id: str) -> str:
    return _asked(columns_asked(runtime(), actor(), file_id), file_id=file_id)


@screen.post("/asked/<file_id>")
@allow(Permission.IMPORT_COMMIT)
def explain(file_id: str) -> AnyResponse | tuple[str, int]:
    page = columns_asked(runtime(), actor(), file_id)
    if page is None:
        tell(FILE_GONE, warning=True)
        return redirect(url_for("imports.show"), 303)
    meanings = _meant(page)
    if problems := page.wrong_with(meanings):
        return _asked(page, file_id=file_id, problems=problems), 422
    if page.size > QUICK_BYTES:
        job_id = begin_job(runtime(), actor(), what="plan", file_name=page.file_name)
        return _beside(job_id, explain_job, file_id=file_id, meanings=meanings)
    return _planned(explain_columns(runtime(), actor(), file_id=file_id, meanings=meanings))


@screen.post("/asked/<file_id>/forget")
@allow(Permission.IMPORT_COMMIT)
def forget(file_id: str) -> AnyResponse:
    forget_file(runtime(), actor(), file_id=file_id)
    tell("Cancelled. Nothing was written, and the file is gone.")
    return redirect(url_for("imports.show"), 303)


@screen.get("/<batch_id>")
@allow(Permission.IMPORT_READ)
@discloses("batch")
def plan(batch_id: str) -> str:
    return _plan_page(batch_id)


@screen.get("/<batch_id>/columns")
@allow(Permission.IMPORT_COMMIT)
@discloses("batch")
def columns_of(batch_id: str) -> str:
    return _asked(columns_of_plan(runtime(), actor(), batch_id), batch_id=batch_id)


@screen.post("/<batch_id>/columns")
@allow(Permission.IMPORT_COMMIT)
def explain_anew(batch_id: str) -> AnyResponse | tuple[str, int]:
    page = columns_of_plan(runtime(), actor(), batch_id)
    if page is None:
        tell(GONE["expired"], warning=True)
        return redirect(url_for("imports.show"), 303)
    meanings = _meant(page)
    if problems := page.wrong_with(meanings):
        return _asked(page, batch_id=batch_id, problems=problems), 422
    if page.size > QUICK_BYTES:
        job_id = begin_job(runtime(), actor(), what="plan", file_name=page.file_name)
        return _beside(job_id, explain_job, batch_id=batch_id, meanings=meanings)
    return _planned(explain_again(runtime(), actor(), batch_id=batch_id, meanings=meanings))


@screen.get("/<batch_id>/families/<status>")
@allow(Permission.IMPORT_READ)
@discloses("batch")
def families(batch_id: str, status: str) -> str:
    if status not in set(Status):
        abort(404)
    found = group_page(runtime(), actor(), batch_id, Status(status), request.args.get("page", 1, type=int))
    if found is None:
        abort(404)
    group, family_ids = found
    disclose("import_plan_families", family_ids)
    return render_template("console/imports/families.html", group=group, batch_id=batch_id)


@screen.get("/<batch_id>/remarks/<kind>")
@allow(Permission.IMPORT_READ)
@discloses("batch")
def remarks(batch_id: str, kind: str) -> str:
    if kind not in REMARKS:
        abort(404)
    page = remarks_page(runtime(), actor(), batch_id, kind, request.args.get("page", 1, type=int))
    if page is None:
        abort(404)
    disclose("import_plan_remarks", [])
    return render_template("console/imports/remarks.html", page=page, batch_id=batch_id)


@screen.get("/<batch_id>/failed-rows.csv")
@allow(Permission.IMPORT_COMMIT)
@discloses("batch")
def failed(batch_id: str) -> Response:
    found = failed_rows(runtime(), actor(), batch_id)
    if found is None:
        abort(404)
    intake, family_ids = found
    disclose("import_failed_rows", family_ids)
    return _download(failed_rows_csv(intake), "rows-that-failed.csv")


@screen.post("/<batch_id>/accept")
@allow(Permission.IMPORT_COMMIT)
def accept(batch_id: str) -> AnyResponse | tuple[str, int]:
    late = request.form.get("late") if request.form.get("late") in ("now", "next") else None
    if rows_of_batch(runtime(), actor(), batch_id) > QUICK_ROWS:
        job_id = begin_job(runtime(), actor(), what="commit", batch_id=batch_id)
        return _beside(job_id, commit_job, batch_id=batch_id, late=late)
    answer = commit_plan(runtime(), actor(), batch_id=batch_id, late=late)
    match answer:
        case Committed(plan=first_time):
            if first_time is not None:
                tell(IMPORTED)
            return redirect(url_for("imports.plan", batch_id=batch_id), 303)
        case NeedsChoice():
            return _plan_page(batch_id, errors=[("late", CHOOSE)]), 422
        case Gone(why=why):
            tell(GONE[why], warning=True)
            return redirect(url_for("imports.show"), 303)
    return _plan_page(batch_id, changed=answer.changed), 409


@screen.post("/<batch_id>/cancel")
@allow(Permission.IMPORT_COMMIT)
def cancel(batch_id: str) -> AnyResponse:
    cancel_plan(runtime(), actor(), batch_id=batch_id)
    tell("Cancelled. Nothing was written, and the plan is gone.")
    return redirect(url_for("imports.show"), 303)


@screen.post("/<batch_id>/undo")
@allow(Permission.IMPORT_COMMIT)
def undo(batch_id: str) -> AnyResponse | tuple[str, int]:
    if rows_of_batch(runtime(), actor(), batch_id) > QUICK_TO_UNDO:
        job_id = begin_job(runtime(), actor(), what="undo", batch_id=batch_id)
        return _beside(job_id, undo_job, batch_id=batch_id)
    answer = undo_import(runtime(), actor(), batch_id=batch_id)
    if isinstance(answer, NotUndone):
        return _undone(batch_id, answer.why, warning=True)
    return _undone(batch_id, answer.said)


def _undone(batch_id: str, words: str, *, warning: bool = False) -> AnyResponse:
    tell(words, warning=warning)
    return redirect(url_for("imports.plan", batch_id=batch_id), 303)


def _planned(answer: Waiting | FileProblem | NotMeant | Gone) -> AnyResponse | tuple[str, int]:
    if isinstance(answer, Gone):
        tell(GONE[answer.why], warning=True)
        return redirect(url_for("imports.show"), 303)
    if isinstance(answer, FileProblem | NotMeant):
        return _first_page([("file", problem) for problem in answer.problems]), 422
    return redirect(url_for("imports.plan", batch_id=answer.batch_id), 303)


def _asked(page: ColumnsAsked | None, *, file_id: str = "", batch_id: str = "", problems: tuple[str, ...] = ()) -> str:
    if page is None:
        abort(404)
    disclose("import_columns", [])
    return render_template(
        "console/imports/asked.html",
        page=page,
        file_id=file_id,
        batch_id=batch_id,
        errors=[("column-1", problem) for problem in problems],
        given=request.form,
    )


def _meant(page: ColumnsAsked) -> dict[str, str]:
    """What was chosen for each name; where nothing could be, what stood there."""
    given = request.form
    return {name.field: given.get(f"column-{place}", name.chosen) for place, name in enumerate(page.names, 1)}


def _first_page(errors: Errors) -> str:
    return render_template("console/imports/show.html", page=imports_page(runtime(), actor()), errors=errors)


def _plan_page(batch_id: str, *, errors: Errors | None = None, changed: tuple[str, ...] = ()) -> str:
    page = plan_page(runtime(), actor(), batch_id)
    if page is None:
        abort(404)
    disclose("import_plan", page.family_ids)
    return render_template("console/imports/plan.html", page=page, errors=errors or [], changed=changed)


def _download(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="text/csv", headers=headers)
