"""Workers that link the events at the same moment: one does it, the others leave it."""

from __future__ import annotations

import pytest

from outreach.engine.link_events import link_events, verify_events
from outreach.runtime import Runtime
from outreach.store import events


@pytest.mark.parametrize(
    "either_runtime",
    [pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("pg")])],
    indirect=True,
)
def test_while_one_worker_links_another_leaves_it(either_runtime: Runtime) -> None:
    runtime = either_runtime
    link_events(runtime)
    with runtime.sessions.begin() as session:
        events.note(session, "tried", id="z1", at=runtime.now(), actor_id="ana")
    with runtime.sessions.begin() as session:
        assert events.link_events(session) == 1
        assert link_events(runtime) == 0
    assert link_events(runtime) == 0
    whole = verify_events(runtime)
    assert (whole.broken_at, whole.loose) == (None, 0)
