"""One rule of the proof, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Looking:
    session: Session
    runtime: Runtime
    now: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """``says`` is the promise as a sentence; ``broken_by`` gives the ids of what breaks it, in order."""

    name: str
    says: str
    broken_by: Callable[[Looking], Iterable[str]]
