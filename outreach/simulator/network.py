"""The simulated network's state: who has a phone, what was texted, what was said to the network, one journal of it all.

Rules
* One lock around everything; webhooks are posted outside it, by journeys.
* A text travels queued, sending, sent, delivered. There is a receipt for each state but the first.
* Keywords, one word alone: STOP and its like mark the number, START, YES and UNSTOP unmark it. What Twilio
  itself makes of that is a switch: `ours` (nothing: it was switched off, as the product requires), `blocks`
  (21610), or `answers` (21610, and Twilio's own words go out).
* A text to a UK landline is accepted and read aloud to whoever picks up.
* The journal has every text handed over with its time on the clock in use and its recipient.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from outreach.simulator import segments
from outreach.simulator.keep import Keep, Nowhere
from outreach.simulator.numbering import is_number, is_uk_landline, new_sid
from outreach.simulator.records import Call, Entry, Phone, Text

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})
LONGEST_BODY = 1600


class Keywords(StrEnum):
    OURS = "ours"
    BLOCKS = "blocks"
    ANSWERS = "answers"


KEYWORDS = {
    Keywords.OURS: "Nothing: the product alone answers and obeys, as live sending wants it",
    Keywords.BLOCKS: "Block and lift: after STOP nothing more is taken for that phone (21610), until START or YES",
    Keywords.ANSWERS: "Block and lift, and answer in its own words, as a number fresh from the shop does",
}
"""What the network may do by itself with STOP, START and HELP, as the page says it."""

OWN_ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """An answer of 4xx, in Twilio's terms."""

    def __init__(self, status: int, code: int, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class TextOrder:
    """What a client asked for."""

    to: str | None
    sender: str | None
    body: str | None
    status_callback: str | None = None


class Network:
    def __init__(self, *, number: str, now: Callable[[], datetime], keep: Keep | None = None) -> None:
        self.number = number
        self.now = now
        self.lock = threading.RLock()
        self.keywords = Keywords.OURS
        self.inbound_url: str | None = None
        self.voice_url: str | None = None
        self.version = 0
        self._keep = keep or Nowhere()
        self._phones = {one["number"]: Phone.from_json(one) for one in self._keep.all("phone")}
        self._texts = {one["sid"]: Text.from_json(one) for one in self._keep.all("text")}
        self._calls = {one["sid"]: Call.from_json(one) for one in self._keep.all("call")}
        self._journal = sorted((Entry.from_json(one) for one in self._keep.all("entry")), key=lambda entry: entry.n)
        self._hang_up_what_was_live()

    # Phones

    def phone(self, number: str) -> Phone:
        """The phone with this number; there is one for every number that was ever used."""
        with self.lock:
            if number not in self._phones:
                self._phones[number] = Phone(number=number)
            return self._phones[number]

    def name_phone(self, number: str, *, label: str | None = None, manner: str | None = None) -> Phone:
        with self.lock:
            phone = self.phone(number)
            phone.label = phone.label if label is None else label
            phone.manner = phone.manner if manner is None else manner
            self._changed("phone", number, phone.as_json())
            return phone

    def phones(self) -> list[Phone]:
        with self.lock:
            return list(self._phones.values())

    # Texts

    def accept(self, order: TextOrder) -> Text:
        """Take one text over, or refuse it as Twilio would."""
        to, sender, body = order.to or "", order.sender or "", order.body or ""
        with self.lock:
            self._check(to=to, sender=sender, body=body)
            after_stop = self.phone(to).said_stop
            text = self._new_text("outbound-api", sender=sender, to=to, body=body, status="queued")
            text.status_callback = order.status_callback
            text.read_aloud = is_uk_landline(to)
            self.save_text(text)
            self.note(
                "handed over",
                to,
                text.sid,
                body=body,
                sender=sender,
                segments=segments.count(body),
                after_stop=after_stop,
                read_aloud=text.read_aloud,
                reference=(order.status_callback or "").rstrip("/").rpartition("/")[2],
            )
            return text

    def receive(self, *, number: str, body: str) -> Text:
        """A phone texts us."""
        word = body.strip().upper()
        with self.lock:
            phone = self.phone(number)
            if word in STOP_WORDS | START_WORDS:
                phone.said_stop = word in STOP_WORDS
            self._changed("phone", number, phone.as_json())
            text = self._new_text("inbound", sender=number, to=self.number, body=body, status="received")
            text.sent_at = text.created_at
            self.save_text(text)
            self.note("inbound", number, text.sid, body=body)
            return text

    def own_answer(self, *, number: str, body: str) -> Text | None:
        """What Twilio itself answers to a keyword, where that is switched on."""
        kind = keyword(body)
        if kind is None or self.keywords is not Keywords.ANSWERS:
            return None
        with self.lock:
            text = self._new_text(
                "outbound-reply", sender=self.number, to=number, body=OWN_ANSWERS[kind], status="delivered"
            )
            self.save_text(text)
            self.note("answered by the network itself", number, text.sid, body=text.body)
            return text

    def set_state(self, text: Text, status: str, *, code: int | None = None) -> None:
        with self.lock:
            text.status, text.error_code, text.updated_at = status, code, self.now()
            if status == "sent":
                text.sent_at = text.updated_at
            self.save_text(text)
            self.note("state", text.recipient, text.sid, state=status, code=code)

    def text(self, sid: str) -> Text | None:
        with self.lock:
            return self._texts.get(sid)

    def texts(self) -> list[Text]:
        """All, oldest first."""
        with self.lock:
            return sorted(self._texts.values(), key=lambda text: text.order)

    def save_text(self, text: Text) -> None:
        with self.lock:
            self._texts[text.sid] = text
            self._changed("text", text.sid, text.as_json())

    # Calls

    def save_call(self, call: Call) -> None:
        with self.lock:
            if not call.order:
                call.order = len(self._calls) + 1
            self._calls[call.sid] = call
            self.phone(call.phone)
            self._changed("call", call.sid, call.as_json())

    def call(self, sid: str) -> Call | None:
        with self.lock:
            return self._calls.get(sid)

    def calls(self) -> list[Call]:
        with self.lock:
            return sorted(self._calls.values(), key=lambda call: call.order)

    # The journal

    def note(self, what: str, number: str, sid: str, **detail: Any) -> None:
        with self.lock:
            entry = Entry(n=len(self._journal) + 1, at=self.now(), what=what, number=number, sid=sid, detail=detail)
            self._journal.append(entry)
            self._changed("entry", str(entry.n), entry.as_json())

    def journal(self, *, after: int = 0) -> list[Entry]:
        with self.lock:
            return self._journal[after:]

    def handed_over(self) -> list[dict[str, Any]]:
        """Every text that was accepted: sid, at, to, body, segments, after_stop, read_aloud, reference."""
        return [
            {"n": entry.n, "at": entry.at.isoformat(), "to": entry.number, "sid": entry.sid, **entry.detail}
            for entry in self.journal()
            if entry.what == "handed over"
        ]

    def close(self) -> None:
        self._keep.close()

    def _check(self, *, to: str, sender: str, body: str) -> None:
        if not to:
            raise Refusal(400, 21604, "A 'To' phone number is required.")
        if not sender:
            raise Refusal(400, 21603, "A 'From' phone number is required.")
        if not is_number(to):
            raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if sender != self.number:
            raise Refusal(400, 21606, f"The 'From' phone number {sender} is not a valid, SMS-capable number.")
        if not body:
            raise Refusal(400, 21602, "Message body is required.")
        if len(body) > LONGEST_BODY:
            raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if self.keywords is not Keywords.OURS and self.phone(to).said_stop:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")

    def _new_text(self, direction: str, *, sender: str, to: str, body: str, status: str) -> Text:
        now = self.now()
        return Text(
            sid=new_sid("SM"),
            direction=direction,
            sender=sender,
            recipient=to,
            body=body,
            status=status,
            created_at=now,
            updated_at=now,
            order=len(self._texts) + 1,
        )

    def _hang_up_what_was_live(self) -> None:
        for call in self._calls.values():
            if call.is_live:
                call.status, call.wants_key, call.ended_at = "failed", False, call.updated_at
                self._keep.put("call", call.sid, call.as_json())

    def _changed(self, kind: str, key: str, values: dict[str, Any]) -> None:
        self._keep.put(kind, key, values)
        self.version += 1


def keyword(body: str) -> str | None:
    """The keyword that a text is, if it is one alone, as Twilio calls it: STOP, START or HELP."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None
