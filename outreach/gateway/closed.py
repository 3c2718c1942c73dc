"""The line that is closed: what the service has while nothing may leave it (``OUTREACH_MODE=off``).

Rules
* Nothing is ever handed over: a text and a call are refused as *configuration*, which pauses sending and loses nothing.
* No webhook is rightly signed, so nothing comes in either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from outreach.domain.delivery import (
    CallReceipt,
    InboundText,
    Refused,
    Remedy,
    SentText,
    TextReceipt,
    UnreadableWebhookError,
)
from outreach.gateway.line import Form


class ClosedLine:
    """A ``PhoneLine`` that nothing passes."""

    @property
    def number(self) -> str:
        return ""

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Refused:
        return Refused(None, Remedy.CONFIGURATION)

    def dial(self, *, first: str, reference: str) -> Refused:
        return Refused(None, Remedy.CONFIGURATION)

    def find_texts(self, *, to: str, since: datetime) -> list[SentText]:
        return []

    def inbound_since(self, since: datetime) -> list[InboundText]:
        return []

    def warm_up(self) -> None:
        return None

    def signature_is_valid(self, *, path: str, form: Form, headers: Mapping[str, str]) -> bool:
        return False

    def read_inbound(self, form: Form) -> InboundText:
        self._refuse()

    def read_receipt(self, form: Form) -> TextReceipt:
        self._refuse()

    def read_call(self, form: Form) -> CallReceipt:
        self._refuse()

    def silence(self) -> str:
        return ""

    def ask_to_connect(self, *, reference: str) -> str:
        return ""

    def connect(self, *, to: str, reference: str) -> str:
        return ""

    def put_through(self, *paragraphs: str, to: str, turn: int) -> str:
        return ""

    def ask_to_take(self) -> str:
        return ""

    def say(self, *paragraphs: str) -> str:
        return ""

    def _refuse(self) -> NoReturn:
        raise UnreadableWebhookError("the line is closed")
