"""What can be made to go wrong, on purpose: each fault for one number or for all, a number of times or for good."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


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
