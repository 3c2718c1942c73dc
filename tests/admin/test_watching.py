"""What whoever watches over the service sees: ready or not, and counts; nothing of a family, an area or a person."""

from __future__ import annotations

import dataclasses
import re

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from admin.web import create_app
from outreach.domain.delivery import Unknown
from outreach.engine.beat import beat
from outreach.engine.dispatch import dispatch
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from tests.cast import a_family, an_open_offer
from tests.fakes import FakeLine

TOKEN = "a token of sixteen or more"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def watched(runtime: Runtime) -> Runtime:
    settings = runtime.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    return dataclasses.replace(runtime, settings=settings)


def told(runtime: Runtime) -> dict[str, float]:
    answer = create_app(runtime).test_client().get("/metrics", headers=SHOWN)
    assert answer.status_code == 200
    lines = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_ready_is_a_database_that_answers_and_is_up_to_date(runtime: Runtime) -> None:
    client = create_app(runtime).test_client()
    assert client.get("/ready").json == {"ready": True, "missing": []}
    with runtime.sessions.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/ready")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["migrations"]})


def test_metrics_are_for_who_shows_the_token_and_are_not_there_without_one(watched: Runtime, runtime: Runtime) -> None:
    assert create_app(runtime).test_client().get("/metrics", headers=SHOWN).status_code == 404
    client = create_app(watched).test_client()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert client.get("/metrics", headers=headers).status_code == 403
    assert client.get("/metrics", headers=SHOWN).status_code == 200


def test_metrics_count_the_queue_the_unknown_and_who_works(watched: Runtime, line: FakeLine) -> None:
    for place in range(3):
        family = a_family(watched, f"F00{place}", standing="verified", e164=f"+44770090010{place}", next_step=2)
        an_open_offer(watched, family, channel="text", step=1)
    run_cadences(watched)
    assert told(watched)["outreach_texts_due"] == 3
    line.answers.append(Unknown("no answer"))
    dispatch(watched)
    beat(watched, "one")
    found = told(watched)
    assert found["outreach_texts_due"] == found["outreach_texts_oldest_due_seconds"] == 0
    assert (found["outreach_texts_unknown"], found['outreach_texts_total{outcome="accepted"}']) == (1, 2)
    assert found["outreach_workers_alive"] == 1


def test_metrics_have_no_label_but_the_outcome(watched: Runtime) -> None:
    labels = set(re.findall(r"(\w+)=\"", " ".join(told(watched))))
    assert labels == {"outcome"}
