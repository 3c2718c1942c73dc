"""The keys that are not in the database: master keys, and the key of the blind indexes.

Rules
* A master key wraps the data keys (one per family, one for the service). Several may be known; the newest
  wraps, all unwrap, so that the master can rotate.
* The index key makes look-ups possible without reading: it never changes while data is kept.
* Keys are 32 bytes, written as URL-safe base64. Wrong keys are named at once, without their values.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any


class KeyProblem(Exception):  # noqa: N818 - named for what it says
    """A key is missing or cannot be read."""


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """``masters``: id -> key, in the order they came; the last one wraps."""

    masters: dict[str, bytes]
    index: bytes
    _begun: tuple[Any, Any] = field(init=False, compare=False)
    """HMAC's inner and outer digest with the index key taken in: a copy of them costs a third of beginning anew."""

    def __post_init__(self) -> None:
        key = self.index.ljust(64, b"\0")
        begun = (sha256(bytes(each ^ pad for each in key)) for pad in (0x36, 0x5C))
        object.__setattr__(self, "_begun", tuple(begun))

    @property
    def newest(self) -> str:
        return next(reversed(self.masters))

    def blind(self, purpose: str, value: str) -> str:
        """A keyed, one-way index of ``value`` (HMAC-SHA-256): 32 hexadecimal letters, different per purpose."""
        inner, outer = self._begun[0].copy(), self._begun[1].copy()
        inner.update(f"{purpose}\0{value}".encode())
        outer.update(inner.digest())
        digest: str = outer.hexdigest()
        return digest[:32]

    def written(self) -> str:
        return json.dumps(
            {
                "masters": {name: _encode(key) for name, key in self.masters.items()},
                "index": _encode(self.index),
            }
        )


def read_keyring(text: str) -> Keyring:
    """The keyring written as JSON: ``{"masters": {"id": "base64"}, "index": "base64"}``."""
    try:
        data = json.loads(text)
        masters = {str(name): _decode(key) for name, key in data["masters"].items()}
        index = _decode(data["index"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as cause:
        raise KeyProblem('the keys cannot be read; they are JSON: {"masters": {"id": "…"}, "index": "…"}') from cause
    if not masters:
        raise KeyProblem("no master key is there; at least one is needed")
    return Keyring(masters=masters, index=index)


def make_keyring() -> Keyring:
    return Keyring(masters={"m1": os.urandom(32)}, index=os.urandom(32))


def keyring_in(file: Path, *, make: bool) -> Keyring:
    """The keyring kept in ``file`` (mode 0600); made there when it is missing and ``make`` is true."""
    if file.exists():
        return read_keyring(file.read_text("utf-8"))
    if not make:
        raise KeyProblem(f"no keys: set OUTREACH_KEYS, or put them in {file.name} in OUTREACH_HOME")
    keyring = make_keyring()
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(keyring.written())
    return keyring


def _encode(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def _decode(text: str) -> bytes:
    key = base64.urlsafe_b64decode(text)
    if len(key) != 32:
        raise ValueError("a key is 32 bytes")
    return key
