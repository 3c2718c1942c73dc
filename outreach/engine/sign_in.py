"""Sign in with a password and a one-time code; keep, end and end everywhere the sessions that come of it.

Rules
* A session is a random token in the browser; here stands only its hash. Ending the row ends the session.
* After the password a session may do one thing: give the one-time code, or set it up when there is none yet.
* Setting up (the first sign-in) replaces the password that was handed over by one's own.
* A wrong address costs the same time and gets the same answer as a wrong password, and as an account that rests:
  the answer says of no address whether somebody has it. Who has the password already is told how long it rests.
* The demo's way in needs no password. It exists only where the settings and the database both say *demo*.
* Time here is real time, also where the demo's clock is months ahead.
* Who signed in or failed to is an event; addresses, passwords and codes are never written down.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from outreach.domain import sign_in as rules
from outreach.domain.access import Actor, Role
from outreach.engine.sign_in_tries import note_wrong, too_many_from
from outreach.runtime import Runtime, real_time
from outreach.store import areas, events, sealing
from outreach.store.conflicts import HIDDEN_FROM_STAFF
from outreach.store.staff import AREAS_OF_STAFF, OrganisationRow, StaffRow, WebSessionRow, actor_of

ISSUER = "Paramount Outreach"
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")  # verified against for unknown addresses: same time, same answer
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """``reason``: ``wrong``, ``resting`` (then ``until``; after the password only), ``too_many`` (from one client),
    ``session_over`` or ``unfit`` (then ``words``)."""

    reason: str
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """The password was right. ``token`` is for the cookie; ``needs`` is ``code`` or ``enrolment``."""

    token: str
    needs: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A full session. The token is a new one: what was known before the code is worth nothing after it."""

    token: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose session it is. ``needs`` is empty when it is a full one."""

    actor: Actor
    needs: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret to type, the address to scan."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody one can be in the demo."""

    id: str
    name: str
    role: Role
    organisation: str
    areas: tuple[str, ...]


def cookie_secret(runtime: Runtime) -> str:
    """What signs the small cookie of the forms; derived from the index key, so all processes share it."""
    with runtime.sessions.read() as session:
        return sealing.blind(session, "cookie", "forms")


def begin(runtime: Runtime, *, email: str, password: str, client: str = "") -> Begun | Refused:
    """Check the password; on success open a session that still needs its second step. ``client``: from where."""
    now = real_time(runtime)
    with runtime.sessions.read() as session:
        if too_many_from(session, client, now=now):
            return Refused("too_many")
        seen = _by_email(session, email)
    right = _password_is(seen, password)  # takes a tenth of a second: no transaction is open meanwhile
    with runtime.sessions.begin() as session:
        if seen is None:
            note_wrong(session, runtime, client, staff_id=None, now=now)
            return Refused("wrong")
        row = session.get_one(StaffRow, seen.id, with_for_update=True)
        if row.locked_until is not None and now < row.locked_until:
            note_wrong(session, runtime, client, staff_id=row.id, now=now)
            return Refused("wrong")
        if not right or row.password_hash != seen.password_hash:
            _failed(session, runtime, row, now, client=client)
            return Refused("wrong")
        row.failures, row.locked_until = 0, None
        return Begun(token=_open(session, row, now), needs=_needs(row))


def give_code(runtime: Runtime, token: str, code: str) -> SignedIn | Refused:
    """Check the one-time code of a session that needs it."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        found = _halfway(session, token, now)
        if found is None or _needs(found[1]) != "code":
            return Refused("session_over")
        return _second_step(session, runtime, found, code, now)


def start_enrolment(runtime: Runtime, token: str) -> Enrolment | Refused:
    """Make, or show again, the secret for the person's authenticator; in force once a code proves it."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        found = _halfway(session, token, now)
        if found is None or _needs(found[1]) != "enrolment":
            return Refused("session_over")
        row = found[1]
        secret = _secret(session, row)
        if secret is None:
            secret = pyotp.random_base32()
            row.totp_secret = sealing.seal(
                session, secret, key_id=sealing.SERVICE, table="staff", column="totp_secret", row_id=row.id
            )
        return Enrolment(secret=secret, uri=pyotp.TOTP(secret).provisioning_uri(name=row.email, issuer_name=ISSUER))


