"""The database held by another writer, or gone: a clear page, a log that names nobody, nothing half done, nothing lost.

Every way of writing is tried under a real lock; what was refused works when it is sent again.
"""

from __future__ import annotations

import io
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url, select, text
from werkzeug.test import TestResponse

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine import guide_call
from outreach.engine.holds import set_hold
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store.texts import TextRow
from tests import postgres
from tests.admin.test_referrals import a_referral
from tests.browsing import Visitor, mark_as_demo, visitor, words
from tests.cast import ANA, BEN, EVE, a_family, an_open_offer, switch_on_texts
from tests.domain.recognition_rows import a_file, a_row
from tests.fakes import FakeLine
from tests.journeys.conftest import app_of

Be = Callable[[Actor | None], Visitor]
Send = Callable[[], TestResponse]
PERSONAL = re.compile(r"Amina|Rivera|Robin|7700 ?900101|SELECT|INSERT|UPDATE", re.IGNORECASE)


def file_of(runtime: Runtime) -> Path:
    return Path(str(make_url(runtime.settings.url).database))


def everything(runtime: Runtime) -> str:
    """The whole database, row by row."""
    with closing(sqlite3.connect(file_of(runtime))) as database:
        return "\n".join(database.iterdump())


@contextmanager
def another_writer(runtime: Runtime) -> Iterator[None]:
    """Somebody else begins to write, and does not stop. We wait for a moment only."""
    engine = runtime.sessions.engine
    engine.dispose()
    event.listen(engine, "connect", in_a_hurry)
    with closing(sqlite3.connect(file_of(runtime), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    event.remove(engine, "connect", in_a_hurry)


def in_a_hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=50").close()


# -- the ways of writing: each sends what it sends, as often as it is called -------------------------------


def upload(be: Be, runtime: Runtime) -> Send:
    ana = be(ANA)
    ana.post("/pause/go-on")
    return lambda: ana.post("/imports", {"file": (io.BytesIO(a_file(a_row())), "january.csv")})


def accept_a_plan(be: Be, runtime: Runtime) -> Send:
    ana = be(ANA)
    rows = a_file(*(a_row(f"F{n:03}", imprisoned_on="2026-01-05", carer_name="Amina Rivera") for n in range(1, 30)))
    plan = ana.post("/imports", {"file": (io.BytesIO(rows), "january.csv")}).location
    return lambda: ana.post(f"{plan}/accept")


def start_a_call(be: Be, runtime: Runtime) -> Send:
    ben, offer_id = be(BEN), an_open_offer(runtime, a_family(runtime, "F001"))
    ben.post("/pause")
    return lambda: ben.post(f"/calls/open/{offer_id}")


def a_call(be: Be, runtime: Runtime) -> tuple[Visitor, str, dict[str, object]]:
    """Ben in a call: his browser, the call's address, and what the form of its first question holds."""
    ben, offer_id = be(BEN), an_open_offer(runtime, a_family(runtime, "F001"))
    opened = guide_call.open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(opened, guide_call.Opened)
    path = f"/calls/{opened.conversation_id}"
    hidden = re.findall(r'type="hidden" name="(step|visit)" value="([^"]+)"', ben.get(path).text)
    ben.post("/pause")
    return ben, path, dict(hidden)


def answer_in_a_call(be: Be, runtime: Runtime) -> Send:
    ben, path, form = a_call(be, runtime)
    return lambda: ben.post(f"{path}/answer", form | {"answer": "yes"})


def close_a_call(be: Be, runtime: Runtime) -> Send:
    ben, path, form = a_call(be, runtime)
    ben.post(f"{path}/answer", form | {"answer": "none"})
    return lambda: ben.post(f"{path}/finish")


def accept_a_referral(be: Be, runtime: Runtime) -> Send:
    eve, referral_id = be(EVE), a_referral(runtime)
    eve.post(f"/referrals/{referral_id}/open")
    return lambda: eve.post(f"/referrals/{referral_id}/accept")


def lift_a_hold(be: Be, runtime: Runtime) -> Send:
    ben, family = be(BEN), a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        hold = set_hold(session, runtime, family_id=family.id, kind=Kind.BY_HAND, by="ben", now=runtime.now())
        path = f"/families/{family.id}/holds/{hold.id}/lift"
    ben.post("/pause")
    return lambda: ben.post(path, {"why": "Amina Rivera rang, on 07700 900101."})


def pause(be: Be, runtime: Runtime) -> Send:
    ana = be(ANA)
    ana.post("/pause/go-on")
    return lambda: ana.post("/pause")


def look_at_a_family(be: Be, runtime: Runtime) -> Send:
    """Seeing is noted first: where it cannot be noted, nothing is shown."""
    ben, family = be(BEN), a_family(runtime, "F001")
    return lambda: ben.get(f"/families/{family.id}")


WAYS = (
    upload, accept_a_plan, start_a_call, answer_in_a_call, close_a_call, accept_a_referral, lift_a_hold, pause,
    look_at_a_family,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_locked_database_is_said_so_nothing_is_half_written_and_sending_again_works(
    be: Be, runtime: Runtime, caplog: pytest.LogCaptureFixture, way: Callable[[Be, Runtime], Send]
) -> None:
    send = way(be, runtime)
    before = everything(runtime)
    with caplog.at_level(logging.DEBUG), another_writer(runtime):
        answer = send()
    assert answer.status_code == 503
    assert "The database is busy" in words(answer)
    assert "Nothing was saved, and nothing is half done." in words(answer)
    assert not PERSONAL.search(answer.text)
    assert "answered 503" in caplog.text
    assert not PERSONAL.search(caplog.text)
    assert everything(runtime) == before
    assert send().status_code in (200, 303)
    assert everything(runtime) != before


def test_a_text_that_came_while_the_database_was_locked_is_asked_for_again_and_stands_once(
    runtime: Runtime,
    a_text_comes: Callable[..., TestResponse],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    a_family(runtime, "F001")
    before = everything(runtime)
    with caplog.at_level(logging.DEBUG), another_writer(runtime):
        assert a_text_comes("Please ring Robin's mum").status_code == 503, "the network is not told that it arrived"
    assert everything(runtime) == before
    said = caplog.text + "".join(capsys.readouterr())
    assert not PERSONAL.search(said)
    for _ in range(2):
        assert a_text_comes("Please ring Robin's mum").status_code == 200
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(TextRow).where(TextRow.direction == "in")).all()) == 1


def a_text_is_due(runtime: Runtime) -> None:
    switch_on_texts(runtime)
    an_open_offer(runtime, a_family(runtime, "F001", standing="verified"), channel="text", step=1)
    run_cadences(runtime)


def test_the_worker_sends_nothing_while_the_database_is_locked_and_each_text_once_afterwards(
    runtime: Runtime, line: FakeLine, capsys: pytest.CaptureFixture[str]
) -> None:
    a_text_is_due(runtime)
    with another_writer(runtime):
        counted = tick(runtime)
    assert counted["texts"] == -1
    assert line.texts == []
    assert not re.search(r"Amina|Rivera|Robin|7700 ?900101", "".join(capsys.readouterr()))
    for _ in range(2):
        tick(runtime)
    assert len(line.texts) == 1


# -- gone -------------------------------------------------------------------------------------------------


def it_is_gone(answer: TestResponse, log: str) -> None:
    assert answer.status_code == 503
    assert "The database cannot be reached" in words(answer)
    assert not PERSONAL.search(answer.text)
    assert "answered 503" in log
    assert not PERSONAL.search(log)


def test_a_file_that_is_gone_is_said_so_and_back_again_all_is_there(
    be: Be, runtime: Runtime, line: FakeLine, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    a_text_is_due(runtime)
    ben, ana = be(BEN), be(ANA)
    ana.post("/pause/go-on")
    before = everything(runtime)
    runtime.sessions.engine.dispose()
    kept = file_of(runtime).rename(tmp_path / "elsewhere.sqlite")
    with caplog.at_level(logging.DEBUG):
        it_is_gone(ben.get("/today"), caplog.text)
        it_is_gone(ana.post("/pause"), caplog.text)
    assert {name for name, count in tick(runtime).items() if count < 0} >= {"alerts", "cadences", "texts"}
    assert line.texts == []
    runtime.sessions.engine.dispose()
    kept.replace(file_of(runtime))
    assert everything(runtime) == before
    assert ben.get("/today").status_code == 200
    tick(runtime)
    assert len(line.texts) == 1


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
def test_a_server_that_is_gone_is_said_so(postgres_runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    runtime = postgres_runtime
    mark_as_demo(runtime)
    a_text_is_due(runtime)
    ana = visitor(app_of(runtime), runtime, ANA)
    assert ana.post("/pause/go-on").status_code == 303
    server = create_engine(
        make_url(postgres.server()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        name = make_url(runtime.settings.url).database
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )
        with caplog.at_level(logging.DEBUG):
            it_is_gone(ana.post("/pause"), caplog.text)
            it_is_gone(ana.get("/overview/"), caplog.text)
        assert {name for name, count in tick(runtime).items() if count < 0} >= {"alerts", "cadences", "texts"}
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    server.dispose()
    assert ana.get("/overview/").status_code == 200
    assert "Automatic texts go out as planned" in ana.get("/overview/").text
    tick(runtime)
    line = runtime.phone
    assert isinstance(line, FakeLine)
    assert len(line.texts) == 1
