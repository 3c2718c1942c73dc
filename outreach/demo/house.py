"""The whole product in one process: database, simulated network, console; for the demo and its story.

Rules
* It refuses a database that is neither empty nor marked *demo*.
* Every joint is real: the console is served over HTTP, the network calls its webhooks over HTTP, texts go through
  the real SDK. Only the base address of the network and the clock are the demo's.
"""

from __future__ import annotations

import secrets
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import inspect, text

from outreach.bootstrap import content, keyring_for, mail_line, phone_line, set_up
from outreach.demo.clock import DemoClock
from outreach.demo.people import CHAMPIONS, PEOPLE, people_the_demo
from outreach.demo.serving import ServedConsole
from outreach.runtime import Runtime, time_ordered_id
from outreach.settings import Settings
from outreach.simulator.server import Simulator
from outreach.store.base import Sessions, open_database

BEGINS = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The first morning of the demo: a Monday."""
_OURS = range(20_000, 32_000)


class NotADemo(Exception):  # noqa: N818 - named for what it says
    """The database holds something that is not a demo's. Choose an empty one."""


class House:
    """``open``, use ``runtime``, ``simulator`` and ``clock``; ``close`` in the end, whatever happened."""

    def __init__(self, *, home: Path, database_url: str = "", console_port: int = 0, phones_port: int = 0) -> None:
        home.mkdir(parents=True, exist_ok=True)
        url = database_url or f"sqlite:///{(home / 'demo.sqlite').as_posix()}"
        port = console_port or free_port()
        self.clock = DemoClock(BEGINS)
        self.console_url = f"http://127.0.0.1:{port}"
        self.simulator = Simulator(
            port=phones_port, now=self.clock, store_path=home / "phones.sqlite", console_url=self.console_url
        )
        settings = Settings(
            home=home,
            database_url=url,
            mode="demo",
            public_url=self.console_url,
            listen=f"127.0.0.1:{port}",
            fictional_numbers="allow",
        )
        sessions = Sessions(open_database(url), keyring_for(settings))
        refuse_what_is_not_a_demo(sessions)
        self.simulator.start()
        settings = settings.model_copy(
            update={
                "twilio_account_sid": self.simulator.account_sid,
                "twilio_auth_token": SecretStr(self.simulator.auth_token),
                "twilio_number": self.simulator.number,
                "twilio_base_url": self.simulator.url,
                "phones_url": self.simulator.url,
            }
        )
        self.runtime = Runtime(
            settings=settings,
            now=self.clock,
            new_id=time_ordered_id,
            sessions=sessions,
            phone=phone_line(settings),
            mail=mail_line(settings),
            library=content(),
        )
        self._console = ServedConsole()

    def open(self) -> None:
        """Migrate, people it, serve the console, connect the network to it."""
        set_up(self.runtime)
        self.clock.attach(self.runtime.sessions)
        people_the_demo(self.runtime, champions=CHAMPIONS)
        for _, name, role, _, _, phone in PEOPLE:
            if phone:
                self.simulator.name_phone(phone, f"{name} ({role})")
        self._console.open(self.runtime)
        self.simulator.connect(
            inbound_url=f"{self.console_url}/hooks/twilio/inbound", voice_url=f"{self.console_url}/hooks/twilio/voice"
        )

    def close(self) -> None:
        self.simulator.stop()
        self._console.close()
        self.runtime.sessions.close()


def refuse_what_is_not_a_demo(sessions: Sessions) -> None:
    """Raise ``NotADemo`` unless the database is empty or marked."""
    with sessions.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return
        if "service" in tables:
            row = connection.execute(text("SELECT demo FROM service")).first()
            if row is not None and row[0]:
                return
            if row is None and connection.execute(text("SELECT count(*) FROM family")).scalar() == 0:
                return
    raise NotADemo


def free_port(preferred: int = 0) -> int:
    """A port nobody listens on: the preferred one where it is free.

    Else one below those that the system lends to whoever calls somebody, so that nobody is given it before it is used.
    """
    for port in filter(None, (preferred, *secrets.SystemRandom().sample(_OURS, 100))):
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
