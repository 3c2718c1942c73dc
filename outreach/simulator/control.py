"""What the demo, the rehearsal and tests may ask of the simulated network, as JSON over HTTP.

GET  /control/log                        {texts: every text handed over, entries: the whole journal}; ?after=n
GET  /control/phones                     [{number, label, manner, said_stop}]
POST /control/phones                     {number, label?, manner?}
GET  /control/phones/<number>            {texts, calls} of one phone, oldest first
POST /control/phones/<number>/text       {body}: text us as this phone
POST /control/phones/<number>/ring       ring us from this phone
POST /control/calls/<sid>/<step>         answer | decline | ring_out | hang_up | press_nothing | press {key}
GET  /control/faults, POST, DELETE       {kind, number?, code?, seconds?, times?} (times null: for good)
POST /control/number                     {inbound_url?, voice_url?, keywords?}: what is set at Twilio for our number
POST /control/settle                     {seconds?}: wait until nothing is under way -> {settled}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from outreach.simulator.faults import MOST_SECONDS, Faults, fault_of, whole
from outreach.simulator.journeys import Journeys
from outreach.simulator.network import LONGEST_BODY, Keywords, Network, Refusal
from outreach.simulator.numbering import is_number
from outreach.simulator.post_office import PostOffice
from outreach.simulator.records import Manner
from outreach.simulator.switchboard import Switchboard

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_LABEL = 60
KEYS = "0123456789*#"


def make_control(
    *,
    network: Network,
    post_office: PostOffice,
    switchboard: Switchboard,
    faults: Faults,
    journeys: Journeys,
) -> Blueprint:
    control = Blueprint("control", __name__, url_prefix="/control")
    steps: dict[str, Callable[[str], bool]] = {
        "answer": switchboard.answer,
        "decline": switchboard.decline,
        "ring_out": switchboard.ring_out,
        "hang_up": switchboard.hang_up,
        "press_nothing": switchboard.press_nothing,
        "press": lambda sid: switchboard.press(sid, _key(_body().get("key", "1"))),
    }

    @control.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        return jsonify({"problem": refusal.message, "code": refusal.code}), 400

    @control.errorhandler(ValueError)
    def not_understood(problem: ValueError) -> ResponseReturnValue:
        return jsonify({"problem": str(problem)}), 400

    @control.get("/log")
    def log() -> ResponseReturnValue:
        after = request.args.get("after", 0, type=int)
        entries = [entry.as_json() for entry in network.journal(after=after)]
        return jsonify({"texts": network.handed_over(), "entries": entries})

    @control.get("/phones")
    def phones() -> ResponseReturnValue:
        return jsonify([phone.as_json() for phone in network.phones()])

    @control.post("/phones")
    def name_phone() -> ResponseReturnValue:
        body = _body()
        manner, label = body.get("manner"), body.get("label")
        if label is not None and (not isinstance(label, str) or len(label) > LONGEST_LABEL):
            raise ValueError(f"A label is words, {LONGEST_LABEL} letters at most.")
        phone = network.name_phone(
            _number(body.get("number")),
            label=None if label is None else _sayable(label),
            manner=None if manner is None else _one_of(Manner, manner, "A manner").value,
        )
        return jsonify(phone.as_json())

    @control.get("/phones/<number>")
    def one_phone(number: str) -> ResponseReturnValue:
        texts = [text for text in network.texts() if number in {text.sender, text.recipient}]
        calls = [call for call in network.calls() if call.phone == number]
        return jsonify({"texts": [text.as_json() for text in texts], "calls": [call.as_json() for call in calls]})

    @control.post("/phones/<number>/text")
    def text_from(number: str) -> ResponseReturnValue:
        body = _body().get("body")
        if not isinstance(body, str) or not 0 < len(body) <= LONGEST_BODY:
            raise ValueError(f"A text has a body of 1 to {LONGEST_BODY} letters.")
        return jsonify(post_office.text_from(_number(number), _sayable(body)).as_json()), 201

    @control.post("/phones/<number>/ring")
    def ring(number: str) -> ResponseReturnValue:
        return jsonify(switchboard.call_from(_number(number)).as_json()), 201

    @control.post("/calls/<sid>/<step>")
    def step_call(sid: str, step: str) -> ResponseReturnValue:
        if step not in steps:
            raise ValueError(f"A call knows {', '.join(sorted(steps))}.")
        return jsonify({"done": steps[step](sid)})

    @control.get("/faults")
    def waiting() -> ResponseReturnValue:
        return jsonify([asdict(fault) for fault in faults.waiting])

    @control.post("/faults")
    def add_fault() -> ResponseReturnValue:
        body = _body()
        unknown = sorted(body.keys() - {"kind", "number", "code", "seconds", "times"})
        if unknown:
            raise ValueError(f"A fault has no {', '.join(unknown)}.")
        faults.add(fault_of(**{"kind": None, **body}))
        return waiting()

    @control.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        faults.clear()
        return waiting()

    @control.post("/number")
    def set_number() -> ResponseReturnValue:
        body = _body()
        inbound_url = _address(body.get("inbound_url", network.inbound_url))
        voice_url = _address(body.get("voice_url", network.voice_url))
        network.keywords = _one_of(Keywords, body.get("keywords", network.keywords), "Keywords")
        network.inbound_url, network.voice_url = inbound_url, voice_url
        return jsonify(
            {
                "number": network.number,
                "inbound_url": network.inbound_url,
                "voice_url": network.voice_url,
                "keywords": network.keywords,
            }
        )

    @control.post("/settle")
    def settle() -> ResponseReturnValue:
        seconds = whole(_body().get("seconds", 10), "Seconds", 0, MOST_SECONDS)
        return jsonify({"settled": journeys.settle(seconds or 0)})

    return control


def _body() -> dict[str, Any]:
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("What is asked is one JSON object, such as {}.")
    return body


def _one_of(kind: type[Choice], asked: object, what: str) -> Choice:
    if not isinstance(asked, str) or asked not in set(kind):
        raise ValueError(f"{what}: one of {', '.join(sorted(kind))}.")
    return kind(asked)


def _address(asked: object) -> str | None:
    if asked is None or (isinstance(asked, str) and asked.startswith(("http://", "https://"))):
        return None if asked is None else str(asked)
    raise ValueError("An address begins with http:// or https://; null for none.")


def _key(asked: object) -> str:
    if isinstance(asked, str) and len(asked) == 1 and asked in KEYS:
        return asked
    raise ValueError(f"A key is one of {' '.join(KEYS)}, as a word.")


def _sayable(words: str) -> str:
    """Half a letter (a lone surrogate) cannot be written anywhere."""
    try:
        words.encode()
    except UnicodeEncodeError as fault:
        raise ValueError("These words hold half a letter.") from fault
    return words


def _number(words: object) -> str:
    if not isinstance(words, str) or not is_number(words):
        raise ValueError("A number is written like +447700900123.")
    return words
