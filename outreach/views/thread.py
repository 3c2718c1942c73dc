"""One thread: every text with its state, what the reader made of each and why, the alert, and who is at it.

Rules
* ``version`` changes exactly when the talk does: the page asks for it again and again.
* Raises ``NotAllowed`` outside one's areas; ``None`` where nothing ever came from the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.hold import RULES, Kind
from outreach.domain.number import LEVEL_LASTS
from outreach.domain.plain_words import number_said
from outreach.domain.sending import SAYS
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow, families_on, numbers_of, written
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import ReadingRow, TextRow, thread
from outreach.store.threads import (
    Inbound,
    areas_of,
    calls_wait,
    holder_of,
    inbound_of,
    is_open,
    may_want_stop,
    stopped_ways,
    undecided_stops,
)
from outreach.views.bubbles import Bubble, bubble_of, intent_said
from outreach.views.family_line import FamilyLine, family_lines
from outreach.views.family_plan import Next, next_contact
from outreach.views.inbox import names_of
from outreach.views.thread_alerts import ThreadAlert, alerts_of

LEVELS = ("nothing about support, and no names", "support, but not the charity", "support and the charity")
STANDS_HERE = {Kind.REPLY, Kind.READ_FIRST, Kind.ALERT}


@dataclass(frozen=True, slots=True)
class Correctable:
    """A text of theirs, for *not what they meant*. ``day`` and ``hour``: when they may want to be rung."""

    text_id: str
    at: datetime
    intent: str
    reads_as: str
    day: str
    hour: str


@dataclass(frozen=True, slots=True)
class ThreadPage:
    number_id: str
    written: str
    standing: str
    says: str
    """How much a text may say, in words."""
    level: int
    compromised: bool
    stopped: bool
    no_calls: bool
    """They said stop to calls too."""
    all_stopped: bool
    families: tuple[FamilyLine, ...]
    candidates: tuple[FamilyLine, ...]
    """Whose it may be, where nobody has said yet."""
    elsewhere: bool
    """A family of another area stands on the number too."""
    unknown: bool
    bubbles: tuple[Bubble, ...]
    newest: Correctable
    asks_stop: Correctable | None
    """The text that may ask us to stop, and that nobody has decided about yet."""
    needs_person: bool
    holder: str
    mine: bool
    alerts: tuple[ThreadAlert, ...]
    holds: tuple[str, ...]
    next: Next | None
    promised: bool
    version: str
    now: datetime

    @property
    def family_ids(self) -> list[str]:
        return sorted({line.id for line in (*self.families, *self.candidates)})

    @property
    def who(self) -> str:
        lines = self.families or self.candidates
        return " or ".join(f"{line.who}, {line.ref}" for line in lines) or "A number nobody knows"

    @property
    def in_danger(self) -> bool:
        return any(each.settled_at is None for each in self.alerts)


def thread_page(runtime: Runtime, actor: Actor, number_id: str) -> ThreadPage | None:
    require(actor, Permission.INBOX_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        number = session.get(NumberRow, number_id)
        inbound = inbound_of(session, number_id)
        if number is None or not inbound:
            return None
        if not areas_of(session, number_id, inbound) & actor.areas:
            raise NotAllowed
        newest, reading = inbound[-1]
        linked = families_on(session, number_id)
        whose = newest.family_id or (linked[0] if len(linked) == 1 else None)
        lines = family_lines(session, {*linked, *([whose] if whose else [])}, now=now)
        mine = {key: line for key, line in lines.items() if line.area_code in actor.areas}
        if whose is not None and whose not in mine:
            raise NotAllowed
        rows = [row for row in thread(session, number_id) if _may_see(row, mine)]
        sealing.load_keys(session, {row.key_id for row in rows})
        names = names_of(session)
        bubbles = tuple(bubble_of(session, row, dict_of(inbound), names, mine, now=now) for row in rows)
        holder = holder_of(inbound)
        offer = open_offer(session, whose) if whose else None
        fresh = number.verified_at is not None and now - number.verified_at < LEVEL_LASTS
        level = number.level if fresh and number.standing == "verified" else 0
        return ThreadPage(
            number_id=number_id,
            written=number_said(written(session, number)),
            standing=_standing(number),
            says=LEVELS[level],
            level=level,
            compromised=number.standing == "compromised",
            stopped=number.texts_stopped_at is not None,
            no_calls=number.calls_stopped_at is not None,
            all_stopped=stopped_ways(session, number, whose) == {"text", "call"},
            families=(mine[whose],) if whose else (),
            candidates=() if whose else tuple(mine[each] for each in linked if each in mine),
            elsewhere=len(linked) > len([each for each in linked if each in mine]),
            unknown=whose is None and not linked,
            bubbles=bubbles,
            newest=_correctable(newest, reading),
            asks_stop=_correctable(*undecided_stops(inbound)[0])
            if may_want_stop(session, number, inbound, whose)
            else None,
            needs_person=any(row.needs_person and is_open(row) for _, row in inbound),
            holder=names.get(holder, "a colleague") if holder else "",
            mine=holder == actor.id,
            alerts=alerts_of(session, number_id, names, actor, now=now),
            holds=_holds(session, whose, number_id),
            next=_next(session, number, whose, offer, now=now),
            promised=offer is not None and offer.promised,
            version=_version(bubbles),
            now=now,
        )


def dict_of(inbound: Sequence[Inbound]) -> dict[str, ReadingRow]:
    return {text.id: row for text, row in inbound}


def _correctable(text: TextRow, row: ReadingRow) -> Correctable:
    intent, (day, _, hour) = row.corrected_intent or row.intent, (row.proposed_on or "").partition(" ")
    return Correctable(text.id, text.at, intent, intent_said(intent), day, hour)


def _may_see(row: TextRow, mine: dict[str, FamilyLine]) -> bool:
    return row.family_id is None or row.family_id in mine


def _standing(number: NumberRow) -> str:
    if number.is_parents:
        return "the imprisoned parent's: never used"
    return {
        "unverified": "nobody has spoken to them on it yet",
        "verified": "spoken to in person",
        "compromised": "somebody else was on it",
        "lost": "a stranger's; taken off",
    }.get(number.standing, number.standing)


def _holds(session: Session, family_id: str | None, number_id: str) -> tuple[str, ...]:
    """What they wrote here, and the alert, stand on the page themselves; what they wrote on another number does not."""
    if family_id is None:
        return ()
    family = session.get_one(FamilyRow, family_id)
    here = STANDS_HERE - {Kind.READ_FIRST} if calls_wait(session, family_id, beside=number_id) else STANDS_HERE
    said = [RULES[Kind(row.kind)].says for row in open_holds(session, family_id) if row.kind not in here]
    return (*said, "this family is not contacted by us") if family.excluded_why else tuple(said)


def _next(
    session: Session, number: NumberRow, family_id: str | None, offer: OfferRow | None, *, now: datetime
) -> Next | None:
    """What comes next for the family, as its own page says it; nothing where its only number is somebody else's."""
    if family_id is None:
        return None
    found = next_contact(session, session.get_one(FamilyRow, family_id), offer, open_holds(session, family_id), now=now)
    others = [each for _, each in numbers_of(session, family_id) if each.id != number.id and _usable(each)]
    if found.kind == "contact" and not _usable(number) and not others:
        return Next(kind="held", because=SAYS["compromised" if number.standing == "compromised" else "no_number"])
    return found


def _usable(number: NumberRow) -> bool:
    return number.standing not in ("compromised", "lost") and not number.is_parents


def _version(bubbles: tuple[Bubble, ...]) -> str:
    return sha256(repr(bubbles).encode()).hexdigest()[:32]
