"""`outreach replies read` and `outreach replies score`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outreach.cli.replies import replies

KEYS = ["id", "intent", "action", "reply", "needs", "proposed_time", "signals", "evidence"]


def run(*words: str) -> Result:
    return CliRunner().invoke(replies, list(words))


def written(folder: Path, *lines: str) -> str:
    path = folder / "replies.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_read_writes_one_object_a_line_in_the_order_read(tmp_path: Path) -> None:
    file = written(tmp_path, '{"id": "b", "text": "stop"}', "", '{"id": "a", "text": "call me", "else": 1}')
    result = run("read", file)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["b", "a"]
    assert [line["intent"] for line in lines] == ["stop", "call"]
    assert all(list(line) == KEYS for line in lines)


def test_a_proposed_time_says_the_day_and_whether_it_is_exact(tmp_path: Path) -> None:
    result = run("read", written(tmp_path, '{"id": 1, "text": "call me tomorrow at 3pm"}'))
    found = json.loads(result.stdout)["proposed_time"]
    assert found["exact"] is True
    assert found["time"] == "15:00"


@pytest.mark.parametrize("bad", ["not json", "[]", '{"text": "x"}', '{"id": "1"}', '{"id": "1", "text": 7}'])
def test_a_bad_line_is_named_with_its_number_and_the_others_are_read(tmp_path: Path, bad: str) -> None:
    result = run("read", written(tmp_path, '{"id": "1", "text": "stop"}', bad, '{"id": "3", "text": "no"}'))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "line 2:" in result.stderr


def test_a_file_that_is_not_there_is_a_fault_of_the_call() -> None:
    assert run("read", "nowhere.jsonl").exit_code == 2


def test_score_counts_and_names_the_grave_errors_by_row(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '{"id": "1", "text": "stop", "intent": "stop"}',
        '{"id": "2", "text": "yes please", "intent": "unclear"}',
        '{"id": "3", "text": "no thanks", "intent": "stop"}',
        '{"id": "4", "text": "he hits me", "intent": "distress"}',
    )
    result = run("score", file, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [one["id"] for one in found["grave"]] == ["2", "3"]
    assert found["clear_english"] == {"rows": 2, "read_and_acted_on": 1}
    assert found["distress"] == {"rows": 1, "alert": 1}
    assert found["confusion"]["stop"] == {"stop": 1, "decline": 1}


def test_score_in_words_shows_the_table_and_the_time(tmp_path: Path) -> None:
    result = run("score", written(tmp_path, '{"id": "1", "text": "stop", "intent": "stop"}'))
    assert result.exit_code == 0
    assert "label \\ read" in result.stdout
    assert "ms of processor time a reply" in result.stdout
    assert "grave errors: 0" in result.stdout


def test_score_wants_an_intent_that_there_is(tmp_path: Path) -> None:
    result = run("score", written(tmp_path, '{"id": "1", "text": "stop", "intent": "halt"}'))
    assert result.exit_code == 1
    assert "line 1: intent should be one of" in result.stderr
