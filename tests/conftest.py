"""Fixtures: a runtime on a real, migrated SQLite file, with fakes at the four ports only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.bootstrap import ROOT, set_up
from outreach.gateway.mail import CatchMail
from outreach.library.contents import Library, load_library
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store.base import Sessions, open_database
from outreach.store.keyring import Keyring, make_keyring
from tests import cast
from tests.fakes import Clock, FakeLine, Ids


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library(ROOT)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return make_keyring()


@pytest.fixture(scope="session")
def peopled_file(tmp_path_factory: pytest.TempPathFactory, library: Library, keyring: Keyring) -> Path:
    """A migrated SQLite file with the cast at work in it; each test gets a copy."""
    file = tmp_path_factory.mktemp("database") / "peopled.sqlite"
    runtime = _runtime(file, library, keyring)
    set_up(runtime)
    cast.people_the_house(runtime)
    with runtime.sessions.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.sessions.close()
    return file


@pytest.fixture
def runtime(tmp_path: Path, peopled_file: Path, library: Library, keyring: Keyring) -> Iterator[Runtime]:
    """The house with the cast at work, a clock that stands still, and a line that takes everything."""
    file = tmp_path / "outreach.sqlite"
    shutil.copy(peopled_file, file)
    made = _runtime(file, library, keyring)
    yield made
    made.sessions.close()


@pytest.fixture
def clock(runtime: Runtime) -> Clock:
    assert isinstance(runtime.now, Clock)
    return runtime.now


@pytest.fixture
def line(runtime: Runtime) -> FakeLine:
    assert isinstance(runtime.phone, FakeLine)
    return runtime.phone


def _runtime(file: Path, library: Library, keyring: Keyring) -> Runtime:
    return Runtime(
        settings=Settings(
            home=file.parent, database_url=f"sqlite:///{file}", mode="demo", fictional_numbers="allow", _env_file=None
        ),
        now=Clock(),
        new_id=Ids() if file.name == "peopled.sqlite" else Ids(count=1_000_000),
        sessions=Sessions(open_database(f"sqlite:///{file}"), keyring),
        phone=FakeLine(),
        mail=CatchMail(),
        library=library,
    )
