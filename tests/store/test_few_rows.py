"""Rows that are read and written past SQLAlchemy's work per statement are those of the session all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from outreach.runtime import Runtime
from outreach.store import few_rows, numbers
from outreach.store.base import table_of
from outreach.store.few_rows import Part
from outreach.store.numbers import NumberRow
from outreach.store.sealing import DataKeyRow, blind
from tests.cast import Family, a_family

NUMBER = Part(NumberRow, ("id", "standing", "verified_at"))
KEY = Part(DataKeyRow, ("id", "wrapped"))
_N, _K = table_of(NumberRow).c, table_of(DataKeyRow).c
BY_INDEX = select(*NUMBER.columns, _N.level, (_N.kind == "mobile").label("mobile")).where(
    _N.e164_index == bindparam("index")
)


@pytest.fixture
def family(either_runtime: Runtime) -> Family:
    return a_family(either_runtime, "F001", standing="verified", level=2)


def asked(runtime: Runtime, family: Family) -> dict[str, str]:
    with runtime.sessions.read() as session:
        return {"index": blind(session, "e164", family.e164)}


def test_what_is_read_is_an_object_of_the_session_and_the_same_one_each_time(
    either_runtime: Runtime, family: Family
) -> None:
    with either_runtime.sessions.begin() as session:
        ((number, level, mobile),) = few_rows.read(session, BY_INDEX, asked(either_runtime, family), parts=[NUMBER])
        assert (level, bool(mobile), number.standing) == (2, True, "verified")
        assert number.verified_at == either_runtime.now()
        assert session.get_one(NumberRow, family.number_id) is number
        assert numbers.written(session, number) == family.e164  # a column that was left out is read now
        ((again, *_),) = few_rows.read(session, BY_INDEX, asked(either_runtime, family), parts=[NUMBER])
        assert again is number


def test_what_stands_in_the_session_is_not_written_over_by_what_is_read(
    either_runtime: Runtime, family: Family
) -> None:
    with either_runtime.sessions.begin() as session:
        number = session.get_one(NumberRow, family.number_id)
        number.standing = "compromised"
        ((found, *_),) = few_rows.read(session, BY_INDEX, asked(either_runtime, family), parts=[NUMBER])
        assert found is number
        assert found.standing == "compromised"


@pytest.mark.parametrize("bare", [True, False])
def test_what_was_changed_is_written_once_by_either_flush(either_runtime: Runtime, family: Family, bare: bool) -> None:
    with either_runtime.sessions.begin() as session:
        ((number, *_),) = few_rows.read(session, BY_INDEX, asked(either_runtime, family), parts=[NUMBER])
        number.standing, number.level, number.texts_stopped_at = "lost", 2, either_runtime.now()
        if bare:
            few_rows.flush(session)
            assert not session.dirty
    with either_runtime.sessions.read() as session:
        stands = session.get_one(NumberRow, family.number_id)
        assert (stands.standing, stands.level, stands.kind) == ("lost", 2, "mobile")
        assert stands.texts_stopped_at == either_runtime.now()


def test_where_there_is_no_row_beside_it_there_is_no_object(either_runtime: Runtime, family: Family) -> None:
    query = (
        select(*NUMBER.columns, *KEY.columns)
        .outerjoin_from(table_of(NumberRow), table_of(DataKeyRow), _K.id == _N.id)
        .where(_N.e164_index == bindparam("index"))
    )
    with either_runtime.sessions.begin() as session:
        ((number, key),) = few_rows.read(session, query, asked(either_runtime, family), parts=[NUMBER, KEY])
        assert (number.id, key) == (family.number_id, None)


def test_a_new_row_has_at_once_what_the_table_gives_it(either_runtime: Runtime, family: Family) -> None:
    with either_runtime.sessions.begin() as session:
        row = NumberRow(id=either_runtime.new_id(), e164=b"", e164_index="i", last4_index="l", kind="other")
        few_rows.add(session, row)
        assert (row.standing, row.level, row.shared, row.is_parents) == ("unverified", 0, "unknown", False)
        row.standing = "lost"
    with either_runtime.sessions.read() as session:
        assert session.get_one(NumberRow, row.id).standing == "lost"


def test_its_errors_are_the_session_s_and_name_no_value(either_runtime: Runtime, family: Family) -> None:
    row = NumberRow(
        id=either_runtime.new_id(), e164=b"", e164_index=asked(either_runtime, family)["index"], last4_index="secret",
        kind="other",
    )  # fmt: skip
    with pytest.raises(IntegrityError) as raised, either_runtime.sessions.begin() as session:
        few_rows.add(session, row)
    assert "secret" not in str(raised.value)
