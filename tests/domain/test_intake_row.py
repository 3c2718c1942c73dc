"""A row read at once says what its cells say one by one, whatever came before it in the file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.intake_cell import Around, Warned, value_of
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_dates import Unreadable
from outreach.domain.intake_row import RowReader
from outreach.domain.recognition_table import TableRow
from tests.domain.recognition_rows import AREAS, TODAY, a_row

AROUND = Around(TODAY, AREAS, fictional_allowed=True)
GOOD = a_row()
CELLS = st.sampled_from(
    ["", " ", "F001", "a b", "a  b", " a", "a ", "'=1", "=1", "Zoë", "a\u200bb", "a\nb", "a\x00b", "x" * 100,
     "x" * 101, "-a", "OXF", "oxf", "2025-12-01", "1/12/2025", "2099-01-01", "2017", "sentenced", "released", "yes",
     "07700 900123", "07400 123456", "0740012345", "+44 7400 123456", "Jo Example <jo@example.gov.uk>", "OX1 1AA",
     "early help", "parent;child"]
)  # fmt: skip
CHANGED = st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), st.one_of(CELLS, st.text()), max_size=4)
ROWS = st.lists(CHANGED, min_size=1, max_size=4)
HERE = st.sets(st.sampled_from([column.name for column in COLUMNS if not column.required]))


@given(ROWS, HERE)
def test_a_row_says_what_its_cells_say_one_by_one(rows: list[dict[str, str]], left_out: set[str]) -> None:
    columns = [column for column in COLUMNS if column.name not in left_out]
    reader = RowReader({column.name: place for place, column in enumerate(columns)}, AROUND)
    for number, changed in enumerate(rows, 2):
        cells = {column.name: (GOOD | changed).get(column.name, "") for column in columns}
        read = reader.read(TableRow(number, tuple(cells.values())))
        said = {column.name: value_of(cells.get(column.name, ""), column, AROUND) for column in COLUMNS}
        wrong = {name for name, value in said.items() if isinstance(value, Unreadable)}
        assert {problem.column for problem in read.problems} == wrong
        if wrong:
            assert read.row is None
            continue
        assert read.row is not None
        for name, value in said.items():
            assert getattr(read.row, name) == (value.value if isinstance(value, Warned) else value)
        odd = {name for name, value in said.items() if isinstance(value, Warned)}
        assert odd <= {warning.column for warning in read.warnings}
