"""The terms of the settings reach what a family is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.settings import from_environment
from outreach.store.texts import ReadingRow
from tests.cast import a_family


@pytest.mark.parametrize(
    ("terms", "on"),
    [
        ('[["2025-09-02", "2025-12-19"], ["2026-01-20", "2026-03-27"]]', date(2026, 1, 27)),
        ('[["2026-01-05", "2026-03-27"], ["2026-04-14", "2026-07-21"]]', date(2026, 4, 21)),
    ],
    ids=["before the term", "in the term"],
)
def test_when_schools_back_is_the_second_week_of_the_next_term_that_was_set(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, terms: str, on: date
) -> None:
    monkeypatch.setenv("OUTREACH_SCHOOL_TERMS", terms)
    given = from_environment().school_terms
    runtime = replace(runtime, settings=runtime.settings.model_copy(update={"school_terms": given}))
    family = a_family(runtime, "F001", standing="verified")
    words = InboundText(sid="SM01", sender=family.e164, recipient="+447700900999", body="when schools back")
    receive_text(runtime, words)
    with runtime.sessions.read() as session:
        reading = session.scalars(select(ReadingRow)).one()
    assert (reading.intent, (reading.proposed_on or "").strip()) == ("later", on.isoformat())
