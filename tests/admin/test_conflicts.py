"""The conflict list: to a colleague who knows a family it is, on every page and behind every form, not there."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from outreach.bootstrap import ROOT
from outreach.domain.access import Actor
from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.engine.alerts import raise_alert, watch_alerts
from outreach.engine.assign import NotAssigned, assign
from outreach.engine.guide_call import Opened, open_call
from outreach.engine.holds import set_hold
from outreach.engine.keep_apart import NotKept, end_conflict, keep_apart
from outreach.engine.receive import receive_text
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, AlertToldRow, TaskRow
from outreach.store.conflicts import hidden_from
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.offers import OfferRow
from tests.browsing import Visitor
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]
HIDDEN = ("F-HIDDEN-77", "Zanna", "Quillfeather", "Z. Q.", "0888", "zebra words")


@pytest.fixture
def known(runtime: Runtime) -> Family:
    """A family with something of every kind: a call left open, a text and an alert, a hold, a task, a reading."""
    family = a_family(
        runtime, "F-HIDDEN-77", name="Zanna Quillfeather", e164="+447700900888", standing="verified", level=1
    )
    offer_id = an_open_offer(runtime, family)
    assert isinstance(open_call(runtime, BEN, offer_id=offer_id), Opened)
    receive_text(
        runtime,
        InboundText(
            sid="SM1", sender="+447700900888", recipient="+447700900999", media=0, received_at=runtime.now(),
            body="he is here and I am frightened, zebra words",
        ),
    )  # fmt: skip
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.RELEASED, by="cora", now=runtime.now())
        open_task(session, runtime, kind="find_number", subject_id=family.id, family_id=family.id, now=runtime.now())
    return family


def keep(runtime: Runtime, family: Family, *, who: str) -> None:
    assert keep_apart(runtime, ANA, family_id=family.id, staff_id=who, kind="neighbour", why="") is None


def ids_of(runtime: Runtime, family: Family) -> dict[str, list[str]]:
    """The ids that an address may ask for, of this family."""
    with runtime.sessions.read() as session:

        def those(table: type[OfferRow | ConversationRow | HoldRow | AlertRow | TaskRow]) -> list[str]:
            return list(session.scalars(select(table.id).where(table.family_id == family.id)))

        return {
            "family_id": [family.id], "number_id": [family.number_id], "offer_id": those(OfferRow),
            "conversation_id": those(ConversationRow), "hold_id": those(HoldRow), "alert_id": those(AlertRow),
            "task_id": those(TaskRow),
        }  # fmt: skip


def addresses(app: Flask, ids: dict[str, list[str]]) -> Iterator[tuple[Rule, str]]:
    """Every address of the console, with this family's ids where it takes one."""
    for rule in app.url_map.iter_rules():
        names = [name for name in rule.arguments if name in ids]
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        for name in names:
            path = path.replace(f"<{name}>", (ids[name] or ["nothing"])[0])
        yield rule, re.sub(r"<[^>]+>", "nothing", path)


@pytest.mark.parametrize("who", [BEN, CORA, ANA])
def test_no_page_shows_or_counts_a_family_that_the_person_knows(
    app: Flask, be: Be, runtime: Runtime, known: Family, who: Actor
) -> None:
    keep(runtime, known, who=who.id)
    person, ids = be(who), ids_of(runtime, known)
    seen = []
    for rule, path in addresses(app, ids):
        if "GET" in (rule.methods or set()) and rule.endpoint not in ("static", "health.show", "call.away"):
            answer = person.get(path)
            seen += [f"{path} shows {words}" for words in HIDDEN if words in answer.text]
            if set(rule.arguments) & set(ids) and answer.status_code == 200:
                seen.append(f"{path} answers {answer.status_code}")
    for asked in ("F-HIDDEN-77", "0888", "07700 900888", "Quillfeather", "Zanna Quillfeather"):
        for more in ({}, {"reason": "covering"}):
            found = person.post("/ringing", {"asked": asked, **more}).text
            rest = found.replace(f'value="{asked}"', "")
            seen += [f"ringing shows {words}" for words in HIDDEN if words in rest]
            assert "Nobody found" in found
            assert "may know them" not in found
    assert seen == []
    if who is not BEN:
        assert "No family has been imported in your areas yet." in person.get("/overview/").text


@pytest.mark.parametrize("who", [BEN, CORA, ANA])
def test_no_form_does_anything_to_a_family_that_the_person_knows(
    app: Flask, be: Be, runtime: Runtime, known: Family, who: Actor
) -> None:
    keep(runtime, known, who=who.id)
    ids = ids_of(runtime, known)
    with runtime.sessions.read() as session:
        before = len(session.scalars(select(EventRow).where(EventRow.family_id == known.id)).all())
    person = be(who)
    for rule, path in addresses(app, ids):
        if "POST" in (rule.methods or set()) and set(rule.arguments) & set(ids):
            form: dict[str, object] = {"why": "because", "how": "voice", "told": "voice", "staff": "ben"}
            answer = person.post(path, form)
            assert answer.status_code != 200, path
            assert [words for words in HIDDEN if words in answer.text] == []
    with runtime.sessions.read() as session:
        after = session.scalars(select(EventRow).where(EventRow.family_id == known.id)).all()
        assert [row.name for row in after[before:]] == []


