"""Every door of the command line: its help, its exit codes, its one JSON object, and what it refuses.

0 it did what was asked, 1 the data was at fault, 2 the call was, 3 the environment was.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner, Result

from outreach.bootstrap import ROOT
from outreach.cli import COMMANDS, outreach
from outreach.demo.house import free_port
from outreach.runtime import Runtime
from outreach.store import areas
from outreach.store.keyring import Keyring
from tests import postgres
from tests.browsing import mark_as_demo
from tests.cast import a_family

Shell = Callable[..., Result]
NOBODY_ANSWERS = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"
JANUARY = ROOT / "outreach" / "demo" / "files" / "2026-01.csv"
LIVE = {
    "OUTREACH_MODE": "live",
    "OUTREACH_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "OUTREACH_TWILIO_AUTH_TOKEN": "token",
    "OUTREACH_TWILIO_NUMBER": "+447700900999",
    "OUTREACH_PUBLIC_URL": "https://outreach.example",
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """``shell("user", "list")`` in an empty folder, with no setting but its home; ``OUTREACH_X=…`` as keywords."""
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "")
    monkeypatch.chdir(tmp_path)

    def call(*words: str, **settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(outreach, list(words))

    return call


def one_object(result: Result) -> dict[str, Any]:
    """The one JSON object on standard output; a second line, or anything but an object, fails."""
    assert result.stdout.count("\n") == 1, result.stdout
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def doors(group: click.Group = outreach, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command there is, groups included, with the words it is called by."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from doors(found, (*path, name))


def test_every_door_says_what_it_is_for(shell: Shell) -> None:
    assert {path[0] for path, _ in doors()} == set(COMMANDS)
    for path, command in doors():
        result = shell(*path, "--help")
        assert result.exit_code == 0, path
        assert command.get_short_help_str().strip(), path
        assert shell(*path, "--no-such-option").exit_code == 2, path
    assert shell("--help").exit_code == 0
    assert shell("no-such-command").exit_code == 2
    assert not Path("home").exists(), "help opens nothing"


def test_the_help_opens_no_module_of_the_house() -> None:
    said = "import sys, outreach.cli as c; c.outreach(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "sqlalchemy" not in done.stdout
    for module, attribute, _ in COMMANDS.values():
        assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)


# -- without settings or a database -----------------------------------------------------------------------


def test_scripts_replies_and_the_preview_need_neither_settings_nor_a_database(shell: Shell, tmp_path: Path) -> None:
    broken = {"OUTREACH_MODE": "live", "OUTREACH_DATABASE_URL": NOBODY_ANSWERS, "OUTREACH_SMTP_PORT": "none"}
    checked = shell("scripts", "check", "--json", **broken)
    assert (checked.exit_code, one_object(checked)["ok"]) == (0, True)
    preview = one_object(shell("cadence", "preview", "--imprisoned-on", "2026-01-05", "--json"))
    assert [offer["channel"] for offer in preview["offers"]] == ["call", "text", "call", "text", "call"]
    replies = tmp_path / "replies.jsonl"
    replies.write_text('{"id": 1, "text": "STOP", "other": 2}\n\n{"id": "b", "text": "Yes please"}\n')
    read = shell("replies", "read", str(replies))
    lines = [json.loads(line) for line in read.stdout.splitlines()]
    assert read.exit_code == 0
    assert [(line["id"], line["intent"]) for line in lines] == [("1", "stop"), ("b", "accept")]
    keys = {"id", "intent", "action", "reply", "needs", "proposed_time", "signals", "evidence"}
    assert all(set(line) == keys for line in lines)
    assert not (tmp_path / "home").exists()


def test_a_wrong_date_or_a_file_that_is_no_cadence_is_refused_in_words(shell: Shell, tmp_path: Path) -> None:
    assert shell("cadence", "preview", "--imprisoned-on", "soon").exit_code == 2
    (tmp_path / "cadence.json").write_text('{"steps": "many"}')
    refused = shell("cadence", "preview", "--imprisoned-on", "2026-01-05", "--file", "cadence.json")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "not a cadence" in refused.stderr


# -- with a database --------------------------------------------------------------------------------------

ANA = ("--email", "ana@force.example", "--name", "Ana Example", "--role", "coordinator", "--organisation", "The team")


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("pg")])]
)
def test_a_first_evening_at_the_command_line(shell: Shell, keyring: Keyring, tmp_path: Path, kind: str) -> None:
    on_postgres = kind == "postgres"
    url, other = (postgres.fresh_database() if on_postgres else f"sqlite:///{tmp_path / name}" for name in "ab")
    if on_postgres:
        keyless = shell("tick", "--database", url)
        assert (keyless.exit_code, keyless.stdout) == (3, "")
        assert "key" in keyless.stderr.lower()
        shell("--help", OUTREACH_KEYS=keyring.written())

    too_soon = shell("user", "list", "--json", "--database", url)
    assert (too_soon.exit_code, too_soon.stdout) == (3, "")
    assert "outreach db upgrade" in too_soon.stderr
    assert one_object(shell("db", "upgrade", "--json", "--database", url)) == {"filled": True, "current": True}

    added = shell("user", "add", *ANA, "--area", "OXF", "--json", "--database", url)
    assert added.exit_code == 0, added.output
    assert len(one_object(added)["first_password"]) > 12
    refused = shell("user", "add", *ANA, "--area", "ATLANTIS", "--json", "--database", url)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "ATLANTIS" in refused.stderr
    bad = shell("user", "phone", "ana@force.example", "12", "--database", url)
    assert (bad.exit_code, "cannot be used" in bad.stderr) == (1, True)
    rings = ("user", "phone", "ana@force.example", "07700 900803", "--json", "--database", url)
    assert one_object(shell(*rings, OUTREACH_FICTIONAL_NUMBERS="allow")) == {"set": True}
    people = one_object(shell("user", "list", "--json", "--database", url))["people"]
    assert [(one["name"], one["role"], one["areas"]) for one in people] == [("Ana Example", "coordinator", ["OXF"])]

    plan = one_object(shell("import", str(JANUARY), "--plan", "--json", "--database", url))
    assert (plan["batch"], plan["families"]["new"], plan["rows"]["rejected"]) == (None, 23, 1)
    ticked = shell("tick", "--json", "--database", url)
    assert (ticked.exit_code, min(one_object(ticked).values())) == (0, 0)
    chain = one_object(shell("audit", "verify", "--json", "--database", url))
    assert (chain["broken_at"], chain["links"] > 0) == (None, True)
    assert one_object(shell("prove", "--json", "--database", url))["clean"] is True

    archive = str(tmp_path / "tonight.zip")
    assert shell("db", "backup", archive, "--database", url).exit_code == 0
    assert shell("db", "backup", archive, "--database", url).exit_code == 1, "a backup is never written over"
    assert shell("db", "restore", archive, "--database", other).exit_code == 0
    assert shell("db", "restore", archive, "--database", other).exit_code == 1, "only an empty database is filled"
    assert "Ana Example" in shell("user", "list", "--database", other).stdout


OPENING = (
    ["tick"], ["worker"], ["serve"], ["prove"], ["db", "upgrade"], ["user", "list"], ["audit", "verify"],
    ["import", str(JANUARY)],
)  # fmt: skip


@pytest.mark.parametrize("called", OPENING, ids=lambda called: " ".join(called[:2]) if len(called) < 3 else called[0])
def test_a_database_that_does_not_answer_is_the_environments_fault(
    shell: Shell, keyring: Keyring, called: list[str]
) -> None:
    refused = shell(*called, "--database", NOBODY_ANSWERS, OUTREACH_KEYS=keyring.written())
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert re.search("The database d(oes|id) not answer", refused.stderr)
    assert "hunter2" not in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("url", ["mysql://somewhere/else", "a sentence", "sqlite:////proc/nowhere/x.sqlite"])
def test_an_address_that_is_none_is_refused_in_words(shell: Shell, url: str) -> None:
    refused = shell("tick", "--database", url)
    assert refused.exit_code in (2, 3)
    assert refused.stderr.strip()
    assert refused.exception is None or isinstance(refused.exception, SystemExit), refused.exception


def test_wrong_keys_are_named_and_never_shown(shell: Shell) -> None:
    refused = shell("tick", OUTREACH_KEYS='{"masters": {"m1": "hunter2"}, "index": "x"}')
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "hunter2" not in refused.output


# -- live and demo ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("called", OPENING, ids=lambda called: called[0])
def test_live_mode_names_everything_that_is_missing_and_opens_nothing(
    shell: Shell, tmp_path: Path, called: list[str]
) -> None:
    refused = shell(*called, OUTREACH_MODE="live", OUTREACH_FICTIONAL_NUMBERS="allow")
    assert (refused.exit_code, refused.stdout) == (3, "")
    for name in ("KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_NUMBER", "PUBLIC_URL", "FICTIONAL_NUMBERS"):
        assert f"OUTREACH_{name}" in refused.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("called", [["tick"], ["serve"], ["worker"]], ids=lambda called: called[0])
def test_live_mode_refuses_a_database_of_a_demo(
    shell: Shell, runtime: Runtime, keyring: Keyring, called: list[str]
) -> None:
    mark_as_demo(runtime)
    settings = LIVE | {"OUTREACH_DATABASE_URL": runtime.settings.url, "OUTREACH_KEYS": keyring.written()}
    refused = shell(*called, **settings)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "belongs to a demo" in refused.stderr


def test_a_wsgi_server_refuses_it_too(runtime: Runtime, keyring: Keyring, tmp_path: Path) -> None:
    mark_as_demo(runtime)
    settings = LIVE | {"OUTREACH_DATABASE_URL": runtime.settings.url, "OUTREACH_KEYS": keyring.written()}
    environment = {"PATH": os.environ["PATH"], "OUTREACH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | settings
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 3
    assert "belongs to a demo" in done.stderr


def test_the_demo_and_its_story_refuse_a_database_that_is_none_of_theirs(shell: Shell, runtime: Runtime) -> None:
    a_family(runtime, "F001")
    for called in (["demo", "--story"], ["demo"]):
        refused = shell(*called, "--database", runtime.settings.url)
        assert refused.exit_code == 3
        assert "The database holds something that is not a demo's." in refused.stderr
    with runtime.sessions.read() as session:
        assert areas.service(session).demo is False


def test_the_demo_is_no_setting(shell: Shell) -> None:
    refused = shell("tick", OUTREACH_MODE="demo")
    assert refused.exit_code == 3
    assert "run outreach demo" in refused.stderr


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("pg")])]
)
def test_the_story_ends_as_it_should(shell: Shell, tmp_path: Path, kind: str) -> None:
    where = ["--database", postgres.fresh_database()] if kind == "postgres" else []
    told = shell("demo", "--story", *where)
    assert told.exit_code == 0, told.output[-3000:]
    assert "3 referrals the charity can see; consents: 2 by voice, 1 by text." in told.stdout
    assert "The story ended as it should" in told.stdout
    assert "NOT AS IT SHOULD BE" not in told.output
    assert not (tmp_path / "home").exists(), "it leaves nothing behind"


# -- real processes ---------------------------------------------------------------------------------------


@contextmanager
def running(*words: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own, with no setting but those given; killed in the end if it has not ended."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | settings
    call = [sys.executable, "-c", "from outreach.cli import main; main()", *words]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def until(process: subprocess.Popen[str], words: str) -> str:
    """What a process says, up to a line with ``words``."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"it ended without a word of {words!r}: {said}")


