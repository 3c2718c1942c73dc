from __future__ import annotations

from pathlib import Path

import pytest
from twilio.request_validator import RequestValidator

from outreach.simulator import segments
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.network import Keywords, Network, Refusal, TextOrder
from outreach.simulator.server import Simulator
from outreach.simulator.switchboard import CallOrder
from tests.simulator.conftest import ANNA, BEN, LANDLINE, NOW
from tests.simulator.listener import Listener


def order(simulator: Simulator, listener: Listener, to: str = ANNA, body: str = "Hello") -> TextOrder:
    return TextOrder(to=to, sender=simulator.number, body=body, status_callback=f"{listener.url}/status/ref-1")


def states(listener: Listener) -> list[str]:
    return [post["MessageStatus"] for post in listener.to("/status/ref-1")]


def test_there_is_a_signed_receipt_for_each_state_but_the_first(simulator: Simulator, listener: Listener) -> None:
    simulator.post_office.send(order(simulator, listener))
    assert simulator.settle()
    assert states(listener) == ["sending", "sent", "delivered"]
    for post in listener.posts:
        flat = {name: values[0] for name, values in post.form.items()}
        assert RequestValidator(simulator.auth_token).validate(
            listener.url + post.path, flat, post.headers["X-Twilio-Signature"]
        )


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (Kind.TWICE, ["sending", "sending", "sent", "sent", "delivered", "delivered"]),
        (Kind.REORDERED, ["delivered", "sent", "sending"]),
        (Kind.LOST, []),
    ],
)
def test_receipts_can_go_wrong(simulator: Simulator, listener: Listener, kind: Kind, seen: list[str]) -> None:
    simulator.add_fault(Fault(kind, number=ANNA))
    simulator.post_office.send(order(simulator, listener))
    assert simulator.settle()
    assert states(listener) == seen


def test_a_fault_for_one_number_leaves_the_others_alone_and_happens_once(
    simulator: Simulator, listener: Listener
) -> None:
    simulator.add_fault(Fault(Kind.CODE, number=ANNA, code=30005))
    sent = [simulator.post_office.send(order(simulator, listener, to)) for to in (BEN, ANNA, ANNA)]
    assert simulator.settle()
    assert [text.status for text in sent] == ["delivered", "undelivered", "delivered"]


def test_a_text_from_a_phone_reaches_the_product_exactly_as_typed(simulator: Simulator, listener: Listener) -> None:
    sid = simulator.text_from(ANNA, "  ring me\nlater 💛 ")
    assert simulator.settle()
    (post,) = listener.to("/hooks/twilio/inbound")
    assert (post["MessageSid"], post["From"], post["Body"]) == (sid, ANNA, "  ring me\nlater 💛 ")
    assert post["To"] == simulator.number


def test_texts_of_one_phone_arrive_in_order(simulator: Simulator, listener: Listener) -> None:
    for count in range(20):
        simulator.text_from(ANNA, str(count))
    assert simulator.settle()
    assert [post["Body"] for post in listener.to("/hooks/twilio/inbound")] == [str(count) for count in range(20)]


def test_nobody_there_is_tried_twice_with_one_token_and_journalled(simulator: Simulator, listener: Listener) -> None:
    listener.stop()
    simulator.text_from(ANNA, "CALL")
    assert simulator.settle()
    webhooks = [entry.detail for entry in simulator.network.journal() if entry.what == "webhook"]
    assert [(one["status"], one["tries"]) for one in webhooks] == [(None, 2)]


def test_by_itself_the_network_leaves_stop_to_the_product(simulator: Simulator, listener: Listener) -> None:
    simulator.text_from(ANNA, "STOP")
    simulator.post_office.send(order(simulator, listener))
    (text,) = simulator.network.handed_over()
    assert text["after_stop"] is True
    assert simulator.settle()
    assert "OptOutType" not in listener.to("/hooks/twilio/inbound")[0].form


