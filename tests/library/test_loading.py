"""The content files are read strictly: every fault at once, with the file and the place."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.bootstrap import ROOT
from outreach.domain.script import Kind
from outreach.domain.wording import MissingValueError
from outreach.library.contents import Library, primary
from outreach.library.scripts import LibraryError, load_scripts
from outreach.library.signposts import STALE_AFTER, Signpost, band_of, load_signposts, load_tips
from outreach.library.wordings import load_wordings

SCHEMA = ROOT / "scripts_library/schema.json"
GOOD = "script: good\nkind: call\ntitle: Good\nstart: a\nsteps:\n  a: {say: Hello., end: O3}\n"


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "en.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_good_script_is_read_with_yes_and_no_as_words(tmp_path: Path) -> None:
    answers = "  b: {say: Well now, ask: x, answers: {yes: {label: Yes, end: O3}, no: {label: No, end: O3}}}\n"
    scripts = load_scripts(written(tmp_path, good=GOOD.replace("end: O3}", "go: b}") + answers), schema=SCHEMA)
    script = scripts["good", "en"]
    assert script.kind is Kind.CALL
    assert [(one.id, one.label) for one in script.steps["b"].answers] == [("yes", "Yes"), ("no", "No")]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        good=GOOD,
        twice=GOOD.replace("good", "twice") + "  a: {say: Again., end: O3}\n",
        torn="script: [",
        stranger=GOOD,
        wrong=GOOD.replace("good", "wrong").replace("say", "speak"),
        empty="",
        both=GOOD.replace("good", "both").replace("end: O3", "answers: {x: {label: X, go: a, end: O3}}"),
    )
    with pytest.raises(LibraryError) as told:
        load_scripts(folder, schema=SCHEMA)
    problems = told.value.problems
    for name, words in {
        "twice": "'a' stands twice", "torn": "torn/en.yaml", "stranger": "says it is good",
        "wrong": "'speak' was unexpected",        "empty": "is not of type 'object'", "both": "steps > a",
    }.items():  # fmt: skip
        assert [one for one in problems if f"{name}/en.yaml" in one and words in one], (name, problems)
    assert not [one for one in problems if "good/en.yaml" in one]


def test_texts_and_their_side_file_must_agree(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en/extra.txt.j2").write_text("Hello.", encoding="utf-8")
    (tmp_path / "wordings.yaml").write_text(
        "drafts: []\nwordings:\n  missing: {level: 0, purpose: x, way_out: true}\n  odd: {level: 0}\n", encoding="utf-8"
    )
    with pytest.raises(LibraryError) as told:
        load_wordings(tmp_path)
    said = str(told.value)
    assert "extra.txt.j2" in said
    assert "missing has no English text" in said
    assert "odd: wants exactly" in said


def test_a_text_is_rendered_strictly_and_in_plain_letters(library: Library) -> None:
    text = library.wording("offer_again_l1")
    assert text.render(name="Zażółć", team="Willow team", unused="x").startswith("Hello Zazolc, Willow team here.")
    with pytest.raises(MissingValueError):
        text.render(team="Willow team")


def test_a_bundle_is_found_by_primary_tag_and_a_missing_one_is_an_error(library: Library) -> None:
    assert library.bundle("first_call", "en-GB").version == library.bundle("first_call").version
    with pytest.raises(LookupError):
        library.bundle("no_such_script")
    with pytest.raises(LookupError):
        library.wording("pre_call", "xx")
    assert [primary(tag) for tag in ("pl-PL", "CY", "", "en_GB")] == ["pl", "cy", "en", "en"]


def test_a_conversation_by_text_is_never_in_two_languages(library: Library) -> None:
    languages = {language for name, language in library.scripts if name == "consent_by_text"}
    with pytest.raises(LookupError):
        library.bundle("consent_by_text", "xx")
    assert "en" in languages


def test_signposts_go_stale_and_those_never_checked_are(library: Library) -> None:
    assert load_signposts(ROOT / "scripts_library/signposts.yaml") == library.signposts
    samaritans = library.signposts["samaritans"]
    checked = samaritans.last_checked
    assert checked is not None
    assert not samaritans.is_stale(checked + STALE_AFTER)
    assert samaritans.is_stale(checked + STALE_AFTER + timedelta(days=1))
    assert Signpost("x", "X", "", "", "", "", None).is_stale(date(2026, 1, 1))


def test_tips_have_an_age_band(tmp_path: Path) -> None:
    assert {tip.band for tip in load_tips(ROOT / "scripts_library/tips.yaml")} == {"under_5", "5_to_11", "teens", "any"}
    (tmp_path / "tips.yaml").write_text("tips: {sleep: {babies: [Hush.]}}", encoding="utf-8")
    with pytest.raises(LibraryError, match="babies is not an age band"):
        load_tips(tmp_path / "tips.yaml")
    assert [band_of(age) for age in (0, 4, 5, 11, 12, 17)] == [
        "under_5",
        "under_5",
        "5_to_11",
        "5_to_11",
        "teens",
        "teens",
    ]
