"""Every row of a file is accepted or in the problems; the strictest word about a family wins."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.hold import Kind
from outreach.domain.import_matches import name_words
from outreach.domain.import_plan import Intake
from outreach.domain.intake import read_intake
from outreach.domain.intake_columns import COLUMNS, REQUIRED, table_schema
from outreach.domain.intake_dates import Unreadable, read_birth, read_date
from outreach.domain.intake_holds import excluded_why, holds_of
from outreach.domain.intake_languages import language_name, read_language
from outreach.domain.intake_record import FamilyRecord, fingerprint, record_from_json, record_to_json
from outreach.domain.recognition_table import FileProblem
from tests.domain.recognition_rows import AREAS, TODAY, a_file, a_plan, a_row, an_intake, known, known_after, of


def the_family(*rows: dict[str, str]) -> FamilyRecord:
    (filed,) = an_intake(*rows).families
    assert filed.record is not None
    return filed.record


def problems(**cells: str) -> dict[str, str]:
    """The problems of a row with these cells, by column; a good row of another family beside it goes in."""
    intake = an_intake(a_row("F009"), a_row("F001", **cells))
    assert intake.families[0].ref == "F009"
    assert {problem.row for problem in intake.problems} <= {3}
    return {problem.column: problem.problem for problem in intake.problems}


def warned(*rows: dict[str, str]) -> set[tuple[int, str]]:
    return {(warning.row, warning.column) for warning in an_intake(*rows).warnings}


@pytest.mark.parametrize("column", REQUIRED)
def test_a_blank_required_cell_rejects_the_row(column: str) -> None:
    assert list(problems(**{column: "  \u200b"})) == [column]


@pytest.mark.parametrize("column", [column.name for column in COLUMNS if column.values])
def test_a_value_outside_a_list_rejects_the_row_in_optional_columns_too(column: str) -> None:
    assert list(problems(**{column: "purple"})) == [column]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"area": "XXX"}, "They are: MKC, NEW, OXF"),
        ({"imprisoned_on": "2026-01-06"}, "not come yet"),
        ({"imprisoned_on": "1900-01-01"}, "too long ago"),
        ({"imprisoned_on": "12/31/2025"}, "no month 31"),
        ({"imprisoned_on": "30/02/2025"}, "no such day"),
        ({"imprisoned_on": "5/1/26"}, "four digits"),
        ({"imprisoned_on": "46020"}, "spreadsheet's number"),
        ({"custody_as_of": "2100-01-01"}, "not come yet"),
        ({"child_born_on": "1900"}, "125 years old"),
        ({"child_born_on": "next May"}, "not a date"),
        ({"child_born_on": "2027"}, "not come yet"),
        ({"carer_language": "Klingon"}, "no language we know"),
        ({"interpreter": "maybe"}, "yes or no"),
        ({"carer_name": "A\nF777,OXF"}, "more than one line"),
        ({"carer_name": "x" * 201}, "longer than 200"),
        ({"carer_name": "bell\x07"}, "cannot be shown"),
        ({"hold": "officer_safety;none"}, "leave it empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(cells: dict[str, str], says: str) -> None:
    assert says in problems(**cells)[next(iter(cells))]


def test_all_problems_of_a_row_are_found_at_once() -> None:
    assert set(problems(custody="", child_born_on="x", hold="y", area="z")) == {
        "custody", "child_born_on", "hold", "area",
    }  # fmt: skip


def test_a_problem_shows_the_value_that_was_there_and_no_endless_one() -> None:
    intake = an_intake(a_row(child_born_on="31/02/2015"), a_row("F002", custody="x" * 5000))
    assert [(each.row, each.value) for each in intake.problems] == [(2, "31/02/2015"), (3, "x" * 100)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "2026/01/05", "2026/1/5", "5/1/2026", "05.01.2026", "5-1-2026", "5 January 2026", "5th Jan 2026",
        "2026-01-05T00:00:00", "2026-01-05 09:30:00", "2026-01-05T23:59", "5/1/2026 14:05", "2026-01-05T00:00:00Z",
        "2026-01-05 09:30:00.000123",
    ],
)  # fmt: skip
def test_every_way_of_writing_a_date_is_the_same_day(text: str) -> None:
    assert read_date(text) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["2026-01-05T23:30:00Z", "2026-01-05 24:10", "2026/01-05", "2026-01-05 9", "Jan-2026"])
def test_a_day_that_may_be_another_or_none_is_not_read(text: str) -> None:
    assert isinstance(read_date(text), Unreadable)


@pytest.mark.parametrize(
    ("text", "born_on"),
    [
        ("Mar-2015", "2015-03"),
        ("March 2015", "2015-03"),
        ("Sep/2015", "2015-09"),
        ("2015/03/09", "2015-03-09"),
        ("2015-03-09 08:15", "2015-03-09"),
        ("2015", "2015"),
        ("2015-03", "2015-03"),
        ("03/2015", "2015-03"),
        ("9/3/2015", "2015-03-09"),
        ("29/02/2016", "2016-02-29"),
    ],
)
def test_a_birth_stays_as_precise_as_it_was(text: str, born_on: str) -> None:
    assert read_birth(text) == born_on


PUBLISHED = {field["name"]: field["constraints"].get("pattern", "") for field in table_schema()["fields"]}
FORMS = [("imprisoned_on", read_date), ("custody_as_of", read_date), ("child_born_on", read_birth)]
LETTERS = "0123456789 /.-:TZthJanuMyMARapril,"


def is_of_a_form(read: Callable[[str], object], text: str) -> bool:
    """Whether the reader knows the form, be there such a day or not."""
    said = read(text)
    return not isinstance(said, Unreadable) or said.problem.startswith("There is no")


@settings(deadline=None)
@given(st.data(), st.sampled_from(FORMS))
def test_what_the_published_schema_takes_for_a_date_the_reader_does(
    data: st.DataObject, form: tuple[str, Callable[[str], object]]
) -> None:
    column, read = form
    text = data.draw(st.from_regex(re.compile(PUBLISHED[column], re.ASCII), fullmatch=True))
    assert is_of_a_form(read, text), text


@settings(deadline=None)
@given(st.data(), st.sampled_from(FORMS))
def test_what_the_reader_takes_for_a_date_the_published_schema_does(
    data: st.DataObject, form: tuple[str, Callable[[str], object]]
) -> None:
    """A date with a letter taken out, put in or changed, and any text of such letters."""
    column, read = form
    date_like = data.draw(st.from_regex(re.compile(PUBLISHED[column], re.ASCII), fullmatch=True))
    at = data.draw(st.integers(0, len(date_like)))
    changed = date_like[:at] + data.draw(st.text(LETTERS, max_size=2)) + date_like[at + data.draw(st.integers(0, 1)) :]
    text = data.draw(st.sampled_from([changed, changed.upper(), changed.lower()])).strip()
    assert is_of_a_form(read, text) == (re.fullmatch(PUBLISHED[column], text) is not None), text


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_a_date_raise(text: str) -> None:
    for read in (read_date(text), read_birth(text), read_language(text)):
        assert read or isinstance(read, Unreadable)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Polish", "pl"),
        ("pt-br", "pt-BR"),
        ("Kurdish Sorani", "ckb"),
        ("British Sign Language", "bfi"),
        ("ZH_hant", "zh-Hant"),
    ],
)
def test_a_language_is_known_by_name_or_tag(text: str, tag: str) -> None:
    assert read_language(text) == tag
    assert language_name(tag) != tag


def test_formulas_are_plain_data_and_their_guard_comes_off() -> None:
    family = the_family(
        a_row(carer_name='=HYPERLINK("http://x")', child_first_name="'=1+1", carer_phone="'+447700900123")
    )
    assert family.carer.name == '=HYPERLINK("http://x")'
    assert family.children[0].first_name == "=1+1"
    assert family.carer.phones == ("+447700900123",)


def test_unseen_letters_are_taken_out_of_names_and_other_writings_are_kept() -> None:
    family = the_family(a_row(carer_name="\u202eAmina\u200b  Khan\ufeff", child_first_name="ليلى 🌙"))
    assert family.carer.name == "Amina Khan"
    assert family.children[0].first_name == "ليلى 🌙"


@pytest.mark.parametrize("name", ["علی\u200cرضا", "ශ්\u200dරී", "क्\u200d", "നന്\u200dമ"])
def test_the_joiners_that_a_name_is_written_with_are_kept_and_make_no_other_name(name: str) -> None:
    row = a_row(carer_name=name, child_first_name=name, carer_ref="C\u200c001")
    family = the_family(row)
    assert (family.carer.name, family.children[0].first_name) == (name, name)
    assert family.carer.ref == "C001"
    assert name_words(name) == name_words(name.replace("\u200c", "").replace("\u200d", ""))
    assert the_family(a_row(carer_name="Ali\u200c \u200dReza")).carer.name == "Ali Reza"


def test_what_only_warns_leaves_the_row_in() -> None:
    row = a_row(
        carer_phone="not sure", postcode="somewhere", open_to="early_help", child_born_on="2007",
        custody_as_of="2025-12-01",
    )  # fmt: skip
    assert an_intake(row).rows_accepted == 1
    assert {column for _, column in warned(row)} == {
        "carer_phone", "postcode", "social_worker", "child_born_on", "custody_as_of",
    }  # fmt: skip


def test_drama_numbers_are_unusable_unless_allowed() -> None:
    intake = read_intake(a_file(a_row()), today=TODAY, areas=AREAS)
    assert isinstance(intake, Intake)
    (filed,) = intake.families
    assert filed.record is not None
    assert filed.record.carer.phones == ()
    assert [warning.column for warning in intake.warnings] == ["carer_phone"]


def test_a_social_worker_is_a_name_and_an_address() -> None:
    (child,) = the_family(a_row(open_to="child_in_need", social_worker="Jo Bloggs <jo@oxon.example>")).children
    assert (child.social_worker, child.social_worker_email) == ("Jo Bloggs", "jo@oxon.example")


def test_two_children_of_one_carer_are_one_family() -> None:
    family = the_family(a_row(), a_row(child_ref="K002", child_first_name="Mia"))
    assert [child.ref for child in family.children] == ["K001", "K002"]
    assert family.disagreements == ()


def test_two_imprisoned_parents_the_later_imprisonment_counts_and_released_only_when_both_are() -> None:
    one = a_row(imprisoned_on="2025-10-01", custody="sentenced", custody_as_of="2026-01-01")
    two = a_row(parent_ref="P002", imprisoned_on="2025-12-01", custody_as_of="2026-01-03")
    family = the_family(one, two)
    assert (family.imprisoned_on, family.custody, family.released) == (date(2025, 12, 1), "remand", False)
    assert family.custody_as_of == date(2026, 1, 1)
    assert the_family(one, two | {"custody": "released"}).custody == "sentenced"
    assert the_family(one | {"custody": "released"}, two | {"custody": "released"}).released
    assert len(family.children) == 1


def test_the_strictest_hold_checks_and_open_to_of_the_rows_wins() -> None:
    family = the_family(
        a_row(hold="officer_safety;carer_is_victim", open_to="early_help"),
        a_row(parent_ref="P002", open_to="child_in_need", checks="pending"),
        a_row(child_ref="K002", hold="no_contact_order"),
    )
    assert family.holds == ("no_contact_order", "officer_safety")
    assert family.careful == ("carer_is_victim",)
    assert family.checks == "pending"
    assert [child.open_to for child in family.children] == ["child_in_need", "none"]
    assert family.open_to == "child_in_need"
    assert family.disagreements == ()


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("carer_name", "Another Name"),
        ("carer_ref", "C999"),
        ("carer_relationship", "grandparent"),
        ("carer_phone", "07700 900555"),
        ("area", "MKC"),
        ("postcode", "OX1 1AA"),
        ("carer_language", "pl"),
    ],
)
def test_other_disagreements_warn_and_hold(column: str, other: str) -> None:
    one = a_row(postcode="OX4 2BB", carer_language="en")
    rows = (one, one | {"child_ref": "K002", column: other})
    family = the_family(*rows)
    assert family.disagreements == (column,)
    assert Kind.ROWS_DISAGREE in holds_of(family)
    assert (3, column) in warned(*rows)


def test_an_empty_cell_disagrees_with_nothing_and_case_is_no_disagreement() -> None:
    family = the_family(
        a_row(carer_phone="", child_born_on="2017"),
        a_row(parent_ref="P002", carer_name="CARER 001"),
        a_row(parent_ref="P003", carer_phone="", carer_phone_2="07700900001"),
    )
    assert family.disagreements == ()
    assert family.carer.phones == ("+447700900001",)
    assert family.children[0].born_on == "2017-04-02"


def test_a_family_with_a_rejected_row_comes_with_its_others_and_is_held() -> None:
    intake = an_intake(a_row(), a_row(child_ref="K002", child_born_on="?"), a_row("F002", custody=""))
    (filed,) = intake.families
    assert filed.record is not None
    assert [child.ref for child in filed.record.children] == ["K001"]
    assert holds_of(filed.record) == (Kind.ROW_TO_MEND,)
    assert [family.ref for family in intake.mentioned] == ["F001", "F002"]
    assert (intake.rows_read, intake.rows_accepted, intake.rows_rejected) == (3, 1, 2)
    assert [row.number for row in intake.failed] == [3, 4]


def test_what_a_rejected_row_says_of_safety_counts_all_the_same() -> None:
    family = the_family(
        a_row(), a_row(child_ref="K002", child_born_on="?", hold="no_contact_order;carer_is_victim", checks="pending")
    )
    assert (family.holds, family.careful, family.checks) == (("no_contact_order",), ("carer_is_victim",), "pending")


@pytest.mark.parametrize(
    "whose", [{"child_ref": "K001"}, {"child_ref": "K009", "carer_ref": "C001"}, {"child_ref": "K001", "carer_ref": ""}]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_does_not_say_whose_it_is_counts_for_the_family_of_its_child_or_its_carer(
    whose: dict[str, str], *, first: bool
) -> None:
    nobodys = a_row(family_ref="", hold="no_contact_order", checks="pending", deceased="parent") | whose
    rows = [nobodys, a_row()] if first else [a_row(), nobodys]
    intake = an_intake(*rows, a_row("F002"))
    held, other = (filed.record for filed in sorted(intake.families, key=lambda filed: filed.ref))
    assert held is not None
    assert other is not None
    assert (held.holds, held.checks, held.deceased) == (("no_contact_order",), "pending", ("parent",))
    assert held.rejected_rows
    assert not other.rejected_rows
    assert [each.as_filed == "" for each in intake.families if each.ref == "F001"] == [True]
    assert intake.rows_rejected == 1


def test_a_row_of_a_child_in_two_families_that_does_not_say_whose_it_is_counts_for_both() -> None:
    intake = an_intake(
        a_row(), a_row("F002", child_ref="K001"), a_row("F003"), a_row(family_ref="", hold="officer_safety")
    )
    assert {each.ref for each in intake.mentioned} == {"F001", "F002"}


def test_a_family_that_stands_as_before_is_held_by_a_row_that_does_not_say_whose_it_is() -> None:
    plan = a_plan(a_row(), a_row(family_ref="", hold="no_contact_order"), known=known(a_row()))
    assert set(of(plan, "F001").set_holds) == {"no_contact_order", "row_to_mend"}
    after = a_plan(a_row(), known=known_after(plan, known(a_row())))
    assert of(after, "F001").lift_holds == ("row_to_mend",)


def test_a_row_that_does_not_say_whose_it_is_says_whom_it_holds() -> None:
    intake = an_intake(a_row(), a_row("F002", child_ref="K001"), a_row(family_ref="", hold="officer_safety"))
    (problem,) = intake.problems
    assert (problem.row, problem.column) == (4, "family_ref")
    assert problem.problem == (
        "This may not be empty. Fill it in. Until then the families F001, F002 are held: the child or the carer of "
        "this row is theirs."
    )


@pytest.mark.parametrize("who", [{}, {"child_ref": "", "carer_ref": ""}])
def test_a_row_of_nobodys_whose_people_stand_nowhere_says_that_it_holds_nobody(who: dict[str, str]) -> None:
    intake = an_intake(a_row(), a_row("F009", family_ref="", hold="officer_safety") | who)
    assert intake.mentioned == ()
    (said,) = (each.problem for each in intake.problems if each.column == "family_ref")
    assert said == (
        "This may not be empty. Fill it in. Until then this row holds nobody, and no family is made of it: no other "
        "row, and no family that we know in your areas, has its child or its carer."
    )


@pytest.mark.parametrize("who", [{"child_ref": "K001"}, {"carer_ref": "C001"}])
def test_a_row_of_nobodys_holds_the_known_family_of_its_child_or_its_carer(who: dict[str, str]) -> None:
    row = a_row("F009", family_ref="", hold="officer_safety") | who
    plan = a_plan(row, a_row("F002"), known=known(a_row(), a_row("F002")))
    family = of(plan, "F001")
    assert (family.status, family.held) == ("changed", True)
    assert set(family.set_holds) == {"officer_safety", "row_to_mend"}
    assert "Until then family F001 is held" in next(iter(plan.problems)).problem


def test_a_row_of_nobodys_tells_nothing_of_a_known_family_of_another_area() -> None:
    there = [each.but(area="RDG") for each in known(a_row())]
    plan = a_plan(a_row("F009", family_ref="", carer_ref="C001"), a_row("F002"), known=there)
    assert [family.ref for family in plan.families] == ["F002"]
    assert "holds nobody" in next(iter(plan.problems)).problem


def test_a_bad_line_of_json_holds_its_family_and_is_given_back_as_it_stood() -> None:
    bad = json.dumps(a_row(child_ref="K002", hold="no_contact_order"))[:-1]
    data = f"{json.dumps(a_row())}\n{bad}\n".encode()
    intake = read_intake(data, today=TODAY, areas=AREAS, fictional_allowed=True)
    assert isinstance(intake, Intake)
    (filed,) = intake.families
    assert filed.record is not None
    assert (filed.record.holds, filed.record.rejected_rows) == (("no_contact_order",), True)
    (failed,) = intake.failed
    assert failed.cells[0] == bad
    assert not any(failed.cells[1:])
    assert intake.problems[0].value == bad[:100]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"carer_relationship": "foster_carer"}, "foster_carer"),
        ({"open_to": "child_we_care_for"}, "child_we_care_for"),
        ({"deceased": "child"}, "deceased"),
        ({"deceased": "carer;parent"}, "deceased"),
        ({"open_to": "child_protection"}, None),
    ],
)
def test_whom_this_service_does_not_contact_at_all(cells: dict[str, str], why: str | None) -> None:
    assert excluded_why(the_family(a_row(**cells))) == why


@pytest.mark.parametrize(
    ("cells", "hold"),
    [
        ({"open_to": "child_protection"}, Kind.SOCIAL_WORKER_FIRST),
        ({"open_to": "unknown"}, Kind.OPEN_TO_UNKNOWN),
        ({"custody": "released"}, Kind.RELEASED),
        ({"carer_ref": "P001"}, Kind.CARER_IMPRISONED),
        ({"hold": "witness_in_case"}, Kind.WITNESS_IN_CASE),
        ({"hold": "confidential_address"}, Kind.CONFIDENTIAL_ADDRESS),
    ],
)
def test_what_of_a_record_holds_the_family(cells: dict[str, str], hold: Kind) -> None:
    assert holds_of(the_family(a_row(**cells))) == (hold,)
    assert holds_of(the_family(a_row())) == ()


def test_help_that_is_not_said_is_none_once_the_checks_are_complete_and_else_unknown() -> None:
    assert the_family(a_row(open_to="")).open_to == "none"
    assert the_family(a_row(open_to="", checks="pending")).open_to == "unknown"


@pytest.mark.parametrize("absent", ["hold", "open_to", "deceased", "parent_phone", "supported_before"])
def test_a_file_without_a_column_that_keeps_people_safe_says_what_that_means(absent: str) -> None:
    header = [column.name for column in COLUMNS if column.name != absent] + ["shoe_size"]
    row = a_row(imprisoned_on="2026-01-05")
    intake = read_intake(a_file(row, header=header), today=TODAY, areas=AREAS, fictional_allowed=True)
    assert isinstance(intake, Intake)
    assert [(each.row, each.column) for each in intake.warnings] == [(1, absent), (1, "shoe_size")]
    releases = read_intake(a_file(row | {"custody": "released"}, header=header), today=TODAY, areas=AREAS)
    assert isinstance(releases, Intake)
    assert absent not in [each.column for each in releases.warnings if each.row == 1]


def test_a_repeated_row_and_a_child_in_two_families_are_warned_of() -> None:
    rows = (a_row(), a_row(), a_row("F002", child_ref="K001"))
    assert warned(*rows) == {(3, "child_ref")}
    said = [(each.row, each.problem) for each in a_plan(*rows).warnings if "also stands in family" in each.problem]
    assert [(row, problem[:38]) for row, problem in said] == [
        (2, "This child also stands in family F002."), (4, "This child also stands in family F001."),
    ]  # fmt: skip


def test_a_file_from_before_its_day_is_refused_once_and_says_the_day() -> None:
    early = a_file(a_row(custody_as_of="2026-02-01"), a_row("F002", custody_as_of="2026-02-02"))
    answer = read_intake(early, today=TODAY, areas=AREAS, fictional_allowed=True)
    assert isinstance(answer, FileProblem)
    assert "2 February 2026, which has not come yet" in answer.said
    some = an_intake(a_row(custody_as_of="2026-02-01"), a_row("F002"))
    assert (some.rows_accepted, [each.row for each in some.problems]) == (1, [2])


def test_the_rows_of_a_family_are_put_together_wherever_they_stand() -> None:
    rows = (a_row(), a_row("F002"), a_row(child_ref="K9"), a_row("F003"), a_row(" F001 ", child_ref="K8"))
    families = {filed.ref: filed.rows for filed in an_intake(*rows).families}
    assert families == {"F001": (2, 4, 6), "F002": (3,), "F003": (5,)}


def test_a_file_of_column_names_alone_is_a_problem_of_the_file() -> None:
    assert isinstance(read_intake(a_file(), today=TODAY, areas=AREAS), FileProblem)


@pytest.mark.parametrize(
    ("custodies", "only"),
    [(("released", "released"), True), (("released", "remand"), False), (("released", "?"), True), (("?", "?"), False)],
)
def test_a_file_of_releases_is_known_by_every_custody_that_can_be_read(custodies: tuple[str, str], only: bool) -> None:
    assert an_intake(*(a_row(custody=custody) for custody in custodies)).releases_only is only


def test_a_record_goes_to_json_and_back_and_another_one_has_another_fingerprint() -> None:
    family = the_family(a_row(custody_as_of="2026-01-01", parent_phone="07700900999"))
    text = record_to_json(family)
    assert record_from_json(text) == family
    other = the_family(a_row(custody="sentenced", parent_phone="07700900999"))
    assert fingerprint(text) != fingerprint(record_to_json(other))


def test_a_record_of_before_a_field_came_is_read_with_what_the_field_holds_by_itself() -> None:
    family = the_family(a_row())
    shorter = json.loads(record_to_json(family))[:-1]
    assert record_from_json(json.dumps(shorter)) == family


CELLS = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["", "F001", "OXF", "released", "none", "2015", "5/1/2026", "07700 900001", "yes", "pending", "hold"]
    ),
)
WILD = st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), CELLS, max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.lists(WILD, min_size=1, max_size=6))
def test_every_row_is_accepted_or_in_the_problems_and_no_good_row_is_lost(wild: list[dict[str, str]]) -> None:
    rows = [row for index, cells in enumerate(wild) for row in (a_row() | cells, a_row(f"G{index:03}"))]
    intake = an_intake(*rows)
    accepted = {number for filed in intake.families for number in filed.rows}
    rejected = {row.number for row in intake.failed}
    assert accepted | rejected == set(range(2, len(rows) + 2))
    assert not accepted & rejected
    assert {problem.row for problem in intake.problems} == rejected
    assert set(range(3, len(rows) + 2, 2)) <= accepted
    cells_named = [(problem.row, problem.column) for problem in intake.problems]
    assert len(cells_named) == len(set(cells_named))
