"""Whether a text answers a question about consent: the one place that says so (DESIGN 4.6 rule 6).

Rules
* A number is an answer only to a question that this number really was sent: handed over to the network before the
  answer came, and the newest text of ours on it by then. What was queued, refused or may be lost was not asked.
* Only while the conversation goes on: it is open, its area still has consent by text, the number is still the
  family's alone, verified and at L2, the words are still approved, no hold stands, and nobody spoke with them since.
* The same number again within a minute is the same text told twice (networks do that, and thumbs). The next question
  is sent only after that minute, so that it cannot take the copy for its own answer.
* Every question that was answered must have said what it would say now: who agreed to one charity did not agree to
  the next one.
* All else is nobody's answer: a person looks, and nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.domain.hold import in_force
from outreach.domain.number import NumberStanding
from outreach.domain.script import NOT_SPOKEN, Bundle, Walk
from outreach.domain.wording import Level, fill
from outreach.engine import pinned
from outreach.engine.said_lately import ONCE_MORE
from outreach.engine.situation import holds_of, number_of
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.base import padded
from outreach.store.consents import standing_of
from outreach.store.conversations import AnswerRow, ConversationRow, answers_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow, families_on
from outreach.store.spoken_values import spoken_values
from outreach.store.texts import TextRow, body_of

OUT = frozenset({"accepted", "sent", "delivered"})
"""States of a text that was handed over, and that nothing is known against."""
MAY_BE_OUT = OUT | {"sending", "unknown", "undelivered"}
NEVER_OUT = frozenset({"dropped", "failed", "undelivered"})


class NotTaken(StrEnum):
    """Why a number is no answer. ``TOLD_TWICE`` asks nobody; every other one a person."""

    TOLD_TWICE = "told_twice"
    TOO_SOON = "too_soon"
    NO_ANSWER = "no_answer"
    NOT_ASKED = "not_asked"
    ANOTHER_TEXT_SINCE = "another_text_since"
    OVER = "conversation_over"
    HELD = "held"
    OTHER_WORDS = "other_words"


def question_answered(
    session: Session,
    runtime: Runtime,
    conversation: ConversationRow,
    *,
    bundle: Bundle,
    stands: Walk,
    answer: str,
    text: TextRow,
    now: datetime,
) -> TextRow | NotTaken:
    """The question that ``text`` answers, or why it answers none. The number's row is locked."""
    given = answers_of(session, conversation.id)
    asked = [each for each in asking(session, conversation, given) if _was_out(each, text.at)]
    if given and given[-1].answer == answer and _told_twice(session, given[-1], text):
        return NotTaken.TOO_SOON if asked else NotTaken.TOLD_TWICE
    if stands.position is None or bundle.step(stands.position).answer(answer) is None:
        return NotTaken.NO_ANSWER
    if not asked:
        return NotTaken.NOT_ASKED
    question = asked[-1]
    if _something_newer(session, question, text.at):
        return NotTaken.ANOTHER_TEXT_SINCE
    number = session.get_one(NumberRow, text.number_id)
    allowed = conversation.id in going_on(session, [conversation.id]) and not said_no(session, conversation.family_id)
    if not (allowed and number_allows(session, number, now=now) and pinned.may_be_used(session, runtime, bundle)):
        return NotTaken.OVER
    if in_force(holds_of(session, conversation.family_id), now):
        return NotTaken.HELD
    answered = [(row.address, row.question_id) for row in given] + [(stands.position, question.id)]
    return question if _said_so(session, conversation, bundle, answered, now=now) else NotTaken.OTHER_WORDS


def number_allows(session: Session, number: NumberRow, *, now: datetime) -> bool:
    """Whether consent may be spoken of on this number: one family's, verified by voice, at L2."""
    known = number_of(number, families=1)
    if known.standing is not NumberStanding.VERIFIED or known.is_parents or known.level(now) < Level.L2:
        return False
    return len(families_on(session, number.id)) == 1


def said_no(session: Session, family_id: str) -> bool:
    """Whether they said no to their area's charity, in whatever way: only a person may come back to it."""
    area = session.get_one(AreaRow, session.get_one(FamilyRow, family_id).area_code)
    return area.partner_id in standing_of(session, family_id).refused


