"""Twilio's webhook forms, read into values.

Rules
* Only fields that we use are read; Twilio adds others without notice.
* A missing field or an unknown state is an `UnreadableWebhookError`, never a guess.
* A body is kept exactly as it came: blanks at its ends included.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from outreach.domain.delivery import CallReceipt, CallState, InboundText, TextReceipt, TextState, UnreadableWebhookError
from outreach.gateway.line import Form
from outreach.gateway.twilio_codes import remedy_for

_State = TypeVar("_State", bound=StrEnum)


def read_inbound(form: Form) -> InboundText:
    return InboundText(
        sid=_required(form, "MessageSid"),
        sender=_required(form, "From"),
        recipient=_required(form, "To"),
        body=_optional(form, "Body") or "",
        media=_number(form, "NumMedia") or 0,
        opt_out_type=_optional(form, "OptOutType"),
    )


def read_receipt(form: Form) -> TextReceipt:
    state, code = _state(form, "MessageStatus", TextState), _number(form, "ErrorCode")
    return TextReceipt(
        sid=_required(form, "MessageSid"),
        state=state,
        code=code,
        remedy=remedy_for(code) if state.has_failed else None,
    )


def read_call(form: Form) -> CallReceipt:
    return CallReceipt(
        sid=_required(form, "CallSid"),
        state=_state(form, "CallStatus", CallState),
        sequence=_number(form, "SequenceNumber"),
        parent_sid=_optional(form, "ParentCallSid"),
        seconds=_number(form, "CallDuration"),
    )


def _optional(form: Form, name: str) -> str | None:
    values = form.get(name)
    return values[0] if values and values[0] else None


def _required(form: Form, name: str) -> str:
    value = _optional(form, name)
    if value is None:
        raise UnreadableWebhookError(f"The field {name} is missing.")
    return value


def _number(form: Form, name: str) -> int | None:
    value = _optional(form, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise UnreadableWebhookError(f"The field {name} is not a number.")
    return int(value)


def _state(form: Form, name: str, states: type[_State]) -> _State:
    value = _required(form, name)
    if value not in states.__members__.values():
        raise UnreadableWebhookError(f"The field {name} has a state that is not known.")
    return states(value)
