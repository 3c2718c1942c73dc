"""Secrets at rest."""

from __future__ import annotations

import hmac

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from outreach.runtime import Runtime
from outreach.store.base import Sessions
from outreach.store.keyring import Keyring, make_keyring, read_keyring
from outreach.store.sealing import SERVICE, destroy_key, load_keys, make_keys, rotate_master, seal, unseal
from tests.cast import a_family

PLACE = {"table": "note", "column": "words", "row_id": "1"}


def test_a_sealed_value_opens_in_its_own_place_only(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        sealed = seal(session, "ask after ten", key_id=SERVICE, **PLACE)
        assert unseal(session, sealed, key_id=SERVICE, **PLACE) == "ask after ten"
        with pytest.raises(InvalidTag):
            unseal(session, sealed, key_id=SERVICE, table="note", column="words", row_id="2")


def test_destroying_a_familys_key_destroys_its_words_and_no_others(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        make_keys(session, ["one", "two"], now=runtime.now())
        first, second = (seal(session, "hello", key_id=key, **PLACE) for key in ("one", "two"))
        destroy_key(session, "one", now=runtime.now())
    with runtime.sessions.read() as session:
        load_keys(session, ["one", "two"])
        assert unseal(session, first, key_id="one", **PLACE) is None
        assert unseal(session, second, key_id="two", **PLACE) == "hello"


def test_the_master_key_rotates_and_the_old_one_can_be_thrown_away(runtime: Runtime, keyring: Keyring) -> None:
    with runtime.sessions.begin() as session:
        sealed = seal(session, "hello", key_id=SERVICE, **PLACE)
    both = Keyring({**keyring.masters, "m2": make_keyring().masters["m1"]}, keyring.index)
    with Sessions(runtime.sessions.engine, both).begin() as session:
        assert rotate_master(session) == 1
        assert rotate_master(session) == 0
    alone = Keyring({"m2": both.masters["m2"]}, keyring.index)
    with Sessions(runtime.sessions.engine, alone).read() as session:
        assert unseal(session, sealed, key_id=SERVICE, **PLACE) == "hello"


def test_a_keyring_is_written_and_read_again() -> None:
    ring = make_keyring()
    again = read_keyring(ring.written())
    assert (again.masters, again.index) == (ring.masters, ring.index)
    assert again.blind("e164", "+447700900101") == ring.blind("e164", "+447700900101")
    assert again.blind("last4", "+447700900101") != ring.blind("e164", "+447700900101")


def test_a_blind_index_is_the_hmac_of_purpose_and_value() -> None:
    ring = make_keyring()
    whole = hmac.digest(ring.index, "carer\0Zoë Example".encode(), "sha256").hex()
    assert ring.blind("carer", "Zoë Example") == whole[:32]


def test_no_name_number_or_word_of_a_family_stands_readable_in_the_database(runtime: Runtime) -> None:
    a_family(runtime, "F001", name="Amina Rivera", e164="+447700900101")
    with runtime.sessions.read() as session:
        tables = [name for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        everything = "".join(str(row) for name in tables for row in session.execute(text(f'SELECT * FROM "{name}"')))
    assert "F001" in everything
    for secret in ("Amina", "Rivera", "7700900101", "Robin"):
        assert secret not in everything