def finish_enrolment(runtime: Runtime, token: str, *, password: str, code: str) -> SignedIn | Refused:
    """Put one's own password and authenticator in force."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        found = _halfway(session, token, now)
        if found is None or _needs(found[1]) != "enrolment":
            return Refused("session_over")
        row = found[1]
        problem = rules.password_problem(password, name=row.name, email=row.email)
        if problem is None and _password_is(row, password):
            problem = "Choose a password of your own, not the one you were given"
        if problem:
            return Refused("unfit", words=problem)
        outcome = _second_step(session, runtime, found, code, now)
        if isinstance(outcome, SignedIn):
            row.password_hash = _HASHER.hash(password)
            _note(session, runtime, "sign_in_set_up", row.id, now)
        return outcome


def who_is(runtime: Runtime, token: str) -> Whose | None:
    """Whose session this token is, if it still holds. Its last use is written down once a minute."""
    now = real_time(runtime)
    with runtime.sessions.read() as session:
        found: Any = session.execute(_WHO_IS, {"token_hash": _hash(token)}).one_or_none()
        if found is None or not _holds(found, now):
            return None
        demo = found.demo and runtime.settings.demo
        if found.demo and not demo:
            return None
        actor = actor_of(session, found, areas=found.areas or "", hides=found.hides or "", demo=demo)
        whose = Whose(actor=actor, needs=_missing(found, found))
        stale = abs(now - found.seen_at) >= _TOUCH_EVERY
    if stale:
        with runtime.sessions.begin() as session:
            mine = WebSessionRow.token_hash == _hash(token)
            session.execute(update(WebSessionRow).where(mine).values(seen_at=now))
    return whose


def end(runtime: Runtime, token: str) -> None:
    """Sign out of one browser."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        found = _open_session(session, token)
        if found is not None:
            found[0].ended_at = now
            _note(session, runtime, "signed_out", found[1].id, now)


def end_everywhere(runtime: Runtime, actor: Actor) -> int:
    """End every session of one's own; returns how many there were."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        ended = end_sessions_of(session, actor.id, now)
        _note(session, runtime, "signed_out_everywhere", actor.id, now)
        return ended


def end_sessions_of(session: Session, staff_id: str, now: datetime) -> int:
    """End all open sessions of one person, in the caller's transaction."""
    live = (WebSessionRow.staff_id == staff_id, WebSessionRow.ended_at.is_(None))
    rows = session.scalars(select(WebSessionRow).where(*live)).all()
    for row in rows:
        row.ended_at = now
    return len(rows)


def personas(runtime: Runtime) -> tuple[Persona, ...]:
    """Whom one can be in the demo; nobody anywhere else."""
    with runtime.sessions.read() as session:
        if not _is_demo(runtime, session):
            return ()
        query = (
            select(StaffRow, OrganisationRow.name)
            .join(OrganisationRow, OrganisationRow.id == StaffRow.organisation_id)
            .where(StaffRow.left_at.is_(None))
        )
        order = {role: place for place, role in enumerate(Role)}
        found = [
            Persona(
                id=row.id,
                name=row.name,
                role=Role(row.role),
                organisation=organisation,
                areas=tuple(sorted(actor_of(session, row).areas)),
            )
            for row, organisation in session.execute(query)
        ]
        return tuple(sorted(found, key=lambda one: (order[one.role], one.name)))


def begin_as(runtime: Runtime, staff_id: str) -> SignedIn | Refused:
    """The demo's way in: be this person, without a password. Refused everywhere else."""
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        row = session.get(StaffRow, staff_id)
        if not _is_demo(runtime, session) or row is None or row.left_at is not None:
            return Refused("wrong")
        token = _open(session, row, now, demo=True)
        _note(session, runtime, "signed_in_demo", row.id, now)
        return SignedIn(token=token, actor=actor_of(session, row, demo=True))


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def _is_demo(runtime: Runtime, session: Session) -> bool:
    return runtime.settings.demo and areas.service(session).demo


def _by_email(session: Session, email: str) -> StaffRow | None:
    found = select(StaffRow).where(func.lower(StaffRow.email) == email.strip().lower(), StaffRow.left_at.is_(None))
    return session.scalars(found).one_or_none()


