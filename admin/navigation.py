"""The way around: which pages each role is offered, in which order, and which one is home."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request, url_for

from outreach.domain.access import Actor, Permission


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    url: str
    current: bool


PLACES: tuple[tuple[str, str, Permission], ...] = (
    ("Today", "today.show", Permission.WORKLIST_READ),
    ("Inbox", "inbox.show", Permission.INBOX_READ),
    ("Referrals", "referrals.show", Permission.REFERRAL_READ),
    ("Overview", "overview.show", Permission.OVERVIEW_READ),
    ("Imports", "imports.show", Permission.IMPORT_READ),
    ("Gate", "gate.show", Permission.HOLD_LIFT),
    ("Cadence", "cadence.show", Permission.CADENCE_READ),
    ("Rota", "rota.show", Permission.ROTA_READ),
    ("Scripts", "scripts.show", Permission.SCRIPT_READ),
    ("Approvals", "approvals.show", Permission.WORDING_READ),
    ("Going live", "going_live.show", Permission.SETTING_EDIT),
    ("Your account", "account.show", Permission.SELF),
)
PART_OF = {"notices": "gate"}
"""Pages that stand under another place."""
HOMES = {"coordinator": "overview.show", "supervisor": "overview.show"}


def navigation(app: Flask, actor: Actor) -> list[NavigationItem]:
    """The pages that exist and that ``actor`` may open."""
    here = PART_OF.get(request.blueprint or "", request.blueprint or "") + "."
    return [
        NavigationItem(label=label, url=url_for(endpoint), current=endpoint.startswith(here))
        for label, endpoint, permission in PLACES
        if endpoint in app.view_functions and actor.may(permission)
    ]


def home(app: Flask, actor: Actor) -> str:
    """The address of the first page of ``actor``'s role."""
    chosen = HOMES.get(actor.role.value, "")
    if chosen in app.view_functions:
        return url_for(chosen)
    offered = (place for place in PLACES if place[1] in app.view_functions and actor.may(place[2]))
    return url_for(next(offered)[1])
