"""The call: the line to say now, its answers, the conversation so far, and only what may be seen.

Rules
* Until the right person is on the line and it is safe to talk, nothing that discloses is on the page: not in
  the line, not in the conversation so far, not on the card. What is harmless if seen stands from the start.
* Where it stops being safe in the middle, what was said until then goes off the page too, their own words and the
  answers they gave. It is kept: the record of the call, once it is closed, shows all of it, word for word.
* The words for a voicemail stand there only where a message may be left.
* The words are those of the script the call began with, filled for this family as it was then, whatever was edited
  since: the record of a call shows what was said in it.
* At the end the page reads back what was agreed, part by part, before it becomes true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import hold, sending
from outreach.domain.access import GRANTS, Actor, Permission, Role, require
from outreach.domain.asides import asides_said
from outreach.domain.hold import RULES
from outreach.domain.hold import Kind as HoldKind
from outreach.domain.last_time import age_on
from outreach.domain.number import takes_message
from outreach.domain.plain_words import CHILDREN_KNOW, OFFER_OUTCOMES, number_said
from outreach.domain.quiet_hours import london
from outreach.domain.script import (
    ATTEMPTS,
    CONSENT,
    GIVEN,
    LEFT,
    LEFT_OPEN,
    NEED_PRIMARY,
    NEED_SECONDARY,
    RETURNED,
    VOICEMAIL,
    Bundle,
    Given,
    Kind,
    Step,
    Turn,
    Walk,
    attempt_of,
    is_safe,
    may_pass,
    visible,
)
from outreach.domain.script_danger import danger_in, is_hard
from outreach.domain.script_walk import walk
from outreach.domain.wording import fill
from outreach.library.signposts import Signpost, band_of
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.call_rows import CallRows, call_rows
from outreach.store.conversations import AnswerRow, ConversationRow, answers_of, children_know
from outreach.store.due_calls import due_of_call
from outreach.store.holds import open_holds
from outreach.store.offers import AttemptRow
from outreach.store.pinned_bundles import pinned_bundle
from outreach.store.sealing import unseal
from outreach.store.spoken_values import NO_WORDS_YET, last_spoken, values_of
from outreach.store.staff import StaffAreaRow, StaffRow
from outreach.views.family_line import FamilyLine, family_line
from outreach.views.handover import Handover, handover
from outreach.views.who_said import who_said

PARTS: Mapping[str, str] = {
    "refer": "Name and number",
    "children": "The children's first names and ages",
    "needs": "What would help",
    "safe_contact": "When it is safe to ring",
    "feedback": "Telling us that support has begun",
}
NEEDS: Mapping[str, str] = {"child": "for the children", "carer": "for themselves", "legal": "legal information"}
PHONE: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("phone.voicemail", "A voicemail", {"none": "None: ring off and say nothing", "neutral": "A short neutral one"}),
    (
        "phone.level",
        "A text may say",
        {
            "L0": "Nothing about support: the phone is shared, or may be",
            "L1": "That it is about support",
            "L2": "That it is about support, and the charity's name",
            "none": "Nothing: no texts at all",
        },
    ),
)
COVERED = "Kept, and covered while it is not safe"
_LOOKS_ON = timedelta(minutes=10)
THEY_RANG = "they_rang"
ASKS_FOR_A_DAY = frozenset({"O3", "O4", "O10", "A10", "A12"})


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A step on the page. ``next_label`` is empty where the step cannot be passed."""

    address: str
    visit: int
    say: str
    guide: str
    hidden: bool
    silent: bool
    """A machine answered, and nothing may be said to it."""
    tips: tuple[str, ...]
    signposts: tuple[Signpost, ...]
    stale: frozenset[str]
    """The keys of those that nobody has checked for long."""
    answers: tuple[Choice, ...]
    many: bool
    next_label: str
    words_label: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange of the conversation so far."""

    address: str
    visit: int
    say: str
    answer: str
    label: str
    words: str
    by_exit: bool


@dataclass(frozen=True, slots=True)
class Part:
    what: str
    given: bool
    left_open: bool
    wording: str


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was agreed, in words. ``asks_for_a_day``: the family may have chosen one."""

    outcome: str
    attempt: str
    partner: str
    parts: tuple[Part, ...]
    needs: tuple[str, ...]
    asides: tuple[tuple[str, str], ...]
    """What they said apart from the offer: contact with the imprisoned parent, and research."""
    phone: tuple[tuple[str, str], ...]
    """What may be left and sent on their phone from now on."""
    only_theirs: bool
    asks_for_a_day: bool
    refers: bool


