"""Who may do what: one table from role to permissions, asked by every route and again by every command.

Rules
* A person acts in one role, for one organisation, in the areas they are assigned to.
* A permission answers *may this role do such a thing*; scope (area, assignment, consent) is asked beside it.
* Staff of the partner see nothing of a family but the referrals made to their own organisation.
* A family that somebody knows is hidden from them (the conflict list): every command names the family it is about,
  and every view reads with ``sessions.read(actor.hides)``.
* Nobody's work is measured: no permission exists for outcomes by person (DPA 2018 s.62(4)).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    PRACTITIONER = "practitioner"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    PARTNER = "partner"
    ANALYST = "analyst"
    AUDITOR = "auditor"


class Permission(StrEnum):
    AUDIT_READ = "audit:read"
    CADENCE_EDIT = "cadence:edit"
    CADENCE_READ = "cadence:read"
    CALL_MAKE = "call:make"
    CONSENT_RECORD = "consent:record"
    FAMILY_ASSIGN = "family:assign"
    FAMILY_READ = "family:read"
    HOLD_LIFT = "hold:lift"
    HOLD_SET = "hold:set"
    IMPORT_COMMIT = "import:commit"
    IMPORT_READ = "import:read"
    INBOX_ANSWER = "inbox:answer"
    INBOX_READ = "inbox:read"
    NOTICE_APPROVE = "notice:approve"
    OVERVIEW_READ = "overview:read"
    PAUSE_LIFT = "pause:lift"
    PAUSE_SET = "pause:set"
    REFERRAL_ANSWER = "referral:answer"
    REFERRAL_MAKE = "referral:make"
    REFERRAL_READ = "referral:read"
    REPORT_READ = "report:read"
    ROTA_EDIT = "rota:edit"
    ROTA_READ = "rota:read"
    SCRIPT_READ = "script:read"
    SELF = "self"
    SETTING_EDIT = "setting:edit"
    WORDING_APPROVE = "wording:approve"
    WORDING_READ = "wording:read"
    WORKLIST_READ = "worklist:read"


_P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PRACTITIONER: frozenset(
        {
            _P.CALL_MAKE, _P.CONSENT_RECORD, _P.FAMILY_READ, _P.HOLD_SET, _P.INBOX_ANSWER, _P.INBOX_READ,
            _P.REFERRAL_MAKE, _P.ROTA_READ, _P.SCRIPT_READ, _P.SELF, _P.WORKLIST_READ,
        }
    ),
    Role.COORDINATOR: frozenset(
        {
            _P.CADENCE_EDIT, _P.CADENCE_READ, _P.CALL_MAKE, _P.CONSENT_RECORD, _P.FAMILY_ASSIGN, _P.FAMILY_READ,
            _P.HOLD_LIFT, _P.HOLD_SET, _P.IMPORT_COMMIT, _P.IMPORT_READ, _P.INBOX_ANSWER, _P.INBOX_READ,
            _P.NOTICE_APPROVE, _P.OVERVIEW_READ, _P.PAUSE_LIFT, _P.PAUSE_SET, _P.REFERRAL_MAKE, _P.REPORT_READ,
            _P.ROTA_EDIT,
            _P.ROTA_READ, _P.SCRIPT_READ, _P.SELF, _P.SETTING_EDIT, _P.WORDING_APPROVE, _P.WORDING_READ,
            _P.WORKLIST_READ,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            _P.CADENCE_READ, _P.CALL_MAKE, _P.CONSENT_RECORD, _P.FAMILY_READ, _P.HOLD_LIFT, _P.HOLD_SET,
            _P.IMPORT_READ, _P.INBOX_ANSWER, _P.INBOX_READ, _P.OVERVIEW_READ, _P.PAUSE_LIFT, _P.PAUSE_SET,
            _P.REFERRAL_MAKE, _P.ROTA_EDIT, _P.ROTA_READ, _P.SCRIPT_READ, _P.SELF, _P.SETTING_EDIT,
            _P.WORDING_APPROVE, _P.WORDING_READ, _P.WORKLIST_READ,
        }
    ),
    Role.PARTNER: frozenset({_P.REFERRAL_ANSWER, _P.REFERRAL_READ, _P.SELF}),
    Role.ANALYST: frozenset({_P.REPORT_READ, _P.SELF}),
    Role.AUDITOR: frozenset({_P.AUDIT_READ, _P.SELF}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at work. ``areas`` are area codes; ``id`` is ``"system"`` for the service itself."""

    id: str
    name: str
    role: Role
    organisation_id: str
    areas: frozenset[str] = frozenset()
    hides: frozenset[str] = frozenset()
    """Ids of families this person knows: nothing anywhere tells them that we do too."""
    demo: bool = False

    def may(self, permission: Permission) -> bool:
        return permission in GRANTS[self.role]

    def works_in(self, area: str) -> bool:
        return area in self.areas


class NotAllowed(Exception):  # noqa: N818 - it reads as what is said to the person
    """You may not do this. If you should be able to, ask your coordinator."""


class NotThere(NotAllowed):
    """To this person it is as if there were no such thing."""


def require(actor: Actor, permission: Permission, *, area: str | None = None, family: str | None = None) -> None:
    """Raise ``NotAllowed`` unless ``actor`` holds ``permission`` and, where one is named, works in ``area``.

    ``NotThere`` where ``family`` is hidden from them.
    """
    if family is not None and family in actor.hides:
        raise NotThere
    if not actor.may(permission) or (area is not None and not actor.works_in(area)):
        raise NotAllowed
