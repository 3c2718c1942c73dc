"""Fixtures: a runtime on a real, migrated database, with fakes at the four ports only.

``runtime`` is on SQLite; ``either_runtime`` runs a test twice, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from outreach.bootstrap import ROOT, set_up
from outreach.gateway.mail import CatchMail
from outreach.library.contents import Library, load_library
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store.base import Sessions, open_database
from outreach.store.keyring import Keyring, make_keyring
from tests import cast, postgres
from tests.fakes import Clock, FakeLine, Ids

hypothesis_settings.register_profile("house", deadline=None)  # a slow machine is no counter-example
hypothesis_settings.load_profile("house")


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
    runtime = make_runtime(f"sqlite:///{file}", home=file.parent, library=library, keyring=keyring)
    set_up(runtime)
    cast.people_the_house(runtime)
    runtime.sessions.close()  # the last connection to close writes the log back into the file
    return file


@pytest.fixture
def runtime(tmp_path: Path, peopled_file: Path, library: Library, keyring: Keyring) -> Iterator[Runtime]:
    """The house with the cast at work, a clock that stands still, and a line that takes everything."""
    file = tmp_path / "outreach.sqlite"
    shutil.copy(peopled_file, file)
    made = make_runtime(f"sqlite:///{file}", home=tmp_path, library=library, keyring=keyring, first_id=1_000_000)
    yield made
    made.sessions.close()


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("pg")])]
)
def either_runtime(
    request: pytest.FixtureRequest, tmp_path: Path, library: Library, keyring: Keyring
) -> Iterator[Runtime]:
    """The same, on SQLite and on a real PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("runtime")
        return
    made = make_runtime(postgres.fresh_database(), home=tmp_path, library=library, keyring=keyring)
    set_up(made)
    cast.people_the_house(made)
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


def make_runtime(url: str, *, home: Path, library: Library, keyring: Keyring, first_id: int = 0) -> Runtime:
    return Runtime(
        settings=Settings(home=home, database_url=url, mode="demo", fictional_numbers="allow"),
        now=Clock(),
        new_id=Ids(count=first_id),
        sessions=Sessions(open_database(url), keyring),
        phone=FakeLine(),
        mail=CatchMail(),
        library=library,
    )
