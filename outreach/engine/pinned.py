"""The script a conversation began with, and the answers it has: kept in the database, walked again at will."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from outreach.domain.script import Bundle, Given, Walk
from outreach.domain.script_json import bundle_to_json
from outreach.domain.script_walk import walk
from outreach.runtime import Runtime
from outreach.store.conversations import AnswerRow, BundleRow, ConversationRow, answers_of, approved
from outreach.store.pinned_bundles import pinned_bundle
from outreach.store.sealing import seal, unseal

_LAST = select(func.coalesce(func.max(AnswerRow.seq), 0)).where(AnswerRow.conversation_id == bindparam("of"))
_APPEND = insert(AnswerRow.__table__).values(seq=_LAST.scalar_subquery() + 1)  # type: ignore[arg-type]


def pin(session: Session, runtime: Runtime, *, name: str, language: str, now: datetime) -> BundleRow:
    """The row of today's version of a script with all it can reach; made where this version is new."""
    bundle = runtime.library.bundle(name, language)
    row = session.get(BundleRow, bundle.version)
    if row is None:
        row = BundleRow(
            version=bundle.version, script=name, language=language, content=bundle_to_json(bundle), first_used_at=now
        )
        session.add(row)
        session.flush()
    return row


def may_be_used(session: Session, runtime: Runtime, bundle: Bundle) -> bool:
    """No draft is used anywhere; in live use every script must be approved by coordinator and supervisor."""
    if bundle.draft:
        return False
    return not runtime.settings.live or all(
        approved(session, kind="script", name=one.name, language=one.language, version=one.version)
        for one in bundle.scripts.values()
    )


def given_of(session: Session, family_id: str, rows: Iterable[AnswerRow]) -> list[Given]:
    """Answers as they were given."""
    return [Given(row.address, row.visit, row.answer, words_of(session, family_id, row) or "") for row in rows]


def walked(session: Session, conversation: ConversationRow) -> tuple[Bundle, Walk]:
    """Where the conversation stands, from its own pinned script and its answers."""
    bundle = pinned_bundle(session, conversation.bundle_version)
    return bundle, walk(bundle, given_of(session, conversation.family_id, answers_of(session, conversation.id)))


def words_of(session: Session, family_id: str, row: AnswerRow) -> str | None:
    return unseal(session, row.words, key_id=family_id, table="answer", column="words", row_id=row.id)


def write_answer(
    session: Session,
    runtime: Runtime,
    conversation: ConversationRow,
    given: Given,
    *,
    by: str | None,
    now: datetime,
    text_id: str | None = None,
    question_id: str | None = None,
    replaces: Iterable[Given] = (),
) -> None:
    """Append one answer. Those it ``replaces`` (the one before it, those no longer on the way) are marked and kept."""
    gone = [(one.step, one.visit) for one in replaces]
    theirs = AnswerRow.conversation_id == conversation.id
    if gone:
        place = tuple_(AnswerRow.address, AnswerRow.visit)
        session.execute(update(AnswerRow).where(theirs, place.in_(gone)).values(replaced=True))
    row_id, words = runtime.new_id(), None
    if given.words:
        words = seal(session, given.words, key_id=conversation.family_id, table="answer", column="words", row_id=row_id)
    answer = {
        "id": row_id, "conversation_id": conversation.id, "of": conversation.id, "address": given.step,
        "visit": given.visit, "answer": given.answer, "words": words, "by_staff": by, "text_id": text_id,
        "question_id": question_id, "at": now, "replaced": False,
    }  # fmt: skip
    session.execute(_APPEND, answer)
    conversation.touched_at = now
