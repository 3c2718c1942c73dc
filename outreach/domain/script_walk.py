"""The one engine that walks scripts: calls, visits, texts and the desk alike.

Rules
- A conversation is the fold of its answers. Nothing else is kept: walk the answers again and the place,
  the facts, the events and the trail are there again, word for word, in the version that was pinned.
- A step that ``enter``s a script plays it from its start; ``return`` there comes back to ``then``. A person
  never stands on such a step.
- An exit remembers the step it left; ``return`` comes back to it and asks it again. An exit out of an exit
  still comes back to the step that was left first, so the memory never grows.
- An exit may be taken at an end too (`AT_AN_END`); ``return`` then comes back to that end, and the call is over again.
- An answer records its own id under the step's ``ask``, unless its ``record`` says otherwise.
- An answer belongs to a step and a visit (1 the first time, 2 the second). To change one, replace it and
  walk again: later answers that are still on the way are kept, the others are dropped and told.

Errors: ``UnknownAnswerError`` for an answer that the step does not have; ``LookupError`` for an address
that the bundle does not have (the checker proves that no script leads to one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from outreach.domain.script import (
    CONSENT,
    NEED_PRIMARY,
    NEED_SECONDARY,
    NEXT,
    RETURN,
    RETURNED,
    Bundle,
    ConsentAnswered,
    Ended,
    Event,
    Frame,
    Given,
    NeedNamed,
    Recorded,
    Script,
    State,
    Step,
    Turn,
    UnknownAnswerError,
    Walk,
    label_of,
    may_pass,
    resolve,
)


def begin(bundle: Bundle, facts: Mapping[str, str] | None = None) -> State:
    """The first moment of a conversation."""
    return _arrive(bundle, State(at=bundle.start, facts=dict(facts or {})), bundle.start)


def step(bundle: Bundle, state: State, given: Given) -> tuple[State, tuple[Event, ...]]:
    """The single transition. The answer must be for the step and the visit that the state stands on."""
    if state.at is None:
        raise UnknownAnswerError("the conversation has ended")
    if (given.step, given.visit) != (state.at, state.visit):
        raise UnknownAnswerError(f"the conversation stands at {state.at}, not at {given.step}")
    here = bundle.step(state.at)
    script = bundle.scripts[state.at.partition("/")[0]]
    if state.ended is not None and not _fits(bundle, state.at, given.answer, ended=True):
        raise UnknownAnswerError("the conversation has ended")
    recorded, target, end, is_exit = _choose(bundle, state.at, here, given.answer)
    events = list(_events(script, state.at, here, recorded))
    visits = {**state.visits, state.at: state.visit}
    frames = leave_by_exit(state.frames, state.at, state.ended) if is_exit else state.frames
    onward = State(at=state.at, frames=frames, facts={**state.facts, **recorded}, visits=visits)
    if end is not None:
        after = State(at=state.at, frames=frames, facts=onward.facts, visits=visits, ended=end)
    else:
        after = _arrive(bundle, onward, target)
    if after.ended not in (None, RETURNED):
        events.append(Ended(str(after.ended)))
    return after, tuple(events)


def walk(bundle: Bundle, given: Sequence[Given], *, facts: Mapping[str, str] | None = None) -> Walk:
    """Fold the answers. Their order does not matter: each belongs to a step and a visit."""
    pool = {(one.step, one.visit): one for one in given}
    state = begin(bundle, facts)
    events: list[Event] = [] if state.ended in (None, RETURNED) else [Ended(str(state.ended))]
    trail: list[Turn] = []
    while state.at is not None:
        one = pool.get((state.at, state.visit))
        if one is None or not _fits(bundle, state.at, one.answer, ended=state.ended is not None):
            break
        here = bundle.step(state.at)
        del pool[(one.step, one.visit)]
        trail.append(
            Turn(
                one,
                here,
                label_of(bundle, state.at, one.answer),
                state.facts,
                _is_exit(bundle, state.at, one.answer),
            )
        )
        state, happened = step(bundle, state, one)
        events.extend(happened)
    return Walk(
        position=state.at,
        visit=state.visit,
        facts=state.facts,
        events=_settled(events),
        trail=tuple(trail),
        ended=state.ended,
        dropped=tuple(one for one in given if (one.step, one.visit) in pool),
    )


def _settled(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events, with only the last word on each part of consent: two at one moment would have no order."""
    last = {one.purpose: index for index, one in enumerate(events) if isinstance(one, ConsentAnswered)}
    return tuple(
        one for index, one in enumerate(events) if not isinstance(one, ConsentAnswered) or last[one.purpose] == index
    )


