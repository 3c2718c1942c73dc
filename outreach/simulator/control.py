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
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from outreach.simulator.faults import Fault, Faults, Kind
from outreach.simulator.journeys import Journeys
from outreach.simulator.network import Keywords, Network
from outreach.simulator.numbering import is_number
from outreach.simulator.post_office import PostOffice
from outreach.simulator.records import Manner
from outreach.simulator.switchboard import Switchboard


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
        "press": lambda sid: switchboard.press(sid, str(_body().get("key", "1"))),
    }

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
        manner = body.get("manner")
        phone = network.name_phone(
            _number(body.get("number")),
            label=body.get("label"),
            manner=None if manner is None else Manner(manner).value,
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
        if not isinstance(body, str):
            raise ValueError("A text has a body.")
        return jsonify(post_office.text_from(_number(number), body).as_json()), 201

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
        faults.add(
            Fault(
                kind=Kind(str(body.get("kind"))),
                number=body.get("number"),
                code=body.get("code"),
                seconds=body.get("seconds"),
                times=body.get("times", 1),
            )
        )
        return waiting()

    @control.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        faults.clear()
        return waiting()

    @control.post("/number")
    def set_number() -> ResponseReturnValue:
        body = _body()
        network.inbound_url = body.get("inbound_url", network.inbound_url)
        network.voice_url = body.get("voice_url", network.voice_url)
        network.keywords = Keywords(body.get("keywords", network.keywords))
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
        return jsonify({"settled": journeys.settle(float(_body().get("seconds", 10)))})

    return control


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else request.form.to_dict()


def _number(words: object) -> str:
    if not isinstance(words, str) or not is_number(words):
        raise ValueError("A number is written like +447700900123.")
    return words
