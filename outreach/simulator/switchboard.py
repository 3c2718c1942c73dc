"""Carries calls: rings phones, asks the product what to do (TwiML), does it, and reports each state.

Rules
* A leg is queued, initiated, ringing, in-progress, and ends completed, busy, no-answer, failed or canceled.
* The states that were asked for are posted in order, with a sequence number.
* What a phone's holder would hear is kept as words. Nothing is recorded; TwiML that asks for a recording is
  journalled.
* A number that was dialled on may first be asked something of its own (`url`); it is put through when that has run
  out, and not when it ends in a hang-up. After it, the `action` of the dial is asked, where there is one.
* Verbs: Say, Pause, Gather (keys), Dial (one number), Redirect, Hangup, Reject. Others are journalled and
  passed over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from outreach.simulator.faults import Faults, Kind
from outreach.simulator.journeys import Journeys
from outreach.simulator.network import Network, Refusal
from outreach.simulator.numbering import is_number, new_sid
from outreach.simulator.program import Program, Verb, verbs_of
from outreach.simulator.records import Call, Manner
from outreach.simulator.webhooks import Webhooks

_EVENT_OF = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
# A person has to find the phone on the page before it stops ringing.
_RING_LONGER = 4


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What a client asked for."""

    to: str | None
    sender: str | None
    url: str | None
    status_callback: str | None = None
    events: tuple[str, ...] = ("completed",)
    ring_seconds: int = 60


