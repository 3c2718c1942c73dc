"""What can be made to go wrong, on purpose: each fault for one number or for all, a number of times or for good."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum

from outreach.simulator.numbering import is_number

MOST_SECONDS = 3600
MOST_TIMES = 100_000


class Kind(StrEnum):
    TOO_MANY = "too_many_requests"
    CODE = "code"
    ERROR_AFTER = "error_after_accepting"
    SILENCE_AFTER = "silence_after_accepting"
    TWICE = "duplicate_callbacks"
    REORDERED = "reordered_callbacks"
    LOST = "lost_callbacks"
    WRONG_SIGNATURE = "wrong_signature"
    LOST_INBOUND = "lost_inbound"
    TWICE_INBOUND = "duplicate_inbound"
    TWO_IDS_INBOUND = "inbound_under_two_ids"
    LATE_INBOUND = "late_inbound"
    OTHER_TOKEN = "other_token"  # noqa: S105 - the name of a fault


DESCRIPTIONS = {
    Kind.TOO_MANY: "Refuse a text or call: too many requests (20429), with Retry-After in seconds",
    Kind.CODE: "Answer with this error code: at once, or with the receipt where the code is one of delivery (30...)",
    Kind.ERROR_AFTER: "Take the text, then answer 500: did it go out?",
    Kind.SILENCE_AFTER: "Take the text, then answer nothing for this many seconds",
    Kind.TWICE: "Send every receipt of a text twice",
    Kind.REORDERED: "Send the receipts of a text backwards",
    Kind.LOST: "Send no receipts of a text",
    Kind.WRONG_SIGNATURE: "Sign what we send to the product wrongly",
    Kind.LOST_INBOUND: "Lose the message that tells the product of a family's text",
    Kind.TWICE_INBOUND: "Tell the product of a family's text twice",
    Kind.TWO_IDS_INBOUND: "Tell the product of a family's text twice, the second time under another id",
    Kind.LATE_INBOUND: "Tell the product of a family's text only after their next one",
    Kind.OTHER_TOKEN: "Sign what we send to the product with the account's other token, as while tokens change",
}


@dataclass(slots=True)
class Fault:
    """`number` None: any. `times` None: until it is cleared."""

    kind: Kind
    number: str | None = None
    code: int | None = None
    seconds: float | None = None
    times: int | None = 1


def fault_of(
    *, kind: object, number: object = None, code: object = None, seconds: object = None, times: object = 1
) -> Fault:
    """A fault as it was asked for, by JSON or by a form; ``ValueError`` in words where it cannot be meant so."""
    if not isinstance(kind, str) or kind not in set(Kind):
        raise ValueError(f"A fault is one of {', '.join(sorted(Kind))}.")
    if number not in (None, "") and not (isinstance(number, str) and is_number(number)):
        raise ValueError("A number is written like +447700900123; leave it out for any.")
    code = whole(code, "An error code", 10_000, 99_999)
    if kind == Kind.CODE and code is None:
        raise ValueError("Which error code? For example 30003.")
    wait = whole(seconds, "Seconds", 1, MOST_SECONDS)
    return Fault(
        kind=Kind(kind),
        number=str(number) if number else None,
        code=code,
        seconds=None if wait is None else float(wait),
        times=whole(times, "How often", 1, MOST_TIMES),
    )


def whole(asked: object, what: str, least: int, most: int) -> int | None:
    """A whole number of JSON, or the figures of a form; nothing is nothing."""
    if asked in (None, ""):
        return None
    if isinstance(asked, str) and asked.isascii() and asked.isdecimal() and len(asked) < 9:
        asked = int(asked)
    if isinstance(asked, float) and asked.is_integer():
        asked = int(asked)
    if isinstance(asked, bool) or not isinstance(asked, int) or not least <= asked <= most:
        raise ValueError(f"{what}: a whole number from {least} to {most}.")
    return asked


def is_delivery_code(code: int) -> bool:
    """Codes that come with the receipt, not with the answer."""
    return 30000 <= code < 31000


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    @property
    def waiting(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, kind: Kind, number: str, *, delivery: bool | None = None) -> Fault | None:
        """The first fault of this kind for this number, used up once. `delivery` chooses among the codes."""
        with self._lock:
            for fault in self._faults:
                if fault.kind is not kind or fault.number not in {None, number}:
                    continue
                if delivery is not None and is_delivery_code(fault.code or 0) is not delivery:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
