"""The engine: a conversation is the fold of its answers."""

from __future__ import annotations

import pytest

from outreach.domain.script import (
    Bundle,
    ConsentAnswered,
    Ended,
    Given,
    Kind,
    NeedNamed,
    UnknownAnswerError,
    Walk,
    attempt_of,
    visible,
)
from outreach.domain.script_json import bundle_from_json, bundle_of, bundle_to_json, script_from_plain
from outreach.domain.script_walk import begin, change, step, walk

EXITS = {
    "script": "exits",
    "kind": "call",
    "title": "Ways out",
    "start": "menu",
    "uses": ["exits"],
    "steps": {
        "menu": {
            "ask": "exit",
            "answers": {
                "upset": {"label": "Upset", "go": "calm"},
                "out": {"label": "Out", "end": "A11"},
                "exit_abuse": {"label": "Hurt", "go": "calm"},
            },
        },
        "calm": {
            "say": "Shall we go on?",
            "ask": "go_on",
            "answers": {"yes": {"label": "Go on", "go": "return"}, "no": {"label": "Stop", "end": "O3"}},
        },
    },
}
CALL = {
    "script": "call",
    "kind": "call",
    "title": "A call",
    "start": "who",
    "uses": ["exits"],
    "steps": {
        "who": {
            "say": "Is it you?",
            "ask": "right_person",
            "answers": {
                "yes": {"label": "Yes", "go": "inner", "record": {"safe_to_talk": "yes"}},
                "no": {"label": "No", "end": "A02"},
            },
        },
        "inner": {"enter": "part", "then": "bye"},
        "bye": {"say": "Goodbye.", "end": "O1"},
    },
}
PART = {
    "script": "part",
    "kind": "call",
    "title": "A part",
    "start": "menu",
    "uses": ["exits"],
    "steps": {
        "menu": {
            "say": "What would help?",
            "ask": "offer",
            "answers": {
                "child": {"label": "Child", "go": "more", "record": {"need.primary": "child"}},
                "legal": {"label": "Legal", "go": "refer", "record": {"need.primary": "legal"}},
            },
        },
        "more": {
            "ask": "need.secondary",
            "many": True,
            "optional": True,
            "go": "refer",
            "answers": {"carer": {"label": "Carer"}, "legal": {"label": "Legal"}},
        },
        "refer": {
            "discloses": ["charity"],
            "say": "May I?",
            "ask": "consent.refer",
            "answers": {
                "yes": {"label": "Yes", "go": "return", "record": {"consent.refer": "given"}},
                "no": {"label": "No", "end": "O4", "record": {"consent.refer": "refused"}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    scripts = {plain["script"]: script_from_plain(plain, language="en") for plain in (CALL, PART, EXITS)}
    return bundle_of("call", {str(name): one for name, one in scripts.items()})


def given(*answers: tuple[str, str] | tuple[str, str, int]) -> list[Given]:
    return [Given(one[0], one[2] if len(one) == 3 else 1, one[1]) for one in answers]


WHOLE = (("call/who", "yes"), ("part/menu", "child"), ("part/more", "carer,legal"), ("part/refer", "yes"))


def test_a_whole_walk_has_its_facts_its_events_and_its_end(bundle: Bundle) -> None:
    walked = walk(bundle, given(*WHOLE))
    assert (walked.position, walked.ended) == ("call/bye", "O1")
    assert walked.facts["need.secondary"] == "carer,legal"
    version = bundle.scripts["part"].version
    assert walked.events[-1] == Ended("O1")
    assert ConsentAnswered("refer", "given", "part/refer", "May I?", version) in walked.events
    assert [one for one in walked.events if isinstance(one, NeedNamed)] == [
        NeedNamed("child", primary=True), NeedNamed("carer", primary=False), NeedNamed("legal", primary=False),
    ]  # fmt: skip
    assert [turn.label for turn in walked.trail] == ["Yes", "Child", "Carer, Legal", "Yes"]


def test_the_order_in_which_answers_are_handed_over_does_not_matter(bundle: Bundle) -> None:
    answers = given(*WHOLE)
    assert walk(bundle, answers[::-1]) == walk(bundle, answers)


def test_nobody_ever_stands_on_a_step_that_enters_another_script(bundle: Bundle) -> None:
    assert walk(bundle, given(("call/who", "yes"))).position == "part/menu"


def test_an_exit_comes_back_to_the_step_it_left_and_asks_it_again(bundle: Bundle) -> None:
    walked = walk(bundle, given(("call/who", "yes"), ("part/menu", "upset"), ("exits/calm", "yes")))
    assert (walked.position, walked.visit) == ("part/menu", 2)
    assert [turn.by_exit for turn in walked.trail] == [False, True, False]
    again = walk(
        bundle,
        given(("call/who", "yes"), ("part/menu", "upset"), ("exits/calm", "yes"), ("part/menu", "legal", 2)),
    )
    assert again.position == "part/refer"


def test_an_optional_step_may_be_passed_and_records_nothing(bundle: Bundle) -> None:
    walked = walk(bundle, given(("call/who", "yes"), ("part/menu", "child"), ("part/more", "next")))
    assert walked.position == "part/refer"
    assert "need.secondary" not in walked.facts


def test_a_changed_answer_keeps_the_later_ones_that_are_still_on_the_way(bundle: Bundle) -> None:
    before = given(*WHOLE)
    changed = walk(bundle, change(before, Given("part/menu", 1, "legal")))
    assert changed.ended == "O1"
    assert changed.facts["need.primary"] == "legal"
    assert [one.step for one in changed.dropped] == ["part/more"]


def test_a_changed_answer_drops_what_depended_on_it(bundle: Bundle) -> None:
    changed = walk(bundle, change(given(*WHOLE), Given("call/who", 1, "no")))
    assert changed.ended == "A02"
    assert len(changed.dropped) == 3
    assert "consent.refer" not in changed.facts


@pytest.mark.parametrize("answer", ["maybe", "", "next", "carer"])
def test_an_answer_the_step_does_not_have_is_refused(bundle: Bundle, answer: str) -> None:
    with pytest.raises(UnknownAnswerError):
        step(bundle, begin(bundle), Given("call/who", 1, answer))
    assert walk(bundle, given(("call/who", answer))).position == "call/who"


def test_an_answer_to_another_question_than_the_one_that_stands_is_refused(bundle: Bundle) -> None:
    for wrong in (Given("part/menu", 1, "child"), Given("call/who", 2, "yes")):
        with pytest.raises(UnknownAnswerError):
            step(bundle, begin(bundle), wrong)


def test_nothing_can_be_answered_after_the_end(bundle: Bundle) -> None:
    state, _ = step(bundle, begin(bundle), Given("call/who", 1, "no"))
    with pytest.raises(UnknownAnswerError):
        step(bundle, state, Given("call/who", 2, "yes"))


def test_what_discloses_is_visible_only_to_the_right_person_in_safety(bundle: Bundle) -> None:
    refer, menu = bundle.step("part/refer"), bundle.step("part/menu")
    for facts in (
        {},
        {"right_person": "yes"},
        {"safe_to_talk": "yes"},
        {"right_person": "fetched", "safe_to_talk": "yes"},
    ):
        assert not visible(refer, facts)
        assert visible(menu, facts)
    assert visible(refer, {"right_person": "yes", "safe_to_talk": "yes"})


def test_a_pinned_bundle_reads_back_as_it_was(bundle: Bundle) -> None:
    again = bundle_from_json(bundle_to_json(bundle))
    assert again == bundle
    assert walk(again, given(*WHOLE)) == walk(bundle, given(*WHOLE))


def test_the_version_changes_with_any_word_and_with_the_order_of_the_buttons() -> None:
    def version(**more: object) -> str:
        return script_from_plain({**EXITS, **more}, language="en").version

    menu = EXITS["steps"]["menu"]["answers"]  # type: ignore[index]
    turned = {**EXITS["steps"], "menu": {"answers": dict(reversed(menu.items()))}}  # type: ignore[dict-item]
    versions = {version(), version(title="Ways  out"), version(steps=turned)}
    assert len(versions) == 3
    assert script_from_plain(EXITS, language="cy").version not in versions
    assert version() == version()


def test_a_bundle_holds_only_what_it_can_reach_and_says_what_is_missing(bundle: Bundle) -> None:
    assert set(bundle.scripts) == {"call", "part", "exits"}
    assert bundle.kind is Kind.CALL
    part = script_from_plain(PART, language="en")
    with pytest.raises(LookupError, match="exits"):
        bundle_of("part", {"part": part})


@pytest.mark.parametrize(
    ("facts", "ended", "code"),
    [
        ({}, None, None), ({"right_person": "yes"}, "O3", "A01"), ({"attempt": "A01"}, "A09", "A09"),
        ({"attempt": "A03"}, None, "A03"), ({}, "A04", "A04"),
    ],
)  # fmt: skip
def test_the_attempt_is_the_end_or_what_was_marked_or_the_carer_herself(
    facts: dict[str, str], ended: str | None, code: str | None
) -> None:
    assert attempt_of(facts, ended) == code


def test_a_part_that_nobody_entered_returns_to_nobody(bundle: Bundle) -> None:
    alone = bundle_of("part", bundle.scripts)
    walked: Walk = walk(alone, given(("part/menu", "legal"), ("part/refer", "yes")))
    assert (walked.position, walked.ended) == (None, "returned")
    assert not [one for one in walked.events if isinstance(one, Ended)]


TO_THE_END = (("call/who", "yes"), ("part/menu", "child"), ("part/more", ""), ("part/refer", "yes"))


def test_what_is_told_at_the_end_leads_out_of_it_and_back_to_the_same_end(bundle: Bundle) -> None:
    ended = walk(bundle, given(*TO_THE_END))
    assert (ended.position, ended.ended) == ("call/bye", "O1")
    told = walk(bundle, given(*TO_THE_END, ("call/bye", "exit_abuse")))
    assert (told.position, told.ended) == ("exits/calm", None)
    assert told.trail[-1].by_exit
    back = walk(bundle, given(*TO_THE_END, ("call/bye", "exit_abuse"), ("exits/calm", "yes")))
    assert (back.position, back.visit, back.ended) == ("call/bye", 2, "O1")
    out = walk(bundle, given(*TO_THE_END, ("call/bye", "exit_abuse"), ("exits/calm", "no")))
    assert (out.ended, out.facts["consent.refer"]) == ("O3", "given")


def test_a_way_out_of_the_end_of_a_way_out_never_comes_back_to_an_earlier_end(bundle: Bundle) -> None:
    """Who was taken out of an accepted call by what they told is not referred by a detour."""
    told = (*TO_THE_END, ("call/bye", "exit_abuse"), ("exits/calm", "no"), ("exits/calm", "exit_abuse", 2))
    asked = walk(bundle, given(*told))
    assert (asked.position, asked.ended) == ("exits/calm", None)
    assert walk(bundle, given(*told, ("exits/calm", "yes", 3))).ended == "O3"


@pytest.mark.parametrize("answer", ["upset", "next", "no"])
def test_only_what_somebody_may_tell_at_the_end_leads_out_of_it(bundle: Bundle, answer: str) -> None:
    walked = walk(bundle, given(*TO_THE_END, ("call/bye", answer)))
    assert walked.ended == "O1"
    assert [one.answer for one in walked.dropped] == [answer]
    assert [one.id for one in bundle.exits("call/bye", ended=True)] == ["exit_abuse"]
