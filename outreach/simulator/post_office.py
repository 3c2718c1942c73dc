"""Carries texts: hands them to phones, sends the receipts, tells the product what families texted."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.simulator.faults import Faults, Kind
from outreach.simulator.journeys import Journeys
from outreach.simulator.network import Keywords, Network, Refusal, TextOrder, keyword
from outreach.simulator.numbering import new_sid
from outreach.simulator.records import Text
from outreach.simulator.segments import count
from outreach.simulator.webhooks import Webhooks

# Codes that the network answers with another status than 400.
_STATUS_OF_CODE = {20003: 401, 20429: 429, 60728: 429, 63038: 429}


@dataclass(frozen=True, slots=True)
class _Course:
    """What will happen to one text on its way."""

    code: int | None
    backwards: bool
    lost: bool
    twice: bool


class PostOffice:
    def __init__(
        self, *, network: Network, journeys: Journeys, webhooks: Webhooks, faults: Faults, account_sid: str
    ) -> None:
        self._network = network
        self._journeys = journeys
        self._webhooks = webhooks
        self._faults = faults
        self._account_sid = account_sid
        self._held_back: dict[str, list[Text]] = {}

    def send(self, order: TextOrder) -> Text:
        """Accept a text and set it on its way, or refuse it."""
        number = order.to or ""
        try:
            self._refuse_on_purpose(number)
            text = self._network.accept(order)
        except Refusal as refusal:
            self._network.note("refused", number, "", code=refusal.code, body=order.body)
            raise
        course = self._course(number)
        self._journeys.start(text.sid, lambda: self._deliver(text, course))
        return text

    def text_from(self, number: str, body: str) -> Text:
        """A phone texts us: the product is told by its webhook."""
        text = self._network.receive(number=number, body=body)
        self._journeys.start(f"phone {number}", lambda: self._tell_inbound(text))
        self._network.own_answer(number=number, body=body)
        return text

    def _refuse_on_purpose(self, number: str) -> None:
        busy = self._faults.take(Kind.TOO_MANY, number)
        if busy:
            raise Refusal(429, 20429, "Too Many Requests", retry_after=busy.seconds or 1)
        fault = self._faults.take(Kind.CODE, number, delivery=False)
        if fault and fault.code:
            status = _STATUS_OF_CODE.get(fault.code, 400)
            raise Refusal(status, fault.code, f"Simulated error {fault.code}")

    def _course(self, number: str) -> _Course:
        """What will go wrong on the way is settled when the text is taken, so that the next text fares better."""
        fault = self._faults.take(Kind.CODE, number, delivery=True)
        return _Course(
            code=fault.code if fault else None,
            backwards=self._faults.take(Kind.REORDERED, number) is not None,
            lost=self._faults.take(Kind.LOST, number) is not None,
            twice=self._faults.take(Kind.TWICE, number) is not None,
        )

    def _deliver(self, text: Text, course: _Course) -> None:
        code = course.code
        last = "delivered" if code is None else "failed" if code == 30036 else "undelivered"
        held_back: list[tuple[str, int | None]] = []
        for status in ("sending", "sent", last):
            self._journeys.pause()
            if text.status == "canceled":
                break
            failed = code if status == last else None
            self._network.set_state(text, status, code=failed)
            held_back.append((status, failed))
            if not course.backwards:
                self._receipts(text, held_back, course)
                held_back = []
        self._receipts(text, held_back[::-1], course)

    def _receipts(self, text: Text, states: list[tuple[str, int | None]], course: _Course) -> None:
        for status, code in states:
            for _ in range(2 if course.twice else 1):
                if course.lost:
                    self._network.note("receipt lost", text.recipient, text.sid, state=status)
                elif text.status_callback:
                    self._receipt(text, text.status_callback, status, code)

    def _receipt(self, text: Text, url: str, status: str, code: int | None) -> None:
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": status,
            "SmsSid": text.sid,
            "SmsStatus": status,
            "To": text.recipient,
        }
        if code is not None:
            form["ErrorCode"] = str(code)
        self._post(url, form, text=text, about=f"receipt {status}", number=text.recipient)

    def _tell_inbound(self, text: Text) -> None:
        url = self._network.inbound_url
        if self._faults.take(Kind.LOST_INBOUND, text.sender) or url is None:
            self._network.note("nobody told", text.sender, text.sid)
            return
        if self._faults.take(Kind.LATE_INBOUND, text.sender):
            self._held_back.setdefault(text.sender, []).append(text)
            self._network.note("held back", text.sender, text.sid)
            return
        for each in (text, *self._held_back.pop(text.sender, ())):
            self._tell_of(each, url)

    def _tell_of(self, text: Text, url: str) -> None:
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "Body": text.body,
            "From": text.sender,
            "FromCountry": "GB",
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": str(count(text.body)),
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": text.recipient,
            "ToCountry": "GB",
        }
        kind = keyword(text.body)
        if kind and self._network.keywords is not Keywords.OURS:
            form["OptOutType"] = kind
        for _ in range(2 if self._faults.take(Kind.TWICE_INBOUND, text.sender) else 1):
            self._post(url, form, text=text, about="inbound", number=text.sender)
        if self._faults.take(Kind.TWO_IDS_INBOUND, text.sender):
            other = new_sid("SM")
            again = form | {"MessageSid": other, "SmsSid": other, "SmsMessageSid": other}
            self._post(url, again, text=text, about="inbound, under another id", number=text.sender)

    def _post(self, url: str, form: dict[str, str], *, text: Text, about: str, number: str) -> None:
        answer = self._webhooks.post(
            url,
            form,
            wrong_signature=self._faults.take(Kind.WRONG_SIGNATURE, number) is not None,
            other_token=self._faults.take(Kind.OTHER_TOKEN, number) is not None,
        )
        self._network.note("webhook", number, text.sid, about=about, status=answer.status, tries=answer.tries)
