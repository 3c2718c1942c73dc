"""What the simulated network keeps: phones, texts, calls, its journal. All of it can be written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class _Record:
    def as_json(self) -> dict[str, Any]:
        values = asdict(self)  # type: ignore[call-overload]
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        known = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        return cls(
            **{
                name: datetime.fromisoformat(value) if value and (name == "at" or name.endswith("_at")) else value
                for name, value in values.items()
                if name in known
            }
        )


class Manner(StrEnum):
    """What a phone does by itself when it rings."""

    BY_HAND = "by hand"
    ANSWERS = "answers"
    DECLINES = "declines"
    SILENT = "rings out"


@dataclass(slots=True)
class Phone(_Record):
    number: str
    label: str = ""
    manner: str = Manner.BY_HAND.value
    said_stop: bool = False


@dataclass(slots=True)
class Text(_Record):
    sid: str
    direction: str
    sender: str
    recipient: str
    body: str
    status: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    status_callback: str | None = None
    read_aloud: bool = False
    order: int = 0

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"


@dataclass(slots=True)
class Call(_Record):
    """One leg. A leg that we dialled on behalf of another names it in `parent_sid`."""

    sid: str
    direction: str
    sender: str
    recipient: str
    status: str
    created_at: datetime
    updated_at: datetime
    url: str | None = None
    parent_sid: str | None = None
    status_callback: str | None = None
    events: list[str] = field(default_factory=list)
    ring_seconds: int = 60
    sequence: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    heard: list[str] = field(default_factory=list)
    wants_key: bool = False
    bridged: bool = False
    """This leg and the one that it was dialled for hear each other, or did."""
    order: int = 0

    @property
    def is_live(self) -> bool:
        return self.status in {"queued", "initiated", "ringing", "in-progress"}

    @property
    def phone(self) -> str:
        """The number of the handset at this end."""
        return self.sender if self.direction == "inbound" else self.recipient

    @property
    def seconds(self) -> int | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0, round((self.ended_at - self.started_at).total_seconds()))


@dataclass(slots=True)
class Entry(_Record):
    """One line of the journal. `number` is the phone it is about, `detail` depends on `what`."""

    n: int
    at: datetime
    what: str
    number: str
    sid: str
    detail: dict[str, Any] = field(default_factory=dict)
