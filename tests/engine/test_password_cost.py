from __future__ import annotations

from argon2 import PasswordHasher, Type

from tests import passwords


def test_a_password_costs_whoever_guesses_at_it_what_owasp_asks_for_at_least() -> None:
    for hasher in (passwords.REAL, PasswordHasher()):
        assert hasher.type is Type.ID
        assert (hasher.time_cost, hasher.memory_cost) >= (2, 19 * 1024)
