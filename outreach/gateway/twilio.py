"""The phone line over Twilio, through its own SDK.

Rules
* An answer of 2xx with an id is *accepted*; 4xx is *refused*, by the table of codes; everything else after
  the request may have left (5xx, a broken connection, no answer in time, an answer that cannot be read) is
  *unknown*.
* What failed before anything left (no connection, a wrong certificate) is refused as transient.
* Too many requests (429) were not processed, so they are transient, with the seconds of Retry-After where
  given.
* Texts carry a validity, so that none arrives in the night; nothing is scheduled at Twilio: a stop must
  stop it.
* A webhook's signature is checked over all its fields and the configured public address, with either of two
  tokens while they rotate, or with the shared key where the request names one.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from requests import exceptions as broken
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.request_validator import (  # type: ignore[import-untyped]
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import NewConnectionError

from outreach.domain.delivery import (
    CLOCK_MARGIN,
    Accepted,
    CallReceipt,
    Handover,
    InboundText,
    Refused,
    Remedy,
    SentText,
    TextReceipt,
    TextState,
    Unknown,
)
from outreach.gateway import twiml, webhook_forms
from outreach.gateway.line import Form, LineUnreachableError
from outreach.gateway.routed_client import RoutedClient
from outreach.gateway.twilio_codes import REMEDIES, remedy_for

_TEXT_HOOK = "/hooks/twilio/status/"
_VOICE_HOOK = "/hooks/twilio/voice/"
_CALL_HOOK = "/hooks/twilio/call/"
_TAKE_HOOK = "/hooks/twilio/take"
_NEXT_HOOK = "/hooks/twilio/next/"
_CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
_RING_SECONDS = 30
_MOST_LISTED = 1_000
_LARGEST_PAGE = 1_000
_STATES = {state.value: state for state in TextState}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What is needed to use one number of one account.

    `auth_tokens`: the first signs in; all of them are good for webhooks (two while they rotate).
    `base_url`: None for Twilio's own address, else a region's, or the simulator's on this machine.
    `public_url`: where Twilio reaches us, without a slash at the end.
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    number: str
    public_url: str
    base_url: str | None = None
    shared_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.auth_tokens or not all(self.auth_tokens):
            raise ValueError("An auth token is needed.")


class TwilioLine:
    """A `PhoneLine`. Safe to use from several threads."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._public_url = account.public_url.rstrip("/")
        self._http = RoutedClient(account.base_url, timeout_seconds=account.timeout_seconds)
        # An environment that is not empty: else the SDK reads the process's own for a region.
        self._client: Any = Client(
            account.account_sid, account.auth_tokens[0], http_client=self._http, environment={"-": "-"}
        )
        self._validators = [RequestValidator(token) for token in account.auth_tokens]

    @property
    def number(self) -> str:
        return self._account.number

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Handover:
        return self._hand_over(
            lambda: self._client.messages.create(
                to=to,
                from_=self.number,
                body=body,
                status_callback=self._public_url + _TEXT_HOOK + reference,
                validity_period=valid_for_seconds,
            )
        )

    def dial(self, *, first: str, reference: str) -> Handover:
        return self._hand_over(
            lambda: self._client.calls.create(
                to=first,
                from_=self.number,
                url=self._public_url + _VOICE_HOOK + reference,
                method="POST",
                status_callback=self._public_url + _CALL_HOOK + reference,
                status_callback_event=_CALL_EVENTS,
                status_callback_method="POST",
                timeout=_RING_SECONDS,
                record=False,
            )
        )

    def find_texts(self, *, to: str, since: datetime) -> list[SentText]:
        # No DateSent filter: a text that is still queued has no such date.
        listed = self._ask(
            lambda: self._client.messages.list(to=to, from_=self.number, limit=_MOST_LISTED, page_size=100)
        )
        texts = [_sent_text(text) for text in listed if str(text.direction).startswith("outbound")]
        return [text for text in texts if text.created_at >= since - CLOCK_MARGIN]

    def inbound_since(self, since: datetime) -> list[InboundText]:
        # No limit: the list begins with the newest, and after an outage the oldest matter as much.
        listed = self._ask(
            lambda: self._client.messages.list(to=self.number, date_sent_after=since, page_size=_LARGEST_PAGE)
        )
        texts = [_inbound_text(text) for text in listed if text.direction == "inbound"]
        return sorted(texts, key=lambda text: (text.received_at or since, text.sid))

    def warm_up(self) -> Refused | Unknown | None:
        answer = self._hand_over(lambda: self._client.api.accounts(self._account.account_sid).fetch())
        return None if isinstance(answer, Accepted) else answer

    def signature_is_valid(self, *, path: str, form: Form, headers: Mapping[str, str]) -> bool:
        given = _header(headers, SIGNATURE_HEADER)
        if not given:
            return False
        settings = _header(headers, SIGNATURE_SETTINGS_HEADER)
        validators = self._validators
        if settings:
            key = self._account.shared_key
            validators = [RequestValidator(key)] if key else []
        algorithm = get_signature_algorithm(settings)
        url = self._public_url + path
        return any(validator.validate(url, _Signed(form), given, algorithm) for validator in validators)

    def read_inbound(self, form: Form) -> InboundText:
        return webhook_forms.read_inbound(form)

    def read_receipt(self, form: Form) -> TextReceipt:
        return webhook_forms.read_receipt(form)

    def read_call(self, form: Form) -> CallReceipt:
        return webhook_forms.read_call(form)

    def silence(self) -> str:
        return twiml.silence()

    def ask_to_connect(self, *, reference: str) -> str:
        return twiml.ask_to_connect(action=self._public_url + _VOICE_HOOK + reference)

    def connect(self, *, to: str, reference: str) -> str:
        states = self._public_url + _CALL_HOOK + reference
        return twiml.connect(to=to, caller_id=self.number, states=states)

    def put_through(self, *paragraphs: str, to: str, turn: int) -> str:
        following = f"{self._public_url}{_NEXT_HOOK}{turn + 1}"
        return twiml.put_through(*paragraphs, to=to, ask_first=self._public_url + _TAKE_HOOK, then=following)

    def ask_to_take(self) -> str:
        return twiml.ask_to_take(action=self._public_url + _TAKE_HOOK)

    def say(self, *paragraphs: str) -> str:
        return twiml.say(*paragraphs)

    def _hand_over(self, send: Callable[[], Any]) -> Handover:
        try:
            sid = send().sid
        except (TwilioRestException, TwilioServiceException) as answer:
            return self._refused(answer)
        except broken.RequestException as problem:
            if _nothing_left(problem):
                return Refused(code=None, remedy=Remedy.TRANSIENT)
            return Unknown(reason=type(problem).__name__)
        except (TwilioException, ValueError, KeyError, TypeError, AttributeError) as problem:
            return Unknown(reason=f"an answer that cannot be read ({type(problem).__name__})")
        return Accepted(sid=str(sid)) if sid else Unknown(reason="an answer without an id")

    def _refused(self, answer: TwilioRestException | TwilioServiceException) -> Handover:
        status = int(answer.status)
        code = int(answer.code) if answer.code else status
        if status == 429:
            remedy = REMEDIES.get(code, Remedy.TRANSIENT)
            return Refused(code=code, remedy=remedy, retry_after=self._retry_after())
        if 400 <= status < 500 and remedy_for(code) is not Remedy.UNKNOWN_OUTCOME:
            return Refused(code=code, remedy=remedy_for(code))
        return Unknown(reason=f"answer {status}, code {code}")

    def _retry_after(self) -> float | None:
        words = _header(self._http.last_headers, "Retry-After") or ""
        return float(words) if words.isascii() and words.isdigit() else None

    def _ask(self, question: Callable[[], list[Any]]) -> list[Any]:
        try:
            return question()
        except (TwilioRestException, TwilioServiceException) as answer:
            raise LineUnreachableError(f"answer {answer.status}, code {answer.code}") from None
        except (broken.RequestException, TwilioException, ValueError, KeyError, TypeError) as problem:
            raise LineUnreachableError(type(problem).__name__) from None