@dataclass(frozen=True, slots=True)
class CallPage:
    conversation_id: str
    title: str
    family: FamilyLine
    mine: bool
    theirs: str
    state: str
    began_at: datetime
    now: datetime
    safe: bool
    trail: tuple[Said, ...]
    step: Shown | None
    changing: Shown | None
    exits: tuple[Choice, ...]
    phone: str
    objection: str
    """Why they may not be rung now, as a sentence goes on: something changed since the call was opened."""
    dialled: str
    card: tuple[tuple[str, str], ...]
    read_back: ReadBack | None
    newer_words: bool
    handover: Handover | None
    """The partner's worker may be joined to the call: once they agreed to a referral."""
    hard: bool
    told: bool
    """Somebody on duty was told of danger in it."""
    noted: bool
    """The person who asks answered here within the last ten minutes: that event says who has this page before them."""
    by_hand: bool
    """At its end: it was rung by hand, so only whoever rang knows whether our number was shown."""
    callers: tuple[Choice, ...]
    """Who may have made it, where it was made on paper: at the end of a call that was not dialled from here."""


def call_page(
    runtime: Runtime, actor: Actor, *, conversation_id: str, change: tuple[str, int] | None = None
) -> CallPage:
    """The page of one call. ``change`` is the step and visit that is to be answered anew."""
    require(actor, Permission.CALL_MAKE)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        rows = call_rows(session, conversation_id)
        conversation, family, number = rows.conversation, rows.family, rows.number
        require(actor, Permission.CALL_MAKE, area=family.area_code)
        bundle = pinned_bundle(session, conversation.bundle_version)
        answers = answers_of(session, conversation.id)
        stands = walk(bundle, [_given(session, family.id, row) for row in answers])
        last = last_spoken(session, family.id, before=conversation.began_at)
        values = values_of(
            session, area=rows.area, carer=rows.carer, partner=rows.partner, staff=rows.staff, children=rows.children,
            last=last, now=conversation.began_at,
        )  # fmt: skip
        ages = [age_on(child.born_on, now) for child in rows.children]
        objection = "" if stands.trail else _objection(session, actor, rows, now=now)
        over = stands.ended not in (None, RETURNED)
        is_open = conversation.state != "ended"
        may_leave = _may_leave(session, rows, bundle, stands, now=now)
        spoke = who_said(session, conversation, answers)
        page = Talk(runtime, bundle, stands, values, ages, may_leave=may_leave, closed=not is_open, spoke=spoke)
        return CallPage(
            conversation_id=conversation.id,
            title=bundle.script.title,
            family=family_line(session, family, rows.carer, number, area=rows.area.name, now=now),
            mine=conversation.staff_id == actor.id,
            theirs=rows.staff.name if rows.staff else "A colleague",
            state=conversation.state,
            began_at=conversation.began_at,
            now=now,
            safe=is_safe(stands.facts),
            trail=page.trail(),
            step=page.standing(),
            changing=page.changing(change) if change and is_open else None,
            exits=page.exits() if is_open else (),
            phone=number_said(numbers.written(session, number))
            if number is not None and is_open and not objection
            else "",
            objection=objection if is_open else "",
            dialled="" if stands.trail else _dialled(session, conversation),
            card=_card(session, rows, values, last) if is_safe(stands.facts) else (),
            read_back=page.read_back() if over else None,
            newer_words=_newer(runtime, conversation),
            handover=handover(session, conversation.id, rows.partner, stands.facts, now=now) if is_open else None,
            noted=any(row.by_staff == actor.id and row.at > now - _LOOKS_ON for row in answers[-1:]),
            by_hand=over and is_open and conversation.kind == "call" and _by_hand(session, bundle, conversation),
            callers=_callers(session, actor, family.area_code) if over and is_open else (),
            hard=is_hard(stands.facts),
            told=bool(danger_in(stands.facts, stands.ended)),
        )


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as the page shows it: what is hidden, what is filled in, what stands beside it."""

    runtime: Runtime
    bundle: Bundle
    stands: Walk
    values: Mapping[str, str]
    ages: list[int]
    may_leave: bool = False
    """A voicemail may be left on this phone."""
    closed: bool = False
    """It is read as a record: nobody is on the line."""
    spoke: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Who said a line, where that was somebody else than whoever has the call now."""

    def trail(self) -> tuple[Said, ...]:
        last = len(self.stands.trail) - 1
        return tuple(self._said(turn, is_last=at == last) for at, turn in enumerate(self.stands.trail))

    def _said(self, turn: Turn, *, is_last: bool) -> Said:
        covered = self._covers(turn)
        shown = visible(turn.step, turn.facts if self.closed else self.stands.facts) and not covered
        said_by = self.spoke.get((turn.given.step, turn.given.visit))
        values = {**self.values, "practitioner.name": said_by} if said_by else self.values
        left = turn.step.ask != VOICEMAIL or turn.given.answer == LEFT
        at_the_end = is_last and turn.step.words is None  # what is written there was written after the answer
        return Said(
            address=turn.given.step,
            visit=turn.given.visit,
            say=fill(turn.step.say, values) if shown and left else "",
            answer=turn.given.answer,
            label=COVERED if covered and not is_last else turn.label,
            words=turn.given.words if shown or at_the_end else "",
            by_exit=turn.by_exit,
        )

    def _covers(self, turn: Turn) -> bool:
        """It was said while that was safe, and is not any more."""
        return not self.closed and is_safe(turn.facts) and not is_safe(self.stands.facts)

    def standing(self) -> Shown | None:
        if self.stands.position is None:
            return None
        return self._shown(self.bundle.step(self.stands.position), self.stands.position, self.stands.visit, None)

    def changing(self, change: tuple[str, int]) -> Shown | None:
        for turn in self.stands.trail:
            if (turn.given.step, turn.given.visit) == change:
                as_it_was = None if self._covers(turn) else turn.given
                return self._shown(turn.step, turn.given.step, turn.given.visit, as_it_was)
        return None

    def exits(self) -> tuple[Choice, ...]:
        if self.stands.position is None or self.bundle.kind is Kind.DESK:
            return ()
        over = self.stands.ended not in (None, RETURNED)
        return tuple(Choice(one.id, one.label) for one in self.bundle.exits(self.stands.position, ended=over))

    def read_back(self) -> ReadBack:
        ended, facts = str(self.stands.ended), self.stands.facts
        attempt = attempt_of(facts, ended)
        named = [facts.get(NEED_PRIMARY, ""), *facts.get(NEED_SECONDARY, "").split(",")]
        kinds = [kind for kind in dict.fromkeys(named) if kind]
        return ReadBack(
            outcome=OFFER_OUTCOMES.get(ended) or ATTEMPTS.get(ended, ended),
            attempt=ATTEMPTS.get(attempt or "", ""),
            partner=self.values["partner.name"] if is_safe(facts) else "",
            parts=self._parts() if is_safe(facts) else (),
            needs=tuple(
                NEEDS.get(kind, kind) + (", most of all" if kind == facts.get(NEED_PRIMARY) and len(kinds) > 1 else "")
                for kind in (kinds if self.closed or is_safe(facts) else ())
            ),
            asides=asides_said(facts) if is_safe(facts) else (),
            phone=tuple((what, said[facts[key]]) for key, what, said in PHONE if facts.get(key) in said),
            only_theirs=facts.get("authority") in ("informal", "unsure"),
            asks_for_a_day=ended in ASKS_FOR_A_DAY,
            refers=ended in ("O1", "O2"),
        )

    def _parts(self) -> tuple[Part, ...]:
        asked = {turn.step.ask: turn.step.say for turn in self.stands.trail if turn.step.ask}
        return tuple(
            Part(
                what,
                self.stands.facts[CONSENT + purpose] == GIVEN,
                self.stands.facts[CONSENT + purpose] == LEFT_OPEN,
                fill(asked.get(CONSENT + purpose, ""), self.values),
            )
            for purpose, what in PARTS.items()
            if CONSENT + purpose in self.stands.facts
        )

    def _shown(self, step: Step, address: str, visit: int, given: Given | None) -> Shown:
        hidden = not visible(step, self.stands.facts)
        silent = step.ask == VOICEMAIL and not self.may_leave
        chosen = given.answer.split(",") if given else []
        ended = step.end is not None
        return Shown(
            address=address,
            visit=visit,
            say="" if hidden or silent else fill(step.say, self.values),
            guide="" if hidden or silent else fill(step.guide, self.values),
            hidden=hidden,
            silent=silent,
            tips=() if hidden else self._tips(step),
            signposts=()
            if hidden
            else tuple(
                self.runtime.library.signposts[key] for key in step.signposts if key in self.runtime.library.signposts
            ),
            stale=frozenset(
                key
                for key in step.signposts
                if key in self.runtime.library.signposts
                and self.runtime.library.signposts[key].is_stale(london(self.runtime.now()).date())
            ),
            answers=tuple(Choice(one.id, one.label, one.id in chosen) for one in step.answers),
            many=step.many,
            next_label="" if ended or not may_pass(step) else "Pass over" if step.answers else "Go on",
            words_label=step.words or "",
            words=given.words if given else "",
        )

    def _tips(self, step: Step) -> tuple[str, ...]:
        bands = {band_of(age) for age in self.ages} | {"any"}
        return tuple(tip.text for tip in self.runtime.library.tips if tip.topic in step.tips and tip.band in bands)


