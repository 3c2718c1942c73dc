"""Tells from the words alone what kind of text the network was handed: an offer, an answer, the end of it."""

from __future__ import annotations

import re
from functools import lru_cache

from outreach.bootstrap import ROOT

KINDS = {
    "offer_again_l0": "offer", "offer_again_l1": "offer", "offer_again_l2": "offer", "stop": "stop",
    "crisis": "crisis", "wrong_number": "apology", "call_soon": "booking", "call_booked": "booking",
    "later": "answer", "later_on": "answer", "decline": "answer", "who_is_this": "answer", "out_of_hours": "answer",
    "referral_sent": "answer", "consent_nudge": "conversation nudge", "pre_call": "offer", "missed_call": "offer",
}  # fmt: skip
FOR_STAFF = "an alert needs a person now"


@lru_cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = []
    for name, kind in KINDS.items():
        words = (ROOT / "templates" / "sms" / "en" / f"{name}.txt.j2").read_text(encoding="utf-8").strip()
        parts = re.split(r"({{.*?}})", words)
        pattern = "".join(_value(part.strip("{} ")) if part.startswith("{{") else re.escape(part) for part in parts)
        found.append((kind, re.compile(_once(pattern), re.DOTALL)))
    return tuple(found)


def _value(name: str) -> str:
    """Our number is digits in groups: what follows it is not of it."""
    return r"[+\d]+(?: \d+)*" if name == "phone" else f"(?P<{name}>.+?)"


def _once(pattern: str) -> str:
    """A name may stand in a pattern once; the second time it is any words."""
    seen: set[str] = set()

    def name(match: re.Match[str]) -> str:
        if match[1] in seen:
            return "(?:.+?)"
        seen.add(match[1])
        return match[0]

    return re.sub(r"\(\?P<(\w+)>\.\+\?\)", name, pattern)


@lru_cache(maxsize=4096)
def kind_of(body: str) -> str:
    """One of the kinds; ``staff`` for what is not for a family, ``conversation`` for a question about consent."""
    if FOR_STAFF in body:
        return "staff"
    return next((kind for kind, pattern in _patterns() if pattern.fullmatch(body.strip())), "conversation")


@lru_cache(maxsize=4096)
def promised_in(body: str) -> str | None:
    """When a text says that we will ring, in its own words."""
    for kind, pattern in _patterns():
        if kind == "booking" and (match := pattern.fullmatch(body.strip())):
            return match["when"]
    return None
