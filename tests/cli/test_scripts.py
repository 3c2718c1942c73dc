"""`outreach scripts`, as it is used from a shell: neither settings nor a database."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.bootstrap import ROOT
from outreach.cli.scripts import scripts


@pytest.fixture
def shell() -> CliRunner:
    return CliRunner()


def test_check_prints_one_json_object_and_nothing_else(shell: CliRunner) -> None:
    result = shell.invoke(scripts, ["check", "--json"])
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["ok"] is True
    assert said["faults"] == []
    assert said["counts"]["scripts"] >= 20


def test_check_tells_a_fault_with_the_way_there_and_ends_with_one(shell: CliRunner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts_library", tmp_path / "scripts_library")
    shutil.copytree(ROOT / "templates/sms", tmp_path / "templates/sms")
    file = tmp_path / "scripts_library/opening/en.yaml"
    file.write_text(file.read_text("utf-8").replace("Hello, is that", "The police here, is that"), encoding="utf-8")
    result = shell.invoke(scripts, ["check", "--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "opening/en, step is_it_them: gives away police before the right person is established" in result.stdout
    found = shell.invoke(scripts, ["check", "--json", "--root", str(tmp_path)])
    assert {fault["rule"] for fault in json.loads(found.stdout)["faults"]} == {"disclosure", "undeclared"}


def test_check_of_a_file_that_cannot_be_read_says_which(shell: CliRunner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts_library", tmp_path / "scripts_library")
    shutil.copytree(ROOT / "templates/sms", tmp_path / "templates/sms")
    (tmp_path / "scripts_library/opening/en.yaml").write_text("steps: [", encoding="utf-8")
    result = shell.invoke(scripts, ["check", "--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "opening/en.yaml" in result.stdout


@pytest.mark.parametrize("in_use", [False, True])
def test_check_tells_which_translation_is_of_an_earlier_english(
    shell: CliRunner, tmp_path: Path, *, in_use: bool
) -> None:
    shutil.copytree(ROOT / "scripts_library", tmp_path / "scripts_library")
    shutil.copytree(ROOT / "templates/sms", tmp_path / "templates/sms")
    english, welsh = (tmp_path / "scripts_library/opening" / name for name in ("en.yaml", "cy.yaml"))
    english.write_text(english.read_text("utf-8").replace("I am sorry to have troubled you.", "I am sorry."), "utf-8")
    if in_use:
        welsh.write_text(welsh.read_text("utf-8").replace("draft: needs a native reviewer\n", ""), "utf-8")
    found = shell.invoke(scripts, ["check", "--json", "--root", str(tmp_path)])
    said = json.loads(found.stdout)
    assert any(note.startswith("opening/pl: a draft of other English words") for note in said["notes"])
    assert found.exit_code == (1 if in_use else 0)
    assert [(one["rule"], one["script"], one["language"]) for one in said["faults"]] == (
        [("language", "opening", "cy")] if in_use else []
    )


def test_play_walks_a_script_takes_an_answer_back_and_says_how_it_ended(shell: CliRunner) -> None:
    result = shell.invoke(scripts, ["play", "opening"], input="1\nb\nfoo\n3\n")
    assert result.exit_code == 0
    assert result.stdout.count("Hello, is that Amina Example?") == 3
    assert "That is none of the answers." in result.stdout
    assert "Ends: A02 (attempt A02)" in result.stdout


def test_play_of_an_unknown_script_names_those_that_are_there(shell: CliRunner) -> None:
    result = shell.invoke(scripts, ["play", "nonsense"])
    assert result.exit_code == 2
    assert "first_call" in result.output


def test_draw_writes_a_picture_with_a_title(shell: CliRunner, tmp_path: Path) -> None:
    target = tmp_path / "flow.svg"
    assert shell.invoke(scripts, ["draw", "consent", "-o", str(target)]).exit_code == 0
    assert "<title" in target.read_text("utf-8")