def _objection(session: Session, actor: Actor, rows: CallRows, *, now: datetime) -> str:
    """What the gate says of a call that was opened, and in which nobody was rung yet."""
    if rows.offer is None:
        return ""
    me = session.get(StaffRow, actor.id)
    due = due_of_call(session, rows.offer, rows.family, rows.number, now=now)
    said = due.asked_by(actor.id, trained=me is not None and me.trained_in_careful_contact)
    if isinstance(said, sending.Send):
        return ""
    held = RULES[HoldKind(said.reason)].says if said.reason in set(HoldKind) else None
    return held or sending.SAYS.get(said.reason, "it may not be done now")


def _given(session: Session, family_id: str, row: AnswerRow) -> Given:
    words = unseal(session, row.words, key_id=family_id, table="answer", column="words", row_id=row.id)
    return Given(row.address, row.visit, row.answer, words or "")


def _dialled(session: Session, conversation: ConversationRow) -> str:
    attempt = session.query(AttemptRow).filter_by(conversation_id=conversation.id).one_or_none()
    return (attempt.provider_state or "") if attempt else ""


def _may_leave(session: Session, rows: CallRows, bundle: Bundle, stands: Walk, *, now: datetime) -> bool:
    """Asked only where a machine answered."""
    number, at = rows.number, stands.position
    if number is None or at is None or bundle.step(at).ask != VOICEMAIL:
        return False
    held = (row.kind for row in open_holds(session, rows.family.id) if row.until is None or row.until > now)
    careful = any(hold.RULES[hold.Kind(kind)].weight is hold.Weight.CAREFUL for kind in held)
    return takes_message(number.standing, number.voicemail, careful=careful)


