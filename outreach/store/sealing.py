"""Secrets at rest: names, numbers, messages and notes are sealed, each under the key of whose they are.

Rules
* ``seal`` uses AES-256-GCM under a data key; table, column and row id are bound in, so that a sealed value
  copied to another place does not open.
* A family's words stand under the family's own key (``key_id`` is the family's id); what is nobody's yet, or
  shared, stands under the service's (``SERVICE``). Destroying a family's key destroys its words everywhere.
* Data keys are rows, wrapped by a master key that is not in the database.
* A value whose key was destroyed opens as ``None``: it is gone, and that is not an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row as RowOfKey
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, padded, table_of
from outreach.store.keyring import Keyring

SERVICE = "service"
_VERSION = b"\x01"


class DataKeyRow(Base):
    """A data key, wrapped. ``wrapped`` is empty once it was destroyed."""

    __tablename__ = "data_key"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    master_id: Mapped[str] = mapped_column(String(40))
    wrapped: Mapped[bytes]
    made_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


def _a_nonce() -> bytes:
    return os.urandom(12)


class Cipher:
    """One open data key: made once, since setting up a cipher costs more than sealing a name."""

    __slots__ = ("_aes", "_nonce")

    def __init__(self, key: bytes, nonce: Callable[[], bytes] = _a_nonce) -> None:
        self._aes, self._nonce = AESGCM(key), nonce

    def seal(self, value: str, table: str, column: str, row_id: str) -> bytes:
        nonce = self._nonce()  # as seal_bytes does it, which a month of names would call a hundred thousand times
        return _VERSION + nonce + self._aes.encrypt(nonce, value.encode(), f"{table}.{column}.{row_id}".encode())

    def seal_bytes(self, value: bytes, table: str, column: str, row_id: str) -> bytes:
        nonce = self._nonce()
        return _VERSION + nonce + self._aes.encrypt(nonce, value, _place(table, column, row_id))

    def unseal_bytes(self, sealed: bytes, table: str, column: str, row_id: str) -> bytes:
        return self._aes.decrypt(sealed[1:13], sealed[13:], _place(table, column, row_id))


class NewKeys:
    """Makes data keys for many rows at once; nothing of them is kept here."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        ring = _keyring(session)
        self._master_id, self._master, self._now = ring.newest, AESGCM(ring.masters[ring.newest]), now
        self._nonce = _nonces().__next__  # the system is asked for chance once for many

    def make(self, key_id: str) -> tuple[dict[str, Any], Cipher]:
        """The values of its ``DataKeyRow``, and the key opened."""
        key, nonce = os.urandom(32), self._nonce()
        wrapped = nonce + self._master.encrypt(nonce, key, key_id.encode())
        return {"id": key_id, "master_id": self._master_id, "wrapped": wrapped, "made_at": self._now}, Cipher(
            key, self._nonce
        )


def _nonces() -> Iterator[bytes]:
    while True:
        chance = os.urandom(12 * 256)
        yield from (chance[place : place + 12] for place in range(0, len(chance), 12))


def make_keys(session: Session, key_ids: Iterable[str], *, now: datetime) -> None:
    """Give each of ``key_ids`` a new data key. Call it once, when the family (or the service) comes to be."""
    keys = NewKeys(session, now=now)
    for key_id in key_ids:
        values, cipher = keys.make(key_id)
        session.add(DataKeyRow(**values))
        _opened(session)[key_id] = cipher


def cipher_of(session: Session, key_id: str) -> Cipher:
    """The open key. Raises ``KeyError`` when it is missing or was destroyed."""
    cipher = _key(session, key_id)
    if cipher is None:
        raise KeyError("the key is not there; was it destroyed?")
    return cipher


def seal(session: Session, value: str, *, key_id: str, table: str, column: str, row_id: str) -> bytes:
    """``value`` sealed for one place. Raises ``KeyError`` when the key is missing or was destroyed."""
    return cipher_of(session, key_id).seal(value, table, column, row_id)