class _Signed(dict[str, list[str]]):
    """A form as the SDK's validator wants it: every value of a name counts."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def _nothing_left(problem: BaseException) -> bool:
    """Whether it failed before a byte of the request was sent."""
    before = (broken.ConnectTimeout, NewConnectionError, ssl.SSLCertVerificationError)
    return any(isinstance(reason, before) for reason in _reasons(problem))


def _reasons(problem: BaseException) -> list[BaseException]:
    """An exception and all that it was made of: the libraries wrap one in another, each in its own way."""
    found: list[BaseException] = []
    todo: list[object] = [problem]
    while todo:
        this = todo.pop()
        if isinstance(this, BaseException) and this not in found:
            found.append(this)
            todo += [this.__cause__, getattr(this, "reason", None), *this.args]
    return found


def _sent_text(text: Any) -> SentText:
    state, code = _STATES.get(str(text.status), TextState.SENT), int(text.error_code) if text.error_code else None
    return SentText(
        sid=str(text.sid),
        to=str(text.to),
        body=str(text.body or ""),
        state=state,
        code=code,
        created_at=_utc(text.date_created),
        remedy=remedy_for(code) if state.has_failed else None,
    )


def _inbound_text(text: Any) -> InboundText:
    return InboundText(
        sid=str(text.sid),
        sender=str(text.from_),
        recipient=str(text.to),
        body=str(text.body or ""),
        media=int(text.num_media or 0),
        received_at=_utc(text.date_sent or text.date_created),
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