def _by_hand(session: Session, bundle: Bundle, conversation: ConversationRow) -> bool:
    return THEY_RANG not in bundle.scripts and not _dialled(session, conversation)


def _card(
    session: Session, rows: CallRows, values: Mapping[str, str], last: ConversationRow | None
) -> tuple[tuple[str, str], ...]:
    """What helps once it is safe: the children's ages, the family's words, who knows, what was said last time."""
    conversation, offer = rows.conversation, rows.offer
    one = len(rows.children) == 1
    pairs = [("The child is" if one else "The children are", values["children.ages"])]
    if rows.social_worker_knows:
        pairs.append(("A social worker knows", "There is a notice to them that the parent is away"))
    knows = children_know(session, rows.family.id)
    if knows is not None:
        pairs.append(("What they know", CHILDREN_KNOW[knows].removesuffix(".")))
    if values["words.for_it"] != NO_WORDS_YET:
        pairs.append(("Their words for it", values["words.for_it"]))
    if offer is not None:
        written = unseal(
            session, offer.their_words, key_id=offer.family_id, table="offer", column="their_words", row_id=offer.id
        )
        if written:
            pairs.append(("They wrote", written))
    if last is not None and last.id != conversation.id:
        said = [_given(session, last.family_id, row).words for row in answers_of(session, last.id)]
        words = "; ".join(one for one in said if one)
        pairs.append(("Last time", OFFER_OUTCOMES.get(last.outcome or "", ATTEMPTS.get(last.outcome or "", ""))))
        if words:
            pairs.append(("In their words", words))
    return tuple((label, value) for label, value in pairs if value)


def _callers(session: Session, actor: Actor, area: str) -> tuple[Choice, ...]:
    query = (
        select(StaffRow)
        .join(StaffAreaRow, StaffAreaRow.staff_id == StaffRow.id)
        .where(StaffAreaRow.area_code == area, StaffRow.left_at.is_(None))
        .order_by(StaffRow.name)
    )
    may = (row for row in session.scalars(query) if Permission.CALL_MAKE in GRANTS[Role(row.role)])
    return tuple(Choice(row.id, row.name, row.id == actor.id) for row in may)


def _newer(runtime: Runtime, conversation: ConversationRow) -> bool:
    try:
        return runtime.library.bundle(conversation.script, conversation.language).version != conversation.bundle_version
    except LookupError:
        return False
