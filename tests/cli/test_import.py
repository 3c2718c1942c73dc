"""`outreach import` as a shell calls it: the agreed JSON, the agreed exit codes, nothing else on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from outreach.bootstrap import ROOT
from outreach.cli import outreach
from outreach.runtime import Runtime
from outreach.store.batches import BatchRow
from outreach.store.families import FamilyRow
from outreach.store.keyring import Keyring
from tests.domain.recognition_rows import a_file, a_row


@pytest.fixture
def shell(runtime: Runtime, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A shell whose environment names the database of ``runtime`` and its keys."""
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", runtime.settings.url)
    monkeypatch.setenv("OUTREACH_FICTIONAL_NUMBERS", "allow")
    monkeypatch.setenv("OUTREACH_KEYS", keyring.written())
    return CliRunner()


def call(shell: CliRunner, folder: Path, *options: str, data: bytes) -> Result:
    file = folder / "month.csv"
    file.write_bytes(data)
    return shell.invoke(outreach, ["import", str(file), *options])


def answer(result: Result) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def stored(runtime: Runtime, kind: type[Any]) -> int:
    with runtime.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


GOOD = a_row(imprisoned_on="2026-01-05")


def test_a_good_file_is_committed_and_counted(shell: CliRunner, runtime: Runtime, tmp_path: Path) -> None:
    result = call(shell, tmp_path, "--late", "now", "--json", data=a_file(GOOD, a_row("F002", hold="officer_safety")))
    assert result.exit_code == 0, result.output
    said = answer(result)
    assert said.pop("batch")
    assert said == {
        "families": {
            "new": 2, "unchanged": 0, "changed": 0, "released": 0, "no_longer_listed": 0, "stopped": 0, "held": 1,
        },
        "rows": {"read": 2, "accepted": 2, "rejected": 0},
        "problems": [],
        "warnings": [],
    }  # fmt: skip
    assert stored(runtime, FamilyRow) == 2


def test_the_same_file_twice_is_unchanged_and_counted_in_full(shell: CliRunner, tmp_path: Path) -> None:
    for expected in ("new", "unchanged"):
        result = call(shell, tmp_path, "--late", "now", "--json", data=a_file(GOOD))
        said = answer(result)
        assert (result.exit_code, said["families"][expected], said["rows"]["read"]) == (0, 1, 1)


def test_a_plan_writes_nothing(shell: CliRunner, runtime: Runtime, tmp_path: Path) -> None:
    result = call(shell, tmp_path, "--plan", "--json", data=a_file(GOOD))
    assert (result.exit_code, answer(result)["batch"], answer(result)["families"]["new"]) == (0, None, 1)
    assert (stored(runtime, FamilyRow), stored(runtime, BatchRow)) == (0, 0)


def test_rejected_rows_are_named_and_the_rest_goes_in(shell: CliRunner, runtime: Runtime, tmp_path: Path) -> None:
    result = call(shell, tmp_path, "--late", "next", "--json", data=a_file(GOOD, a_row("F002", child_born_on="?")))
    (problem,) = answer(result)["problems"]
    assert result.exit_code == 0
    assert (problem["row"], problem["column"], problem["value"]) == (3, "child_born_on", "?")
    assert stored(runtime, FamilyRow) == 1


def test_families_found_late_need_a_choice(shell: CliRunner, runtime: Runtime, tmp_path: Path) -> None:
    result = call(shell, tmp_path, "--json", data=a_file(a_row(imprisoned_on="2025-06-02")))
    assert result.exit_code == 2
    assert "--late now" in result.stderr
    assert answer(result)["batch"] is None
    assert (stored(runtime, FamilyRow), stored(runtime, BatchRow)) == (0, 0)


@pytest.mark.parametrize("data", [b"", b"Dear all", b"family_ref,area\r\n", b"\xff\xfef\x00"])
def test_a_file_that_cannot_be_read_is_the_datas_fault(
    shell: CliRunner, runtime: Runtime, tmp_path: Path, data: bytes
) -> None:
    result = call(shell, tmp_path, "--json", data=data)
    assert result.exit_code == 1
    assert answer(result)["problems"][0]["problem"]
    assert call(shell, tmp_path, data=data).stderr.strip()
    assert stored(runtime, BatchRow) == 0


def test_a_file_that_is_not_there_is_the_calls_fault(shell: CliRunner, tmp_path: Path) -> None:
    assert shell.invoke(outreach, ["import", str(tmp_path / "nothing.csv")]).exit_code == 2


def test_a_process_that_does_nothing_else_imports_too(shell: CliRunner, runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "month.csv"
    file.write_bytes(a_file(GOOD))
    runtime.sessions.close()
    command = [sys.executable, "-c", "from outreach.cli import main; main()", "import", str(file), "--late", "now"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert stored(runtime, FamilyRow) == 1


def test_people_read_sentences(shell: CliRunner, tmp_path: Path) -> None:
    result = call(shell, tmp_path, "--late", "now", data=a_file(GOOD, a_row("F002", custody="gone")))
    assert result.stdout.startswith("Imported.\n  1 new family.\n  1 row cannot be read.\n")
    assert "row 3, custody “gone”: This is not one of the values we know" in result.stdout


def test_a_map_says_what_column_names_mean_and_is_remembered(
    shell: CliRunner, runtime: Runtime, tmp_path: Path
) -> None:
    strange = a_file(GOOD).replace(b"carer_name", b"Guardian", 1)
    refused = call(shell, tmp_path, "--json", data=strange)
    assert refused.exit_code == 1
    said = [each["problem"] for each in answer(refused)["problems"]]
    assert said[0] == "These columns are missing: carer_name. Add them, or export the file again."
    assert '{"Guardian": "' in said[1]
    names = tmp_path / "names.json"
    names.write_text(json.dumps({"Guardian": "carer_name"}))
    planned = call(shell, tmp_path, "--plan", "--map", str(names), "--json", data=strange)
    assert answer(planned)["families"]["new"] == 1
    assert call(shell, tmp_path, "--plan", "--json", data=strange).exit_code == 1, "a plan writes nothing"
    done = call(shell, tmp_path, "--map", str(names), "--late", "now", "--json", data=strange)
    assert done.exit_code == 0, done.output
    told = [each["problem"] for each in answer(done)["warnings"] if each["column"] == "carer_name"]
    assert told == ["This column is read as carer_name, as a colleague said its name means."]
    february = a_file(GOOD, a_row("F002", imprisoned_on="2026-01-05")).replace(b"carer_name", b"Guardian", 1)
    assert answer(call(shell, tmp_path, "--late", "now", "--json", data=february))["families"]["new"] == 1
    assert stored(runtime, FamilyRow) == 2


@pytest.mark.parametrize("map_said", ["[]", "{", '{"Guardian": 3}', '{"Guardian": "surname"}', "{}"])
def test_a_map_that_is_none_is_a_fault_of_the_call(
    shell: CliRunner, runtime: Runtime, tmp_path: Path, map_said: str
) -> None:
    names = tmp_path / "names.json"
    names.write_text(map_said)
    strange = a_file(GOOD).replace(b"carer_name", b"Guardian", 1)
    assert call(shell, tmp_path, "--map", str(names), data=strange).exit_code == 2
    assert stored(runtime, FamilyRow) == 0
