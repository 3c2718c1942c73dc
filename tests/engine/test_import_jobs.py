"""Work on an import that goes on beside the page: how far it is, and what came of it."""

from __future__ import annotations

import pytest

from outreach.domain.access import NotAllowed
from outreach.engine.import_jobs import begin_job, commit_job, forget_jobs, plan_job, undo_job
from outreach.runtime import Runtime
from outreach.store.import_jobs import ImportJobRow
from outreach.views.import_job import ImportJob, import_job
from tests.cast import ANA, BEN
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import family
from tests.engine.test_map_columns import renamed
from tests.fakes import Clock

ROWS = [a_row(f"F{number:05}", imprisoned_on="2026-01-05", carer_phone="") for number in range(2_500)]


def planned(runtime: Runtime, data: bytes) -> ImportJob:
    job_id = begin_job(runtime, ANA, what="plan", file_name="lists/january.csv")
    plan_job(runtime, ANA, job_id=job_id, data=data, file_name="january.csv")
    job = import_job(runtime, ANA, job_id)
    assert job is not None
    return job


def test_a_plan_and_its_commit_tell_how_far_they_are_and_where_they_led(either_runtime: Runtime) -> None:
    runtime = either_runtime
    job = planned(runtime, a_file(*ROWS))
    assert (job.state, job.answer, job.file_name) == ("done", "planned", "january.csv")
    assert (job.done, job.in_all) == (2_500, 2_500)
    assert job.leads_to is not None
    commit_id = begin_job(runtime, ANA, what="commit", batch_id=job.leads_to)
    commit_job(runtime, ANA, job_id=commit_id, batch_id=job.leads_to, late=None)
    done = import_job(runtime, ANA, commit_id)
    assert done is not None
    assert (done.answer, done.leads_to) == ("committed", job.leads_to)
    assert family(runtime, "F02499").listed
    for answer in ("undone", "not_undone"):
        undo_id = begin_job(runtime, ANA, what="undo", batch_id=job.leads_to)
        undo_job(runtime, ANA, job_id=undo_id, batch_id=job.leads_to)
        back = import_job(runtime, ANA, undo_id)
        assert back is not None
        assert (back.answer, back.leads_to) == (answer, job.leads_to)
    if not runtime.sessions.on_sqlite:
        assert (done.done, done.in_all) == (2_500, 2_500)


def test_a_file_that_is_refused_or_asked_about_ends_its_job(runtime: Runtime) -> None:
    refused = planned(runtime, b"Dear all")
    assert refused.answer == "refused"
    assert "not a recognition file" in " ".join(refused.says)
    assert planned(runtime, renamed(a_row())).answer == "asked"


def test_a_commit_that_needs_a_choice_or_finds_no_plan_says_so(runtime: Runtime) -> None:
    late = planned(runtime, a_file(a_row(imprisoned_on="2025-01-05")))
    for batch_id, answer in ((late.leads_to, "choose"), ("nothing", "gone")):
        job_id = begin_job(runtime, ANA, what="commit", batch_id=batch_id)
        commit_job(runtime, ANA, job_id=job_id, batch_id=batch_id or "", late=None)
        job = import_job(runtime, ANA, job_id)
        assert job is not None
        assert job.answer == answer


def test_what_breaks_is_the_jobs_answer_and_not_the_pages(runtime: Runtime) -> None:
    job_id = begin_job(runtime, ANA, what="plan")
    plan_job(runtime, BEN, job_id=job_id, data=a_file(a_row()), file_name="january.csv")
    job = import_job(runtime, ANA, job_id)
    assert job is not None
    assert (job.state, job.answer) == ("failed", None)


def test_a_job_is_its_owners_and_forgotten_after_a_day(runtime: Runtime, clock: Clock) -> None:
    job_id = begin_job(runtime, ANA, what="plan")
    with pytest.raises(NotAllowed):
        import_job(runtime, BEN, job_id)
    with pytest.raises(NotAllowed):
        begin_job(runtime, BEN, what="plan")
    clock.move(hours=23)
    assert forget_jobs(runtime) == 0
    clock.move(hours=2)
    assert forget_jobs(runtime) == 1
    with runtime.sessions.read() as session:
        assert session.get(ImportJobRow, job_id) is None
