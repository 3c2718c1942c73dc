"""A family whose rows agree is put together at once, to the very record that looking at every cell gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.intake_cell import Around
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_family import _settled, make_record
from outreach.domain.intake_row import IntakeRow, RowReader
from outreach.domain.recognition_table import TableRow
from tests.domain.recognition_rows import AREAS, TODAY, a_row

AROUND = Around(TODAY, AREAS, fictional_allowed=True)
SHARED = st.fixed_dictionaries(
    {},
    optional={
        "checks": st.sampled_from(["complete", "pending"]),
        "hold": st.sampled_from(["", "carer_is_victim;officer_safety"]),
        "deceased": st.sampled_from(["", "parent"]),
        "carer_phone": st.sampled_from(["", "07700 900001"]),
        "carer_phone_2": st.sampled_from(["", "07700 900001", "07700 900002"]),
        "carer_language": st.sampled_from(["", "pl"]),
        "interpreter": st.sampled_from(["", "yes"]),
        "parent_phone": st.sampled_from(["", "07700 900009"]),
        "custody_as_of": st.sampled_from(["", "2026-01-01"]),
        "supported_before": st.sampled_from(["", "school"]),
        "custody": st.sampled_from(["remand", "released"]),
    },
)
OF_A_CHILD = st.fixed_dictionaries(
    {"child_ref": st.sampled_from(["K001", "K002", "K003"])},
    optional={
        "open_to": st.sampled_from(["", "none", "child_protection"]),
        "child_born_on": st.sampled_from(["2015", "2015-03"]),
        "child_first_name": st.sampled_from(["", "Robin"]),
        "parent_ref": st.sampled_from(["P001", "P002"]),
        "social_worker": st.sampled_from(["", "Jo Example <jo@example.gov.uk>"]),
    },
)


def taken(*cells: dict[str, str]) -> list[IntakeRow]:
    reader = RowReader({column.name: place for place, column in enumerate(COLUMNS)}, AROUND)
    rows = [
        reader.read(TableRow(number, tuple(row.get(column.name, "") for column in COLUMNS)))
        for number, row in enumerate(cells, 2)
    ]
    return [row.row for row in rows if row.row is not None]


@given(SHARED, st.lists(OF_A_CHILD, min_size=1, max_size=3))
def test_rows_that_agree_give_the_record_that_every_cell_gives(
    shared: dict[str, str], children: list[dict[str, str]]
) -> None:
    rows = taken(*(a_row(**(shared | child)) for child in children))
    assert len(rows) == len(children)
    assert make_record(rows, today=TODAY) == _settled(rows, today=TODAY, mentioned=None)
