"""What became of a text or a call after it was handed over: outcomes, states, receipts.

Rules
* Handing over has three different outcomes: *accepted*, *refused*, *unknown*. Unknown is never sent again
  blindly: it may have gone out.
* A refusal carries a remedy: what to do about it, whatever the provider's code was.
* Receipts come late, twice and out of order, so states only ever move up one fixed line (`advance`), and
  the order of arrival changes nothing. Where the network says both, *delivered* beats *undelivered*.
* A code is the provider's own number (https://www.twilio.com/docs/api/errors), kept for the people who run
  this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Remedy(StrEnum):
    """What to do about a refusal or a failed delivery."""

    PERMANENT_NUMBER = "permanent_number"  # stop this channel, ask a person for a new number
    OPTED_OUT = "opted_out"  # write the stop down, never again
    CONTENT = "content"  # never the same words again, tell a person
    BLOCKED_HANDSET = "blocked_handset"  # no further try, tell a person
    TRANSIENT = "transient"  # nothing went out: try again later
    TRANSIENT_DELIVERY = "transient_delivery"  # phone off or no signal: once or twice more, then a person
    ACCOUNT_LIMIT = "account_limit"  # pause all sending until the next window
    CONFIGURATION = "configuration"  # pause all sending, tell who runs the service, keep the queue
    EXPIRED = "expired"  # too late by our own wish: the cadence plans again
    UNKNOWN_OUTCOME = "unknown_outcome"  # ask the provider what it knows, then a person
    NO_RETRY = "no_retry"  # a code nobody knows: tell a person


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken it. `sid` is the provider's own id."""

    sid: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing went out. `code` is None where the provider was never reached; `retry_after` is in seconds."""

    code: int | None
    remedy: Remedy
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have gone out. `reason` is words for a log, without numbers or bodies."""

    reason: str


Handover = Accepted | Refused | Unknown


class TextState(StrEnum):
    """The states of an outbound text, in the order in which one may overtake another."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CANCELED = "canceled"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    READ = "read"

    @property
    def is_final(self) -> bool:
        """Nothing more is expected of the network (a *read* may still follow a *delivered*)."""
        return _RANK[self] >= _RANK[TextState.CANCELED]

    @property
    def has_failed(self) -> bool:
        return self in {TextState.CANCELED, TextState.FAILED, TextState.UNDELIVERED}


_RANK = {state: rank for rank, state in enumerate(TextState)}


def advance(old: TextState | None, new: TextState) -> TextState:
    """The state after a receipt says `new`: the further of the two, whichever came first."""
    return new if old is None or _RANK[new] > _RANK[old] else old


class CallState(StrEnum):
    """The states of one leg of a call, in the order in which one may overtake another."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    CANCELED = "canceled"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    COMPLETED = "completed"

    @property
    def is_final(self) -> bool:
        return _CALL_RANK[self] >= _CALL_RANK[CallState.CANCELED]


_CALL_RANK = {state: rank for rank, state in enumerate(CallState)}


def advance_call(old: CallState | None, new: CallState) -> CallState:
    """The same for one leg of a call."""
    return new if old is None or _CALL_RANK[new] > _CALL_RANK[old] else old


class UnreadableWebhookError(ValueError):
    """A rightly signed webhook lacks a field, or has a state nobody knows.

    The message names the field only.
    """


@dataclass(frozen=True, slots=True)
class TextReceipt:
    """One delivery receipt. It carries no time and no sequence: id, state and code together identify it.

    `remedy` is there where the text did not arrive.
    """

    sid: str
    state: TextState
    code: int | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text somebody sent us. `media` counts attachments, never fetched; only a poll knows `received_at`."""

    sid: str
    sender: str
    recipient: str
    body: str
    media: int = 0
    opt_out_type: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallReceipt:
    """One state of one leg. The practitioner's leg has no `parent_sid`; the carer's names that leg."""

    sid: str
    state: CallState
    sequence: int | None = None
    parent_sid: str | None = None
    seconds: int | None = None

    @property
    def is_the_carers(self) -> bool:
        return self.parent_sid is not None


CLOCK_MARGIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SentText:
    """A text as the provider's own list has it."""

    sid: str
    to: str
    body: str
    state: TextState
    code: int | None
    created_at: datetime
    remedy: Remedy | None = None
    """Where the list says that it did not arrive."""


def find_sent(
    texts: Iterable[SentText], *, body: str, since: datetime, claimed: Collection[str] = ()
) -> SentText | None:
    """Our text among the provider's, to settle an unknown outcome: same words, not another attempt's.

    `claimed` are the ids known from other attempts. The two clocks may differ by `CLOCK_MARGIN`. The
    earliest wins, so that asking twice gives the same answer.
    """
    ours = [
        text
        for text in texts
        if text.sid not in claimed and text.body.strip() == body.strip() and text.created_at >= since - CLOCK_MARGIN
    ]
    return min(ours, key=lambda text: (text.created_at, text.sid), default=None)
