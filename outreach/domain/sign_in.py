"""When a password, a one-time code or a session counts, and when it no longer does.

Rules
* Five wrong passwords or codes in a row and the account rests for 15 minutes; nothing is tried meanwhile.
* A password has at least 12 characters, is not the person's own name or address, and not one everybody tries.
* A one-time code (RFC 6238, 30 seconds) counts in its own step and one step either side, and only once.
* A session ends 30 minutes after it was last used and 10 hours after it began, whichever comes first.
  Between password and code it lives 10 minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest

MOST_FAILURES = 5
REST = timedelta(minutes=15)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
HALFWAY = timedelta(minutes=10)
SHORTEST_PASSWORD = 12
STEP = 30  # seconds
TOO_COMMON = frozenset(
    {
        "passwordpassword",
        "password1234",
        "123456789012",
        "qwertyuiopas",
        "letmeinletmein",
        "correcthorsebatterystaple",
    }
)


def session_holds(began_at: datetime, seen_at: datetime, now: datetime, *, halfway: bool) -> bool:
    """May a session that began and was last used then still be used at ``now``?"""
    if halfway:
        return now < began_at + HALFWAY
    return now < seen_at + IDLE and now < began_at + LONGEST


def after_failure(failures: int, now: datetime) -> tuple[int, datetime | None]:
    """The count and the rest after one more wrong try: the count starts over when the rest begins."""
    return (0, now + REST) if failures + 1 >= MOST_FAILURES else (failures + 1, None)


def password_problem(password: str, *, name: str, email: str) -> str | None:
    """What to do about an unfit password, in words; ``None`` when it will do."""
    plain = password.casefold().replace(" ", "")
    if len(password) < SHORTEST_PASSWORD:
        return f"Use at least {SHORTEST_PASSWORD} characters. Three random words are easy to keep in mind"
    if plain in TOO_COMMON or len(set(plain)) < 4:
        return "Many people use this password. Choose three random words instead"
    if plain in {email.casefold(), name.casefold().replace(" ", "")}:
        return "Do not use your own name or address. Choose three random words instead"
    return None


def accepted_step(code: str, now: datetime, *, last_step: int | None, code_at: Callable[[int], str]) -> int | None:
    """The time step whose code this is, or ``None``. ``code_at`` gives a step's code; each counts once."""
    digits = "".join(code.split())
    here = int(now.timestamp()) // STEP
    for step in (here, here - 1, here + 1):
        if (last_step is None or step > last_step) and compare_digest(code_at(step).encode(), digits.encode()):
            return step
    return None
