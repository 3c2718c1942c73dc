"""The phones: what families see, hear, and type.

Works without JavaScript; a small script refreshes what is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.simulator.faults import DESCRIPTIONS, Faults, Kind, fault_of
from outreach.simulator.network import KEYWORDS, Keywords, Network
from outreach.simulator.numbering import as_people_write, is_number, is_uk_landline, to_e164
from outreach.simulator.post_office import PostOffice
from outreach.simulator.records import Call, Manner, Phone, Text
from outreach.simulator.switchboard import Switchboard

_LONDON = ZoneInfo("Europe/London")
_CARDS = 12
_BUBBLES_ON_A_CARD = 4
_JOURNAL_LINES = 300
_STATES = {
    "queued": "on its way",
    "sending": "on its way",
    "sent": "on its way",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "not delivered",
    "canceled": "taken back",
    "read": "read",
}
_ENDS = {
    "completed": "Call ended",
    "busy": "Call declined",
    "no-answer": "Missed call",
    "canceled": "Missed call",
    "failed": "Call failed",
}


@dataclass(frozen=True, slots=True)
class Bubble:
    at: datetime
    order: int
    side: str  # theirs: the service's, mine: the phone's holder's, note: a call
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Handset:
    phone: Phone
    name: str
    written: str
    landline: bool
    bubbles: list[Bubble]
    live: list[Call]

    @property
    def last_at(self) -> datetime | None:
        return max((bubble.at for bubble in self.bubbles), default=None)

    @property
    def ringing(self) -> bool:
        return any(call.status == "ringing" for call in self.live)

    @property
    def on_lock_screen(self) -> list[Bubble]:
        """Texts and missed calls since the holder last wrote, newest first."""
        shown: list[Bubble] = []
        for bubble in reversed(self.bubbles):
            if bubble.side == "mine":
                break
            if bubble.side == "theirs" or bubble.words == _ENDS["no-answer"]:
                shown.append(bubble)
        return shown[:4]


def make_phones(
    *,
    network: Network,
    post_office: PostOffice,
    switchboard: Switchboard,
    faults: Faults,
    console_url: Callable[[], str | None],
) -> Blueprint:
    pages = Blueprint("phones", __name__)
    pages.add_app_template_filter(as_people_write, "written")
    pages.add_app_template_filter(_when, "when")

    @pages.app_context_processor
    def always() -> dict[str, object]:
        return {
            "console_url": console_url(),
            "our_number": network.number,
            "clock": network.now(),
            "version": network.version,
        }

    def handsets() -> list[Handset]:
        texts, calls = network.texts(), network.calls()
        return [_handset(phone, texts=texts, calls=calls) for phone in network.phones()]

    def handset(number: str) -> Handset:
        return _handset(network.phone(number), texts=network.texts(), calls=network.calls())

    @pages.get("/")
    def row() -> ResponseReturnValue:
        asked = request.args.get("q", "").strip()
        found = [one for one in handsets() if _matches(one, asked)]
        busy = [one for one in found if asked or one.bubbles or one.live]
        busy.sort(key=lambda one: one.last_at.timestamp() if one.last_at else 0.0, reverse=True)
        busy.sort(key=lambda one: not one.live)
        shown = busy[:_CARDS]
        rest = sorted((one for one in found if one not in shown), key=lambda one: (one.name, one.written))
        return render_template("row.html", shown=shown, rest=rest, asked=asked, most=_BUBBLES_ON_A_CARD)

    @pages.post("/phones")
    def add_phone() -> ResponseReturnValue:
        number = to_e164(request.form.get("number", ""))
        if not is_number(number) or number == network.number:
            return _problem("That is not a phone number. Write it like 07700 900123.")
        network.name_phone(number, label=request.form.get("label", "").strip()[:60] or None)
        return redirect(url_for("phones.one", number=number), 303)

    @pages.get("/phones/<number>")
    def one(number: str) -> ResponseReturnValue:
        if not is_number(number):
            return _problem("There is no such phone.", status=404)
        return render_template("one.html", one=handset(number), manners=list(Manner))

    @pages.post("/phones/<number>/manner")
    def set_manner(number: str) -> ResponseReturnValue:
        wanted = request.form.get("manner", "")
        if not is_number(number) or wanted not in set(Manner):
            return _problem("Choose one of the four.")
        network.name_phone(number, manner=wanted)
        return redirect(_back(number), 303)

    @pages.post("/phones/<number>/text")
    def text(number: str) -> ResponseReturnValue:
        body = request.form.get("body", "").replace("\r\n", "\n")
        if not is_number(number) or not body.strip():
            return _problem("Type something first. An empty text is not sent.")
        post_office.text_from(number, body[:1600])
        return redirect(_back(number), 303)

    @pages.post("/phones/<number>/ring")
    def ring(number: str) -> ResponseReturnValue:
        if not is_number(number):
            return _problem("There is no such phone.", status=404)
        switchboard.call_from(number)
        return redirect(_back(number), 303)

    @pages.post("/calls/<sid>/<step>")
    def step_call(sid: str, step: str) -> ResponseReturnValue:
        call = network.call(sid)
        steps: dict[str, Callable[[str], bool]] = {
            "answer": switchboard.answer,
            "decline": switchboard.decline,
            "hang_up": switchboard.hang_up,
            "press_nothing": switchboard.press_nothing,
            "press": lambda sid: switchboard.press(sid, request.form.get("key", "1")[:1]),
        }
        if call is None or step not in steps:
            return _problem("There is no such call.", status=404)
        steps[step](sid)
        return redirect(_back(call.phone), 303)

    @pages.get("/journal")
    def journal() -> ResponseReturnValue:
        number = to_e164(request.args.get("number", "").strip())
        entries = [entry for entry in network.journal() if number in {"", entry.number}]
        names = {phone.number: phone.label for phone in network.phones()}
        return render_template(
            "journal.html",
            entries=entries[: -_JOURNAL_LINES - 1 : -1],
            total=len(entries),
            asked=request.args.get("number", ""),
            names=names,
        )

    @pages.get("/faults")
    def show_faults() -> ResponseReturnValue:
        return render_template(
            "faults.html", kinds=DESCRIPTIONS, waiting=faults.waiting, phones=network.phones(),
            keywords=network.keywords, ways=KEYWORDS,
        )  # fmt: skip

    @pages.post("/faults")
    def add_fault() -> ResponseReturnValue:
        form = request.form
        if form.get("kind") not in set(Kind):
            return _problem("Choose what should go wrong.")
        number = to_e164(form.get("number", "").strip())
        if number and not is_number(number):
            return _problem("That is not a phone number. Write it like 07700 900123, or leave it empty.")
        try:
            fault = fault_of(
                kind=form["kind"], number=number, code=form.get("code", "").strip(),
                seconds=form.get("seconds", "").strip(), times=None if form.get("for_good") else 1,
            )  # fmt: skip
        except ValueError as problem:
            return _problem(str(problem))
        faults.add(fault)
        return redirect(url_for("phones.show_faults"), 303)

    @pages.post("/keywords")
    def set_keywords() -> ResponseReturnValue:
        if request.form.get("keywords") not in set(Keywords):
            return _problem("Choose what the network does with STOP, START and HELP.")
        network.keywords = Keywords(request.form["keywords"])
        return redirect(url_for("phones.show_faults", _anchor="keywords"), 303)

    @pages.post("/faults/clear")
    def clear_faults() -> ResponseReturnValue:
        faults.clear()
        return redirect(url_for("phones.show_faults"), 303)

    @pages.get("/changes")
    def changes() -> ResponseReturnValue:
        return jsonify({"version": network.version})

    @pages.app_errorhandler(404)
    def not_here(_: Exception) -> ResponseReturnValue:
        return _problem("There is no such page.", status=404)

    @pages.app_errorhandler(500)
    def broke(_: Exception) -> ResponseReturnValue:
        return _problem("The simulation itself has failed. Its log says why.", status=500)

    return pages


def _handset(phone: Phone, *, texts: list[Text], calls: list[Call]) -> Handset:
    number = phone.number
    bubbles = [_text_bubble(text) for text in texts if number in {text.sender, text.recipient}]
    bubbles += [_call_bubble(call) for call in calls if call.phone == number and not call.is_live]
    return Handset(
        phone=phone,
        name=phone.label or as_people_write(number),
        written=as_people_write(number),
        landline=is_uk_landline(number),
        bubbles=sorted(bubbles, key=lambda bubble: (bubble.at, bubble.order)),
        live=[call for call in calls if call.phone == number and call.is_live],
    )


def _text_bubble(text: Text) -> Bubble:
    state = "" if text.is_inbound else _STATES.get(text.status, text.status)
    if text.error_code:
        state += f", code {text.error_code}"
    if text.read_aloud and text.status == "delivered":
        state = "read aloud by a machine to whoever picked up: this is a landline"
    return Bubble(text.created_at, text.order, "mine" if text.is_inbound else "theirs", text.body, state)


def _call_bubble(call: Call) -> Bubble:
    words = _ENDS.get(call.status, "Call")
    if call.status == "completed" and call.seconds:
        words += f" after {call.seconds // 60} min {call.seconds % 60} s"
    return Bubble(call.created_at, call.order, "note", words, " ".join(call.heard))


def _matches(one: Handset, asked: str) -> bool:
    digits = "".join(letter for letter in asked if letter.isdigit()).lstrip("0")
    return not asked or asked.casefold() in one.name.casefold() or (len(digits) >= 3 and digits in one.phone.number)


def _back(number: str) -> str:
    if request.form.get("from") == "row":
        return url_for("phones.row", q=request.form.get("q") or None, _anchor=f"phone-{number[1:]}")
    return url_for("phones.one", number=number)


def _when(moment: datetime) -> str:
    local = moment.astimezone(_LONDON)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def _problem(words: str, *, status: int = 400) -> ResponseReturnValue:
    return render_template("problem.html", words=words), status
