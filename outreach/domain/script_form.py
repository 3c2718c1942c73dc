"""Is a script well formed? What can be seen without walking it.

Rules
- The start is a step. Every target, entered script and used script is there. No script enters itself, also
  not round a corner.
- A step asks, says and goes on, enters, or ends. An answer leads somewhere or ends, never both; the answers
  of a ``many`` do neither. Two or more answers have an ``ask``. A call's step has at most nine answers, one
  for each number key; the ids of a ``many`` are at most 60 letters together.
- An end has a code of its kind: O, A or stopped for calls and visits, O for texts, G for the desk.
- ``consent.x`` is given only by an answer to the question ``consent.x``, each answer of which records given,
  refused or left_open (a doubt: nothing goes on, and nothing they agreed to before is taken back). A ``many``,
  and what may be passed over, establishes neither person nor safety; nor does any other question than those two.
- The common exits stand on every step of a call and a visit, but not on the few steps of their own: those
  only end (else *not safe* could lead on to *carry on*). No answer has the id of an exit.
- A text's step is sent, and asks or ends: nothing is sent twice in a row.
- Each language has the same steps, answers, facts, ends and placeholders.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from outreach.domain.script import (
    ATTEMPTS,
    CONSENT,
    GATE_ENDS,
    GIVEN,
    LEFT_OPEN,
    NEXT,
    OUTCOMES,
    REFUSED,
    RETURN,
    RIGHT_PERSON,
    SAFE_TO_TALK,
    YES,
    Kind,
    Script,
    Step,
    resolve,
)
from outreach.domain.script_fault import Fault
from outreach.domain.script_json import is_behind, spoken
from outreach.domain.wording import placeholders

COMMON_EXITS = "common_exits"
NUMBER_KEYS = 9
ESTABLISHED_AT = {RIGHT_PERSON: (RIGHT_PERSON, SAFE_TO_TALK), SAFE_TO_TALK: (SAFE_TO_TALK,)}
"""The questions that may establish who it is and that it is safe. By text, one question asks for both."""
NO_YES = frozenset({"no", "unsure", "none", "later", "info"})
"""Answers that are no clear yes, whatever a script makes of them."""
LONGEST_ANSWER = 60
ENDS: Mapping[Kind, frozenset[str]] = {
    Kind.CALL: frozenset(ATTEMPTS) | frozenset(OUTCOMES),
    Kind.VISIT: frozenset(ATTEMPTS) | frozenset(OUTCOMES),
    Kind.TEXT: frozenset(OUTCOMES),
    Kind.DESK: frozenset(GATE_ENDS),
}

Scripts = Mapping[tuple[str, str], Script]


def form_faults(script: Script, scripts: Scripts, tips: Collection[str], signposts: Collection[str]) -> Iterator[Fault]:
    """What is wrong with the form of one script."""
    around = {name: one for (name, held), one in scripts.items() if held == "en"}
    around |= {name: one for (name, held), one in scripts.items() if held == script.language}
    if script.start not in script.steps:
        yield _fault("start", script, None, f"begins at {script.start}, which is not there", breaks=True)
    for name in script.uses:
        if name not in around:
            yield _fault("target", script, None, f"uses {name}, which is not there", breaks=True)
    spoken = script.kind in (Kind.CALL, Kind.VISIT)
    if spoken and COMMON_EXITS not in script.uses and script.name != COMMON_EXITS:
        yield _fault("exits", script, None, "has no common exits on its steps")
    if _circle(script, around):
        yield _fault("shape", script, None, "enters itself, round a corner", breaks=True)
    for step in script.steps.values():
        yield from _target_faults(script, step, around)
        yield from _shape_faults(script, step)
        yield from _end_faults(script, step)
        yield from _consent_faults(script, step)
        yield from _exit_faults(script, step, around)
        for kind, named, known in (("tip", step.tips, tips), ("signpost", step.signposts, signposts)):
            for one in named:
                if one not in known:
                    yield _fault("target", script, step.id, f"names the {kind} {one}, which is not there")


def same_shape_faults(english: Script, other: Script) -> Iterator[Fault]:
    """Where another language differs in more than its words, or its words are those of an earlier English."""
    if other.draft is None and is_behind(english, other):
        problem = f"was not read against the English as it is now; when it was, write of: {spoken(english)} at its top"
        yield _fault("language", other, None, problem)
    for key in ("kind", "start", "uses", "requires"):
        if getattr(english, key) != getattr(other, key):
            yield _fault("language", other, None, f"has another {key} than the English", breaks=True)
    for name in english.steps.keys() - other.steps.keys():
        yield _fault("language", other, name, "is missing in this language", breaks=True)
    for name in other.steps.keys() - english.steps.keys():
        yield _fault("language", other, name, "is not in the English", breaks=True)
    for name in english.steps.keys() & other.steps.keys():
        one, two = english.steps[name], other.steps[name]
        if _bones(one) != _bones(two):
            yield _fault("language", other, name, "leads or records otherwise than the English", breaks=True)
        if bool(one.say) != bool(two.say) or placeholders(one.say) != placeholders(two.say):
            yield _fault("language", other, name, "has other placeholders than the English")


def _bones(step: Step) -> tuple[object, ...]:
    answers = tuple((one.id, one.go, one.end, tuple(sorted(one.record.items()))) for one in step.answers)
    flags = (step.many, step.optional, step.discloses, step.tips, step.signposts)
    return (step.ask, answers, flags, step.go, step.enter, step.then, step.end)


def _circle(script: Script, around: Mapping[str, Script]) -> bool:
    seen: set[str] = set()
    waiting = [one.enter for one in script.steps.values() if one.enter]
    while waiting:
        name = waiting.pop()
        if name == script.name:
            return True
        if name in seen or name not in around:
            continue
        seen.add(name)
        waiting.extend(one.enter for one in around[name].steps.values() if one.enter)
    return False


def _target_faults(script: Script, step: Step, around: Mapping[str, Script]) -> Iterator[Fault]:
    if step.enter and step.enter not in around:
        yield _fault("target", script, step.id, f"enters {step.enter}, which is not there", breaks=True)
    for target in (step.go, step.then, *(answer.go for answer in step.answers)):
        if target in (None, RETURN):
            continue
        name, _, wanted = resolve(script.name, str(target)).partition("/")
        inner = around.get(name) if name != script.name else script
        if inner is None or wanted not in inner.steps:
            yield _fault("target", script, step.id, f"leads to {target}, which is not there", breaks=True)


def _shape_faults(script: Script, step: Step) -> Iterator[Fault]:
    ways = sum((bool(step.answers), step.enter is not None, step.end is not None))
    if ways > 1 or (ways == 0 and step.go is None):
        yield _fault("shape", script, step.id, "has to ask, go on, enter or end: exactly one of them", breaks=True)
    if (step.many or step.optional) and step.go is None and step.end is None:
        yield _fault("shape", script, step.id, "may be passed over, and so needs a go of its own", breaks=True)
    if len(step.answers) > 1 and step.ask is None:
        yield _fault("shape", script, step.id, "has answers but no ask to remember them by")
    if len(step.answers) > NUMBER_KEYS:
        yield _fault("shape", script, step.id, f"has more than {NUMBER_KEYS} answers, one for each number key")
    if step.many and len(",".join(one.id for one in step.answers)) > LONGEST_ANSWER:
        yield _fault("shape", script, step.id, f"has answers longer than {LONGEST_ANSWER} letters together")
    for answer in step.answers:
        if step.many and (answer.go or answer.end or answer.record):
            yield _fault("shape", script, step.id, f"may take many, so {answer.id} only has a label", breaks=True)
        elif not step.many and (answer.go is None) == (answer.end is None):
            yield _fault("shape", script, step.id, f"needs one of go and end for {answer.id}", breaks=True)
    if script.kind is Kind.TEXT and (not step.say or not (step.answers or step.end)):
        yield _fault("shape", script, step.id, "is a text, and so has to say something and then ask or end")


def _end_faults(script: Script, step: Step) -> Iterator[Fault]:
    for end in (step.end, *(answer.end for answer in step.answers)):
        if end is not None and end not in ENDS[script.kind]:
            yield _fault("end", script, step.id, f"ends in {end}, which is no end of a {script.kind.value}")


def _consent_faults(script: Script, step: Step) -> Iterator[Fault]:
    asks_consent = step.ask is not None and step.ask.startswith(CONSENT)
    for answer in step.answers:
        if asks_consent and answer.record.get(str(step.ask)) not in (GIVEN, REFUSED, LEFT_OPEN):
            problem = f"asks for consent, so {answer.id} has to record {step.ask} as given, refused or left_open"
            yield _fault("consent", script, step.id, problem)
        for key, value in answer.record.items():
            if key.startswith(CONSENT) and value == GIVEN and key != step.ask:
                yield _fault("consent", script, step.id, f"records {key} as given without asking for it")
            if key.startswith(CONSENT) and value == GIVEN and answer.id in NO_YES:
                yield _fault("consent", script, step.id, f"records {key} as given for the answer {answer.id}")
            if key in ESTABLISHED_AT and value == YES and step.ask not in ESTABLISHED_AT[key]:
                yield _fault("consent", script, step.id, f"establishes {key} without asking for it")
            if key in (RIGHT_PERSON, SAFE_TO_TALK) and value == YES and step.optional:
                yield _fault("consent", script, step.id, f"establishes {key} on a step that may be passed over")
    if step.ask in (RIGHT_PERSON, SAFE_TO_TALK) and (step.many or step.optional):
        yield _fault("consent", script, step.id, f"establishes {step.ask} on a step that may be passed over")


def _exit_faults(script: Script, step: Step, around: Mapping[str, Script]) -> Iterator[Fault]:
    exits = {
        answer.id
        for name in script.uses
        if name in around and around[name].start in around[name].steps
        for answer in around[name].steps[around[name].start].answers
    }
    is_menu = script.name in script.uses and step.id == script.start
    for answer in step.answers:
        if answer.id in exits and not is_menu:
            yield _fault("exits", script, step.id, f"has the answer {answer.id}, which is an exit's")
        if answer.id == NEXT or "," in answer.id:
            yield _fault("shape", script, step.id, f"has the answer {answer.id}, which the engine keeps for itself")


def _fault(rule: str, script: Script, step: str | None, problem: str, *, breaks: bool = False) -> Fault:
    return Fault(rule, script.name, script.language, step, problem, breaks=breaks)
