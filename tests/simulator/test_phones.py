"""The phones' pages, without JavaScript, as a person would use them."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.gateway.twilio import TwilioLine
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.network import TextOrder
from outreach.simulator.server import Simulator
from tests.simulator.conftest import ANNA, BEN, LANDLINE, PRACTITIONER
from tests.simulator.listener import Listener


@pytest.fixture
def browser(simulator: Simulator) -> FlaskClient:
    return simulator.wsgi_app().test_client()


def words(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def send(simulator: Simulator, to: str = ANNA, body: str = "Hello there") -> None:
    simulator.post_office.send(TextOrder(to=to, sender=simulator.number, body=body))
    assert simulator.settle()


def test_an_empty_network_says_what_will_be_here(browser: FlaskClient) -> None:
    assert "No text has been sent yet" in words(browser.get("/"))


@pytest.mark.parametrize("path", ["/", f"/phones/{ANNA}", "/journal", "/faults", "/phones/nobody"])
def test_every_page_says_that_it_is_a_simulation(browser: FlaskClient, path: str) -> None:
    assert "Simulation. No real phone is reached from here" in words(browser.get(path))


@pytest.mark.parametrize("path", ["/", "/static/phones.js", "/phones/nobody"])
def test_every_answer_forbids_what_is_not_ours(browser: FlaskClient, path: str) -> None:
    policy = browser.get(path).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_text_stands_on_the_phone_it_was_sent_to_and_on_its_lock_screen(
    browser: FlaskClient, simulator: Simulator
) -> None:
    simulator.name_phone(ANNA, "Anna <b>")
    send(simulator, body="Hello <i>there</i>")
    page = browser.get(f"/phones/{ANNA}").text
    assert page.count("Hello &lt;i&gt;there&lt;/i&gt;") == 2
    assert "Anna &lt;b&gt;" in page
    assert "delivered" in page


def test_what_a_person_types_reaches_the_product(
    browser: FlaskClient, simulator: Simulator, listener: Listener
) -> None:
    answer = browser.post(f"/phones/{ANNA}/text", data={"body": "ring me\r\nthursday"})
    assert (answer.status_code, answer.location) == (303, f"/phones/{ANNA}")
    assert simulator.settle()
    assert listener.to("/hooks/twilio/inbound")[0]["Body"] == "ring me\nthursday"
    assert "ring me" in browser.get("/").text


def test_typing_in_the_row_leads_back_to_that_phone_in_the_row(browser: FlaskClient) -> None:
    answer = browser.post(f"/phones/{ANNA}/text", data={"body": "ok", "from": "row", "q": "Anna"})
    assert answer.location == f"/?q=Anna#phone-{ANNA[1:]}"


def test_an_empty_text_is_not_sent_and_the_page_says_so(browser: FlaskClient, simulator: Simulator) -> None:
    answer = browser.post(f"/phones/{ANNA}/text", data={"body": "  "})
    assert answer.status_code == 400
    assert "An empty text is not sent" in words(answer)
    assert simulator.network.texts() == []


def test_a_ringing_phone_can_be_answered_and_the_key_be_pressed_by_hand(
    browser: FlaskClient, simulator: Simulator, listener: Listener, line: TwilioLine
) -> None:
    def answer(post):
        return line.say("Good day.") if "Digits" in post.form else line.ask_to_connect(reference="ref-1")

    listener.answer = answer
    line.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    assert "Ringing. On the screen: 07700 900999" in words(browser.get(f"/phones/{PRACTITIONER}"))
    sid = simulator.ringing(PRACTITIONER)
    browser.post(f"/calls/{sid}/answer")
    assert simulator.settle()
    assert "Press any key" in words(browser.get(f"/phones/{PRACTITIONER}"))
    browser.post(f"/calls/{sid}/press", data={"key": "5"})
    assert simulator.settle()
    page = words(browser.get(f"/phones/{PRACTITIONER}"))
    assert "Good day." in page
    assert "Call ended" in page


def test_whoever_declines_is_not_asked_again(browser: FlaskClient, simulator: Simulator, line: TwilioLine) -> None:
    line.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    browser.post(f"/calls/{simulator.ringing(PRACTITIONER)}/decline")
    assert simulator.settle()
    assert "Call declined" in words(browser.get(f"/phones/{PRACTITIONER}"))


def test_a_phone_is_found_by_name_or_by_number_as_people_write_it(browser: FlaskClient, simulator: Simulator) -> None:
    simulator.name_phone(ANNA, "Anna Example")
    simulator.name_phone(BEN, "Ben Example")
    for asked in ("anna", "07700 900101", "900101"):
        page = words(browser.get("/", query_string={"q": asked}))
        assert "Anna Example" in page
        assert "Ben Example" not in page
    assert "No phone has that name" in words(browser.get("/", query_string={"q": "Zoë"}))


def test_a_new_phone_is_opened_by_its_number(browser: FlaskClient) -> None:
    answer = browser.post("/phones", data={"number": "07700 900123", "label": "Zoë"})
    assert answer.location == "/phones/+447700900123"
    assert "Zoë" in browser.get(answer.location).text
    assert browser.post("/phones", data={"number": "12"}).status_code == 400


def test_a_landline_says_that_the_text_was_read_aloud(browser: FlaskClient, simulator: Simulator) -> None:
    send(simulator, LANDLINE)
    assert "read aloud by a machine to whoever picked up" in words(browser.get(f"/phones/{LANDLINE}"))


def test_the_log_shows_what_happened_to_one_number(browser: FlaskClient, simulator: Simulator) -> None:
    send(simulator, ANNA, "For Anna")
    send(simulator, BEN, "For Ben")
    page = words(browser.get("/journal", query_string={"number": "07700 900101"}))
    assert "For Anna" in page
    assert "For Ben" not in page


def test_a_fault_is_set_shown_and_taken_back(browser: FlaskClient, simulator: Simulator) -> None:
    browser.post("/faults", data={"kind": "code", "number": "07700 900101", "code": "30003", "for_good": "yes"})
    assert simulator.faults.waiting == [Fault(Kind.CODE, number=ANNA, code=30003, times=None)]
    assert "07700 900101, code 30003, for good" in words(browser.get("/faults"))
    browser.post("/faults/clear")
    assert simulator.faults.waiting == []


@pytest.mark.parametrize(
    "data", [{"kind": "nonsense"}, {"kind": "code"}, {"kind": "code", "code": "x"}, {"kind": "code", "number": "x"}]
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(browser: FlaskClient, data: dict[str, str]) -> None:
    answer = browser.post("/faults", data=data)
    assert answer.status_code == 400
    assert "That did not work" in words(answer)


@pytest.mark.parametrize("data", [{"kind": "code", "code": "1" * 5000}, {"kind": "lost_inbound", "seconds": "9" * 9}])
def test_a_figure_beyond_measure_is_refused_in_words(browser: FlaskClient, data: dict[str, str]) -> None:
    assert browser.post("/faults", data=data).status_code == 400


def test_what_the_network_does_with_stop_is_switched_on_the_page(browser: FlaskClient, simulator: Simulator) -> None:
    page = words(browser.get("/faults"))
    assert "What does the network do by itself with STOP, START and HELP?" in page
    assert browser.post("/keywords", data={"keywords": "answers"}).status_code == 303
    assert simulator.network.keywords == "answers"
    assert 'value="answers" required checked' in browser.get("/faults").text
    simulator.text_from(ANNA, "STOP")
    assert simulator.settle()
    assert "You have successfully been unsubscribed" in words(browser.get(f"/phones/{ANNA}"))
    assert browser.post("/keywords", data={"keywords": "sometimes"}).status_code == 400
    assert simulator.network.keywords == "answers"


def test_another_sites_page_cannot_text_in_a_familys_name(browser: FlaskClient, simulator: Simulator) -> None:
    for site in ("cross-site", "same-site"):
        answer = browser.post(f"/phones/{ANNA}/text", data={"body": "yes"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert simulator.network.texts() == []


def test_the_demo_may_do_by_json_what_a_person_does_by_hand(
    browser: FlaskClient, simulator: Simulator, listener: Listener
) -> None:
    browser.post("/control/phones", json={"number": ANNA, "label": "Anna", "manner": "declines"})
    assert browser.post(f"/control/phones/{ANNA}/text", json={"body": "CALL"}).status_code == 201
    assert browser.post("/control/settle", json={}).json == {"settled": True}
    send(simulator)
    log = browser.get("/control/log").json
    assert log
    assert [text["to"] for text in log["texts"]] == [ANNA]
    assert browser.get("/control/phones").json[0]["label"] == "Anna"
    assert len(browser.get(f"/control/phones/{ANNA}").json["texts"]) == 2
    assert browser.post("/control/faults", json={"kind": "nonsense"}).status_code == 400
    assert browser.post("/control/phones/nobody/text", json={"body": "x"}).status_code == 400
    answer = browser.post("/control/number", json={"keywords": "blocks"})
    assert answer.json["keywords"] == "blocks"
