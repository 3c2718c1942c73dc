"""Passwords are hashed cheaply in the tests: what makes guessing dear makes a suite slow. The real cost has a test."""

from __future__ import annotations

from argon2 import PasswordHasher

from outreach.engine import manage_staff, sign_in

REAL = sign_in._HASHER
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_cheaply() -> None:
    """From now on, for all of this process."""
    sign_in._HASHER = CHEAP
    sign_in._NOBODY = CHEAP.hash("nobody has this password")
    manage_staff.PasswordHasher = lambda: CHEAP  # type: ignore[assignment, misc]
