"""Practice: the words and the buttons of a real call, with a family that is not there.

Rules
* Nothing of it is stored: the answers so far travel with the page, and are gone when it is closed. No number, offer or
  consent comes of it. What is kept is that somebody practised with this family, and when (``engine/practise``).
* What discloses is hidden until the right person is there and it is safe, as in a real call.
* At the end it says what was handled and what was missed. Nobody else sees that, and it is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.access import Actor, Permission, require
from outreach.domain.names import caller_name, given_name
from outreach.domain.script import RETURNED, Given, Walk, is_safe
from outreach.domain.script_danger import LINE_DROPPED
from outreach.domain.script_walk import change, walk
from outreach.library.practice import LookFor, PracticeFamily
from outreach.runtime import Runtime
from outreach.store.areas import areas
from outreach.store.practised import practised
from outreach.store.spoken_values import NO_WORDS_YET
from outreach.views.call import Choice, Said, Shown, Talk

SCRIPT = "first_call"
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Handled:
    what: str
    done: bool


@dataclass(frozen=True, slots=True)
class PracticePage:
    """``so_far`` is what the page sends back with the next answer. ``summary`` is there at the end."""

    family: PracticeFamily
    so_far: str
    step: Shown | None
    hears: str
    exits: tuple[Choice, ...]
    trail: tuple[Said, ...]
    safe: bool
    over: bool
    broken_off: bool
    """The line dropped: that is no call that one has been through."""
    summary: tuple[Handled, ...]


@dataclass(frozen=True, slots=True)
class ToPractise:
    """``at``: when I practised it, for the first time."""

    id: str
    title: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AreaAsks:
    """``families``: which it asks for before live calls; ``missing``: the titles of those I have not been through."""

    code: str
    name: str
    families: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PracticeList:
    families: tuple[ToPractise, ...]
    asked: tuple[AreaAsks, ...]
    choices: tuple[tuple[str, str], ...]


def practice_list(runtime: Runtime, actor: Actor) -> PracticeList:
    """Whom one can practise with, and what one's areas ask for."""
    require(actor, Permission.CALL_MAKE)
    known = runtime.library.practice
    with runtime.sessions.read(actor.hides) as session:
        done = practised(session, actor.id)
        mine = [row for code, row in areas(session).items() if actor.works_in(code)]
    return PracticeList(
        families=tuple(ToPractise(one.id, one.title, done.get(one.id)) for one in known.values()),
        asked=tuple(
            AreaAsks(
                row.code,
                row.name,
                tuple(row.practice_first),
                tuple(known[each].title for each in row.practice_first if each in known and each not in done),
            )
            for row in mine
        ),
        choices=tuple((one.id, one.title) for one in known.values()),
    )


def practice_page(
    runtime: Runtime, actor: Actor, *, family: str, so_far: str = "", answer: str | None = None
) -> PracticePage | None:
    """The page after ``answer`` to the question that stands; None where there is no such practice family."""
    require(actor, Permission.CALL_MAKE)
    found = runtime.library.practice.get(family)
    if found is None:
        return None
    bundle = runtime.library.bundle(SCRIPT)
    stands = walk(bundle, _read(so_far))
    if answer is not None and stands.position is not None and stands.ended is None:
        given = [turn.given for turn in stands.trail]
        stands = walk(bundle, change(given, Given(stands.position, stands.visit, answer)))
    values = {
        "carer.name": found.name,
        "carer.first_name": given_name(found.name),
        "practitioner.name": caller_name(actor.name),
        "team": "our team",
        "partner.name": "our partner charity",
        "children.ages": "8",
        "words.for_it": NO_WORDS_YET,
        "last_time.line": "",
    }
    talk = Talk(runtime, bundle, stands, values, [8])
    over = stands.ended not in (None, RETURNED)
    return PracticePage(
        family=found,
        so_far="|".join(f"{turn.given.step}~{turn.given.visit}~{turn.given.answer}" for turn in stands.trail),
        step=talk.standing(),
        hears=found.hears.get(stands.position or "", found.otherwise),
        exits=() if over else talk.exits(),
        trail=talk.trail(),
        safe=is_safe(stands.facts),
        over=over,
        broken_off=stands.ended == LINE_DROPPED,
        summary=tuple(Handled(one.what, _handled(one, stands)) for one in found.look_for) if over else (),
    )


def _read(so_far: str) -> list[Given]:
    given = []
    for one in so_far.split("|")[:LONGEST]:
        step, _, rest = one.partition("~")
        visit, _, answer = rest.partition("~")
        if visit.isdecimal() and len(visit) < 4:
            given.append(Given(step, int(visit), answer))
    return given


def _handled(one: LookFor, stands: Walk) -> bool:
    said = {f"{turn.given.step}={turn.given.answer}" for turn in stands.trail}
    said |= {f"={turn.given.answer}" for turn in stands.trail if turn.by_exit}
    if one.answered:
        return any(each in said for each in one.answered)
    if one.ended:
        return stands.ended in one.ended
    return not any(turn.given.step in one.never for turn in stands.trail)