def _password_is(row: StaffRow | None, password: str) -> bool:
    kept = row.password_hash if row is not None and row.password_hash else _NOBODY
    try:
        return _HASHER.verify(kept, password) and kept is not _NOBODY
    except (VerificationError, InvalidHashError):
        return False


def _failed(session: Session, runtime: Runtime, row: StaffRow, now: datetime, *, client: str = "") -> Refused:
    row.failures, row.locked_until = rules.after_failure(row.failures, now)
    note_wrong(session, runtime, client, staff_id=row.id, now=now, rested=row.locked_until is not None)
    return Refused("wrong" if row.locked_until is None else "resting", until=row.locked_until)


def _second_step(
    session: Session, runtime: Runtime, found: tuple[WebSessionRow, StaffRow], code: str, now: datetime
) -> SignedIn | Refused:
    web, row = found
    if row.locked_until is not None and now < row.locked_until:
        return Refused("resting", until=row.locked_until)
    totp = pyotp.TOTP(_secret(session, row) or pyotp.random_base32())
    step = rules.accepted_step(
        code, now, last_step=row.totp_last_step, code_at=lambda at: totp.at(for_time=at * rules.STEP)
    )
    if step is None:
        return _failed(session, runtime, row, now)
    row.failures, row.locked_until, row.totp_last_step = 0, None, step
    web.ended_at = now
    token = _open(session, row, now, second_step=True)
    _note(session, runtime, "signed_in", row.id, now)
    return SignedIn(token=token, actor=actor_of(session, row))


def _needs(row: StaffRow) -> str:
    # The secret is in force from the first code that proved it; before that it is only a proposal.
    return "enrolment" if row.totp_last_step is None else "code"


def _missing(web: WebSessionRow, row: StaffRow) -> str:
    return "" if web.demo or web.second_step_at is not None else _needs(row)


def _holds(web: WebSessionRow, now: datetime) -> bool:
    if web.demo:
        return True  # the demo's clock jumps by months
    return rules.session_holds(web.began_at, web.seen_at, now, halfway=web.second_step_at is None)


def _halfway(session: Session, token: str, now: datetime) -> tuple[WebSessionRow, StaffRow] | None:
    found = _open_session(session, token)
    if found is None or found[0].second_step_at is not None or found[0].demo or not _holds(found[0], now):
        return None
    return found


_OPEN_SESSION = (
    select(WebSessionRow, StaffRow)
    .join(StaffRow, StaffRow.id == WebSessionRow.staff_id)
    .where(
        WebSessionRow.token_hash == bindparam("token_hash"),
        WebSessionRow.ended_at.is_(None),
        StaffRow.left_at.is_(None),
    )
)
_WHO_IS = _OPEN_SESSION.with_only_columns(
    WebSessionRow.began_at, WebSessionRow.seen_at, WebSessionRow.second_step_at, WebSessionRow.demo,
    StaffRow.id, StaffRow.name, StaffRow.role, StaffRow.organisation_id, StaffRow.totp_last_step,
    AREAS_OF_STAFF.label("areas"), HIDDEN_FROM_STAFF.label("hides"),
)  # fmt: skip
"""Built once, and of columns alone: every request asks it."""


def _open_session(session: Session, token: str) -> tuple[WebSessionRow, StaffRow] | None:
    found = session.execute(_OPEN_SESSION, {"token_hash": _hash(token)}).one_or_none()
    return (found[0], found[1]) if found else None


def _open(session: Session, row: StaffRow, now: datetime, *, second_step: bool = False, demo: bool = False) -> str:
    token = secrets.token_urlsafe(32)  # a secret, not an id: ids are ordered by time and can be guessed at
    session.add(
        WebSessionRow(
            token_hash=_hash(token),
            staff_id=row.id,
            began_at=now,
            seen_at=now,
            second_step_at=now if second_step else None,
            demo=demo,
        )
    )
    return token


def _secret(session: Session, row: StaffRow) -> str | None:
    return sealing.unseal(
        session, row.totp_secret, key_id=sealing.SERVICE, table="staff", column="totp_secret", row_id=row.id
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _note(session: Session, runtime: Runtime, name: str, staff_id: str, now: datetime) -> None:
    events.note(session, name, id=runtime.new_id(), at=now, actor_id=staff_id, subjects=[staff_id])
