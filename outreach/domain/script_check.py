"""Proves the scripts: what holds on every path of every script, before anybody speaks a word of it.

Rules (each fault names its rule, the place, and the shortest path that leads there)
- ``start``, ``target``, ``shape``, ``end``, ``exits``: the script is well formed (`script_form`).
- ``reach``: every step is reached by some path of some script.
- ``stuck``: from every place that is reached some path leads to an end, without counting on the exits.
- ``disclosure``: nothing is disclosed before the right person and safe to talk are both established.
- ``requires``: a conversation never stands in a script without what that script requires.
- ``referral``: no referral outcome (O1, O2) but through ``consent.refer`` answered with a given.
- ``repeat``: no question is asked again after a no.
- ``count``: at most nine required answers to a referral and five to a decline (O4, O5), on every path.
- ``language``, ``words``, ``text``: the same steps in each language; the words fit (`script_words`).
Paths are proved in English, or where there is none in each language; the same shape has the same paths.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from outreach.domain.script import (
    CONSENT_TO_REFER,
    DECLINES,
    REFERRALS,
    REFUSED,
    RIGHT_PERSON,
    SAFE_TO_TALK,
    Bundle,
    Kind,
    Script,
    Step,
    required,
)
from outreach.domain.script_fault import Fault
from outreach.domain.script_form import form_faults, same_shape_faults
from outreach.domain.script_graph import Edge, Graph, Place, explore, line, shortest
from outreach.domain.script_json import bundle_of
from outreach.domain.script_words import disclosures, word_faults

TO_A_REFERRAL = 9
TO_A_DECLINE = 5
ENGLISH = "en"

Scripts = Mapping[tuple[str, str], Script]


@dataclass(frozen=True, slots=True)
class Content:
    """What scripts may name: the texts of signposts by key, and the topics of tips. None: not checked."""

    signposts: Mapping[str, str] = field(default_factory=dict)
    tips: frozenset[str] = frozenset()


def check(scripts: Scripts, content: Content) -> list[Fault]:
    """Every fault of every script, in the order of the files."""
    faults = [
        fault for script in scripts.values() for fault in form_faults(script, scripts, content.tips, content.signposts)
    ]
    for (name, language), script in scripts.items():
        if language != ENGLISH and (name, ENGLISH) in scripts:
            faults += same_shape_faults(scripts[name, ENGLISH], script)
    faults += [fault for script in scripts.values() for fault in word_faults(script, content.signposts)]
    faults += _path_faults(
        scripts, content, broken=frozenset((one.script, one.language) for one in faults if one.breaks)
    )
    return faults


def _path_faults(scripts: Scripts, content: Content, *, broken: frozenset[tuple[str, str]]) -> list[Fault]:
    faults: list[Fault] = []
    languages = sorted({language for _, language in scripts}, key=lambda one: (one != ENGLISH, one))
    for language in languages:
        own = {name: one for (name, held), one in scripts.items() if held == language}
        whole = {**{name: one for (name, held), one in scripts.items() if held == ENGLISH}, **own}
        roots = [name for name in own if language == ENGLISH or (name, ENGLISH) not in scripts]
        reached: set[str] = set()
        whole_roots = []
        for name in roots:
            bundle = bundle_of(name, whole) if not _names_missing(name, whole) else None
            if bundle is None or any((one.name, one.language) in broken for one in bundle.scripts.values()):
                continue
            whole_roots.append(name)
            everything = explore(bundle, with_exits=True)
            plain = explore(bundle, with_exits=False)
            reached |= {place[0] for place in everything.edges if place[0]}
            reached |= {f"{one.name}/{step.id}" for one in bundle.scripts.values() for step in _passed(bundle, one)}
            faults += _safety_faults(everything, content)
            faults += _stuck_faults(plain)
            faults += _repeat_faults(plain)
            faults += _count_faults(plain)
        faults += _reach_faults([own[name] for name in whole_roots], reached)
    return _once(faults)


def _names_missing(root: str, scripts: Mapping[str, Script]) -> bool:
    try:
        bundle_of(root, scripts)
    except LookupError:
        return True
    return False


def _passed(bundle: Bundle, script: Script) -> Iterator[Step]:
    """Steps that only enter another script: nobody stands there, but their `then` is where one arrives."""
    return (one for one in script.steps.values() if one.enter is not None)


# -- safety -----------------------------------------------------------------------------------------------


def _safety_faults(graph: Graph, content: Content) -> Iterator[Fault]:
    for place in graph.edges:
        at, _, held, ended = place
        if at is None:
            continue
        script = graph.bundle.scripts[at.partition("/")[0]]
        here = graph.bundle.step(at)
        safe = RIGHT_PERSON in held and SAFE_TO_TALK in held
        given_away = sorted(here.discloses | disclosures(here, content.signposts))
        if given_away and not safe:
            missing = "the right person" if RIGHT_PERSON not in held else "safe to talk"
            problem = f"gives away {', '.join(given_away)} before {missing} is established"
            yield _fault("disclosure", script, here.id, problem, graph.path_to(place))
        lacking = [key for key in script.requires if key not in held]
        if lacking:
            problem = f"is reached without {' and '.join(lacking)}, which the script requires"
            yield _fault("requires", script, here.id, problem, graph.path_to(place))
        if ended in REFERRALS and CONSENT_TO_REFER not in held:
            problem = f"ends in {ended}, a referral, without a consent to it that was answered yes"
            yield _fault("referral", script, here.id, problem, graph.path_to(place))


# -- going on ---------------------------------------------------------------------------------------------


def _stuck_faults(graph: Graph) -> Iterator[Fault]:
    back: dict[Place, list[Place]] = {}
    for edges in graph.edges.values():
        for edge in edges:
            back.setdefault(edge.target, []).append(edge.source)
    good = {place for place in graph.edges if place[3] is not None}
    waiting = list(good)
    while waiting:
        for before in back.get(waiting.pop(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    for place in graph.edges:
        if place not in good and place[0]:
            script = graph.bundle.scripts[place[0].partition("/")[0]]
            step = place[0].partition("/")[2]
            yield _fault("stuck", script, step, "leads to no end", graph.path_to(place))


def _reach_faults(roots: list[Script], reached: set[str]) -> Iterator[Fault]:
    menus = {name for script in roots for name in script.uses}
    for script in roots:
        for name in script.steps:
            is_menu = script.name in menus and name == script.start
            if f"{script.name}/{name}" not in reached and not is_menu:
                yield _fault("reach", script, name, "is reached by no path", ())


def _repeat_faults(graph: Graph) -> Iterator[Fault]:
    for place, edges in graph.edges.items():
        for edge in edges:
            asked = _said_no(graph.bundle, edge)
            if asked is None or place[0] is None:
                continue

            def asks_again(other: Place, asked: str = asked) -> bool:
                return other[0] is not None and other[3] is None and graph.bundle.step(other[0]).ask == asked

            path = shortest(
                graph, edge.target, first=(*graph.path_to(place), line(graph.bundle, edge)), wanted=asks_again
            )
            if path is not None:
                script = graph.bundle.scripts[place[0].partition("/")[0]]
                yield _fault("repeat", script, place[0].partition("/")[2], f"asks for {asked} again after a no", path)


def _said_no(bundle: Bundle, edge: Edge) -> str | None:
    """The fact that was asked for, where the answer is a no."""
    here = bundle.step(edge.source[0] or "")
    answer = here.answer(edge.answer)
    if here.ask is None or answer is None or edge.is_exit:
        return None
    value = answer.record.get(here.ask, answer.id)
    return here.ask if value in ("no", REFUSED) else None


def _count_faults(graph: Graph) -> Iterator[Fault]:
    """The longest way, not the shortest: counted up to one more than is allowed, so that circles end."""
    if graph.bundle.kind not in (Kind.CALL, Kind.VISIT):
        return
    most = TO_A_REFERRAL + 1
    seen = {(graph.start, 0)}
    waiting: deque[tuple[Place, int, tuple[str, ...]]] = deque([(graph.start, 0, ())])
    while waiting:
        place, count, path = waiting.popleft()
        at, _, _, ended = place
        limit = TO_A_REFERRAL if ended in REFERRALS else TO_A_DECLINE if ended in DECLINES else most
        if at is not None and count > limit:
            script = graph.bundle.script
            what = "a referral" if ended in REFERRALS else "a decline"
            yield _fault("count", script, at, f"takes more than {limit} required answers to {what}", path)
        for edge in graph.edges[place]:
            here = graph.bundle.step(at or "")
            step_cost = 1 if required(here) else 0
            onward = (edge.target, min(most, count + step_cost))
            if onward not in seen:
                seen.add(onward)
                waiting.append((*onward, (*path, line(graph.bundle, edge))))


# -- telling ----------------------------------------------------------------------------------------------


def _fault(rule: str, script: Script, step: str, problem: str, path: tuple[str, ...]) -> Fault:
    return Fault(rule=rule, script=script.name, language=script.language, step=step, problem=problem, path=path)


def _once(faults: Iterable[Fault]) -> list[Fault]:
    """One fault a rule and place: the one with the shortest path."""
    best: dict[tuple[str, str, str, str | None], Fault] = {}
    for fault in faults:
        key = (fault.rule, fault.script, fault.language, fault.step)
        if key not in best or len(fault.path) < len(best[key].path):
            best[key] = fault
    return list(best.values())
