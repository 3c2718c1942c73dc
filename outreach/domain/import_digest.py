"""The digest of all that a plan depends on beside its file: equal digests, equal plans.

Rules
* A plan keeps the digest of the moment it was made at. The commit works it out again and refuses where it is another.
* Families are taken in an order that is the same each time. Personal words go in as digests of their own only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from outreach.domain.import_plan import AreaFacts, Seen


class KnownDigest:
    """SHA-256. Give it every known family, then ask once."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(
        self, ref: str, fingerprint: str, *, stopped: bool, listed: bool, excluded: str | None, holds: Sequence[str]
    ) -> None:
        """``fingerprint``: that of the record as last imported."""
        flags = f"{stopped:d}{listed:d}{excluded or ''}"
        self._digest.update(f"{ref}\x1f{fingerprint}\x1f{flags}\x1f{' '.join(holds)}\x1e".encode())

    def with_all(
        self,
        *,
        stopped_numbers: Iterable[str],
        areas: Mapping[str, AreaFacts],
        seen: Seen,
        cadences: Iterable[str],
    ) -> str:
        """The digest in hex, of what is around the families too. ``cadences``: the versions that new families join."""
        rest = [
            sorted(stopped_numbers),
            sorted((area.code, area.live_on.isoformat()) for area in areas.values()),
            seen.value,
            sorted(cadences),
        ]
        whole = self._digest.copy()
        whole.update(json.dumps(rest).encode())
        return whole.hexdigest()