def unseal(session: Session, sealed: bytes | None, *, key_id: str, table: str, column: str, row_id: str) -> str | None:
    """The value again; ``None`` where there was none or its key was destroyed."""
    if sealed is None:
        return None
    cipher = _key(session, key_id)
    return None if cipher is None else cipher.unseal_bytes(sealed, table, column, row_id).decode()


def destroy_key(session: Session, key_id: str, *, now: datetime) -> None:
    """Destroy a data key: everything sealed under it is gone for good, in every copy that shares the row."""
    row = session.get(DataKeyRow, key_id)
    if row is not None and row.destroyed_at is None:
        row.wrapped, row.destroyed_at = b"", now
    _opened(session).pop(key_id, None)


def rotate_master(session: Session) -> int:
    """Wrap every data key by the newest master key; returns how many were wrapped anew."""
    ring = _keyring(session)
    stale = select(DataKeyRow).where(DataKeyRow.master_id != ring.newest, DataKeyRow.destroyed_at.is_(None))
    rows = session.scalars(stale.order_by(DataKeyRow.id)).all()
    for row in rows:
        key = _unwrap(ring, row.id, row.master_id, row.wrapped)
        row.master_id, row.wrapped = ring.newest, _wrap(ring, row.id, key)
    return len(rows)


_D = table_of(DataKeyRow).c
_KEYS = select(_D.id, _D.master_id, _D.wrapped, _D.destroyed_at).where(_D.id.in_(bindparam("ids", expanding=True)))


def load_keys(session: Session, key_ids: Iterable[str]) -> list[str]:
    """Open many keys with one query; for pages and commands that read many families. Which were not open before."""
    missing = sorted(set(key_ids) - _opened(session).keys())
    for start in range(0, len(missing), 500):
        open_rows(session, *session.execute(_KEYS, {"ids": padded(missing[start : start + 500])}))
    return missing


def open_rows(session: Session, *rows: DataKeyRow | RowOfKey[Any] | None) -> None:
    """Open keys whose rows were read beside something else, so that nobody asks for them again."""
    for row in rows:
        if row is not None and row.destroyed_at is None:
            open_key(session, row.id, master_id=row.master_id, wrapped=row.wrapped)


def open_key(session: Session, key_id: str, *, master_id: str, wrapped: bytes) -> None:
    """Open a key by what its row says; not one that was destroyed."""
    _opened(session)[key_id] = Cipher(_unwrap(_keyring(session), key_id, master_id, wrapped))


def forget_keys(session: Session, key_ids: Iterable[str]) -> None:
    """Let go of open keys that are not needed any more, where many families pass by."""
    for key_id in key_ids:
        _opened(session).pop(key_id, None)


def blind(session: Session, purpose: str, value: str) -> str:
    """The blind index of ``value`` for ``purpose`` (``e164``, ``last4``, ``name``, ``ref``)."""
    return _keyring(session).blind(purpose, value)


def blinder(session: Session) -> Callable[[str, str], str]:
    """The same for very many values: what makes their indexes, without the session."""
    return _keyring(session).blind


def _key(session: Session, key_id: str) -> Cipher | None:
    opened = _opened(session)
    if key_id not in opened:
        row = session.get(DataKeyRow, key_id)
        if row is None or row.destroyed_at is not None:
            return None
        open_rows(session, row)
    return opened[key_id]


def _wrap(ring: Keyring, key_id: str, key: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(ring.masters[ring.newest]).encrypt(nonce, key, key_id.encode())


def _unwrap(ring: Keyring, key_id: str, master_id: str, wrapped: bytes) -> bytes:
    if master_id not in ring.masters:
        raise KeyError(f"the master key {master_id} is not among OUTREACH_KEYS")
    return AESGCM(ring.masters[master_id]).decrypt(wrapped[:12], wrapped[12:], key_id.encode())


def _place(table: str, column: str, row_id: str) -> bytes:
    return f"{table}.{column}.{row_id}".encode()


def _keyring(session: Session) -> Keyring:
    ring: Keyring = session.info["keyring"]
    return ring


def _opened(session: Session) -> dict[str, Cipher]:
    # Kept for one session only: a key destroyed by another process must not live on in this one.
    opened: dict[str, Cipher] = session.info.setdefault("opened_keys", {})
    return opened
