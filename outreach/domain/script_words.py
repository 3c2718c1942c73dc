"""Do the words of a script fit those who hear them?

Rules
- In English, what is said has a reading age of nine or less over the script, and no sentence of more than
  twenty words; nothing in any line is on the list of words that are not said (`wording.BANNED`).
- What a step gives away it declares in ``discloses``: in what is said, in what stands on the screen beside
  it, and in the names of its signposts. A screen can be read over a shoulder. The title of a call shows from the
  start, and gives away nothing.
- Every placeholder is a known one (`wording.LONGEST`).
- Each text fits one GSM-7 segment in English, three UCS-2 segments otherwise, with the longest values; it is
  clean at level 2, at which alone a conversation by text is held; the first one says how to stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from outreach.domain.script import Kind, Script, Step
from outreach.domain.script_fault import Fault
from outreach.domain.wording import (
    LONGEST,
    READING_AGE,
    SENTENCE_WORDS,
    Level,
    banned_in,
    disclosed_by,
    level_faults,
    long_sentences,
    longest,
    placeholders,
    reading_age,
    size,
)

KINDS = ("prison", "police", "charity", "child")
SEGMENTS = {"en": 1}
SEGMENTS_OTHERWISE = 3


def lines(step: Step) -> str:
    """Everything of a step that stands on a screen."""
    return "\n".join([step.say, step.guide, step.words or "", *(one.label for one in step.answers)])


def disclosures(step: Step, signposts: Mapping[str, str]) -> frozenset[str]:
    """What a step gives away, whether it says so or not."""
    shown = "\n".join([lines(step), *(signposts.get(key, "") for key in step.signposts)])
    return _given_away(shown)


@lru_cache(maxsize=4096)
def _given_away(shown: str) -> frozenset[str]:
    """Kept, because a check asks it of each step in every place that a conversation can come to it by."""
    return disclosed_by(shown) & frozenset(KINDS)


def word_faults(script: Script, signposts: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the words of one script."""
    if script.language == "en":
        age = reading_age("\n".join(step.say for step in script.steps.values()))
        if age > READING_AGE:
            yield _fault("words", script, None, f"reads like age {age}; {READING_AGE:g} is the most")
    for step in script.steps.values():
        yield from _step_faults(script, step, signposts)
        if script.kind is Kind.TEXT:
            yield from _text_faults(script, step)
    for kind in sorted(disclosed_by(script.title) & frozenset(KINDS)) if script.kind in (Kind.CALL, Kind.VISIT) else ():
        yield Fault(
            "undeclared", script.name, script.language, None, f"gives away {kind} in its title, which always shows"
        )
    opening = script.steps.get(script.start)
    if script.kind is Kind.TEXT and opening is not None and "STOP" not in opening.say:
        yield _fault("text", script, opening.id, "is the first text, and does not say how to stop")


def _step_faults(script: Script, step: Step, signposts: Mapping[str, str]) -> Iterator[Fault]:
    if script.language == "en":
        for sentence in long_sentences(step.say):
            yield _fault("words", script, step.id, f'has a sentence of more than {SENTENCE_WORDS} words: "{sentence}"')
        for banned in banned_in(lines(step)):
            yield _fault("words", script, step.id, banned)
    for kind in sorted(disclosures(step, signposts) - step.discloses):
        yield _fault("undeclared", script, step.id, f"gives away {kind} and does not declare it")
    for name in sorted(placeholders(lines(step)) - LONGEST.keys()):
        yield _fault("words", script, step.id, f"has the placeholder {name}, which nobody fills")


def _text_faults(script: Script, step: Step) -> Iterator[Fault]:
    if placeholders(step.say) <= LONGEST.keys():
        taken, allowed = size(longest(step.say)), SEGMENTS.get(script.language, SEGMENTS_OTHERWISE)
        if taken.segments > allowed or (script.language == "en" and taken.encoding != "GSM-7"):
            problem = f"takes {taken.units} units of {taken.encoding}, {taken.segments} segments; {allowed} allowed"
            yield _fault("text", script, step.id, problem)
    for problem in level_faults(step.say, Level.L2):
        yield _fault("text", script, step.id, problem)


def _fault(rule: str, script: Script, step: str | None, problem: str) -> Fault:
    return Fault(rule, script.name, script.language, step, problem)
