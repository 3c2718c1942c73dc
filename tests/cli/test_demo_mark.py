"""Live mode never uses a demo's data: not to migrate it, not to fill an empty database with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.runtime import Runtime
from outreach.store import backup
from outreach.store.keyring import Keyring
from tests.browsing import mark_as_demo


@pytest.fixture
def live(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name, value in {
        "HOME": str(tmp_path), "KEYS": keyring.written(), "MODE": "live", "PUBLIC_URL": "https://outreach.example",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "t" * 32, "TWILIO_NUMBER": "+447700900999",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    return CliRunner()


def test_the_mark_is_looked_at_before_anything_is_migrated(runtime: Runtime, live: CliRunner) -> None:
    address = ["--database", runtime.settings.url]
    assert live.invoke(outreach, ["db", "upgrade", *address]).exit_code == 0
    mark_as_demo(runtime)
    for command in (["db", "upgrade"], ["prove"], ["db", "restore", __file__]):
        done = live.invoke(outreach, [*command, *address])
        assert (done.exit_code, "belongs to a demo" in done.output) == (3, True), done.output


def test_a_demos_backup_does_not_come_back_live(runtime: Runtime, live: CliRunner, tmp_path: Path) -> None:
    mark_as_demo(runtime)
    backup.write(runtime.sessions, tmp_path / "demo.zip")
    done = live.invoke(
        outreach, ["db", "restore", str(tmp_path / "demo.zip"), "--database", f"sqlite:///{tmp_path}/empty.sqlite"]
    )
    assert (done.exit_code, "backup of a demo" in done.output) == (1, True), done.output
