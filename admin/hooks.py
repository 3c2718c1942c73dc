"""What the telephone network tells us: texts, receipts, calls. No rules in here.

Rules
* A request whose signature is wrong, for our *configured* public address, is answered 403 and leaves no trace but a
  line in the log.
* What was understood goes to one engine function and is answered at once, with nothing for the network to do; the
  same report twice is the engine's matter.
* Whoever rings our number hears a neutral greeting and reaches whoever is on duty; else the hours, and 999. Nobody's
  name is said, and nothing is recorded.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, request

from admin.access import open_to_all, runtime
from outreach.domain.delivery import UnreadableWebhookError
from outreach.engine import alerts, answer_line, connect_call, delivery_reports, hand_over
from outreach.engine.receive import receive_text

screen = Blueprint("hooks", __name__, url_prefix="/hooks/twilio")
log = structlog.get_logger()

WELCOME = ("Hello. Please hold on for a moment.",)
GREETING = (
    "Hello. Nobody can take calls on this number just now.",
    "If you had a text from us, you can answer it by text. Somebody reads the answers on weekdays, in the daytime.",
    "If somebody is in danger now, please ring 9 9 9.",
)
"""As the family, or whoever else picked up her phone and rang back, hears it. It names nobody and no reason."""

NOT_NOW = "This call cannot be made now. Please look at the page."
"""Said to the practitioner alone."""


@screen.before_request
def _signed_by_the_network() -> None:
    query = request.query_string.decode("latin-1")
    path = f"{request.path}?{query}" if query else request.path
    if not runtime().phone.signature_is_valid(path=path, form=_form(), headers=dict(request.headers)):
        log.warning("webhook_refused", hook=request.endpoint)
        abort(403)


@screen.errorhandler(UnreadableWebhookError)
def _not_understood(problem: UnreadableWebhookError) -> tuple[str, int]:
    log.warning("webhook_unreadable", hook=request.endpoint, problem=str(problem))
    return str(problem), 400


@screen.post("/inbound")
@open_to_all
def inbound() -> Response:
    receive_text(runtime(), runtime().phone.read_inbound(_form()))
    return _twiml(runtime().phone.silence())


@screen.post("/status/<reference>")
@open_to_all
def status(reference: str) -> Response:
    delivery_reports.record_receipt(runtime(), runtime().phone.read_receipt(_form()), reference)
    return _twiml(runtime().phone.silence())


@screen.post("/call/<reference>")
@open_to_all
def call(reference: str) -> Response:
    state = runtime().phone.read_call(_form())
    delivery_reports.record_call_state(runtime(), state, reference)
    hand_over.note_state(runtime(), state, reference)
    return _twiml(runtime().phone.silence())


@screen.post("/voice/<reference>")
@open_to_all
def practitioner_answered(reference: str) -> Response:
    phone = runtime().phone
    alert = alerts.words_for_call(runtime(), reference)
    if alert is not None:
        return _twiml(phone.say(alert))
    if "Digits" not in request.form:
        return _twiml(phone.ask_to_connect(reference=reference))
    to = connect_call.number_to_ring(runtime(), phone.read_call(_form()), reference)
    to = to or hand_over.number_to_join(runtime(), reference)
    return _twiml(phone.say(NOT_NOW) if to is None else phone.connect(to=to, reference=reference))


@screen.post("/voice")
@open_to_all
def somebody_rings_us() -> Response:
    return _put_through(turn=0)


@screen.post("/next/<int:turn>")
@open_to_all
def nobody_took_it(turn: int) -> Response:
    """The colleague who was rung did not take it, or the talk is over."""
    if request.form.get("DialBridged") == "true":
        return _twiml(runtime().phone.silence())
    return _put_through(turn=turn)


@screen.post("/take")
@open_to_all
def colleague_picked_up() -> Response:
    pressed = "Digits" in request.form
    return _twiml(runtime().phone.silence() if pressed else runtime().phone.ask_to_take())


def _put_through(*, turn: int) -> Response:
    found = answer_line.who_takes(runtime(), caller=request.form.get("From", ""), turn=turn)
    if isinstance(found, answer_line.PutThrough):
        words = WELCOME if turn == 0 else ()
        return _twiml(runtime().phone.put_through(*words, to=found.to, turn=found.turn))
    hours = (found.hours,) if found.hours else ()
    return _twiml(runtime().phone.say(GREETING[0], *hours, *GREETING[1:]))


def _form() -> dict[str, list[str]]:
    return request.form.to_dict(flat=False)


def _twiml(words: str) -> Response:
    return Response(words, mimetype="text/xml")
