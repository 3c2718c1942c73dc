"""Fixtures: a runtime on a real, migrated database, with fakes at the four ports only.

``runtime`` is on SQLite; ``either_runtime`` runs a test twice, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from outreach.bootstrap import content, set_up
from outreach.gateway.mail import CatchMail
from outreach.library.contents import Library
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store.base import Sessions, open_database
from outreach.store.keyring import Keyring, make_keyring
from tests import cast, passwords, postgres, templates
from tests.fakes import Clock, FakeLine, Ids

# A slow machine is no counter-example. The same examples each time, so that what is red is red for whoever changed it;
# new ones are searched for with: python -m pytest --hypothesis-profile search
hypothesis_settings.register_profile(
    "house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")
templates.compile_once()
passwords.hash_cheaply()
LONGEST = ("tests/rehearsal/", "tests/cli/test_doors.py", "tests/simulator/test_soak.py", "tests/files/test_memory.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first, in whatever order, so that no core waits for one of them in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Logs are JSON lines, as the commands write them. Left alone, structlog pictures every local of a traceback: that
    takes minutes, and shows what no log of the house may show."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )


@pytest.fixture(scope="session")
def library() -> Library:
    return content()


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
def either_runtime(request: pytest.FixtureRequest) -> Runtime:
    """The same, on SQLite and on a real PostgreSQL."""
    made = request.getfixturevalue("runtime" if request.param == "sqlite" else "postgres_runtime")
    assert isinstance(made, Runtime)
    return made


@pytest.fixture(scope="session")
def peopled_postgres(tmp_path_factory: pytest.TempPathFactory, library: Library, keyring: Keyring) -> str:
    """The URL of a migrated PostgreSQL database with the cast at work in it; each test gets a copy."""
    url = postgres.fresh_database()
    runtime = make_runtime(url, home=tmp_path_factory.mktemp("postgres"), library=library, keyring=keyring)
    set_up(runtime)
    cast.people_the_house(runtime)
    runtime.sessions.close()
    return url


@pytest.fixture
def postgres_runtime(tmp_path: Path, peopled_postgres: str, library: Library, keyring: Keyring) -> Iterator[Runtime]:
    """The house as in ``runtime``, on a real PostgreSQL."""
    url = postgres.copy_of(peopled_postgres)
    made = make_runtime(url, home=tmp_path, library=library, keyring=keyring, first_id=1_000_000)
    yield made
    made.sessions.close()
    postgres.drop(url)


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Clock:
    """Of the test's own runtime, whichever it asks for."""
    now = _runtime_of(request).now
    assert isinstance(now, Clock)
    return now


@pytest.fixture
def line(request: pytest.FixtureRequest) -> FakeLine:
    """Of the test's own runtime, whichever it asks for."""
    phone = _runtime_of(request).phone
    assert isinstance(phone, FakeLine)
    return phone


def _runtime_of(request: pytest.FixtureRequest) -> Runtime:
    found = request.getfixturevalue("either_runtime" if "either_runtime" in request.fixturenames else "runtime")
    assert isinstance(found, Runtime)
    return found


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
