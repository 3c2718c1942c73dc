"""Reads a family's text. Pure: no file, no clock, nothing leaves the machine."""

from __future__ import annotations

from outreach.domain.reply_values import (
    CRISIS,
    NO_REPLY,
    PRECEDENCE,
    SWITCHED,
    WORDINGS,
    Action,
    Asked,
    Context,
    Intent,
    Need,
    ProposedTime,
    Reading,
    Signal,
    StopScope,
    Term,
)

__all__ = [
    "CRISIS",
    "NO_REPLY",
    "PRECEDENCE",
    "SWITCHED",
    "WORDINGS",
    "Action",
    "Asked",
    "Context",
    "Intent",
    "Need",
    "ProposedTime",
    "Reading",
    "Signal",
    "StopScope",
    "Term",
]
