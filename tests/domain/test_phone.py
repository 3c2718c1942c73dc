"""Phone numbers are read once, in every way people write them, and drama numbers only where allowed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.phone import (
    COSTS_MONEY,
    EXTENSION,
    FICTIONAL,
    NOT_A_NUMBER,
    NOT_ASSIGNED,
    SPREADSHEET_ATE_IT,
    WRONG_LENGTH,
    Phone,
    PhoneKind,
    UnusablePhone,
    is_fictional,
    parse_phone,
)


def usable(text: str) -> Phone:
    phone = parse_phone(text, fictional_allowed=True)
    assert isinstance(phone, Phone), phone
    return phone


@pytest.mark.parametrize(
    "text",
    [
        "07700 900123",
        "07700-900-123",
        "(07700) 900123",
        "7700900123",
        "7700900123.0",
        "447700900123",
        "00447700900123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "  07700900123 ",
    ],
)
def test_every_uk_way_of_writing_a_number_is_the_same_number(text: str) -> None:
    assert usable(text) == Phone("+447700900123", PhoneKind.MOBILE, region="GB", fictional=True)


@pytest.mark.parametrize(
    ("text", "kind", "takes_texts"),
    [
        ("07700 900123", PhoneKind.MOBILE, True),
        ("07911 123456", PhoneKind.MOBILE, True),
        ("01632 960001", PhoneKind.LANDLINE, False),
        ("020 7946 0123", PhoneKind.LANDLINE, False),
        ("+48 512 345 678", PhoneKind.OTHER, False),
        ("+1 202 456 1111", PhoneKind.OTHER, False),
    ],
)
def test_only_a_uk_mobile_takes_texts(text: str, kind: PhoneKind, takes_texts: bool) -> None:
    phone = usable(text)
    assert (phone.kind, phone.takes_texts) == (kind, takes_texts)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NOT_A_NUMBER),
        ("ask her mum", NOT_A_NUMBER),
        ("07700 CALL ME", NOT_A_NUMBER),
        ("4.47701E+11", SPREADSHEET_ATE_IT),
        ("7,7009E9", SPREADSHEET_ATE_IT),
        ("999", WRONG_LENGTH),
        ("077009001234", WRONG_LENGTH),
        ("0770090012", NOT_ASSIGNED),
        ("07700900123 / 07700900124", WRONG_LENGTH),
        ("0909 879 0123", None),
        ("0900 123 4567", None),
        ("0844 123 4567", None),
        ("020 7234 3456 ext 12", EXTENSION),
    ],
)
def test_an_unusable_number_says_what_to_do(text: str, problem: str | None) -> None:
    read = parse_phone(text)
    assert isinstance(read, UnusablePhone)
    assert problem is None or read.problem == problem


def test_a_premium_number_is_not_a_persons() -> None:
    assert parse_phone("0909 123 4567") == UnusablePhone(COSTS_MONEY)


@pytest.mark.parametrize("text", ["07700 900123", "01632 960999", "020 7946 0000", "0118 496 0123"])
def test_a_drama_number_is_refused_unless_allowed(text: str) -> None:
    assert parse_phone(text) == UnusablePhone(FICTIONAL)
    assert is_fictional(usable(text).e164)


@pytest.mark.parametrize("text", ["07700 901000", "07911 123456", "+48 512 345 678"])
def test_a_number_beside_the_drama_range_is_not_fictional(text: str) -> None:
    read = parse_phone(text)
    assert not (isinstance(read, Phone) and read.fictional)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("+447700900123", "07700 900123"),
        ("+442079460123", "020 7946 0123"),
        ("+441632960001", "01632 960001"),
        ("+48512345678", "+48 512 345 678"),
    ],
)
def test_a_number_is_written_as_people_write_it(text: str, written: str) -> None:
    assert usable(text).written == written
    assert usable(text).last_four == text[-4:]


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_it_raise_and_e164_reads_back_as_itself(text: str) -> None:
    read = parse_phone(text, fictional_allowed=True)
    if isinstance(read, Phone):
        assert parse_phone(read.e164, fictional_allowed=True) == read
