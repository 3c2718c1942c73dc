"""Bad input, tried for real: files that are none, forms sent twice or without their token, texts nobody expected.

Signatures, unknown numbers and repeated webhooks are tried in tests/admin/test_hooks.py; a plan accepted twice, a call
answered or closed twice, a referral accepted twice in the tests of those pages.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.cli import outreach
from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.batches import BatchRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.keyring import Keyring
from outreach.store.numbers import NumberRow
from outreach.store.texts import ReadingRow, TextRow
from tests.browsing import Visitor, visitor, words
from tests.cast import ANA, BEN, CORA, EVE, FINN, a_family, an_open_offer, switch_on_texts
from tests.domain.recognition_rows import HEADER, a_file, a_row

Be = Callable[[Actor | None], Visitor]
Shell = Callable[..., Result]
GOOD = a_file(a_row())
BAD_FILES = {
    "a letter": (b"Dear all,\nplease find attached the list.", "This is not a recognition file"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "This is a PDF, not a table"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture, not a table"),
    "a web page": (b"<html><body><table>", "This is a web page"),
    "an empty file": (b"", "The file is empty"),
    "a blank file": (b"\xef\xbb\xbf\n \n", "The file is empty"),
    "names of columns alone": (a_file(), "has column names and no rows"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "Save it as CSV UTF-8"),
    "no encoding of ours": (GOOD.replace(b"Child001", b"Zo\x81"), "neither UTF-8 nor Windows-1252"),
    "two encodings": (GOOD + "F002,Zoë".encode() + "F003,Zoë".encode("cp1252"), "Some letters of the file are UTF-8"),
    "missing columns": (
        a_file(a_row(), header=[name for name in HEADER if name not in ("checks", "carer_ref")]),
        "These columns are missing: carer_ref, checks.",
    ),
    "a column twice": (GOOD.replace(b"carer_phone_2", b"carer_phone", 1), "These columns stand twice: carer_phone."),
}


@pytest.fixture
def shell(runtime: Runtime, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """``shell("import", …)``: the command line on the database of ``runtime``."""
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", runtime.settings.url)
    monkeypatch.setenv("OUTREACH_KEYS", keyring.written())
    monkeypatch.setenv("OUTREACH_FICTIONAL_NUMBERS", "allow")
    return lambda *called: CliRunner().invoke(outreach, called)


def how_many(runtime: Runtime, *kinds: type) -> int:
    with runtime.sessions.read() as session:
        return sum(session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)


@pytest.mark.parametrize(("data", "says"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_at_the_page_with_what_to_do(be: Be, runtime: Runtime, data: bytes, says: str) -> None:
    answer = be(ANA).post("/imports", {"file": (io.BytesIO(data), "january.csv")})
    assert answer.status_code == 422
    assert says in words(answer)
    assert how_many(runtime, BatchRow, FamilyRow) == 0


@pytest.mark.parametrize("kind", ["a letter", "an empty file", "no encoding of ours", "missing columns"])
def test_a_bad_file_is_refused_at_the_command_line_in_the_agreed_shape(
    shell: Shell, runtime: Runtime, tmp_path: Path, kind: str
) -> None:
    data, says = BAD_FILES[kind]
    file = tmp_path / "january.csv"
    file.write_bytes(data)
    said = shell("import", str(file), "--json")
    assert said.exit_code == 1
    told = json.loads(said.stdout)
    (problem,) = told.pop("problems")
    assert (problem["row"], problem["column"], problem["value"]) == (1, "", "")
    assert says in problem["problem"]
    counts = ("new", "unchanged", "changed", "released", "no_longer_listed", "stopped", "held")
    assert told == {
        "batch": None,
        "families": dict.fromkeys(counts, 0),
        "rows": {"read": 0, "accepted": 0, "rejected": 0},
        "warnings": [],
    }
    assert how_many(runtime, BatchRow, FamilyRow) == 0


def test_a_bad_row_is_named_by_row_column_and_value_on_both_ways(
    be: Be, shell: Shell, runtime: Runtime, tmp_path: Path
) -> None:
    data = a_file(a_row(imprisoned_on="2026-01-05"), a_row("F002", custody="escaped", child_born_on="31/02/2016"))
    shown = be(ANA).post("/imports", {"file": (io.BytesIO(data), "january.csv")}, follow=True)
    table = re.search(r'id="failed".*?</table>', shown.text, re.S)
    assert table
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)<", each) for each in re.findall(r"<tr.*?</tr>", table[0], re.S)[1:]]
    file = tmp_path / "january.csv"
    file.write_bytes(data)
    said = shell("import", str(file), "--plan", "--json")
    told = json.loads(said.stdout)
    assert said.exit_code == 0
    problems = [[str(one["row"]), one["column"], one["value"]] for one in told["problems"]]
    assert problems == [["3", "custody", "escaped"], ["3", "child_born_on", "31/02/2016"]]
    assert [row[:3] for row in rows] == problems
    assert told["rows"] == {"read": 2, "accepted": 1, "rejected": 1}
    assert how_many(runtime, FamilyRow) == 0


# -- forms ------------------------------------------------------------------------------------------------


def test_no_form_is_taken_without_its_token(app: Flask, runtime: Runtime) -> None:
    wrong, taken = [], 0
    everybody = [visitor(app, runtime, who) for who in (ANA, BEN, CORA, EVE)]
    before = how_many(runtime, EventRow)
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or rule.endpoint.startswith("hooks."):
            continue
        path = re.sub(r"<[^>]+>", "00000000-0000-7000-8000-999999999999", rule.rule)
        answers = [one.client.post(path) for one in everybody]
        taken += sum("load the page again" in words(answer) for answer in answers)
        if {answer.status_code for answer in answers} - {403} != {400}:
            wrong.append(rule.rule)
    assert wrong == []
    assert taken > 40
    assert how_many(runtime, EventRow) == before


def _events(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(EventRow.name)))


def test_pausing_and_going_on_twice_is_once(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    for path in ("/pause", "/pause/go-on"):
        for _ in range(2):
            assert ana.post(path, {"area": "OXF"}).status_code == 303
    assert [name for name in _events(runtime) if name in ("paused", "went_on")] == ["paused", "went_on"]


def test_holding_twice_is_one_hold_and_lifting_it_twice_lifts_once(be: Be, runtime: Runtime) -> None:
    family, ben = a_family(runtime, "F001"), be(BEN)
    for _ in range(2):
        assert ben.post(f"/families/{family.id}/hold", {"why": "She is moving house."}).status_code == 303
    with runtime.sessions.read() as session:
        hold_id = session.scalars(select(HoldRow.id)).one()
    lift = f"/families/{family.id}/holds/{hold_id}/lift"
    assert ben.post(lift, {"why": "She has moved."}).status_code == 303
    again = ben.post(lift, {"why": "She has moved."})
    assert again.status_code == 400
    assert "The hold was lifted already." in words(again)
    assert [name for name in _events(runtime) if name.startswith("hold_")] == ["hold_set", "hold_lifted"]


def test_asking_twice_to_lift_a_safety_hold_is_not_two_people(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        hold_id = set_hold(
            session, runtime, family_id=family.id, kind=Kind.NO_CONTACT_ORDER, by="import", now=runtime.now()
        ).id
    cora = be(CORA)
    for _ in range(2):
        cora.post(f"/families/{family.id}/holds/{hold_id}/lift", {"why": "The order has ended."})
    with runtime.sessions.read() as session:
        assert session.get_one(HoldRow, hold_id).lifted_at is None


def test_starting_a_call_twice_is_one_call(be: Be, runtime: Runtime) -> None:
    offer_id, ben = an_open_offer(runtime, a_family(runtime, "F001")), be(BEN)
    first, second = (ben.post(f"/calls/open/{offer_id}") for _ in range(2))
    assert first.location == second.location
    assert how_many(runtime, ConversationRow) == 1


def test_an_offer_that_is_gone_is_said_so(be: Be) -> None:
    answer = be(BEN).post("/calls/open/00000000-0000-7000-8000-999999999999", follow=True)
    assert answer.status_code == 200
    assert "There is no such call any more." in answer.text


@pytest.mark.parametrize("who", [ANA, BEN, CORA, EVE, FINN], ids=lambda who: who.role.value)
@pytest.mark.parametrize(
    "path", ["/nothing", "/families/%00", "/calls/'--", "/imports/../../etc/passwd", "/referrals/<script>"]
)
def test_an_address_of_nothing_is_a_plain_page(be: Be, who: Actor, path: str) -> None:
    answer = be(who).get(path)
    assert answer.status_code in (403, 404)
    assert "<h1" in answer.text
    assert "<script>" not in words(answer)
    assert path not in answer.text


# -- texts ------------------------------------------------------------------------------------------------


def test_a_reply_from_a_family_that_is_no_longer_listed_reaches_a_person(
    runtime: Runtime, be: Be, a_text_comes: Callable[..., TestResponse]
) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).listed = False
        set_hold(session, runtime, family_id=family.id, kind=Kind.NO_LONGER_LISTED, by="import", now=runtime.now())
    assert a_text_comes("Are you still there? I would like a call").status_code == 200
    with runtime.sessions.read() as session:
        assert session.scalars(select(TextRow.family_id).where(TextRow.direction == "in")).all() == [family.id]
        assert session.scalars(select(ReadingRow.family_id)).all() == [family.id]
    assert "I would like a call" in words(be(BEN).get(f"/families/{family.id}"))


def test_a_stop_from_a_family_that_is_no_longer_listed_is_final(
    runtime: Runtime, a_text_comes: Callable[..., TestResponse]
) -> None:
    family = a_family(runtime, "F001", standing="verified", level=1)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).listed = False
    a_text_comes("STOP")
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).texts_stopped_at is not None
        assert "withdrawn" in session.scalars(select(ConsentRow.value)).all()


@pytest.mark.parametrize("body", ["", " ", "\x00", "‮TXET", "😀" * 400, "x" * 1600, "<b>STOP</b>", "{{ 7 * 7 }}"])
def test_whatever_a_text_holds_it_is_taken_and_shown_as_it_is(
    runtime: Runtime, be: Be, a_text_comes: Callable[..., TestResponse], body: str
) -> None:
    family = a_family(runtime, "F001", standing="verified")
    assert a_text_comes(body).status_code == 200
    assert how_many(runtime, TextRow) >= 1
    page = be(BEN).get(f"/families/{family.id}")
    assert page.status_code == 200
    assert "<b>STOP" not in page.text
    assert how_many(runtime, AlertRow) == 0
