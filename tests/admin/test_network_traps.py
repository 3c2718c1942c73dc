"""What the network is known to do to those who trust it, each against the simulated network, over HTTP and signed.

trap                                            test (``over``: in test_hooks_over_the_network)
receipts out of order, twice                    over: test_receipts_that_come_twice_or_backwards_end_in_delivered
receipts lost                                   test_a_text_without_receipts_stays_accepted_and_is_not_sent_again
the webhook retried                             test_a_webhook_that_comes_twice_is_one_text
texts told of out of order                      test_a_stop_that_is_told_of_late_is_honoured_all_the_same
STOP where the network minds it (21610)         test_where_the_network_answers_a_stop_we_do_not
START, YES as opt-in, UNSTOP                    test_what_opts_in_at_the_network_opens_nothing_here
CANCEL, END, QUIT, REVOKE                       test_words_that_are_stop_to_the_network_only_stop_texts_and_ask_a_person
HELP                                            test_help_is_an_alert_and_gets_no_answer_of_ours
21610 on a text of ours                         test_21610_on_an_offer_is_written_down_as_a_stop
permanent and transient codes                   test_every_code_that_is_an_answer_has_its_remedy, ..._of_a_receipt_...
429 with Retry-After                            test_too_many_requests_wait_as_long_as_the_network_says_and_go_once
500 or silence after taking a text              over: test_a_text_whose_fate_is_unknown_is_settled_and_arrives_once
an inbound missed during an outage              test_no_outage_is_so_long_that_a_text_is_lost, test_a_poll_...
more texts missed than a page lists             test_every_page_of_missed_texts_is_read
two auth tokens during rotation                 test_either_token_signs_while_tokens_change
behind a TLS proxy                              test_behind_a_tls_proxy_the_public_address_is_what_was_signed
one curly quote makes three segments            test_one_curly_quote_makes_three_segments_at_both_ends
a wrong signature                               over: test_a_webhook_that_is_wrongly_signed_stores_nothing
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from admin.web import create_app
from outreach.domain.delivery import Refused
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.wording import size
from outreach.engine.dispatch import dispatch
from outreach.engine.receive import poll_missed
from outreach.engine.run_cadences import run_cadences
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.gateway.twilio_codes import REMEDIES
from outreach.runtime import Runtime
from outreach.simulator.faults import Fault, Kind, is_delivery_code
from outreach.simulator.http_server import HttpServer
from outreach.simulator.network import Keywords
from outreach.simulator.server import Simulator
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.numbers import NumberRow
from outreach.store.texts import ReadingRow, TextRow
from tests.browsing import mark_as_demo
from tests.cast import STAFF_PHONES, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock

ANNA, PUBLIC = "+447700900101", "https://outreach.example"
Join = Callable[..., Runtime]


@pytest.fixture
def network(clock: Clock) -> Iterator[Simulator]:
    one = Simulator(step_seconds=0, now=clock)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def join(runtime: Runtime, network: Simulator) -> Iterator[Join]:
    """The house joined to the network, with a family that was just offered again by text."""
    servers: list[HttpServer] = []

    def joined(*, public: str = "", tokens: tuple[str, ...] = ()) -> Runtime:
        mark_as_demo(runtime)
        app: list[object] = []
        server = HttpServer(lambda environ, start: app[0](environ, start), threads=4)  # type: ignore[operator]
        account = TwilioAccount(
            account_sid=network.account_sid, auth_tokens=tokens or (network.auth_token,), number=network.number,
            public_url=public or server.url, base_url=network.url,
        )  # fmt: skip
        house = dataclasses.replace(runtime, phone=TwilioLine(account))
        app.append(create_app(house))
        server.start()
        servers.append(server)
        at = public or server.url
        network.connect(
            inbound_url=f"{at}/hooks/twilio/inbound", voice_url=f"{at}/hooks/twilio/voice",
            proxy=(public, server.url) if public else None,
        )  # fmt: skip
        switch_on_texts(house)
        family = a_family(house, "F001", standing="verified", e164=ANNA, next_step=2)
        an_open_offer(house, family, channel="text", step=1)
        run_cadences(house)
        return house

    yield joined
    for server in servers:
        server.stop()


def wrote(house: Runtime, network: Simulator, *bodies: str) -> None:
    for body in bodies:
        network.text_from(ANNA, body)
    assert network.settle()
    dispatch(house)
    assert network.settle()


def purposes(network: Simulator, house: Runtime) -> list[str]:
    """What went to Anna, by purpose, in order."""
    with house.sessions.read() as session:
        handed = [each["reference"] for each in network.network.handed_over() if each["to"] == ANNA]
        return [session.get_one(TextRow, reference).purpose for reference in handed]


def inbound(house: Runtime) -> list[TextRow]:
    with house.sessions.read() as session:
        return list(session.scalars(select(TextRow).where(TextRow.direction == "in").order_by(TextRow.id)))


def number(house: Runtime) -> NumberRow:
    with house.sessions.read() as session:
        return session.scalars(select(NumberRow)).one()


def test_a_text_without_receipts_stays_accepted_and_is_not_sent_again(
    join: Join, network: Simulator, clock: Clock
) -> None:
    house = join()
    network.add_fault(Fault(Kind.LOST))
    dispatch(house)
    for _ in range(5):
        clock.move(hours=1)
        dispatch(house)
    assert network.settle()
    assert purposes(network, house) == ["offer"]


def test_a_webhook_that_comes_twice_is_one_text(join: Join, network: Simulator) -> None:
    house = join()
    network.add_fault(Fault(Kind.TWICE_INBOUND))
    wrote(house, network, "CALL")
    assert len(inbound(house)) == 1
    assert purposes(network, house).count("answer") == 1


def test_a_stop_that_is_told_of_late_is_honoured_all_the_same(join: Join, network: Simulator) -> None:
    house = join()
    dispatch(house)
    network.add_fault(Fault(Kind.LATE_INBOUND))
    wrote(house, network, "STOP", "CALL")
    with house.sessions.read() as session:
        assert set(session.scalars(select(ReadingRow.intent))) == {"call", "stop"}
    assert number(house).texts_stopped_at is not None
    assert purposes(network, house) == ["offer", "stop"]  # the answer to CALL had not gone, and never does


def test_where_the_network_answers_a_stop_we_do_not(join: Join, network: Simulator) -> None:
    house = join()
    network.set_keywords(Keywords.ANSWERS)
    wrote(house, network, "STOP")
    assert number(house).texts_stopped_at is not None
    assert [text.direction for text in network.network.texts()] == ["inbound", "outbound-reply"]
    assert [entry.what for entry in network.network.journal() if entry.what == "refused"] == []


@pytest.mark.parametrize("word", ["START", "YES", "UNSTOP"])
def test_what_opts_in_at_the_network_opens_nothing_here(
    join: Join, network: Simulator, clock: Clock, word: str
) -> None:
    house = join()
    network.set_keywords(Keywords.BLOCKS)
    wrote(house, network, "STOP", word)
    assert not network.network.phone(ANNA).said_stop  # the network would take a text again
    for _ in range(10):
        clock.move(days=7)
        run_cadences(house)
        dispatch(house)
    assert network.settle()
    assert purposes(network, house) == []
    with house.sessions.read() as session:
        assert "reopen" in set(session.scalars(select(TaskRow.kind)))


@pytest.mark.parametrize("word", ["CANCEL", "END", "QUIT", "REVOKE"])
def test_words_that_are_stop_to_the_network_only_stop_texts_and_ask_a_person(
    join: Join, network: Simulator, word: str
) -> None:
    house = join()
    network.set_keywords(Keywords.BLOCKS)
    wrote(house, network, word)
    assert (number(house).texts_stopped_at is None, number(house).calls_stopped_at is None) == (False, True)
    with house.sessions.read() as session:
        assert session.scalars(select(ReadingRow.needs_person)).one()
    assert purposes(network, house) == []


def test_help_is_an_alert_and_gets_no_answer_of_ours(join: Join, network: Simulator) -> None:
    house = join()
    dispatch(house)
    wrote(house, network, "HELP")
    with house.sessions.read() as session:
        assert session.scalars(select(AlertRow.kind)).all() == ["help"]
    assert purposes(network, house) == ["offer"]
    assert [each["to"] for each in network.network.handed_over()][1:] == [STAFF_PHONES["ben"]]


def test_21610_on_an_offer_is_written_down_as_a_stop(join: Join, network: Simulator, clock: Clock) -> None:
    house = join()
    network.add_fault(Fault(Kind.CODE, number=ANNA, code=21610))
    dispatch(house)
    assert number(house).texts_stopped_at is not None
    clock.move(days=30)
    run_cadences(house)
    dispatch(house)
    assert purposes(network, house) == []


ANSWERS = sorted(code for code in REMEDIES if code >= 10_000 and not is_delivery_code(code) and code != 20500)


@pytest.mark.parametrize("code", ANSWERS)
def test_every_code_that_is_an_answer_has_its_remedy(network: Simulator, code: int) -> None:
    account = TwilioAccount(
        account_sid=network.account_sid, auth_tokens=(network.auth_token,), number=network.number, public_url=PUBLIC,
        base_url=network.url,
    )  # fmt: skip
    network.add_fault(Fault(Kind.CODE, code=code))
    answer = TwilioLine(account).send_text(to=ANNA, body="Hello", reference="r1", valid_for_seconds=60)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.remedy) == (code, REMEDIES[code])


@pytest.mark.parametrize("code", sorted(code for code in REMEDIES if is_delivery_code(code) and code != 30410))
def test_every_code_of_a_receipt_ends_the_text_and_loses_no_family(join: Join, network: Simulator, code: int) -> None:
    house = join()
    network.add_fault(Fault(Kind.CODE, number=ANNA, code=code))
    dispatch(house)
    assert network.settle()
    with house.sessions.read() as session:
        text = session.scalars(select(TextRow).where(TextRow.direction == "out")).one()
    assert text.code == code
    assert text.state in ("failed", "undelivered")


def test_too_many_requests_wait_as_long_as_the_network_says_and_go_once(
    join: Join, network: Simulator, clock: Clock
) -> None:
    house = join()
    network.add_fault(Fault(Kind.TOO_MANY, seconds=90))
    dispatch(house)
    clock.move(seconds=89)
    dispatch(house)
    assert purposes(network, house) == []
    clock.move(seconds=2)
    dispatch(house)
    assert network.settle()
    assert purposes(network, house) == ["offer"]


def test_no_outage_is_so_long_that_a_text_is_lost(join: Join, network: Simulator, clock: Clock) -> None:
    house = join()
    assert poll_missed(house) == 0
    network.add_fault(Fault(Kind.LOST_INBOUND, times=None))
    network.text_from(ANNA, "please stop texting me")
    clock.move(days=9)
    network.text_from(ANNA, "hello?")
    assert network.settle()
    assert [poll_missed(house), poll_missed(house)] == [2, 0]
    first, second = inbound(house)
    assert (second.at - first.at).days == 9  # each stands where it was written
    assert number(house).texts_stopped_at is not None
    dispatch(house)
    assert purposes(network, house) == []  # and nine days later nobody confirms


def test_the_words_of_replies_are_read_before_a_missed_text_holds_anything(join: Join, network: Simulator) -> None:
    house = join()
    changed: list[str] = []
    network.add_fault(Fault(Kind.LOST_INBOUND))
    network.text_from(ANNA, "please stop texting me")
    assert network.settle()

    def read() -> Lexicons:
        if not changed:
            with house.sessions.begin() as session:  # who held a text meanwhile would be waited for here
                session.execute(update(NumberRow).values(shared="unknown"))
            changed.append("a row")
        return house.library.lexicons

    assert poll_missed(dataclasses.replace(house, library=dataclasses.replace(house.library, read_lexicons=read))) == 1
    assert changed == ["a row"]
    assert number(house).texts_stopped_at is not None


def test_a_poll_that_fails_in_the_middle_looks_back_as_far_the_next_time(
    join: Join, network: Simulator, clock: Clock
) -> None:
    house = join()
    poll_missed(house)
    network.add_fault(Fault(Kind.LOST_INBOUND, times=None))
    network.text_from(ANNA, "CALL")
    assert network.settle()
    url, network.network.number = network.network.number, "+447700900998"  # the list is another number's: nothing in it
    clock.move(days=3)
    gone = dataclasses.replace(house, phone=TwilioLine(_nowhere(network)))
    assert poll_missed(gone) == 0
    network.network.number = url
    clock.move(days=3)
    assert poll_missed(house) == 1


def _nowhere(network: Simulator) -> TwilioAccount:
    return TwilioAccount(
        account_sid=network.account_sid, auth_tokens=("gone",), number=network.number, public_url=PUBLIC,
        base_url="http://127.0.0.1:9",
    )  # fmt: skip


def test_every_page_of_missed_texts_is_read(join: Join, network: Simulator) -> None:
    house = join()
    network.network.inbound_url = None
    sids = {network.network.receive(number=f"+4477009{place:05}", body="x").sid for place in range(1_030)}
    found = house.phone.inbound_since(house.now())
    assert {each.sid for each in found} == sids


def test_either_token_signs_while_tokens_change(join: Join, network: Simulator) -> None:
    house = join(tokens=(network.auth_token, network.other_token))
    network.add_fault(Fault(Kind.OTHER_TOKEN))
    wrote(house, network, "CALL", "LATER")
    assert len(inbound(house)) == 2


def test_a_token_that_is_not_ours_any_more_signs_nothing(join: Join, network: Simulator) -> None:
    house = join()
    network.add_fault(Fault(Kind.OTHER_TOKEN))
    wrote(house, network, "CALL")
    assert inbound(house) == []


def test_behind_a_tls_proxy_the_public_address_is_what_was_signed(join: Join, network: Simulator) -> None:
    house = join(public=PUBLIC)
    wrote(house, network, "CALL")
    assert len(inbound(house)) == 1
    with house.sessions.read() as session:
        states = set(session.scalars(select(TextRow.state).where(TextRow.direction == "out")))
    assert "delivered" in states  # receipts come home through the proxy too


def test_one_curly_quote_makes_three_segments_at_both_ends(join: Join, network: Simulator) -> None:
    house = join()
    plain = "a" * 159
    for body, segments in ((plain + "'", 1), (plain + "’", 3)):
        house.phone.send_text(to=ANNA, body=body, reference="r1", valid_for_seconds=60)
        assert network.network.handed_over()[-1]["segments"] == size(body).segments == segments
