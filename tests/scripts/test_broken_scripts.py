"""Broken scripts: each is wrong in one way, and the checker says that one thing, with the way there."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.bootstrap import ROOT, content
from outreach.domain.script import Script
from outreach.domain.script_check import Content, check
from outreach.domain.script_fault import Fault
from outreach.domain.script_json import script_from_plain, spoken
from outreach.library.scripts import read_yaml

BROKEN = Path(__file__).parent / "broken"
WHOLE = content().scripts
BESIDE = ("common_exits", "distress", "child_safeguarding", "interpreter", "abuse_disclosed", "kinship", "opening")
LIBRARY = {(name, "en"): WHOLE[name, "en"] for name in BESIDE}

# What only this one catches: the rule, the step, and words of the message.
TABLE = {
    "start_is_missing": ("start", None, "begins at nowhere"),
    "target_is_missing": ("target", "middle", "leads to nowhere"),
    "step_is_never_reached": ("reach", "island", "reached by no path"),
    "circle_without_an_end": ("stuck", "middle", "leads to no end"),
    "end_of_another_kind": ("end", "middle", "no end of a call"),
    "discloses_to_anybody": ("disclosure", "tell", "gives away prison before the right person"),
    "discloses_before_it_is_safe": ("disclosure", "tell", "gives away charity before safe to talk"),
    "disclosure_is_not_declared": ("undeclared", "middle", "gives away police and does not declare it"),
    "enters_what_requires_more": ("requires", "who", "without safe_to_talk"),
    "refers_without_asking": ("referral", "middle", "without a consent"),
    "refers_after_a_no": ("referral", "bye", "without a consent"),
    "asks_again_after_a_no": ("repeat", "middle", "asks for wants_help again after a no"),
    "decline_takes_too_long": ("count", "broken/bye", "more than 5 required answers to a decline"),
    "referral_takes_too_long": ("count", "broken/bye", "more than 9 required answers to a referral"),
    "no_common_exits": ("exits", None, "no common exits"),
    "answer_named_like_an_exit": ("exits", "middle", "which is an exit's"),
    "consent_without_a_value": ("consent", "middle", "has to record consent.refer as given, refused or left_open"),
    "consent_is_inferred": ("consent", "middle", "as given without asking"),
    "safety_is_inferred": ("consent", "middle", "establishes safe_to_talk without asking for it"),
    "no_counts_as_yes": ("consent", "middle", "as given for the answer no"),
    "title_says_too_much": ("undeclared", None, "gives away prison in its title"),
    "person_may_be_passed_over": ("consent", "begin", "may be passed over"),
    "answer_leads_nowhere": ("shape", "middle", "needs one of go and end for yes"),
    "answer_is_not_remembered": ("shape", "middle", "no ask to remember"),
    "enters_itself": ("shape", None, "enters itself"),
    "sentence_is_too_long": ("words", "middle", "more than 20 words"),
    "reads_too_hard": ("words", None, "reads like age"),
    "banned_word": ("words", "middle", '"vulnerable" judges a family'),
    "unknown_placeholder": ("words", "middle", "dog.name"),
    "unknown_signpost": ("target", "middle", "no_such_line"),
    "text_is_too_long": ("text", "bye", "2 segments; 1 allowed"),
    "text_has_no_way_out": ("text", "begin", "does not say how to stop"),
    "text_uses_a_word_of_the_network": ("text", "bye", "YES, which the network takes"),
    "text_says_too_much": ("text", "bye", "gives away: court"),
}


def broken(name: str) -> Script:
    return script_from_plain(read_yaml(BROKEN / f"{name}.yaml"), language="en")


def faults_of(name: str) -> list[Fault]:
    """The faults of the broken script, beside the sound ones that it can reach."""
    signposts = {key: key for one in LIBRARY.values() for step in one.steps.values() for key in step.signposts}
    tips = frozenset(key for one in LIBRARY.values() for step in one.steps.values() for key in step.tips)
    return check({**LIBRARY, ("broken", "en"): broken(name)}, Content(signposts, tips))


def test_the_table_names_every_broken_script() -> None:
    assert sorted(TABLE) == sorted(path.stem for path in BROKEN.glob("*.yaml"))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_broken_script_is_caught_for_what_it_is_and_for_nothing_else(name: str) -> None:
    rule, step, words = TABLE[name]
    faults = faults_of(name)
    assert {(fault.rule, fault.script if step != "who" else "kinship") for fault in faults} == {
        (rule, "broken" if step != "who" else "kinship")
    }, [str(fault) for fault in faults]
    assert any(fault.step == step and words in fault.problem for fault in faults), [str(fault) for fault in faults]


def test_the_shortest_way_to_a_fault_is_told_in_the_words_of_the_buttons() -> None:
    fault = next(one for one in faults_of("refers_after_a_no") if one.step == "bye")
    assert fault.path == ("broken/begin: Yes", "broken/safe: Yes", "broken/middle: No")
    assert "The shortest way there:\n    1. broken/begin: Yes" in str(fault)


def test_other_languages_must_have_the_same_steps_answers_and_placeholders() -> None:
    english = read_yaml(ROOT / "scripts_library/opening/en.yaml") | {"of": spoken(LIBRARY["opening", "en"])}
    same = script_from_plain(english, language="xx")
    assert not [fault for fault in check({**LIBRARY, ("opening", "xx"): same}, sound()) if fault.rule == "language"]
    fewer = {**english, "steps": {name: step for name, step in english["steps"].items() if name != "wrong_number"}}
    nameless = {
        **english,
        "steps": {**english["steps"], "is_it_them": {**english["steps"]["is_it_them"], "say": "Hello?"}},
    }
    other_end = {**english, "steps": {**english["steps"], "a_child": {**english["steps"]["a_child"], "end": "O5"}}}
    for plain, words in (
        (fewer, "missing"),
        (nameless, "other placeholders"),
        (other_end, "otherwise than the English"),
    ):
        faults = check({**LIBRARY, ("opening", "xx"): script_from_plain(plain, language="xx")}, sound())
        assert [fault.problem for fault in faults if fault.rule == "language" and words in fault.problem]


def sound() -> Content:
    signposts = {key: key for one in LIBRARY.values() for step in one.steps.values() for key in step.signposts}
    tips = frozenset(key for one in LIBRARY.values() for step in one.steps.values() for key in step.tips)
    return Content(signposts, tips)