def seen(url: str) -> int:
    try:
        with urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code
    except OSError:
        return 0  # nobody listens yet


def test_the_demo_says_where_it_is_carries_on_and_stops_cleanly(tmp_path: Path) -> None:
    for _ in range(2):
        with running("demo", OUTREACH_HOME=str(tmp_path)) as demo:
            said = until(demo, "Ctrl-C stops it")
            addresses = re.findall(r"http://127\.0\.0\.1:\d+", said)
            assert [seen(address) for address in addresses] == [200, 200], said
            for role in ("practitioner", "coordinator", "supervisor", "partner", "analyst", "auditor"):
                assert role in said
            demo.send_signal(signal.SIGINT)
            ended = until(demo, "Stopped.")
            assert demo.wait(timeout=60) == 0
            assert "Traceback" not in said + ended
    with closing(sqlite3.connect(tmp_path / "demo" / "demo.sqlite")) as kept:
        assert kept.execute("SELECT count(*) FROM batch").fetchone() == (1,), "the second run carried on"
        assert kept.execute("SELECT count(*) FROM family").fetchone() == (23,)


def test_console_and_worker_are_two_processes_on_one_database(shell: Shell, tmp_path: Path) -> None:
    home, listen = tmp_path / "home", f"127.0.0.1:{free_port()}"
    assert shell("db", "upgrade").exit_code == 0
    own = {"OUTREACH_HOME": str(home), "OUTREACH_LISTEN": listen}
    with running("serve", **own) as console, running("worker", **own) as worker:
        until(console, "The console listens")
        until(worker, "The worker is at work")
        patient_until = time.monotonic() + 60
        while seen(f"http://{listen}/health") != 200 and time.monotonic() < patient_until:
            time.sleep(0.1)
        assert [seen(f"http://{listen}{path}") for path in ("/health", "/sign-in", "/demo")] == [200, 200, 404]
        worker.send_signal(signal.SIGTERM)
        until(worker, "The worker has stopped.")
        assert worker.wait(timeout=60) == 0
