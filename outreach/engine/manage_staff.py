"""Adds people who may sign in, and lists them. The command line is the way in: whoever runs it runs the service.

Rules
* Somebody new gets a password for the first sign-in, shown once; it must be replaced then, with a one-time code.
* All problems are said at once, and nothing is added then.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import select

from outreach.domain.access import Role
from outreach.domain.phone import Phone, parse_phone
from outreach.runtime import Runtime
from outreach.store import areas as area_rows
from outreach.store import events
from outreach.store.sealing import SERVICE, seal
from outreach.store.staff import OrganisationRow, StaffAreaRow, StaffRow

SEES_FAMILIES = frozenset({Role.PRACTITIONER, Role.COORDINATOR, Role.SUPERVISOR})
"""Only staff of the police, until an area can keep a sharing agreement on record."""


@dataclass(frozen=True, slots=True)
class Added:
    id: str
    first_password: str


@dataclass(frozen=True, slots=True)
class NotAdded:
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    role: str
    areas: tuple[str, ...]


def add_person(
    runtime: Runtime,
    *,
    email: str,
    name: str,
    role: Role,
    organisation: str,
    kind: str,
    areas: Sequence[str],
    phone: str | None = None,
) -> Added | NotAdded:
    now, password = runtime.now(), secrets.token_urlsafe(12)
    with runtime.sessions.begin() as session:
        known = area_rows.areas(session)
        problems = [f"There is no area {code}; there are {', '.join(known)}." for code in areas if code not in known]
        if not areas and role not in (Role.AUDITOR, Role.PARTNER):
            problems.append("Name at least one area: --area OXF")
        home = session.scalars(select(OrganisationRow).where(OrganisationRow.name == organisation)).one_or_none()
        if (home.kind if home else kind) != "police" and role in SEES_FAMILIES:
            problems.append(
                f"A {role.value} sees families, and this area has no sharing agreement with another organisation on "
                "record. Add them as partner: then they see what each family agreed to."
            )
        if "@" not in email:
            problems.append("The e-mail address has no @.")
        if session.scalars(select(StaffRow.id).where(StaffRow.email == email.strip().lower())).first():
            problems.append("Somebody with this e-mail address is there already.")
        fictional = runtime.settings.fictional_numbers == "allow"
        read = parse_phone(phone, fictional_allowed=fictional) if phone else None
        e164 = read.e164 if isinstance(read, Phone) else None
        if phone and e164 is None:
            problems.append("The phone number cannot be used.")
        if problems:
            return NotAdded(tuple(problems))
        if home is None:
            home = OrganisationRow(id=runtime.new_id(), name=organisation, kind=kind)
            session.add(home)
            session.flush()
        person_id = runtime.new_id()
        session.add(
            StaffRow(
                id=person_id,
                organisation_id=home.id,
                email=email.strip().lower(),
                name=name,
                role=role.value,
                phone=seal(session, e164, key_id=SERVICE, table="staff", column="phone", row_id=person_id)
                if e164
                else None,
                password_hash=PasswordHasher().hash(password),
                made_at=now,
            )
        )
        session.flush()
        session.add_all(StaffAreaRow(staff_id=person_id, area_code=code) for code in areas)
        events.note(
            session, "person_added", id=runtime.new_id(), at=now, actor_id="command_line", subjects=[person_id],
            data={"role": role.value, "areas": sorted(areas)},
        )  # fmt: skip
    return Added(person_id, password)


def set_phone(runtime: Runtime, *, email: str, phone: str) -> str | None:
    """Where alerts to this person go, and what rings first in their calls; or why it cannot be kept."""
    read = parse_phone(phone, fictional_allowed=runtime.settings.fictional_numbers == "allow")
    if not isinstance(read, Phone):
        return "The phone number cannot be used. Write it in full, such as 07700 900123."
    with runtime.sessions.begin() as session:
        here = (StaffRow.email == email.strip().lower(), StaffRow.left_at.is_(None))
        row = session.scalars(select(StaffRow).where(*here).with_for_update()).one_or_none()
        if row is None:
            return "Nobody here has this address. outreach user list shows who there is."
        row.phone = seal(session, read.e164, key_id=SERVICE, table="staff", column="phone", row_id=row.id)
        events.note(
            session, "phone_set", id=runtime.new_id(), at=runtime.now(), actor_id="command_line", subjects=[row.id]
        )
    return None


def list_people(runtime: Runtime) -> tuple[Person, ...]:
    with runtime.sessions.read() as session:
        rows = session.scalars(select(StaffRow).where(StaffRow.left_at.is_(None)).order_by(StaffRow.name)).all()
        codes = session.execute(select(StaffAreaRow.staff_id, StaffAreaRow.area_code).order_by(StaffAreaRow.area_code))
        where: dict[str, list[str]] = {}
        for person, code in codes:
            where.setdefault(person, []).append(code)
    return tuple(Person(row.id, row.name, row.role, tuple(where.get(row.id, ()))) for row in rows)
