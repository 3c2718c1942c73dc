"""Pinned scripts, read once: a version is the hash of its content, so what was read of it stays true for ever."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.script import Bundle
from outreach.domain.script_json import bundle_from_json
from outreach.store.conversations import BundleRow

MOST = 64
_read: dict[str, Bundle] = {}


def pinned_bundle(session: Session, version: str) -> Bundle:
    """The script of a version, with all it can reach. Raises ``LookupError`` where nobody ever pinned it."""
    held = _read.get(version)
    if held is None:
        content = session.scalar(select(BundleRow.content).where(BundleRow.version == version))
        if content is None:
            raise LookupError("this version of a script was never used")
        held = bundle_from_json(content)
        while len(_read) >= MOST:
            _read.pop(next(iter(_read)))
        _read[version] = held
    return held
