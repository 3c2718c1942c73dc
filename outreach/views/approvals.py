"""The words that may go out, and who has signed which version of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.intake_languages import language_name
from outreach.domain.script import Script
from outreach.domain.script_drawing import draw
from outreach.domain.signed_words import Change, changes, lines_of_script, lines_of_text
from outreach.domain.wording import LONGEST, Size, fill, size
from outreach.library.wordings import Wording
from outreach.runtime import Runtime
from outreach.store.conversations import ApprovalRow
from outreach.store.staff import StaffRow

EXAMPLE = {
    **LONGEST,
    "team": "Willow team",
    "name": "Amina",
    "partner": "Lantern Families",
    "when": "on Thursday, 10 to 11",
    "phone": "01632 960001",
}


@dataclass(frozen=True, slots=True)
class Signature:
    role: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """One text or script in one language. ``ready``: both have signed this version."""

    kind: str
    name: str
    title: str
    language: str
    language_said: str
    version: str
    level: int | None
    draft: bool
    signatures: tuple[Signature, ...]
    signed_before: bool
    """An earlier version was signed: these words are new since then."""

    @property
    def ready(self) -> bool:
        return {"coordinator", "supervisor"} <= {one.role for one in self.signatures}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a script, with the answers to it."""

    step: str
    say: str
    guide: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed since a version was signed, who signed it and when."""

    who: str
    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class WordsPage:
    words: Words
    example: str
    """A text as it would look on a lock screen, with invented names."""
    size: Size | None
    purpose: str
    lines: tuple[Line, ...]
    picture: str
    """A script as an SVG document, ours, with every word escaped."""
    compared: Compared | None
    """With what was signed last, where that was another version."""


def all_words(runtime: Runtime, actor: Actor) -> tuple[Words, ...]:
    """Every text and script; what waits for a signature first."""
    require(actor, Permission.WORDING_READ)
    with runtime.sessions.read(actor.hides) as session:
        signed = _signatures(session)
    texts = [_of_text(one, signed) for one in runtime.library.wordings.values()]
    scripts = [_of_script(one, signed) for one in runtime.library.scripts.values()]
    return tuple(
        sorted([*texts, *scripts], key=lambda one: (one.ready, one.draft, one.kind != "text", one.language, one.name))
    )


def one_wording(runtime: Runtime, actor: Actor, *, kind: str, name: str, language: str) -> WordsPage:
    """One of them, to be read before it is signed. ``LookupError`` where there are no such words."""
    require(actor, Permission.WORDING_READ)
    if kind not in ("text", "script"):
        raise LookupError(f"{kind} is neither text nor script")
    with runtime.sessions.read(actor.hides) as session:
        signed = _signatures(session)
        if kind == "text":
            text = runtime.library.wordings[name, language]
            compared = _compared(session, kind, name, language, text.version, lines_of_text(text.source))
            example = fill(text.source, EXAMPLE)
            return WordsPage(_of_text(text, signed), example, size(example), text.purpose, (), "", compared)
        script = runtime.library.scripts[name, language]
        compared = _compared(session, kind, name, language, script.version, lines_of_script(script))
    lines = tuple(
        Line(one.id.replace("_", " ").capitalize(), one.say, one.guide, tuple(each.label for each in one.answers))
        for one in script.steps.values()
        if one.say or one.guide
    )
    return WordsPage(_of_script(script, signed), "", None, "", lines, draw(script), compared)


def _compared(session: Session, kind: str, name: str, language: str, version: str, words: list[str]) -> Compared | None:
    """With the version that was signed last before this one, taken back or not."""
    query = (
        select(ApprovalRow, StaffRow.name)
        .outerjoin(StaffRow, StaffRow.id == ApprovalRow.staff_id)
        .where(
            ApprovalRow.kind == kind,
            ApprovalRow.name == name,
            ApprovalRow.language == language,
            ApprovalRow.version != version,
            ApprovalRow.words.is_not(None),
        )
    )
    found = session.execute(query.order_by(ApprovalRow.at.desc(), ApprovalRow.id.desc()).limit(1)).first()
    if found is None:
        return None
    row, who = found
    return Compared(who or "somebody who has left", row.at, changes((row.words or "").split("\n"), words))


Signed = dict[tuple[str, str, str], list[tuple[str, Signature]]]


def _signatures(session: Session) -> Signed:
    query = select(ApprovalRow, StaffRow.name).outerjoin(StaffRow, StaffRow.id == ApprovalRow.staff_id)
    signed: Signed = {}
    for row, who in session.execute(query.where(ApprovalRow.withdrawn_at.is_(None)).order_by(ApprovalRow.role)):
        signature = Signature(row.role, who or "somebody who has left", row.at)
        signed.setdefault((row.kind, row.name, row.language), []).append((row.version, signature))
    return signed


def _of_text(text: Wording, signed: Signed) -> Words:
    mine = signed.get(("text", text.name, text.language), [])
    return _words(
        "text",
        text.name,
        text.purpose.rstrip("."),
        text.language,
        text.version,
        mine,
        int(text.level),
        draft=text.draft,
    )


def _of_script(script: Script, signed: Signed) -> Words:
    mine = signed.get(("script", script.name, script.language), [])
    draft = script.draft is not None
    return _words("script", script.name, script.title, script.language, script.version, mine, None, draft=draft)


def _words(
    kind: str,
    name: str,
    title: str,
    language: str,
    version: str,
    mine: list[tuple[str, Signature]],
    level: int | None,
    *,
    draft: bool,
) -> Words:
    now = tuple(signature for signed, signature in mine if signed == version)
    return Words(
        kind=kind,
        name=name,
        title=title,
        language=language,
        language_said=language_name(language),
        version=version,
        level=level,
        draft=draft,
        signatures=now,
        signed_before=not now and bool(mine),
    )
