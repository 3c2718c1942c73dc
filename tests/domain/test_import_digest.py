"""The digest of what a plan depends on: every fact counts, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outreach.domain.import_digest import KnownDigest
from outreach.domain.import_plan import Seen
from tests.domain.recognition_rows import AREAS

FAMILY: dict[str, Any] = {
    "ref": "F001", "fingerprint": "ab", "stopped": False, "listed": True, "excluded": None, "holds": ("reply",),
}  # fmt: skip
AROUND: dict[str, Any] = {"stopped_numbers": {"+447700900001"}, "areas": AREAS, "seen": Seen.NEVER, "cadences": ["v1"]}


def digest(*families: dict[str, Any], **around: Any) -> str:
    known = KnownDigest()
    for each in families or (FAMILY,):
        known.add(**each)
    return known.with_all(**{**AROUND, **around})


def test_the_same_facts_give_the_same_digest() -> None:
    several = {"stopped_numbers": {"+447700900002", "+447700900001"}, "cadences": ["v2", "v1"]}
    turned = {"stopped_numbers": {"+447700900001", "+447700900002"}, "cadences": ["v1", "v2"]}
    assert digest(**several) == digest(**turned) != digest()


@pytest.mark.parametrize(
    "other",
    [
        {"ref": "F002"},
        {"fingerprint": "cd"},
        {"stopped": True},
        {"listed": False},
        {"excluded": "deceased"},
        {"holds": ()},
        {"holds": ("reply", "release_review")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_every_fact_of_a_family_counts(other: dict[str, Any]) -> None:
    assert digest({**FAMILY, **other}) != digest()


def test_another_family_counts() -> None:
    assert digest(FAMILY, {**FAMILY, "ref": "F002"}) != digest()


@pytest.mark.parametrize(
    "other",
    [
        {"stopped_numbers": set()},
        {"areas": {code: replace(area, live_on=area.live_on.replace(year=2099)) for code, area in AREAS.items()}},
        {"seen": Seen.LAST},
        {"cadences": ["v2"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_is_around_the_families_counts(other: dict[str, Any]) -> None:
    assert digest(**other) != digest()
