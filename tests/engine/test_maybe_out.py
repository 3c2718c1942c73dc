"""*He may be out*: the family rests until a supervisor has looked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.engine.guide_call import Refusal, open_call
from outreach.engine.maybe_out import maybe_out
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import NumberRow
from tests.cast import BEN, DEV, a_family, an_open_offer


def test_he_may_be_out_holds_the_family_for_the_supervisor_once(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified", level=2)
    offer_id = an_open_offer(runtime, family)
    for _ in range(2):
        maybe_out(runtime, BEN, family_id=family.id)
    with runtime.sessions.read() as session:
        assert session.scalars(select(HoldRow.kind)).all() == ["released"]
        task = session.scalars(select(TaskRow)).one()
        assert (task.kind, task.for_role, task.due_at) == ("release_review", "supervisor", runtime.now())
        assert session.get_one(NumberRow, family.number_id).level == 0
    assert isinstance(open_call(runtime, BEN, offer_id=offer_id), Refusal)


def test_it_is_said_in_ones_own_areas_only(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with pytest.raises(NotAllowed):
        maybe_out(runtime, DEV, family_id=family.id)
