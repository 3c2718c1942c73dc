"""Nothing live starts before rule 9 is met, and everything that is missing is named at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.cli.live import refuse_unready, say_what_is_missing
from outreach.domain.going_live import CONFIRMED_BY_HAND, Readiness, missing
from outreach.engine.go_live import confirm, what_is_missing
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store.areas import AreaRow, service
from outreach.store.conversations import ApprovalRow
from outreach.store.keyring import Keyring
from outreach.store.staff import ShiftRow, StaffRow
from tests.cast import a_family


@pytest.fixture
def shell(runtime: Runtime, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", runtime.settings.url)
    monkeypatch.setenv("OUTREACH_KEYS", keyring.written())
    return CliRunner()


def live(runtime: Runtime, keyring: Keyring) -> Runtime:
    settings = Settings(
        mode="live",
        keys=keyring.written(),
        database_url=runtime.settings.url,
        public_url="https://outreach.example",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="t" * 32,
        twilio_number="+447700900999",
    )
    return replace(runtime, settings=settings)


def all_signed(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        words = [("text", one) for one in runtime.library.wordings.values()]
        words += [("script", one) for one in runtime.library.scripts.values()]  # type: ignore[misc]
        for kind, one in words:
            for role, who in (("coordinator", "ana"), ("supervisor", "cora")):
                session.add(
                    ApprovalRow(
                        id=runtime.new_id(), kind=kind, name=one.name, language=one.language, version=one.version,
                        role=role, staff_id=who, at=runtime.now(), demo=False,
                    )
                )  # fmt: skip


def test_everything_that_is_missing_is_named_at_once() -> None:
    said = "\n".join(missing(Readiness(unapproved=("later",), without_rota=("Oxfordshire",), demo=True)))
    for words in ("demo", "later", "Oxfordshire", "STOP, HELP and START", "greeting"):
        assert words in said
    assert missing(Readiness(confirmed=frozenset(CONFIRMED_BY_HAND))) == ()


def test_live_mode_starts_only_when_words_rota_and_the_handset_are_seen_to(runtime: Runtime, keyring: Keyring) -> None:
    house = live(runtime, keyring)
    a_family(runtime, "F001")
    with pytest.raises(SystemExit) as refused:
        refuse_unready(house)
    assert refused.value.code == 3
    all_signed(runtime)
    for what in CONFIRMED_BY_HAND:
        assert confirm(house, what=what, email="Cora@paramount.example") is None
    with pytest.raises(SystemExit):
        refuse_unready(house)  # nobody is named who is told of danger out of hours
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").out_of_hours_by = "cora"
    assert refuse_unready(house) is house
    with runtime.sessions.begin() as session:
        kept, session.get_one(StaffRow, "cora").phone = session.get_one(StaffRow, "cora").phone, None
    assert [each for each in what_is_missing(house) if "Oxfordshire (Cora Supervisor has no phone number here)" in each]
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, "cora").phone, session.get_one(StaffRow, "cora").left_at = kept, house.now()
    assert [each for each in what_is_missing(house) if "Oxfordshire (nobody is named)" in each]
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, "cora").left_at = None
    assert what_is_missing(house) == ()
    with runtime.sessions.read() as session:
        assert service(session).live_confirmed["greeting"]["by"] == "cora"
    with runtime.sessions.begin() as session:
        session.query(ShiftRow).filter_by(area_code="OXF").delete()
    assert [each for each in what_is_missing(house) if "Oxfordshire" in each]


def test_the_console_starts_to_hear_a_stop_and_says_what_is_missing(
    runtime: Runtime, keyring: Keyring, capsys: pytest.CaptureFixture[str]
) -> None:
    say_what_is_missing(live(runtime, keyring))
    assert "No text goes out yet. Nobody has confirmed" in capsys.readouterr().err
    say_what_is_missing(runtime)
    assert capsys.readouterr().err == ""


def test_outside_live_mode_nothing_is_asked(runtime: Runtime) -> None:
    assert refuse_unready(runtime) is runtime


def test_only_a_coordinator_or_a_supervisor_confirms(runtime: Runtime) -> None:
    assert confirm(runtime, what="greeting", email="ben@paramount.example") is not None
    assert confirm(runtime, what="greeting", email="nobody@paramount.example") is not None


def test_the_check_says_what_is_missing_and_leaves_with_three(shell: CliRunner) -> None:
    result = shell.invoke(outreach, ["live", "check", "--json"])
    assert result.exit_code == 3, result.output
    said = json.loads(result.stdout)
    assert said["ready"] is False
    assert any("live confirm greeting" in each for each in said["missing"])
    assert shell.invoke(outreach, ["live", "confirm", "greeting", "--by", "ana@paramount.example"]).exit_code == 0
    assert shell.invoke(outreach, ["live", "confirm", "greeting", "--by", "eve@paramount.example"]).exit_code == 1
    again = json.loads(shell.invoke(outreach, ["live", "check", "--json"]).stdout)
    assert not any("live confirm greeting" in each for each in again["missing"])