def test_what_is_hidden_looks_like_what_never_was(be: Be, runtime: Runtime, known: Family) -> None:
    keep(runtime, known, who="ben")
    ben = be(BEN)
    for path in ("/families/{}", "/calls/{}", "/inbox/{}"):
        mine = {"/families/{}": known.id, "/calls/{}": ids_of(runtime, known)["conversation_id"][0]}
        hidden, nothing = ben.get(path.format(mine.get(path, known.number_id))), ben.get(path.format("nothing"))
        assert (hidden.status_code, hidden.text) == (nothing.status_code, nothing.text)


def test_everybody_else_sees_the_family_as_before(be: Be, runtime: Runtime, known: Family) -> None:
    keep(runtime, known, who="cora")
    assert "Quillfeather" in be(BEN).get(f"/families/{known.id}").text
    assert "Z. Q." in be(ANA).post("/ringing", {"asked": "0888"}).text


def test_a_text_of_nobody_is_hidden_where_its_number_is_a_hidden_familys_too(
    be: Be, runtime: Runtime, known: Family
) -> None:
    a_family(runtime, "F-OTHER", e164="+447700900777")
    from outreach.store.numbers import FamilyNumberRow

    with runtime.sessions.begin() as session:
        other = session.scalars(select(FamilyRow.id).where(FamilyRow.ref == "F-OTHER")).one()
        session.add(FamilyNumberRow(family_id=other, number_id=known.number_id, position=2))
    receive_text(
        runtime,
        InboundText(
            sid="SM2", sender="+447700900888", recipient="+447700900999", media=0, received_at=runtime.now(),
            body="a second text, zebra words",
        ),
    )  # fmt: skip
    assert "zebra words" in be(BEN).get("/inbox/?show=all").text
    keep(runtime, known, who="ben")
    assert "zebra words" not in be(BEN).get("/inbox/?show=all").text


def test_what_the_colleague_had_in_hand_goes_back(runtime: Runtime, known: Family) -> None:
    assert assign(runtime, ANA, family_id=known.id, staff_id="ben") is None
    keep(runtime, known, who="ben")
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyRow, known.id).assigned_to is None
        assert session.scalars(select(OfferRow.assigned_to)).all() == [None]
        call = session.scalars(select(ConversationRow)).one()
        assert (call.state, call.staff_id) == ("parked", "ana")
    refused = assign(runtime, ANA, family_id=known.id, staff_id="ben")
    assert isinstance(refused, NotAssigned)
    assert "conflict list" in refused.why


def test_an_alert_is_not_told_to_who_knows_the_family(runtime: Runtime) -> None:
    family = a_family(runtime, "F002", e164="+447700900102")
    keep(runtime, family, who="ben")
    with runtime.sessions.begin() as session:
        raise_alert(session, runtime, area_code="OXF", family_id=family.id, kind="violence", now=runtime.now())
    for _ in range(5):
        watch_alerts(runtime)
        runtime.now.move(minutes=6)  # type: ignore[attr-defined]
    with runtime.sessions.read() as session:
        told = set(session.scalars(select(AlertToldRow.staff_id)))
    assert told == {"cora", "ana"}


def test_the_coordinator_keeps_the_list_on_the_familys_page_with_a_reason(
    be: Be, runtime: Runtime, known: Family
) -> None:
    ana = be(ANA)
    assert "Who may not see this family" in ana.get(f"/families/{known.id}").text
    assert "Who may not see this family" not in be(BEN).get(f"/families/{known.id}").text
    assert be(BEN).post(f"/families/{known.id}/apart", {"knows": "cora", "how-known": "friend"}).status_code == 403
    short = ana.post(f"/families/{known.id}/apart", {"knows": "ben", "how-known": "other"})
    assert short.status_code == 400
    assert "Say in a few words why" in short.text
    done = ana.post(
        f"/families/{known.id}/apart", {"knows": "ben", "how-known": "work", "apart-why": "taught a child"}, follow=True
    )
    assert "Ben Practitioner" in done.text
    assert "taught a child" in done.text
    with runtime.sessions.read() as session:
        row = session.scalars(select(EventRow).where(EventRow.name == "conflict_set")).one()
        assert row.data == {"kind": "work"}
        assert "taught" not in json.dumps([row.data, row.subjects])
        assert hidden_from(session, "ben") == {known.id}
    assert isinstance(end_conflict(runtime, ANA, family_id=known.id, staff_id="ben", why=""), NotKept)
    ana.post(f"/families/{known.id}/apart/ben/end", {"why": "mistake"})
    assert "Quillfeather" in be(BEN).get(f"/families/{known.id}").text


def test_every_view_reads_with_what_is_hidden_from_the_person() -> None:
    """A view that forgot would show a hidden family: no view may open a session without saying so."""
    without = []
    for file in sorted((ROOT / "outreach" / "views").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sessions.read") and not node.args:
                without.append(file.name)
    assert without == ["health.py", "measures.py", "pause_state.py"]  # none reads anything of one family


def test_every_command_about_a_family_names_it_when_it_asks_for_permission() -> None:
    without = []
    for file in sorted((ROOT / "outreach" / "engine").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                if re.search(r"family|conversation|alert", given.get("area", "")) and "family" not in given:
                    without.append(f"{file.name}:{node.lineno}")
    assert without == []


def test_hides_are_part_of_the_person_who_asks(runtime: Runtime, known: Family) -> None:
    """The same view, asked by the same person with and without the conflict."""
    from outreach.views.family_page import family_page

    assert family_page(runtime, BEN, known.id) is not None
    assert family_page(runtime, replace(BEN, hides=frozenset({known.id})), known.id) is None
