"""The phone line: what the rest of the house may ask of a telephone network, whoever runs it.

Rules
* Handing over never raises for what a network may do: it answers accepted, refused or unknown.
* Asking (`find_texts`, `inbound_since`) raises `LineUnreachableError` when no answer can be had.
* `reference` is our own opaque id (an attempt's). It goes into the addresses of the network's webhooks, so
  that a receipt finds its attempt even when we never learnt the provider's id. It holds nothing personal.
* A call rings the practitioner first. The carer's number is handed over only after the practitioner
  answered and pressed a key (`connect`): a voicemail box never rings a family, and a stop in between still
  counts.
* Numbers are E.164 everywhere. Times are aware UTC. `form` is a webhook's form, untouched: name -> its
  values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from outreach.domain.delivery import (
    CallReceipt,
    Handover,
    InboundText,
    Refused,
    SentText,
    TextReceipt,
    Unknown,
)

Form = Mapping[str, list[str]]


class LineUnreachableError(Exception):
    """The network gave no usable answer to a question. Ask again later."""


class PhoneLine(Protocol):
    @property
    def number(self) -> str:
        """The number families see and answer."""
        ...

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Handover:
        """Hand one text over. After `valid_for_seconds` (1 to 36,000) the network drops it: never late."""
        ...

    def dial(self, *, first: str, reference: str) -> Handover:
        """Ring the practitioner. Once answered, the network asks the voice webhook what to do next."""
        ...

    def find_texts(self, *, to: str, since: datetime) -> list[SentText]:
        """Our texts to one number since then, as the network has them: settles an unknown outcome."""
        ...

    def inbound_since(self, since: datetime) -> list[InboundText]:
        """Texts to our number since then, oldest first: the safety net under a lost webhook."""
        ...

    def warm_up(self) -> Refused | Unknown | None:
        """Load, connect, sign in. None when all is well."""
        ...

    def signature_is_valid(self, *, path: str, form: Form, headers: Mapping[str, str]) -> bool:
        """Whether the network signed this request to our *configured* public address.

        `path` begins with a slash and has the query, if any.
        """
        ...

    def read_inbound(self, form: Form) -> InboundText: ...

    def read_receipt(self, form: Form) -> TextReceipt: ...

    def read_call(self, form: Form) -> CallReceipt: ...

    def silence(self) -> str:
        """The answer to a webhook that asks for nothing."""
        ...

    def ask_to_connect(self, *, reference: str) -> str:
        """The answer when the practitioner picks up: *press a key and we ring*. Says nothing about whom."""
        ...

    def connect(self, *, to: str, reference: str) -> str:
        """The answer once a key was pressed: ring the carer, showing our number, recording nothing."""
        ...

    def put_through(self, *paragraphs: str, to: str, turn: int) -> str:
        """The answer to somebody who rings us: these words, then ring a colleague. Whoever picks up there is asked for
        a key first (`ask_to_take`). When it is over, or nobody took it, the network asks what to do next."""
        ...

    def ask_to_take(self) -> str:
        """Said to the colleague alone: a call has come, press a key. A voicemail box presses none."""
        ...

    def say(self, *paragraphs: str) -> str:
        """The answer to a call that is not ours: these words, then hang up. Nothing is recorded."""
        ...
