"""The inbox: what stands where, what a page gives away, and that each form does what its button says, once."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.delivery import InboundText
from outreach.engine.dispatch import dispatch
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.areas import AreaRow
from outreach.store.events import EventRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import open_offer
from outreach.store.sealing import destroy_key
from outreach.store.texts import ReadingRow, TextRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, DEV, EVE, FINN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]
NOWHERE = "00000000-0000-7000-8000-999999999999"
_SIDS = iter(range(10_000))


def wrote(runtime: Runtime, family: Family | str, body: str) -> str:
    sender = family if isinstance(family, str) else family.e164
    sid = f"SMpage{next(_SIDS):06d}"
    taken = receive_text(runtime, InboundText(sid=sid, sender=sender, recipient="+447700900999", body=body))
    assert taken.text_id
    return taken.text_id


@pytest.fixture
def family(runtime: Runtime) -> Family:
    found = a_family(runtime, "F001", standing="verified", level=1)
    an_open_offer(runtime, found)
    return found


def seen_events(runtime: Runtime) -> list[EventRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(EventRow).where(EventRow.name == "page_seen")))


def sent(runtime: Runtime) -> list[TextRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TextRow).where(TextRow.purpose == "person")))


# -- the list ---------------------------------------------------------------------------------------------


def test_an_empty_inbox_says_so_in_every_filter(be: Be) -> None:
    ben = be(BEN)
    assert "Nobody is waiting for an answer" in words(ben.get("/inbox/"))
    assert "Nobody is in danger" in words(ben.get("/inbox/?show=danger"))
    assert "You have no thread" in words(ben.get("/inbox/?show=mine"))
    assert "No family has written yet" in words(ben.get("/inbox/?show=all"))
    assert "We wait for nobody’s answer" in words(ben.get("/inbox/?show=waiting"))
    assert "Nobody is waiting for an answer" in words(ben.get("/inbox/?show=nonsense"))


def test_danger_stands_first_then_who_has_waited_longest(be: Be, runtime: Runtime, clock: Clock) -> None:
    names = ("waited longest", "waits too", "in danger", "at rest")
    families = [a_family(runtime, name, e164=f"+4477009001{place:02}") for place, name in enumerate(names)]
    for one, body in zip(
        families, ("what is this about?", "who are you?", "he hit me last night", "STOP"), strict=True
    ):
        wrote(runtime, one, body)
        clock.move(minutes=3)
    page = words(be(BEN).get("/inbox/?show=all"))
    places = [page.index(name) for name in ("in danger", "waited longest", "waits too", "at rest")]
    assert places == sorted(places)
    assert "at rest" not in words(be(BEN).get("/inbox/"))
    only = words(be(BEN).get("/inbox/?show=danger"))
    assert "in danger" in only
    assert "waits too" not in only


def test_the_list_says_who_has_a_thread_and_mine_has_only_mine(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "what is this about?")
    assert "Nobody has it" in words(be(BEN).get("/inbox/"))
    be(ANA).post(f"/inbox/{family.number_id}/claim")
    assert "Ana Coordinator has it" in words(be(BEN).get("/inbox/"))
    assert "F001" not in words(be(BEN).get("/inbox/?show=mine"))
    assert "You have it" in words(be(ANA).get("/inbox/?show=mine"))


def test_threads_of_other_areas_are_not_listed_and_not_opened(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "what is this about?")
    assert "F001" not in words(be(DEV).get("/inbox/?show=all"))
    for path in ("", "/talk"):
        assert be(DEV).get(f"/inbox/{family.number_id}{path}").status_code == 403
    for who in (EVE, FINN):
        assert be(who).get("/inbox/").status_code == 403
    assert be(BEN).get(f"/inbox/{NOWHERE}").status_code == 404
    assert seen_events(runtime)[1:] == []  # the one list that was shown, of nobody


def test_an_alert_from_a_call_stands_in_the_inbox_until_it_is_settled(be: Be, runtime: Runtime, family: Family) -> None:
    alert_id = runtime.new_id()
    with runtime.sessions.begin() as session:
        session.add(
            AlertRow(id=alert_id, area_code="OXF", family_id=family.id, kind="violence", raised_at=runtime.now())
        )
    ben = be(BEN)
    assert "Nobody has it yet" in words(ben.get("/inbox/"))
    taken = ben.post(f"/inbox/alerts/{alert_id}/take")
    assert taken.headers["Location"].endswith(f"/families/{family.id}")
    assert "You have it" in words(ben.get("/inbox/"))
    ben.post(f"/inbox/alerts/{alert_id}/settle")
    assert "Nobody is waiting" in words(ben.get("/inbox/"))


def test_an_alert_nobody_has_is_shown_before_one_that_a_colleague_has(
    be: Be, runtime: Runtime, family: Family, clock: Clock
) -> None:
    wrote(runtime, family, "hes kicking the door in")
    with runtime.sessions.read() as session:
        first = session.scalars(select(AlertRow.id)).one()
    ben = be(BEN)
    ben.post(f"/inbox/alerts/{first}/take")
    clock.move(minutes=40)
    wrote(runtime, family, "hes back please please help me")
    page = words(be(CORA).get("/inbox/?show=danger"))
    assert "Nobody has it yet" in page
    assert "Ben Practitioner has it" not in page.split("Nobody has it yet")[0]
    with runtime.sessions.read() as session:
        second = session.scalars(select(AlertRow.id).where(AlertRow.id != first)).one()
    ben.post(f"/inbox/alerts/{second}/take")
    page = words(be(CORA).get("/inbox/?show=danger"))
    assert "Nobody has it yet" not in page
    assert "raised just now" in page or "raised less than a minute ago" in page


def test_waiting_lists_where_we_wait_for_them_and_where_a_text_of_ours_is_to_go(
    be: Be, runtime: Runtime, clock: Clock
) -> None:
    switch_on_texts(runtime)
    asked = a_family(runtime, "was asked", e164="+447700900111", standing="verified", level=2)
    answered = a_family(runtime, "was answered", e164="+447700900112", standing="verified")
    settled = a_family(runtime, "was settled", e164="+447700900113", standing="verified")
    queued = a_family(runtime, "has one queued", e164="+447700900114", standing="verified")
    for one in (asked, answered, settled, queued):
        an_open_offer(runtime, one)
    ben = be(BEN)
    assert "We wait for nobody" in words(ben.get("/inbox/?show=waiting"))
    wrote(runtime, asked, "Yes please")
    for one, settle in ((answered, ""), (settled, "yes")):
        seen = wrote(runtime, one, "what is this about?")
        ben.post(f"/inbox/{one.number_id}/send", {"seen": seen, "words": "Shall we ring you?", "settle": settle})
    dispatch(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").paused_at = clock()
    wrote(runtime, queued, "call me")
    dispatch(runtime)
    page = words(ben.get("/inbox/?show=waiting"))
    assert "was settled" not in page
    for name in ("was asked", "was answered"):
        assert re.search(name + r" .{0,80}We wrote .{1,30}, and wait for them", page), page
    assert re.search(r"has one queued .{0,60}A text of ours waits to go: the area is paused", page), page
    seen = wrote(runtime, answered, "yes ok then")
    assert "was answered" not in words(ben.get("/inbox/?show=waiting"))


# -- one thread -------------------------------------------------------------------------------------------


def test_a_thread_shows_what_was_read_by_which_words_and_what_came_of_it(
    be: Be, runtime: Runtime, family: Family
) -> None:
    wrote(runtime, family, "not now, maybe later")
    answer = be(BEN).get(f"/inbox/{family.number_id}")
    page = words(answer)
    assert "Read as: later" in page
    assert re.search(r"<mark>[^<]*later[^<]*</mark>", answer.text)
    assert "Nothing more is sent, and nobody rings, until a person has looked" in page
    assert "One click will: Leave them for" in page
    assert "07700 900101" in page


def test_words_of_a_family_stand_in_no_title_address_or_status_line(be: Be, runtime: Runtime, family: Family) -> None:
    body = "who is zygomorphic"
    seen = wrote(runtime, family, body)
    ben = be(BEN)
    answer = ben.get(f"/inbox/{family.number_id}")
    title = re.search(r"<title>(.*?)</title>", answer.text)
    assert title
    assert title[1].startswith("Thread")
    assert not re.search(r'(?:href|action|hx-get)="[^"]*zygomorphic', answer.text)
    done = ben.post(f"/inbox/{family.number_id}/look", {"words": "Zygomorphic", "seen": seen})
    assert not re.search(r'(?:href|action|hx-get)="[^"]*ygomorphic', done.text)
    gone = ben.post(f"/inbox/{family.number_id}/send", {"words": "We will ring soon.", "seen": seen})
    assert "ring soon" not in gone.headers["Location"] + str(gone.headers.getlist("Set-Cookie"))


def test_markup_in_a_text_stays_words(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "<b>later</b> <script>x()</script>")
    page = be(BEN).get(f"/inbox/{family.number_id}").text
    assert "<script>x()" not in page
    assert "<b>later" not in page


def test_seeing_a_thread_is_noted_once_and_polling_writes_nothing(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    ben.get(f"/inbox/{family.number_id}")
    (event,) = seen_events(runtime)
    assert (event.actor_id, event.family_id, event.data["page"]) == ("ben", family.id, "thread")
    ben.get("/inbox/")
    for _ in range(3):
        ben.get(f"/inbox/{family.number_id}/talk")
        ben.get("/inbox/list")
    assert len(seen_events(runtime)) == 2


@pytest.mark.parametrize("path", ["/inbox/list", "/inbox/NUMBER/talk"])
def test_polling_is_answered_304_until_something_changes(be: Be, runtime: Runtime, family: Family, path: str) -> None:
    seen = wrote(runtime, family, "he hit me last night")
    ben, path = be(BEN), path.replace("NUMBER", family.number_id)
    first = ben.client.get(path, query_string={"seen": seen})
    tag = first.headers["ETag"]
    assert json.loads(html.unescape(first.text.split("hx-headers='")[1].split("'")[0])) == {"If-None-Match": tag}
    again = ben.client.get(path, query_string={"seen": seen}, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    wrote(runtime, family, "are you there?")
    changed = ben.client.get(path, query_string={"seen": seen}, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "there" in changed.text


def test_a_page_that_is_behind_says_that_they_wrote_again(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    assert "They wrote again" not in ben.get(f"/inbox/{family.number_id}/talk?seen={seen}").text
    wrote(runtime, family, "hello?")
    assert "They wrote again" in ben.get(f"/inbox/{family.number_id}/talk?seen={seen}").text


def test_danger_is_taken_settled_and_timed(be: Be, runtime: Runtime, family: Family, clock: Clock) -> None:
    seen = wrote(runtime, family, "he hit me again last night")
    with runtime.sessions.read() as session:
        alert_id = session.scalars(select(AlertRow.id)).one()
    clock.move(minutes=4)
    ben = be(BEN)
    page = words(ben.get(f"/inbox/{family.number_id}"))
    assert "Nobody has it yet" in page
    assert "4 minutes without a person" in page
    assert "Told: Ben Practitioner (text and call" in page
    assert "Settle the alert above first" in page
    assert "Yes, do that" not in page
    taken = ben.post(f"/inbox/alerts/{alert_id}/take")
    assert taken.headers["Location"].endswith(f"/inbox/{family.number_id}")
    page = words(ben.get(f"/inbox/{family.number_id}"))
    assert "First human after 4 minutes" in page
    assert "You have this thread" in page
    late = be(CORA).post(f"/inbox/alerts/{alert_id}/take", follow=True)
    assert "A colleague has it already" in late.text
    ben.post(f"/inbox/alerts/{alert_id}/settle")
    ben.post(f"/inbox/{family.number_id}/settle", {"seen": seen})
    with runtime.sessions.read() as session:
        assert open_holds(session, family.id) == []


def test_a_compromised_number_says_so_large_and_offers_no_text(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "who is texting my mrs")
    answer = be(BEN).get(f"/inbox/{family.number_id}")
    assert re.search(r'<h2 class="govuk-heading-l">Somebody else was on this number', answer.text)
    assert f"/inbox/{family.number_id}/look" not in answer.text
    assert f"/inbox/{family.number_id}/book" not in answer.text
    assert "Nothing will be sent:" in words(answer)
    assert "Next:" not in words(answer)


def test_a_number_somebody_else_was_on_says_that_nothing_is_sent_after_it_was_settled_too(
    be: Be, runtime: Runtime, family: Family
) -> None:
    seen = wrote(runtime, family, "who is texting my mrs")
    with runtime.sessions.read() as session:
        for alert_id in session.scalars(select(AlertRow.id)):
            be(BEN).post(f"/inbox/alerts/{alert_id}/settle")
    be(BEN).post(f"/inbox/{family.number_id}/settle", {"seen": seen})
    with runtime.sessions.read() as session:
        assert open_holds(session, family.id) == []
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "Nothing will be sent: somebody else was on the number; a person decides" in page


def test_danger_says_that_nothing_is_sent(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    wrote(runtime, family, "he hit me again last night")
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "Nothing will be sent: they" in page
    assert "Next:" not in page


def test_a_colleagues_thread_offers_only_to_take_it_over(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "not now, maybe later")
    be(ANA).post(f"/inbox/{family.number_id}/claim")
    ben = be(BEN)
    answer = ben.get(f"/inbox/{family.number_id}")
    assert "Take it over from Ana Coordinator" in words(answer)
    for verb in ("do", "look", "send", "settle", "book", "correct"):
        assert f'action="/inbox/{family.number_id}/{verb}"' not in answer.text
    assert (
        "You have this thread" in ben.post(f"/inbox/{family.number_id}/claim", {"take_over": "yes"}, follow=True).text
    )


def test_what_they_ask_is_done_by_one_click_and_only_once(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "not now, maybe later")
    ben = be(BEN)
    assert "the thread is settled" in ben.post(f"/inbox/{family.number_id}/do", {"seen": seen}, follow=True).text
    again = ben.post(f"/inbox/{family.number_id}/do", {"seen": seen}, follow=True)
    assert "done already" in again.text
    with runtime.sessions.read() as session:
        texts = select(TextRow).where(TextRow.direction == "out", TextRow.wording == "later")
        assert len(session.scalars(texts).all()) == 1


def test_an_answer_is_seen_on_a_lock_screen_with_its_length_before_it_goes(
    be: Be, runtime: Runtime, family: Family
) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    long = "We will ring you when it suits you best. " * 4
    look = ben.post(f"/inbox/{family.number_id}/look", {"seen": seen, "words": long})
    page = words(look)
    shown = re.search(r'po-lock__words">([^<]*)<', look.text)
    assert shown
    assert shown[1].endswith("…")
    assert "2 texts in a row, 163 of 306 letters" in page
    assert sent(runtime) == []
    ben.post(f"/inbox/{family.number_id}/send", {"seen": seen, "words": long})
    ben.post(f"/inbox/{family.number_id}/send", {"seen": seen, "words": long})
    (row,) = sent(runtime)
    assert (row.by_staff, row.segments) == ("ben", 2)
    assert "Ben Practitioner" in words(ben.get(f"/inbox/{family.number_id}"))


def test_words_that_may_not_go_come_back_with_the_reason_and_the_words(
    be: Be, runtime: Runtime, family: Family
) -> None:
    seen = wrote(runtime, family, "what is this about?")
    for verb in ("look", "send"):
        answer = be(BEN).post(f"/inbox/{family.number_id}/{verb}", {"seen": seen, "words": "He is in prison."})
        assert answer.status_code == 400
        assert "It gives away: prison" in words(answer)
        assert "He is in prison.</textarea>" in answer.text
    assert sent(runtime) == []


def test_a_name_asks_its_writer_once(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    body = {"seen": seen, "words": "Shall Dariusz ring you?"}
    assert "Is this a name: Dariusz?" in words(ben.post(f"/inbox/{family.number_id}/send", body))
    assert sent(runtime) == []
    ben.post(f"/inbox/{family.number_id}/send", {**body, "sure": "yes"})
    assert len(sent(runtime)) == 1


def test_a_wording_can_be_chosen_and_settles_the_thread_with_it(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    assert "It is not urgent" in words(ben.get(f"/inbox/{family.number_id}"))
    look = ben.post(f"/inbox/{family.number_id}/look", {"seen": seen, "wording": "who_is_this"})
    assert "To check on us, ring" in words(look)
    body = {"seen": seen, "wording": "who_is_this", "settle": "yes"}
    assert "The thread is settled" in ben.post(f"/inbox/{family.number_id}/send", body, follow=True).text
    (row,) = sent(runtime)
    assert (row.wording, row.level) == ("who_is_this", 0)


def test_a_call_is_booked_and_a_night_hour_is_said_to_be_no_promise(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    book = f"/inbox/{family.number_id}/book"
    day = (runtime.now() + timedelta(days=2)).date().isoformat()
    done = ben.post(book, {"seen": seen, "on": day, "at": "14:00"}, follow=True)
    assert "It is a promise" in done.text
    assert "Next: a call on Thursday" in words(done)
    assert "without a promised hour" in ben.post(book, {"seen": seen, "on": day, "at": "22:00"}, follow=True).text
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert offer.due_until is None
    for wrong in ({"on": ""}, {"on": "soon"}, {"on": "2026-01-01"}, {"on": day, "at": "teatime"}):
        answer = ben.post(book, {"seen": seen, **wrong})
        assert answer.status_code == 400
        assert "There is a problem" in words(answer)


def test_a_reading_is_put_right_and_stays_to_be_learnt_from(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    be(BEN).post(f"/inbox/{family.number_id}/correct", {"text": seen, "intent": "decline"})
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "put right by a colleague; the reader had: a question" in page
    assert "Take the no kindly" in page
    found = be(ANA).get("/inbox/corrected.jsonl")
    assert '"intent": "decline"' in found.text
    assert be(BEN).get("/inbox/corrected.jsonl").status_code == 403


def test_a_stop_a_person_sees_is_final(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    be(BEN).post(f"/inbox/{family.number_id}/stop", {"seen": seen, "scope": "everything"})
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "They said stop" in page
    assert "No text can go to this number: they said stop" in page
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).texts_stopped_at is not None


def test_a_near_stop_is_decided_before_anything_else(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "Stop. Thank you")
    ben, path = be(BEN), f"/inbox/{family.number_id}"
    answer = ben.get(path)
    page = words(answer)
    assert "They may want us to stop" in page
    assert "Say first whether they want us to stop" in page
    assert f'action="{path}/settle"' not in answer.text
    assert answer.text.count(f'action="{path}/stop"') == 1
    assert re.findall(r'name="scope" type="radio" value="(\w+)"', answer.text) == [
        "everything", "texts", "calls", "charity",
    ]  # fmt: skip
    assert "settle the thread too" not in words(ben.post(f"{path}/look", {"seen": seen, "words": "Shall we stop?"}))
    refused = ben.post(f"{path}/settle", {"seen": seen}, follow=True)
    assert "They may want us to stop: obey it" in refused.text
    done = ben.post(f"{path}/stop", {"seen": seen, "scope": "charity"}, follow=True)
    assert "What was agreed with the charity has ended" in done.text
    assert "They may want us to stop" not in words(ben.get(path))


def test_putting_right_to_stop_leads_to_what_is_to_stop(be: Be, runtime: Runtime, family: Family) -> None:
    seen = wrote(runtime, family, "what is this about?")
    ben, path = be(BEN), f"/inbox/{family.number_id}"
    done = ben.post(f"{path}/correct", {"text": seen, "intent": "stop"})
    assert done.headers["Location"].endswith(f"{path}#stop")
    answer = ben.get(path)
    assert "Say what is to stop" in answer.text
    assert "They may want us to stop" in words(answer)


def test_what_was_done_before_it_was_put_right_stays_to_be_seen(be: Be, runtime: Runtime, family: Family) -> None:
    switch_on_texts(runtime)
    seen = wrote(runtime, family, "call me")
    be(BEN).post(f"/inbox/{family.number_id}/correct", {"text": seen, "intent": "wrong_person"})
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "Before it was put right: They asked to be rung: a call was put on the list." in page
    assert "it was taken off, with one apology" not in page
    assert "One click will: Take this number off the family for good" in page


def test_a_near_stop_below_a_newer_text_can_be_put_right(be: Be, runtime: Runtime, family: Family) -> None:
    older = wrote(runtime, family, "Stop. Thank you")
    newer = wrote(runtime, family, "what is this about?")
    answer = be(BEN).get(f"/inbox/{family.number_id}")
    assert re.findall(r'name="text" value="([^"]+)"', answer.text) == [older, newer]
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


def test_a_number_of_two_families_asks_whose_it_is(be: Be, runtime: Runtime, family: Family) -> None:
    other = a_family(runtime, "F002", e164="+447700900102", name="Jo Best")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    seen = wrote(runtime, family, "what is this about?")
    ben = be(BEN)
    assert "whose is it?" in words(ben.get("/inbox/"))
    page = words(ben.get(f"/inbox/{family.number_id}"))
    assert "Which family wrote this?" in page
    assert "No text can go to this number: say first which family this is" in page
    whose = f"/inbox/{family.number_id}/whose"
    assert ben.post(whose, {"seen": seen}).status_code == 400
    ben.post(whose, {"seen": seen, "family": other.id})
    assert "J. B., F002" in words(ben.get(f"/inbox/{family.number_id}"))
    with runtime.sessions.read() as session:
        assert session.get_one(ReadingRow, seen).family_id == other.id


def test_a_family_of_another_area_on_the_number_is_not_named(be: Be, runtime: Runtime, family: Family) -> None:
    other = a_family(runtime, "M777", e164="+447700900102", area="MKC")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    wrote(runtime, family, "what is this about?")
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert "M777" not in page
    assert "A family of another area stands on this number too" in page


def test_a_shared_number_stands_in_both_areas_until_it_is_clear_whose_it_is(
    be: Be, runtime: Runtime, family: Family
) -> None:
    other = a_family(runtime, "M777", e164="+447700900102", area="MKC")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    seen = wrote(runtime, family, "what is this about?")
    assert "F001" in words(be(BEN).get("/inbox/"))
    assert "M777" in words(be(DEV).get("/inbox/"))
    be(CORA).post(f"/inbox/{family.number_id}/whose", {"seen": seen, "family": other.id})
    assert "about?" not in words(be(BEN).get("/inbox/?show=all"))
    assert be(BEN).get(f"/inbox/{family.number_id}").status_code == 403
    assert "M777" in words(be(DEV).get("/inbox/?show=all"))


def test_the_time_they_named_stands_in_the_form_already(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "can you ring me thursday at 2pm")
    page = be(BEN).get(f"/inbox/{family.number_id}").text
    assert re.search(r'id="on"[^>]*value="2026-01-15"', page)
    assert re.search(r'id="at"[^>]*value="14:00"', page)


def test_a_strangers_text_is_seen_and_gets_no_answer(be: Be, runtime: Runtime) -> None:
    wrote(runtime, "+447700900177", "who are you")
    ben = be(BEN)
    assert "A number nobody knows" in words(ben.get("/inbox/"))
    link = re.search(r'href="(/inbox/0[^"]+)"', ben.get("/inbox/").text)
    assert link
    page = words(ben.get(link[1]))
    assert "Nobody knows this number" in page
    assert "nobody knows whose number this is" in page


def test_destroyed_words_are_said_to_be_gone(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "what is this about?")
    with runtime.sessions.begin() as session:
        destroy_key(session, family.id, now=runtime.now())
    assert "These words were destroyed" in words(be(BEN).get("/inbox/"))
    assert "These words were destroyed" in words(be(BEN).get(f"/inbox/{family.number_id}"))


def test_a_supervisor_decides_about_a_number_and_says_how_we_know(be: Be, runtime: Runtime, family: Family) -> None:
    wrote(runtime, family, "who is texting my mrs")
    path = f"/inbox/numbers/{family.number_id}"
    assert path in be(CORA).get(f"/inbox/{family.number_id}").text
    assert "until a supervisor has decided" in words(be(BEN).get(path))
    assert be(BEN).post(path, {"choice": "again", "how": "in_person"}).status_code == 403
    assert be(DEV).get(path).status_code == 403
    assert be(BEN).get(f"/inbox/numbers/{NOWHERE}").status_code == 404
    cora = be(CORA)
    assert "Somebody else has the phone" in words(cora.get(path))
    unsaid = cora.post(path, {"choice": "again"})
    assert unsaid.status_code == 400
    assert "Say how we know" in words(unsaid)
    assert "everything is asked anew" in cora.post(path, {"choice": "again", "how": "in_person"}, follow=True).text
    assert "There is nothing to decide" in words(cora.get(path))
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).standing == "unverified"