def asking(session: Session, conversation: ConversationRow, given: Sequence[AnswerRow]) -> list[TextRow]:
    """The texts that ask what the conversation stands on, the oldest first: the question, and its reminder."""
    query = select(TextRow).where(
        TextRow.number_id == conversation.number_id,
        TextRow.conversation_id == conversation.id,
        TextRow.direction == "out",
    )
    if given:
        query = query.where(TextRow.answers_id == given[-1].text_id)
    return list(session.scalars(query.order_by(TextRow.id)))


_Call = aliased(ConversationRow)
_BY_VOICE = exists().where(
    _Call.family_id == ConversationRow.family_id,
    _Call.kind.in_(("call", "visit")),
    or_(
        and_(_Call.state.in_(("open", "parked")), _Call.touched_at >= ConversationRow.began_at),
        and_(_Call.ended_at > ConversationRow.began_at, _Call.attempt_code.not_in(NOT_SPOKEN)),
    ),
)
_STILL_THEIRS = exists().where(
    FamilyNumberRow.family_id == ConversationRow.family_id,
    FamilyNumberRow.number_id == ConversationRow.number_id,
    FamilyNumberRow.off_at.is_(None),
)
_GOING_ON = (
    select(ConversationRow.id)
    .join(FamilyRow, FamilyRow.id == ConversationRow.family_id)
    .join(AreaRow, AreaRow.code == FamilyRow.area_code)
    .where(
        ConversationRow.id.in_(bindparam("ids", expanding=True)), ConversationRow.state == "open",
        AreaRow.text_consent.is_(True), AreaRow.partner_id.is_not(None), FamilyRow.excluded_why.is_(None),
        _STILL_THEIRS, ~_BY_VOICE,
    )
)  # fmt: skip
_CAME_TO_ITS_END = select(ConversationRow.id).where(
    ConversationRow.id.in_(bindparam("ids", expanding=True)), ConversationRow.state == "ended",
    ConversationRow.outcome.is_not(None),
)  # fmt: skip


def going_on(session: Session, conversation_ids: Collection[str]) -> set[str]:
    """Which of these conversations are open, still allowed, and not overtaken by somebody's voice."""
    return set(session.scalars(_GOING_ON, {"ids": padded(conversation_ids)}))


def may_speak(session: Session, conversation_ids: Collection[str]) -> set[str]:
    """Of which a text may go out: those that go on, and those at their end, whose last words thank."""
    if not conversation_ids:
        return set()
    ended = session.scalars(_CAME_TO_ITS_END, {"ids": padded(conversation_ids)})
    return going_on(session, conversation_ids) | set(ended)


def just_ended(session: Session, text: TextRow) -> bool:
    """Whether a conversation with this number came to its end a moment ago: its last answer may be told twice."""
    query = select(ConversationRow.id).where(
        ConversationRow.number_id == text.number_id, ConversationRow.kind == "text",
        ConversationRow.outcome.is_not(None), ConversationRow.ended_at >= text.at - ONCE_MORE,
    )  # fmt: skip
    return session.scalars(query.limit(1)).first() is not None


def _was_out(row: TextRow, moment: datetime) -> bool:
    return row.state in OUT and row.handed_over_at is not None and row.handed_over_at <= moment


def _told_twice(session: Session, last: AnswerRow, text: TextRow) -> bool:
    before = session.get(TextRow, last.text_id) if last.text_id else None
    return before is not None and abs(text.at - before.at) < ONCE_MORE


def _something_newer(session: Session, question: TextRow, moment: datetime) -> bool:
    """Whether another text of ours went there after the question, or may be going right now."""
    after = or_(
        TextRow.handed_over_at > question.handed_over_at,
        and_(TextRow.handed_over_at == question.handed_over_at, TextRow.id > question.id),
    )
    query = select(TextRow.id).where(
        TextRow.number_id == question.number_id, TextRow.direction == "out", TextRow.id != question.id,
        TextRow.state.in_(sorted(MAY_BE_OUT)),
        or_(TextRow.state == "sending", and_(after, TextRow.handed_over_at <= moment)),
    )  # fmt: skip
    return session.scalars(query.limit(1)).first() is not None


def _said_so(
    session: Session,
    conversation: ConversationRow,
    bundle: Bundle,
    answered: Sequence[tuple[str, str | None]],
    *,
    now: datetime,
) -> bool:
    """Whether each question that was answered had the words it would have now: what is recorded is what they read."""
    values = spoken_values(session, family_id=conversation.family_id, staff_id=None, now=now)
    for address, question_id in answered:
        asked = session.get(TextRow, question_id) if question_id else None
        if asked is None or fill(bundle.step(address).say, values) not in (body_of(session, asked) or ""):
            return False
    return True
