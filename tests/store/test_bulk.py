"""Rows written by the driver are the rows that the tables' own classes would have written, on either database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.runtime import Runtime
from outreach.store.base import Base
from outreach.store.bulk import NotWritten, Row, Rows, write_all
from outreach.store.events import EventRow
from outreach.store.families import ChildRow, FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.sealing import DataKeyRow

NOW = datetime(2026, 1, 13, 10, 0, 0, 123456, tzinfo=UTC)


def a_family(number: int) -> list[Row]:
    """The child first: the tables are put in their order by whoever writes them."""
    family_id = f"family-{number}"
    return [
        (ChildRow, {"id": f"child-{number}", "family_id": family_id, "ref": "K", "born_on": "2017"}),
        (
            FamilyRow,
            {
                "id": family_id, "ref": f"F{number}", "area_code": "OXF", "imprisoned_on": date(2026, 1, 5),
                "custody": "remand", "custody_as_of": date(2026, 1, 6), "checks": "complete", "open_to": "none",
                "record": bytes(range(256)), "fingerprint": "f", "made_at": NOW, "interpreter": True,
            },
        ),
        (EventRow, {"id": f"event-{number}", "at": NOW, "name": "seen", "actor_id": "ana", "family_id": family_id,
                    "subjects": ["a", "b"], "data": {"fields": ["Zoë’s \"name\"", 1, None]}}),
        (HoldRow, {"id": f"hold-{number}", "family_id": family_id, "kind": "by_hand", "set_by": "ana", "set_at": NOW,
                   "look_again_on": date(2026, 2, 1)}),
    ]  # fmt: skip


def values(row: Base) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_what_the_driver_writes_reads_like_what_the_classes_write(either_runtime: Runtime) -> None:
    with either_runtime.sessions.begin() as session:
        rows = Rows(session)
        rows.add(a_family(1))
        assert rows.write(session) == 4
        for table, given in sorted(a_family(2), key=lambda row: row[0] is not FamilyRow):
            session.add(table(**given))
            session.flush()
    with either_runtime.sessions.read() as session:
        for table in (FamilyRow, ChildRow, EventRow, HoldRow):
            query = select(table).where(table.__table__.c.id.like("%-_"))
            one, two = session.scalars(query.order_by(table.__table__.c.id)).all()
            assert {**values(one), "id": "", "family_id": "", "ref": ""} == {
                **values(two), "id": "", "family_id": "", "ref": "",
            }  # fmt: skip


def test_nothing_is_left_to_be_written_twice(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        rows = Rows(session)
        rows.add(a_family(1))
        assert (rows.write(session), rows.write(session)) == (4, 0)


def test_one_is_written_while_the_next_is_made_and_a_fault_takes_all_of_it_back(either_runtime: Runtime) -> None:
    def made(session: Session) -> list[Rows]:
        several = [Rows(session) for _ in range(3)]
        for number, rows in zip((1, 2, 1), several, strict=True):
            rows.add(a_family(number))
        return several

    with pytest.raises(NotWritten, match=r"^(family|event): "), either_runtime.sessions.begin() as session:
        list(write_all(session, made(session)))
    with either_runtime.sessions.begin() as session:
        assert session.scalars(select(FamilyRow)).all() == []
        assert list(write_all(session, made(session)[:2])) == [4, 4]


def test_a_moment_without_its_zone_is_refused(either_runtime: Runtime) -> None:
    with either_runtime.sessions.begin() as session:
        rows = Rows(session)
        with pytest.raises(ValueError, match="naive"):
            rows.add([(DataKeyRow, {"id": "k", "master_id": "m", "wrapped": b"", "made_at": NOW.replace(tzinfo=None)})])
