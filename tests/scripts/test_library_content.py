"""The scripts and texts as they are: what the checker proves, and what only a reader of the design would miss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.bootstrap import ROOT
from outreach.bootstrap import content as library
from outreach.domain.asides import ASIDES
from outreach.domain.script import ATTEMPTS, OUTCOMES, Kind, Script
from outreach.domain.script_check import Content, check
from outreach.domain.script_drawing import draw
from outreach.domain.wording import Level, level_faults, longest, size
from outreach.domain.wording_check import Text, text_faults
from outreach.library.signposts import load_signposts, load_tips
from outreach.library.wordings import Wording, load_wordings

SCRIPTS = library().scripts
TEXTS = load_wordings(ROOT / "templates/sms")
NAMES = {
    "pre_contact_gate", "opening", "first_offer", "offer_again", "already_supported", "consent", "decline_with_care",
    "child_needs", "carer_needs", "legal_needs", "interpreter", "abuse_disclosed", "distress", "child_safeguarding",
    "kinship", "common_exits", "consent_by_text", "first_call", "reoffer_call", "closing", "asides",
    "they_rang", "rung_first", "rung_again",
}  # fmt: skip
TEXT_NAMES = {
    "pre_call", "missed_call", "offer_again_l0", "offer_again_l1", "offer_again_l2", "call_soon", "call_booked",
    "later", "later_on", "decline", "stop", "wrong_number", "crisis", "who_is_this", "out_of_hours", "referral_sent",
    "consent_nudge",
}  # fmt: skip


def content() -> Content:
    signposts = load_signposts(ROOT / "scripts_library/signposts.yaml")
    tips = load_tips(ROOT / "scripts_library/tips.yaml")
    return Content(
        {key: f"{one.name} {one.what}" for key, one in signposts.items()}, frozenset(tip.topic for tip in tips)
    )


def test_every_path_of_every_script_is_sound() -> None:
    assert [str(fault) for fault in check(SCRIPTS, content())] == []


def test_every_text_keeps_to_its_rules() -> None:
    texts = {key: Text(one.name, one.language, one.level, one.way_out, one.source) for key, one in TEXTS.items()}
    assert [str(fault) for fault in text_faults(texts)] == []


def test_all_that_was_promised_is_there() -> None:
    assert {name for name, language in SCRIPTS if language == "en"} == NAMES
    assert {name for name, language in TEXTS if language == "en"} == TEXT_NAMES


def test_english_is_no_draft_and_every_other_language_says_that_it_is() -> None:
    for (_, language), script in SCRIPTS.items():
        assert bool(script.draft) is (language != "en")
    for (_, language), text in TEXTS.items():
        assert text.draft is (language != "en")


def test_every_attempt_and_every_outcome_can_be_recorded() -> None:
    ends = {step.end for one in SCRIPTS.values() for step in one.steps.values()}
    ends |= {answer.end for one in SCRIPTS.values() for step in one.steps.values() for answer in step.answers}
    recorded = {
        answer.record.get("attempt")
        for one in SCRIPTS.values()
        for step in one.steps.values()
        for answer in step.answers
    }
    assert set(ATTEMPTS) - ends - recorded == set()
    assert set(OUTCOMES) - ends == set()


def test_the_level_zero_offer_fits_whoever_reads_the_phone() -> None:
    text = TEXTS["offer_again_l0", "en"]
    assert text.level is Level.L0
    assert text.values == {"team"}
    assert level_faults(text.render(team="Willow team"), Level.L0) == []


def test_the_crisis_text_never_refers_to_what_was_written() -> None:
    text = TEXTS["crisis", "en"].source
    assert "999" in text
    assert "116 123" in text
    for word in ("you said", "you wrote", "telling", "your text", "your message", "sorry to hear"):
        assert word not in text.lower()


@given(
    st.sampled_from(sorted(TEXT_NAMES)), st.text(alphabet="ąćęłńóśźżŵŷâêîôûáéíóúýëïöü ABCdef", min_size=1, max_size=16)
)
def test_no_name_makes_an_english_text_longer_than_one_segment(name: str, person: str) -> None:
    text = TEXTS[name, "en"]
    values = {key: person if key == "name" else "x" for key in text.values}
    if not person.strip():
        return
    measured = size(text.render(**values))
    assert (measured.encoding, measured.segments) == ("GSM-7", 1)


@pytest.mark.parametrize("text", [one for one in TEXTS.values() if one.language == "en"], ids=lambda one: one.name)
def test_each_text_fits_one_segment_with_the_longest_values(text: Wording) -> None:
    assert size(longest(text.source)).segments == 1


@pytest.mark.parametrize("script", [one for one in SCRIPTS.values() if one.language == "en"], ids=lambda one: one.name)
def test_each_script_draws_the_same_picture_with_a_title_each_time(script: Script) -> None:
    picture = draw(script)
    assert picture == draw(script)
    assert f'<title id="flow-title">{script.title.replace("&", "&amp;")}</title>' in picture
    for name in script.steps:
        assert name.replace("_", " ").capitalize() in picture


def test_the_consent_by_text_asks_first_whether_the_phone_is_private() -> None:
    script = SCRIPTS["consent_by_text", "en"]
    assert script.kind is Kind.TEXT
    first = script.steps[script.start]
    assert "still just yours" in first.say
    asked = [step.ask for step in script.steps.values() if step.ask and step.ask.startswith("consent.")]
    assert sorted(asked) == ["consent.children", "consent.needs", "consent.refer", "consent.safe_contact"]
    assert all("{{ partner.name }}" in step.say for step in script.steps.values() if step.ask in asked)


@pytest.mark.parametrize("name", ["first_offer", "offer_again"])
def test_no_safe_call_comes_to_the_offer_but_through_the_privacy_information(name: str) -> None:
    script = SCRIPTS[name, "en"]
    ways: dict[str, set[str]] = {}
    for step in script.steps.values():
        for target in {step.go, step.then, *(answer.go for answer in step.answers)} - {None}:
            ways.setdefault(str(target), set()).add(step.id)
    assert (script.start, ways["privacy"], ways["listen"], ways["menu"]) == ("why", {"why"}, {"privacy"}, {"listen"})
    assert [answer.record for answer in script.steps["privacy"].answers] == [{"privacy_told": "yes"}]
    assert "you can ask to see it" in script.steps["privacy"].say


def test_what_is_said_apart_is_never_required_and_has_the_codes_of_the_study() -> None:
    script = SCRIPTS["asides", "en"]
    assert all(step.optional for step in script.steps.values())
    asked = {str(step.ask): tuple(answer.id for answer in step.answers) for step in script.steps.values()}
    assert asked.pop("asides") == ("yes",)
    assert asked == {one.fact: tuple(one.says) for one in ASIDES}
