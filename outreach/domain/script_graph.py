"""All the ways a conversation can go: every (place, facts) that some answers lead to, with the shortest way.

Rules
- The engine itself takes every step (`script.step`), so that what is proved is what will happen.
- Of the facts only those are kept that a proof needs (`KEPT`), each as its word or as *something else*; so
  the set is finite and a fixpoint is reached.
- A script that ``requires`` something is begun with it, as whoever enters it has to prove.
- Exits are walked too, or not: `with_exits`. Questions that repeat, and the count of answers, are judged
  without them, because a person chose to leave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from outreach.domain.script import (
    CONSENT_TO_REFER,
    GIVEN,
    NEXT,
    RIGHT_PERSON,
    SAFE_TO_TALK,
    YES,
    Bundle,
    Frame,
    Given,
    State,
    label_of,
    may_pass,
)
from outreach.domain.script_walk import begin, step

KEPT = {RIGHT_PERSON: YES, SAFE_TO_TALK: YES, CONSENT_TO_REFER: GIVEN}

Place = tuple[str | None, tuple[Frame, ...], frozenset[str], str | None]
"""Address, frames, the kept facts that hold, and how it ended."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One answer from one place to the next."""

    source: Place
    answer: str
    target: Place
    is_exit: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The places in the order of their distance from the start, and how each was first reached."""

    bundle: Bundle
    start: Place
    edges: dict[Place, tuple[Edge, ...]]
    came_by: dict[Place, Edge]

    def path_to(self, place: Place) -> tuple[str, ...]:
        """The shortest way there, one line an answer."""
        lines: list[str] = []
        while place in self.came_by:
            edge = self.came_by[place]
            lines.append(line(self.bundle, edge))
            place = edge.source
        return tuple(reversed(lines))


def explore(bundle: Bundle, *, with_exits: bool) -> Graph:
    """Every place that can be reached."""
    facts = dict.fromkeys(bundle.script.requires, YES)
    start = _place(begin(bundle, facts))
    edges: dict[Place, tuple[Edge, ...]] = {}
    came_by: dict[Place, Edge] = {}
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        if place in edges:
            continue
        edges[place] = tuple(_edges(bundle, place, with_exits=with_exits))
        for edge in edges[place]:
            if edge.target not in edges and edge.target not in came_by and edge.target != start:
                came_by[edge.target] = edge
                waiting.append(edge.target)
    return Graph(bundle, start, edges, came_by)


def shortest(
    graph: Graph, start: Place, *, first: tuple[str, ...], wanted: Callable[[Place], bool]
) -> tuple[str, ...] | None:
    """The shortest way on from a place to one that is wanted, after `first`; None where there is none."""
    seen = {start}
    waiting: deque[tuple[Place, tuple[str, ...]]] = deque([(start, first)])
    while waiting:
        place, path = waiting.popleft()
        if wanted(place):
            return path
        for edge in graph.edges[place]:
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append((edge.target, (*path, line(graph.bundle, edge))))
    return None


def line(bundle: Bundle, edge: Edge) -> str:
    """An answer in words: where, and what was chosen."""
    address = edge.source[0] or "?"
    return f"{address}: {label_of(bundle, address, edge.answer)}"


def _place(state: State) -> Place:
    held = frozenset(key for key, word in KEPT.items() if state.facts.get(key) == word)
    frames = state.frames if state.ended is None else ()  # an end is left for nothing but itself
    return (state.at, frames, held, state.ended)


def _edges(bundle: Bundle, place: Place, *, with_exits: bool) -> Iterator[Edge]:
    at, frames, held, ended = place
    if at is None:
        return
    state = State(at=at, frames=frames, facts={key: KEPT[key] for key in held}, ended=ended)
    here = bundle.step(at)
    choices: list[tuple[str, bool]] = []
    if ended is None:
        choices = [(answer.id, False) for answer in (here.answers[:1] if here.many else here.answers)]
    if ended is None and may_pass(here):
        choices.append((NEXT, False))
    if with_exits:
        choices.extend((answer.id, True) for answer in bundle.exits(at, ended=ended is not None))
    for answer, is_exit in choices:
        after, _ = step(bundle, state, Given(at, 1, answer))
        yield Edge(place, answer, _place(after), is_exit)