@pytest.mark.parametrize("word", ["stop", " Unsubscribe ", "CANCEL", "End", "quit"])
def test_a_stop_word_blocks_where_the_network_minds_it_and_start_unblocks(
    simulator: Simulator, listener: Listener, word: str
) -> None:
    simulator.set_keywords(Keywords.BLOCKS)
    simulator.text_from(ANNA, word)
    with pytest.raises(Refusal, match="unsubscribed") as refused:
        simulator.post_office.send(order(simulator, listener))
    assert refused.value.code == 21610
    simulator.text_from(ANNA, "yes")
    assert simulator.post_office.send(order(simulator, listener)).status


def test_more_words_than_the_keyword_block_nothing(simulator: Simulator, listener: Listener) -> None:
    simulator.set_keywords(Keywords.BLOCKS)
    simulator.text_from(ANNA, "STOP PLEASE")
    assert simulator.post_office.send(order(simulator, listener)).status


def test_the_networks_own_answers_can_be_switched_on(simulator: Simulator, listener: Listener) -> None:
    simulator.set_keywords(Keywords.ANSWERS)
    simulator.text_from(ANNA, "HELP")
    assert simulator.settle()
    assert [text.direction for text in simulator.network.texts()] == ["inbound", "outbound-reply"]
    assert listener.to("/hooks/twilio/inbound")[0]["OptOutType"] == "HELP"


def test_a_text_to_a_landline_is_read_aloud(simulator: Simulator, listener: Listener) -> None:
    simulator.post_office.send(order(simulator, listener, LANDLINE))
    assert simulator.network.handed_over()[0]["read_aloud"] is True


def test_the_journal_has_every_text_with_its_time_and_its_reference(simulator: Simulator, listener: Listener) -> None:
    simulator.post_office.send(order(simulator, listener, BEN, body="Hello"))
    (text,) = simulator.network.handed_over()
    assert (text["at"], text["to"], text["body"], text["reference"]) == (NOW.isoformat(), BEN, "Hello", "ref-1")


def test_what_was_kept_carries_on_after_a_restart(tmp_path: Path) -> None:
    first = Simulator(store_path=tmp_path / "network.sqlite", step_seconds=0)
    first.name_phone(ANNA, "Anna")
    first.post_office.send(TextOrder(to=ANNA, sender=first.number, body="Hello"))
    first.text_from(ANNA, "STOP")
    assert first.settle()
    before = first.network
    first.stop()
    second = Simulator(store_path=tmp_path / "network.sqlite", step_seconds=0)
    assert second.network.texts() == before.texts()
    assert second.network.journal() == before.journal()
    assert second.network.phone(ANNA) == before.phone(ANNA)
    second.stop()


def test_a_call_that_was_live_at_the_end_is_not_live_after_a_restart(tmp_path: Path) -> None:
    first = Simulator(store_path=tmp_path / "network.sqlite", step_seconds=0)
    first.switchboard.dial(CallOrder(to=ANNA, sender=first.number, url="http://127.0.0.1:9/voice"))
    assert first.settle()
    assert first.ringing(ANNA)
    first.stop()
    second = Simulator(store_path=tmp_path / "network.sqlite", step_seconds=0)
    assert [call.status for call in second.network.calls()] == ["failed"]
    second.stop()


def test_the_network_calls_nobody_but_this_machine(simulator: Simulator) -> None:
    simulator.connect(inbound_url="http://192.0.2.1/hooks")
    simulator.text_from(ANNA, "CALL")
    assert simulator.settle()
    webhooks = [entry.detail["status"] for entry in simulator.network.journal() if entry.what == "webhook"]
    assert webhooks == [None]


# Counted with twilio's own sms-segments-calculator.
@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("’" * 70, 1),
        ("’" * 71, 2),
        ("💛" * 35, 1),
        ("💛" * 36, 2),
        ("", 1),
    ],
)
def test_segments(body: str, count: int) -> None:
    assert segments.count(body) == count


def test_a_number_that_is_not_ours_cannot_send() -> None:
    network = Network(number="+447700900999", now=lambda: NOW)
    with pytest.raises(Refusal):
        network.accept(TextOrder(to=ANNA, sender=BEN, body="Hello"))
