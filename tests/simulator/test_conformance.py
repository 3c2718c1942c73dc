"""Every answer of the simulated REST API, checked against Twilio's own OpenAPI description."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from openapi_core import V30ResponseUnmarshaller
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from outreach.simulator.faults import Fault, Kind
from outreach.simulator.server import Simulator
from tests.simulator.conftest import ANNA, BEN, LANDLINE, PRACTITIONER
from tests.simulator.listener import Listener
from tests.simulator.openapi import description


class Client:
    """Asks the simulator, and holds the answer against the description."""

    def __init__(self, simulator: Simulator) -> None:
        self.base = f"{simulator.url}/2010-04-01/Accounts/{simulator.account_sid}"
        self.auth = (simulator.account_sid, simulator.auth_token)
        self.number = simulator.number

    def ask(self, method: str, path: str, **more) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            request = session.prepare_request(requests.Request(method, self.base + path, auth=self.auth, **more))
            answer = session.send(request, timeout=30)
        if answer.ok:
            request.url = f"https://api.twilio.com{request.path_url}"
            asked = RequestsOpenAPIRequest(request)
            told = V30ResponseUnmarshaller(description().spec).unmarshal(asked, RequestsOpenAPIResponse(answer))
            assert told.errors == []
        return answer

    def text(self, to: str = ANNA, **more: str) -> requests.Response:
        return self.ask("POST", "/Messages.json", data={"To": to, "From": self.number, "Body": "Hello"} | more)


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return Client(simulator)


def test_messages_are_described_rightly_from_the_first_to_the_last_state(
    client: Client, simulator: Simulator, listener: Listener
) -> None:
    made = client.text(StatusCallback=f"{listener.url}/status/1").json()
    assert made["status"] == "queued"
    assert simulator.settle()
    fetched = client.ask("GET", f"/Messages/{made['sid']}.json").json()
    assert (fetched["status"], fetched["num_segments"]) == ("delivered", "1")


def test_a_failed_text_has_a_code_that_is_a_number(client: Client, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.CODE, number=ANNA, code=30003))
    made = client.text().json()
    assert simulator.settle()
    fetched = client.ask("GET", f"/Messages/{made['sid']}.json").json()
    assert (fetched["status"], fetched["error_code"]) == ("undelivered", 30003)


def test_lists_are_described_rightly_and_turn_their_pages_while_texts_arrive(
    client: Client, simulator: Simulator
) -> None:
    for to in (ANNA, BEN, LANDLINE):
        client.text(to)
    simulator.text_from(ANNA, "CALL")
    first = client.ask("GET", "/Messages.json", params={"PageSize": "3"}).json()
    client.text(BEN)
    parts = urlsplit(first["next_page_uri"])
    second = client.ask("GET", parts.path.rpartition("/")[2].join(("/", "")) + "?" + parts.query).json()
    seen = [text["sid"] for text in first["messages"] + second["messages"]]
    assert len(seen) == len(set(seen)) == 4
    assert second["next_page_uri"] is None


def test_lists_are_filtered_by_day_and_by_both_numbers(client: Client, simulator: Simulator) -> None:
    client.text(ANNA)
    client.text(BEN)
    assert simulator.settle()
    for query, count in (
        ({"To": ANNA}, 1),
        ({"From": client.number}, 2),
        ({"From": ANNA}, 0),
        ({"DateSent": "2026-03-03"}, 2),
        ({"DateSent>": "2026-03-04"}, 0),
        ({"DateSent<": "2026-03-02"}, 0),
        ({"DateSent>": "2026-03-03T10:15:00Z"}, 2),
        ({"DateSent>": "2026-03-03T10:15:01Z"}, 0),
    ):
        found = client.ask("GET", "/Messages.json", params=query).json()["messages"]
        assert len(found) == count, query


def test_a_body_can_be_redacted_and_a_delivered_text_not_taken_back(client: Client, simulator: Simulator) -> None:
    sid = client.text().json()["sid"]
    assert simulator.settle()
    assert client.ask("POST", f"/Messages/{sid}.json", data={"Body": ""}).json()["body"] == ""
    assert client.ask("POST", f"/Messages/{sid}.json", data={"Status": "canceled"}).status_code == 409


def test_calls_are_described_rightly(client: Client, simulator: Simulator, listener: Listener) -> None:
    made = client.ask(
        "POST", "/Calls.json", data={"To": PRACTITIONER, "From": client.number, "Url": f"{listener.url}/voice/1"}
    ).json()
    assert made["status"] == "queued"
    assert simulator.settle()
    path = f"/Calls/{made['sid']}.json"
    assert client.ask("GET", path).json()["status"] == "ringing"
    assert simulator.switchboard.answer(made["sid"])
    assert simulator.settle()
    assert client.ask("GET", path).json()["status"] == "completed"
    assert client.ask("GET", "/Calls.json", params={"To": PRACTITIONER}).json()["calls"][0]["duration"] == "0"


def test_a_ringing_call_can_be_cancelled(client: Client, simulator: Simulator, listener: Listener) -> None:
    data = {"To": PRACTITIONER, "From": client.number, "Url": f"{listener.url}/voice/1"}
    sid = client.ask("POST", "/Calls.json", data=data).json()["sid"]
    assert simulator.settle()
    client.ask("POST", f"/Calls/{sid}.json", data={"Status": "canceled"})
    assert simulator.settle()
    assert client.ask("GET", f"/Calls/{sid}.json").json()["status"] == "canceled"


def test_the_account_is_described_rightly(client: Client) -> None:
    assert client.ask("GET", ".json").json()["status"] == "active"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"To": "07700900101"}, 21211),
        ({"From": ANNA}, 21606),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
    ],
)
def test_a_wrong_text_is_refused_in_twilios_words(client: Client, data: dict[str, str], code: int) -> None:
    answer = client.text(**({"to": data["To"]} if "To" in data else data))
    assert answer.status_code == 400
    error = answer.json()
    assert set(error) == {"code", "message", "more_info", "status"}
    assert (error["code"], error["status"]) == (code, 400)


def test_a_wrong_sign_in_and_a_wrong_account_are_refused(client: Client, simulator: Simulator) -> None:
    client.auth = (simulator.account_sid, "wrong")
    assert client.text().json()["code"] == 20003
    client.auth = (simulator.account_sid, simulator.auth_token)
    client.base = client.base[:-1] + "0"
    assert client.text().json()["code"] == 20404


def test_a_parameter_that_is_not_simulated_is_journalled(client: Client, simulator: Simulator) -> None:
    client.text(SendAt="2026-04-01T10:00:00Z", ScheduleType="fixed")
    noted = [entry for entry in simulator.network.journal() if entry.what == "not simulated"]
    assert [entry.detail["parameters"] for entry in noted] == [["ScheduleType", "SendAt"]]
