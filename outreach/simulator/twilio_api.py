"""Twilio's REST API as far as it is simulated: one account, Messages, Calls. Other parameters are journalled.

Rules
* Basic sign-in with the account's id and token; anything else is 401 (20003), another account 404 (20404).
* Errors are {code, message, more_info, status}.
* Lists are newest first, filtered by To, From and DateSent (or StartTime), and paged by a token that stays
  right while new things arrive.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from outreach.simulator import shapes
from outreach.simulator.faults import Faults, Kind
from outreach.simulator.journeys import Journeys
from outreach.simulator.network import Network, Refusal, TextOrder
from outreach.simulator.post_office import PostOffice
from outreach.simulator.records import Call, Text
from outreach.simulator.switchboard import CallOrder, Switchboard

_KNOWN_OF_TEXTS = {"To", "From", "Body", "StatusCallback", "ValidityPeriod"}
_KNOWN_OF_CALLS = {
    "To",
    "From",
    "Url",
    "Method",
    "Timeout",
    "Record",
    "StatusCallback",
    "StatusCallbackEvent",
    "StatusCallbackMethod",
}
_LARGEST_PAGE = 1000
_T = TypeVar("_T")
_Listed = TypeVar("_Listed", Text, Call)


def make_api(
    *,
    network: Network,
    post_office: PostOffice,
    switchboard: Switchboard,
    faults: Faults,
    journeys: Journeys,
    account_sid: str,
    tokens: Sequence[str],
) -> Blueprint:
    api = Blueprint("twilio_api", __name__, url_prefix="/2010-04-01/Accounts")

    @api.before_request
    def sign_in() -> ResponseReturnValue | None:
        given = request.authorization
        name = (given.username or "") if given else ""
        token = (given.password or "") if given else ""
        right = hmac.compare_digest(name.encode(), account_sid.encode()) and any(
            hmac.compare_digest(token.encode(), one.encode()) for one in tokens
        )
        if not right:
            return _error(Refusal(401, 20003, "Authenticate"))
        asked = (request.view_args or {}).pop("account", account_sid)
        if asked != account_sid:
            return _error(_not_found())
        return None

    @api.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        return _error(refusal)

    @api.get("/<account>.json")
    def fetch_account() -> ResponseReturnValue:
        return jsonify(shapes.account(network, account_sid))

    @api.post("/<account>/Messages.json")
    def create_message() -> ResponseReturnValue:
        form = request.form
        _note_unknown(network, form, _KNOWN_OF_TEXTS)
        text = post_office.send(
            TextOrder(
                to=form.get("To"),
                sender=form.get("From"),
                body=form.get("Body"),
                status_callback=form.get("StatusCallback"),
            )
        )
        answer = shapes.message(text, account_sid) | {"status": "queued", "date_sent": None}
        if faults.take(Kind.ERROR_AFTER, text.recipient):
            return _error(Refusal(500, 20500, "Internal Server Error"))
        silence = faults.take(Kind.SILENCE_AFTER, text.recipient)
        if silence:
            journeys.hold(silence.seconds or 60)
        return jsonify(answer), 201

    @api.get("/<account>/Messages.json")
    def list_messages() -> ResponseReturnValue:
        found = [text for text in network.texts() if _wanted(text, request.args)]
        return _page("messages", found[::-1], lambda text: shapes.message(text, account_sid))

    @api.get("/<account>/Messages/<sid>.json")
    def fetch_message(sid: str) -> ResponseReturnValue:
        return jsonify(shapes.message(_found(network.text(sid)), account_sid))

    @api.post("/<account>/Messages/<sid>.json")
    def update_message(sid: str) -> ResponseReturnValue:
        text = _found(network.text(sid))
        with network.lock:
            if request.form.get("Status") == "canceled":
                if text.status != "queued":
                    raise Refusal(409, 30409, "The message cannot be canceled any more.")
                network.set_state(text, "canceled")
            if request.form.get("Body") == "":
                text.body = ""
                network.save_text(text)
        return jsonify(shapes.message(text, account_sid))

    @api.post("/<account>/Calls.json")
    def create_call() -> ResponseReturnValue:
        form = request.form
        _note_unknown(network, form, _KNOWN_OF_CALLS)
        call = switchboard.dial(
            CallOrder(
                to=form.get("To"),
                sender=form.get("From"),
                url=form.get("Url"),
                status_callback=form.get("StatusCallback"),
                events=tuple(form.getlist("StatusCallbackEvent")) or ("completed",),
                ring_seconds=int(form.get("Timeout") or 60),
            )
        )
        return jsonify(shapes.call(call, account_sid) | {"status": "queued"}), 201

    @api.get("/<account>/Calls.json")
    def list_calls() -> ResponseReturnValue:
        found = [call for call in network.calls() if _wanted_call(call, request.args)]
        return _page("calls", found[::-1], lambda call: shapes.call(call, account_sid))

    @api.get("/<account>/Calls/<sid>.json")
    def fetch_call(sid: str) -> ResponseReturnValue:
        return jsonify(shapes.call(_found(network.call(sid)), account_sid))

    @api.post("/<account>/Calls/<sid>.json")
    def update_call(sid: str) -> ResponseReturnValue:
        call = _found(network.call(sid))
        status = request.form.get("Status")
        if status == "completed":
            (switchboard.hang_up if call.status == "in-progress" else switchboard.cancel)(sid)
        elif status == "canceled":
            switchboard.cancel(sid)
        return jsonify(shapes.call(call, account_sid))

    return api


def _error(refusal: Refusal) -> Response:
    response = jsonify(
        {
            "code": refusal.code,
            "message": refusal.message,
            "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
            "status": refusal.status,
        }
    )
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = f"{refusal.retry_after:g}"
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


def _not_found() -> Refusal:
    return Refusal(404, 20404, "The requested resource was not found")


def _found(thing: _T | None) -> _T:
    if thing is None:
        raise _not_found()
    return thing


def _note_unknown(network: Network, form: MultiDict[str, str], known: set[str]) -> None:
    unknown = sorted(set(form) - known)
    if unknown:
        network.note("not simulated", form.get("To", ""), "", parameters=unknown)


def _wanted(text: Text, asked: MultiDict[str, str]) -> bool:
    return (
        asked.get("To") in {None, text.recipient}
        and asked.get("From") in {None, text.sender}
        and _in_time(text.sent_at, asked, "DateSent")
    )


def _wanted_call(call: Call, asked: MultiDict[str, str]) -> bool:
    return (
        asked.get("To") in {None, call.recipient}
        and asked.get("From") in {None, call.sender}
        and asked.get("Status") in {None, call.status}
        and asked.get("ParentCallSid") in {None, call.parent_sid}
        and _in_time(call.started_at, asked, "StartTime")
    )


def _in_time(moment: datetime | None, asked: MultiDict[str, str], name: str) -> bool:
    """`name` alone is a day or a moment; with < or > it is a bound, itself included."""
    bounds = [(mark, asked.get(name + mark)) for mark in ("", "<", ">")]
    for mark, words in bounds:
        if not words:
            continue
        if moment is None:
            return False
        first = datetime.fromisoformat(words)
        first = first.replace(tzinfo=UTC) if first.tzinfo is None else first
        last = first + timedelta(days=1) if len(words) == len("2026-01-31") else first
        whole = moment.replace(microsecond=0)
        if (mark == ">" and whole < first) or (mark == "<" and whole > last):
            return False
        if mark == "" and not first <= whole <= last:
            return False
    return True


def _page(name: str, found: list[_Listed], shape: Callable[[_Listed], dict[str, Any]]) -> Response:
    size = min(max(1, request.args.get("PageSize", 50, type=int)), _LARGEST_PAGE)
    number = request.args.get("Page", 0, type=int)
    after = (request.args.get("PageToken") or "").removeprefix("PA")
    places = [place for place, one in enumerate(found, start=1) if one.sid == after]
    start = places[0] if places else 0
    shown = found[start : start + size]
    more = start + size < len(found)

    def address(page: int, token: str | None) -> str:
        kept = {key: value for key, value in request.args.items() if key not in {"Page", "PageToken", "PageSize"}}
        query = kept | {"PageSize": str(size), "Page": str(page)} | ({"PageToken": token} if token else {})
        return f"{request.path}?{urlencode(query)}"

    return jsonify(
        {
            name: [shape(one) for one in shown],
            "end": start + len(shown) - 1 if shown else 0,
            "first_page_uri": address(0, None),
            "next_page_uri": address(number + 1, "PA" + shown[-1].sid) if more else None,
            "page": number,
            "page_size": size,
            "previous_page_uri": None,
            "start": start,
            "uri": request.full_path.rstrip("?"),
        }
    )
