"""Words that are spoken or sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.wording import (
    Level,
    MissingValueError,
    Size,
    banned_in,
    disclosed_by,
    fill,
    level_faults,
    long_sentences,
    placeholders,
    reading_age,
    size,
    syllables,
    transliterate,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Size("GSM-7", 0, 1)),
        ("a" * 160, Size("GSM-7", 160, 1)),
        ("a" * 161, Size("GSM-7", 161, 2)),
        ("a" * 306, Size("GSM-7", 306, 2)),
        ("a" * 307, Size("GSM-7", 307, 3)),
        ("€" * 80, Size("GSM-7", 160, 1)),
        ("€" * 81, Size("GSM-7", 162, 2)),
        ("é" * 160, Size("GSM-7", 160, 1)),
        ("ł" * 70, Size("UCS-2", 70, 1)),
        ("ł" * 71, Size("UCS-2", 71, 2)),
        ("🙂" * 35, Size("UCS-2", 70, 1)),
        ("🙂" * 36, Size("UCS-2", 72, 2)),
        ("it’s", Size("UCS-2", 4, 1)),
    ],
)
def test_segments_are_counted_as_the_network_bills_them(text: str, expected: Size) -> None:
    assert size(text) == expected


@given(st.text(alphabet="ąćęłńóśźżŵŷâêîôûáéíóúýëïöü’“”–…", max_size=20))
def test_names_are_written_in_letters_that_keep_a_text_short(name: str) -> None:
    assert size(transliterate(name)).encoding == "GSM-7"


def test_filling_refuses_a_name_without_a_value_and_any_logic() -> None:
    assert fill("Hello {{ name }}, {{team}}.", {"name": "Amina", "team": "Willow team", "more": "x"}) == (
        "Hello Amina, Willow team."
    )
    for text, values in (
        ("{{ name }}", {}), ("{{ name }}", {"name": ""}), ("{% if a %}b{% endif %}", {}), ("{{ a|upper }}", {"a": "b"}),
        ("{{ a", {"a": "b"}), ("{{ A }}", {"A": "b"}),
    ):  # fmt: skip
        with pytest.raises(MissingValueError):
            fill(text, values)


def test_a_value_is_never_read_as_a_wording() -> None:
    assert fill("Hello {{ name }}.", {"name": "{{ team }}"}) == "Hello {{ team }}."
    assert placeholders("{{ a }} {{b.c}} {{ D }}") == {"a", "b.c"}


@pytest.mark.parametrize(
    ("text", "level", "clean"),
    [
        ("Hello from Willow team. Reply CALL, LATER or STOP.", Level.L0, True),
        ("Hello {{ name }}.", Level.L0, False),
        ("Hello {{ name }}.", Level.L1, True),
        ("The support is still there.", Level.L0, False),
        ("The support is still there.", Level.L1, True),
        ("{{ partner }} can ring.", Level.L1, False),
        ("{{ partner }} can ring.", Level.L2, True),
        ("He is in prison.", Level.L2, False),
        ("The police know.", Level.L2, False),
        ("See you in court.", Level.L2, False),
        ("{{ child.name }} is well.", Level.L2, False),
        ("Reply YES to go on.", Level.L2, False),
        ("Reply HELP.", Level.L2, False),
        ("Rydym yn y carchar.", Level.L2, False),
        ("Jest w więzieniu.", Level.L2, False),
        ("Twoja rodzina.", Level.L0, False),
        ("Cymorth i chi.", Level.L0, False),
    ],
)
def test_a_text_says_no_more_than_its_level(text: str, level: Level, *, clean: bool) -> None:
    assert (level_faults(text, level) == []) is clean


def test_what_gives_something_away_is_found_inside_other_words() -> None:
    assert disclosed_by("imprisoned? no") == {"where somebody is"}
    assert disclosed_by("the prisoner's friend") == {"prison"}
    assert disclosed_by("a police officer and a charity") == {"police", "charity"}
    assert disclosed_by("of course, courtesy counts") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "The offender", "a prisoner's child", "You are eligible", "you've been identified", "a vulnerable family",
        "commit suicide", "There is nothing to worry about.", "I know how you feel", "Why did you stay?",
    ],
)  # fmt: skip
def test_words_that_are_not_said_of_or_to_a_family_are_found(text: str) -> None:
    assert len(banned_in(text)) == 1


def test_names_of_schemes_are_not_banned() -> None:
    assert banned_in("The Victim Contact Scheme") == []


def test_short_plain_words_read_young_and_long_ones_old() -> None:
    assert reading_age("We can ring you. It is your choice.") < 7
    assert reading_age("Multidisciplinary safeguarding considerations necessitate proportionate intervention.") > 20
    assert reading_age("") == 5.0
    assert (syllables("help"), syllables("asked"), syllables("family"), syllables("information")) == (1, 1, 3, 4)


def test_a_long_sentence_is_found_with_its_words() -> None:
    long = "word " * 21
    assert long_sentences("Short one. " + long + ".") == [long.strip()]
    assert long_sentences("word " * 20) == []
