"""The words of families' texts are read strictly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from admin.web import create_app
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.reply_phrases import LexiconError
from outreach.library.lexicons import FOLDER, load_lexicons
from outreach.runtime import Runtime

GOOD = "language: en\nname: English\nreviewed: true\nphrases:\n  stop:\n    - stop\n"


def written(folder: Path, text: str, name: str = "en") -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_nine_languages_load() -> None:
    assert set(load_lexicons(FOLDER).languages) == {"en", "cy", "pl", "ro", "pt", "ur", "pa", "ar", "so"}


def test_only_english_is_marked_as_reviewed_until_native_speakers_have_been_through_the_others() -> None:
    lexicons = load_lexicons(FOLDER)
    assert [language for language in lexicons.languages if lexicons.reviewed(language)] == ["en"]


def test_every_file_says_at_its_head_how_a_reviewer_edits_it() -> None:
    for path in FOLDER.glob("*.yaml"):
        assert "How to edit" in path.read_text(encoding="utf-8")[:400], path.name


def test_yes_no_and_on_are_words_not_truths(tmp_path: Path) -> None:
    lexicons = load_lexicons(written(tmp_path, GOOD + "  weak_accept: [yes, no, on, off]\n"))
    assert lexicons.lexicon("en").phrases["weak_accept"] == ("yes", "no", "on", "off")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("language: en", "language: cy"), "language should be 'en'"),
        (GOOD.replace("reviewed: true", "reviewed: maybe"), "reviewed should be true or false"),
        (GOOD + "  hopes:\n    - x\n", "'hopes' is not a kind"),
        (GOOD + "colour: red\n", "'colour' is not a key"),
        (GOOD + "  stop: [halt]\n", "there twice"),
        (GOOD + "  call: ring me\n", "should be a list"),
        (GOOD + "  call:\n    - (ring me\n", "bracket that is not closed"),
        (GOOD + "  call:\n    - ring {mee}\n", "names a class 'mee'"),
        (GOOD + "  call:\n    - '.. $'\n", "holds no word"),
    ],
)
def test_a_fault_in_a_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LexiconError, match=says.replace("(", r"\(")):
        load_lexicons(written(tmp_path, text))


def test_the_faults_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("reviewed: true", "reviewed: maybe"))
    written(tmp_path, GOOD, "pl")
    with pytest.raises(LexiconError) as caught:
        load_lexicons(tmp_path)
    assert "en.yaml" in str(caught.value)
    assert "pl.yaml" in str(caught.value)


def test_without_english_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="English"):
        load_lexicons(written(tmp_path, GOOD.replace("language: en", "language: pl"), "pl"))


def test_who_serves_has_read_the_words_of_replies_before_the_first_text(runtime: Runtime) -> None:
    asked: list[str] = []

    def read() -> Lexicons:
        asked.append("read")
        return runtime.library.lexicons

    unread = replace(runtime, library=replace(runtime.library, read_lexicons=read))
    assert asked == [], "who only has a library has read none"
    create_app(unread)
    assert asked == ["read"]