def change(given: Sequence[Given], new: Given) -> tuple[Given, ...]:
    """The answers with one replaced (or added); walk them again."""
    others = [one for one in given if (one.step, one.visit) != (new.step, new.visit)]
    return (*others, new)


def leave_by_exit(frames: tuple[Frame, ...], address: str, ended: str | None = None) -> tuple[Frame, ...]:
    """Remember the step that was left; an exit out of an exit keeps the first. An end is left for itself alone."""
    if ended is not None:
        return (Frame(address, is_exit=True, ended=ended),)
    for index, frame in enumerate(frames):
        if frame.is_exit:
            return frames[: index + 1]
    return (*frames, Frame(address, is_exit=True))


def _is_exit(bundle: Bundle, address: str, answer: str) -> bool:
    own = bundle.step(address).answer(answer) is not None
    return not own and bundle.exit_script(address, answer) is not None


def _fits(bundle: Bundle, address: str, answer: str, *, ended: bool) -> bool:
    if ended:
        return any(one.id == answer for one in bundle.exits(address, ended=True))
    try:
        _choose(bundle, address, bundle.step(address), answer)
    except UnknownAnswerError:
        return False
    return True


def _choose(bundle: Bundle, address: str, here: Step, answer: str) -> tuple[Mapping[str, str], str, str | None, bool]:
    """What an answer records, where it leads (absolute, or ``return``), its end, whether it is an exit."""
    script = address.partition("/")[0]
    if answer == NEXT and may_pass(here):
        return {}, _target(script, here.go), None, False
    own = None if here.many else here.answer(answer)
    if own is not None:
        recorded = {**({here.ask: own.id} if here.ask else {}), **own.record}
        return recorded, _target(script, own.go), own.end, False
    menu = bundle.exit_script(address, answer)
    if menu is not None:
        out = bundle.scripts[menu].steps[bundle.scripts[menu].start].answer(answer)
        assert out is not None
        return out.record, _target(menu, out.go), out.end, True
    if here.many and all(here.answer(part) for part in _parts(answer)):
        return (
            ({here.ask: ",".join(_parts(answer))} if here.ask else {}),
            _target(script, here.go),
            None,
            False,
        )
    if answer == NEXT and not here.answers and here.end is None:
        return {}, _target(script, here.go), None, False
    raise UnknownAnswerError(f"{address} has no answer {answer!r}")


def _parts(answer: str) -> list[str]:
    return [part for part in answer.split(",") if part]


def _target(script: str, go: str | None) -> str:
    return RETURN if go in (None, RETURN) else resolve(script, str(go))


def _arrive(bundle: Bundle, state: State, target: str) -> State:
    """Go there, through every ``enter`` and ``return``, to a step where somebody stands, or to the end."""
    frames, at = list(state.frames), target
    for _ in range(1 + sum(len(script.steps) for script in bundle.scripts.values())):
        if at == RETURN:
            if not frames:
                return State(None, (), state.facts, state.visits, RETURNED)
            left = frames.pop()
            if left.ended is not None:
                return State(left.back, tuple(frames), state.facts, state.visits, left.ended)
            at = left.back
            continue
        here = bundle.step(at)
        if here.enter is None:
            return State(at, tuple(frames), state.facts, state.visits, here.end)
        inner = bundle.scripts[here.enter]
        if here.then is not None and here.then != RETURN:
            frames.append(Frame(resolve(at.partition("/")[0], here.then), is_exit=False))
        at = f"{inner.name}/{inner.start}"
    raise LookupError(f"{target} enters scripts in a circle")


def _events(script: Script, address: str, here: Step, recorded: Mapping[str, str]) -> Iterable[Event]:
    for key, value in recorded.items():
        if key.startswith(CONSENT):
            purpose = key.removeprefix(CONSENT)
            yield ConsentAnswered(purpose, value, address, here.say, script.version)
        elif key == NEED_PRIMARY:
            yield NeedNamed(value, primary=True)
        elif key == NEED_SECONDARY:
            yield from (NeedNamed(kind, primary=False) for kind in _parts(value))
        else:
            yield Recorded(key, value)
