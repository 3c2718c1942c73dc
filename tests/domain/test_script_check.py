"""A random script that the checker passes never, on any random walk, breaks what the checker promises."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain.script import (
    CONSENT_TO_REFER,
    DECLINES,
    NEXT,
    REFERRALS,
    RETURNED,
    Bundle,
    Given,
    Script,
    is_safe,
    may_pass,
    required,
)
from outreach.domain.script_check import TO_A_DECLINE, TO_A_REFERRAL, Content, check
from outreach.domain.script_json import bundle_of, script_from_plain
from outreach.domain.script_walk import begin, step

EXITS = {
    "script": "common_exits",
    "kind": "call",
    "title": "Ways out",
    "start": "menu",
    "steps": {
        "menu": {
            "ask": "exit",
            "answers": {
                "exit_unsafe": {"label": "Not safe", "end": "A11", "record": {"safe_to_talk": "no"}},
                "exit_distress": {"label": "Upset", "go": "calm"},
            },
        },
        "calm": {
            "say": "Shall we go on?",
            "ask": "go_on",
            "answers": {
                "on": {"label": "Go on", "go": "return"},
                "unsafe": {"label": "Not safe", "end": "O11", "record": {"safe_to_talk": "no"}},
            },
        },
    },
}
NAMES = [f"s{letter}" for letter in string.ascii_lowercase[:6]]
ASKS = ["right_person", "safe_to_talk", "consent.refer", "offer", "again"]
ENDS = ["O1", "O2", "O3", "O4", "O5", "A02"]


@st.composite
def answers(draw: st.DrawFn, ask: str) -> dict[str, dict[str, object]]:
    drawn: dict[str, dict[str, object]] = {}
    for name in ("yes", "no"):
        onward: dict[str, object] = (
            {"go": draw(st.sampled_from(NAMES))}
            if draw(st.integers(0, 9)) < 7
            else {"end": draw(st.sampled_from(ENDS))}
        )
        if ask == CONSENT_TO_REFER:
            onward["record"] = {ask: "given" if name == "yes" else "refused"}
        drawn[name] = {"label": name.capitalize(), **onward}
    return drawn


@st.composite
def steps(draw: st.DrawFn, index: int) -> dict[str, object]:
    kind = draw(st.sampled_from(["ask", "ask", "ask", "tell", "end"]))
    if index < 2:
        ask = ASKS[index]
        then = draw(answers(ask))
        then["yes"] = {"label": "Yes", "go": NAMES[index + 1]}
        return {"say": "Is it so?", "ask": ask, "answers": then}
    if kind == "ask":
        ask = draw(st.sampled_from(ASKS))
        return {"say": "Is it so?", "ask": ask, "answers": draw(answers(ask))}
    tells: dict[str, object] = (
        {"say": "This is about prison.", "discloses": ["prison"]} if draw(st.booleans()) else {"say": "Well."}
    )
    onward = {"go": draw(st.sampled_from(NAMES))} if kind == "tell" else {"end": draw(st.sampled_from(ENDS))}
    return {**tells, **onward}


@st.composite
def libraries(draw: st.DrawFn) -> dict[tuple[str, str], Script]:
    plain = {
        "script": "random",
        "kind": "call",
        "title": "A random script",
        "start": NAMES[0],
        "uses": ["common_exits"],
        "steps": {name: draw(steps(index)) for index, name in enumerate(NAMES)},
    }
    scripts = [script_from_plain(one, language="en") for one in (EXITS, plain)]
    return {(one.name, "en"): one for one in scripts}


def sound(scripts: dict[tuple[str, str], Script]) -> bool:
    """Passed by the checker; a step that is never reached does no harm, and random scripts are full of them."""
    return not [fault for fault in check(scripts, Content()) if fault.rule != "reach"]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts=libraries(), data=st.data())
def test_no_walk_of_a_script_that_passed_breaks_what_was_promised(
    scripts: dict[tuple[str, str], Script], data: st.DataObject
) -> None:
    passed = sound(scripts)
    bundle = bundle_of("random", {name: one for (name, _), one in scripts.items()})
    if not passed:
        return
    for _ in range(5):
        walk_at_random(bundle, data)


def walk_at_random(bundle: Bundle, data: st.DataObject) -> None:
    state = begin(bundle)
    asked = 0
    refused: set[str] = set()
    for _ in range(60):
        at = state.at
        assert at is not None
        here = bundle.step(at)
        assert not here.discloses or is_safe(state.facts), "disclosed before it was safe"
        if state.ended is not None:
            answer = data.draw(st.sampled_from(["stay", *(one.id for one in bundle.exits(at, ended=True))]))
            if answer == "stay":
                break
            state, _events = step(bundle, state, Given(at, state.visit, answer))
            continue
        own = [one.id for one in here.answers] + ([NEXT] if may_pass(here) else [])
        exits = [one.id for one in bundle.exits(at)]
        answer = data.draw(st.sampled_from(own * 3 + exits))
        if answer in own:
            assert here.ask is None or here.ask not in refused, "asked again after a no"
            asked += required(here) and not at.startswith("common_exits/")
        chosen = here.answer(answer)
        if chosen is not None and here.ask and chosen.record.get(here.ask, chosen.id) in ("no", "refused"):
            refused.add(here.ask)
        state, _events = step(bundle, state, Given(at, state.visit, answer))
    if state.ended in REFERRALS:
        assert state.facts.get(CONSENT_TO_REFER) == "given", "referred without consent"
        assert asked <= TO_A_REFERRAL
    if state.ended in DECLINES:
        assert asked <= TO_A_DECLINE
    assert state.ended != RETURNED


def test_some_random_scripts_pass_and_some_do_not() -> None:
    """Otherwise the property above would hold of nothing."""
    seen: set[bool] = set()

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(scripts=libraries())
    def look(scripts: dict[tuple[str, str], Script]) -> None:
        seen.add(sound(scripts))

    look()
    assert seen == {True, False}
