"""Coordinator and supervisor sign the words, by name and by version; either may take a signature back.

Rules
* A signature is for one version of one text or script in one language. Another word is another version.
* Two are needed before anything of it may go live: one as coordinator, one as supervisor (DESIGN 4.2).
* Two people: nobody signs a version in both roles, also where their role changed in between.
* What was signed is what was shown: where the words changed since the page was shown, nothing is signed. The words
  themselves are kept with the signature, so that the next version can be compared with them.
* A draft is not signed. Signing twice changes nothing; taking back works at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.signed_words import lines_of_script, lines_of_text
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.conversations import ApprovalRow

SIGNERS = frozenset({Role.COORDINATOR, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Signed:
    version: str


@dataclass(frozen=True, slots=True)
class NotSigned:
    why: str


def approve(runtime: Runtime, actor: Actor, *, kind: str, name: str, language: str, version: str) -> Signed | NotSigned:
    """Sign this version, in the role one has."""
    require(actor, Permission.WORDING_APPROVE)
    found = version_of(runtime, kind=kind, name=name, language=language)
    if found is None or actor.role not in SIGNERS:
        return NotSigned("There are no such words to approve.")
    current, draft = found
    if draft:
        return NotSigned("These words are a draft. A native reviewer reads them first, then they can be approved.")
    if current != version:
        return NotSigned("The words have changed since this page was shown. Read them again, then approve.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        query = select(ApprovalRow).where(
            ApprovalRow.kind == kind,
            ApprovalRow.name == name,
            ApprovalRow.language == language,
            ApprovalRow.version == version,
            ApprovalRow.role == actor.role.value,
        )
        row = session.scalars(query.with_for_update()).one_or_none()
        if row is not None and row.withdrawn_at is None:
            return Signed(version)
        other = select(ApprovalRow.id).where(
            ApprovalRow.kind == kind,
            ApprovalRow.name == name,
            ApprovalRow.language == language,
            ApprovalRow.version == version,
            ApprovalRow.role != actor.role.value,
            ApprovalRow.staff_id == actor.id,
            ApprovalRow.withdrawn_at.is_(None),
        )
        if session.scalars(other).first() is not None:
            return NotSigned(
                "You have signed this version in your other role. The second signature is somebody else's."
            )
        if row is None:
            row = ApprovalRow(
                id=runtime.new_id(), kind=kind, name=name, language=language, version=version, role=actor.role.value,
                staff_id=actor.id, at=now, demo=runtime.settings.demo,
                words="\n".join(words_of(runtime, kind, name, language)),
            )  # fmt: skip
            session.add(row)
        else:
            row.staff_id, row.at, row.withdrawn_at = actor.id, now, None
        data = {"kind": kind, "name": name, "language": language, "version": version, "role": actor.role.value}
        events.note(
            session, "wording_approved", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id], data=data
        )
    return Signed(version)


def withdraw(runtime: Runtime, actor: Actor, *, kind: str, name: str, language: str) -> int:
    """Take back every signature on these words, whoever gave them; how many there were."""
    require(actor, Permission.WORDING_APPROVE)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        query = select(ApprovalRow).where(
            ApprovalRow.kind == kind,
            ApprovalRow.name == name,
            ApprovalRow.language == language,
            ApprovalRow.withdrawn_at.is_(None),
        )
        rows = session.scalars(query.with_for_update()).all()
        for row in rows:
            row.withdrawn_at = now
            data = {"kind": kind, "name": name, "language": language, "version": row.version, "role": row.role}
            events.note(
                session, "wording_approval_withdrawn", id=runtime.new_id(), at=now, actor_id=actor.id,
                subjects=[row.id], data=data,
            )  # fmt: skip
    return len(rows)


def version_of(runtime: Runtime, *, kind: str, name: str, language: str) -> tuple[str, bool] | None:
    """The version that would go live now, and whether it is a draft; None where there are no such words."""
    if kind == "text":
        text = runtime.library.wordings.get((name, language))
        return (text.version, text.draft) if text else None
    script = runtime.library.scripts.get((name, language))
    return (script.version, script.draft is not None) if script and kind == "script" else None


def words_of(runtime: Runtime, kind: str, name: str, language: str) -> list[str]:
    """The words as they are kept with a signature, line by line."""
    if kind == "text":
        return lines_of_text(runtime.library.wordings[name, language].source)
    return lines_of_script(runtime.library.scripts[name, language])