class Switchboard:
    def __init__(
        self, *, network: Network, journeys: Journeys, webhooks: Webhooks, faults: Faults, account_sid: str
    ) -> None:
        self._network = network
        self._journeys = journeys
        self._webhooks = webhooks
        self._faults = faults
        self._account_sid = account_sid
        self._programs: dict[str, Program] = {}
        self._rings_until: dict[str, float] = {}

    # What the product asks for

    def dial(self, order: CallOrder) -> Call:
        """Ring a phone for the product, or refuse as Twilio would."""
        to, sender = order.to or "", order.sender or ""
        busy = self._faults.take(Kind.TOO_MANY, to)
        if busy:
            raise Refusal(429, 20429, "Too Many Requests", retry_after=busy.seconds or 1)
        if not to:
            raise Refusal(400, 21201, "No 'To' number is specified")
        if not is_number(to):
            raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if sender != self._network.number:
            raise Refusal(400, 21210, f"'From' phone number not verified: {sender}")
        if not order.url:
            raise Refusal(400, 21205, "Url parameter is required")
        call = self._new_call("outbound-api", sender=sender, to=to, url=order.url)
        call.status_callback, call.events = order.status_callback, list(order.events)
        call.ring_seconds = order.ring_seconds
        self._network.save_call(call)
        self._network.note("call", to, call.sid, direction=call.direction)
        self._do(call, lambda: self._ring(call))
        return call

    # What the holder of a phone does

    def call_from(self, number: str) -> Call:
        """A phone rings our number."""
        call = self._new_call("inbound", sender=number, to=self._network.number, url=self._network.voice_url)
        self._network.save_call(call)
        self._network.note("call", number, call.sid, direction="inbound")
        self._do(call, lambda: self._picked_up(call))
        return call

    def answer(self, sid: str) -> bool:
        return self._on(sid, "ringing", self._picked_up)

    def decline(self, sid: str) -> bool:
        return self._on(sid, "ringing", lambda call: self._end(call, "busy"))

    def ring_out(self, sid: str) -> bool:
        return self._on(sid, "ringing", lambda call: self._end(call, "no-answer"))

    def press(self, sid: str, key: str) -> bool:
        return self._on(sid, "in-progress", lambda call: self._key_pressed(call, key))

    def press_nothing(self, sid: str) -> bool:
        return self._on(sid, "in-progress", self._no_key)

    def hang_up(self, sid: str) -> bool:
        return self._on(sid, "in-progress", lambda call: self._end(call, "completed"))

    def cancel(self, sid: str) -> bool:
        return self._on(sid, "ringing", lambda call: self._end(call, "canceled"))

    def stop_old_rings(self, moment: float) -> None:
        """End what has rung for longer than it was asked to; `moment` is on the monotonic clock."""
        with self._network.lock:
            late = [sid for sid, until in self._rings_until.items() if until <= moment]
        for sid in late:
            self.ring_out(sid)

    # How it goes on

    def _on(self, sid: str, status: str, step: Callable[[Call], None]) -> bool:
        """Do a step once what was asked before is done, if the leg is in that state then. False: there is none."""
        call = self._network.call(sid)
        if call is None or not call.is_live:
            return False

        def go() -> None:
            if call.status == status:
                step(call)

        self._do(call, go)
        return True

    def _do(self, call: Call, step: Callable[[], None]) -> None:
        """One leg after the other: both legs of a call take turns."""
        self._journeys.start(call.parent_sid or call.sid, step)

    def _ring(self, call: Call) -> None:
        self._enter(call, "initiated")
        self._enter(call, "ringing")
        manner = self._network.phone(call.phone).manner
        if manner == Manner.ANSWERS:
            self._picked_up(call)
        elif manner == Manner.DECLINES:
            self._end(call, "busy")
        elif manner == Manner.SILENT:
            self._end(call, "no-answer")
        else:
            with self._network.lock:
                self._rings_until[call.sid] = time.monotonic() + call.ring_seconds * _RING_LONGER

    def _picked_up(self, call: Call) -> None:
        self._rings_until.pop(call.sid, None)
        call.started_at = self._network.now()
        self._enter(call, "in-progress")
        if call.parent_sid is not None and call.url is None:
            self._bridge(call)
        elif call.url is None:
            self._hear(call, "(Nobody is set to answer this number.)")
            self._end(call, "failed")
        else:
            self._fetch(call, call.url, {})

    def _bridge(self, call: Call) -> None:
        call.bridged = True
        self._hear(call, "(You are through. Talk as you would.)")
        parent = self._network.call(call.parent_sid or "")
        if parent is not None:
            self._hear(parent, "(They answered. You are talking now.)")

    def _key_pressed(self, call: Call, key: str) -> None:
        program = self._programs.get(call.sid)
        if program is None or not call.wants_key or not program.key_goes_to:
            return
        call.wants_key = False
        self._hear(call, f"(You pressed {key}.)")
        self._fetch(call, program.key_goes_to, {"Digits": key})

    def _no_key(self, call: Call) -> None:
        if call.wants_key:
            call.wants_key = False
            self._hear(call, "(No key was pressed.)")
            self._run(call)

    def _fetch(self, call: Call, url: str, more: dict[str, str]) -> None:
        answer = self._webhooks.post(url, self._form(call) | more)
        self._network.note("webhook", call.phone, call.sid, about="voice", status=answer.status)
        verbs = verbs_of(answer.words) if answer.status == 200 else None
        if verbs is None:
            self._hear(call, "We are sorry. An application error has occurred. Goodbye.")
            self._end(call, "failed" if call.started_at is None else "completed")
            return
        self._programs[call.sid] = Program(base=url, verbs=verbs)
        self._run(call)

    def _run(self, call: Call) -> None:
        program = self._programs[call.sid]
        while program.verbs and call.status == "in-progress":
            verb = program.verbs.pop(0)
            match verb.tag:
                case "Say":
                    self._hear(call, "".join(verb.itertext()).strip())
                case "Pause":
                    pass
                case "Gather":
                    self._gather(call, program, verb)
                    return
                case "Dial":
                    self._dial_on(call, verb)
                    return
                case "Redirect":
                    self._fetch(call, urljoin(program.base, (verb.text or "").strip()), {})
                    return
                case "Hangup" | "Reject":
                    self._end(call, "completed")
                    return
                case other:
                    self._network.note("not simulated", call.phone, call.sid, verb=other)
        if call.parent_sid is not None and call.status == "in-progress":
            self._bridge(call)  # what was to be said to them first has been said
        else:
            self._end(call, "completed")

    def _gather(self, call: Call, program: Program, verb: Verb) -> None:
        for part in verb:
            if part.tag == "Say":
                self._hear(call, "".join(part.itertext()).strip())
        program.key_goes_to = urljoin(program.base, verb.get("action") or "")
        call.wants_key = True
        self._network.save_call(call)
        if self._network.phone(call.phone).manner == Manner.ANSWERS:
            self._key_pressed(call, "1")

    def _dial_on(self, call: Call, verb: Verb) -> None:
        if verb.get("record", "do-not-record") != "do-not-record":
            self._network.note("a recording was asked for", call.phone, call.sid)
        number = verb.find("Number")
        to = ((number.text if number is not None else verb.text) or "").strip()
        if not is_number(to):
            self._hear(call, "(The number cannot be rung.)")
            self._run(call)
            return
        leg = self._new_call("outbound-dial", sender=verb.get("callerId") or call.sender, to=to, url=None)
        leg.parent_sid = call.sid
        leg.ring_seconds = int(verb.get("timeout") or 30)
        program = self._programs[call.sid]
        program.after_dial = urljoin(program.base, verb.get("action") or "") if verb.get("action") else None
        if number is not None and number.get("url"):
            leg.url = urljoin(program.base, number.get("url") or "")
        if number is not None:
            leg.status_callback = number.get("statusCallback")
            leg.events = (number.get("statusCallbackEvent") or "completed").split()
        self._network.save_call(leg)
        self._network.note("call", to, leg.sid, direction=leg.direction, parent=call.sid)
        self._hear(call, "(It rings at the other end.)")
        self._ring(leg)

    def _end(self, call: Call, status: str) -> None:
        if not call.is_live:
            return
        self._rings_until.pop(call.sid, None)
        call.wants_key = False
        call.ended_at = self._network.now()
        self._enter(call, status)
        self._programs.pop(call.sid, None)
        if call.parent_sid is None:
            for leg in self._network.calls():
                if leg.parent_sid == call.sid and leg.is_live:
                    self._end(leg, "completed" if leg.status == "in-progress" else "canceled")
            return
        parent = self._network.call(call.parent_sid)
        if parent is not None and parent.status == "in-progress":
            words = "They hung up." if status == "completed" else "Nobody answered."
            self._hear(parent, f"({words})")
            program = self._programs.get(parent.sid)
            if program is not None and program.after_dial:
                told = {"DialCallStatus": status, "DialCallSid": call.sid, "DialBridged": str(call.bridged).lower()}
                self._fetch(parent, program.after_dial, told)
            else:
                self._run(parent)

    def _enter(self, call: Call, status: str) -> None:
        with self._network.lock:
            call.status, call.updated_at = status, self._network.now()
            self._network.save_call(call)
            self._network.note("call state", call.phone, call.sid, state=status)
        event = _EVENT_OF.get(status, "completed")
        if call.status_callback and event in call.events:
            form = self._form(call) | {
                "CallbackSource": "call-progress-events",
                "SequenceNumber": str(call.sequence),
                "Timestamp": self._network.now().strftime("%a, %d %b %Y %H:%M:%S +0000"),
            }
            if event == "completed":
                form["CallDuration"] = str(call.seconds or 0)
            call.sequence += 1
            answer = self._webhooks.post(call.status_callback, form)
            self._network.note("webhook", call.phone, call.sid, about=f"call {status}", status=answer.status)

    def _hear(self, call: Call, words: str) -> None:
        with self._network.lock:
            call.heard.append(words)
            self._network.save_call(call)

    def _form(self, call: Call) -> dict[str, str]:
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "CallStatus": call.status,
            "Direction": call.direction,
            "From": call.sender,
            "To": call.recipient,
        }
        return form | {"ParentCallSid": call.parent_sid} if call.parent_sid else form

    def _new_call(self, direction: str, *, sender: str, to: str, url: str | None) -> Call:
        now = self._network.now()
        return Call(
            sid=new_sid("CA"),
            direction=direction,
            sender=sender,
            recipient=to,
            status="queued" if direction != "inbound" else "ringing",
            created_at=now,
            updated_at=now,
            url=url,
        )
