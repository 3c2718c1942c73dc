"""The whole product for the rehearsal: a database, the simulated network, the console's hooks, and so many workers.

Rules
* Every worker has a runtime of its own on the same database, as another process would.
* The network is on this machine, and nowhere else; the database is empty: what others left there would be misjudged.
* Texts, receipts and replies go over HTTP, signed, as with Twilio.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from sqlalchemy import inspect

from outreach.bootstrap import content, keyring_for, set_up
from outreach.demo.house import free_port
from outreach.demo.people import people_the_demo
from outreach.demo.serving import ServedConsole
from outreach.gateway.mail import CatchMail
from outreach.gateway.twilio import TwilioAccount
from outreach.rehearsal.clock import TurnedClock
from outreach.rehearsal.mortal import Fate, MortalLine, MortalSessions, Point
from outreach.runtime import Runtime, time_ordered_id
from outreach.settings import Settings
from outreach.simulator.server import Simulator
from outreach.store.areas import service
from outreach.store.base import open_database

ANSWER_WITHIN = 2.0
"""Seconds the network has for an answer; a fault keeps silent for longer."""


class NotEmpty(Exception):  # noqa: N818 - named for what it says
    """The database is not empty. A rehearsal needs one of its own: choose an empty one."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker with a runtime, and a fate, of its own."""

    runtime: Runtime
    fate: Fate


class House:
    def __init__(self, *, home: Path, database_url: str, begins: datetime, workers: int) -> None:
        home.mkdir(parents=True, exist_ok=True)
        url = database_url or f"sqlite:///{(home / 'outreach.sqlite').as_posix()}"
        port = free_port()
        self.clock = TurnedClock(begins)
        self.deaths: dict[Point, int] = dict.fromkeys(Point, 0)
        self.simulator = Simulator(now=self.clock, step_seconds=0.0)
        self._console = f"http://127.0.0.1:{port}"
        self._settings = Settings(
            home=home, database_url=url, mode="demo", public_url=self._console, listen=f"127.0.0.1:{port}",
            fictional_numbers="allow", sends_in_flight=1 if workers == 1 else 4,
        )  # fmt: skip
        self._sessions: list[MortalSessions] = []
        first = self._new_sessions(Fate(self.deaths))
        if inspect(first.engine).get_table_names():
            raise NotEmpty
        self.simulator.start()
        if urlsplit(self.simulator.url).hostname not in ("127.0.0.1", "localhost"):
            raise RuntimeError("the rehearsal speaks to a network on this machine only")
        self._settings = self._settings.model_copy(
            update={
                "twilio_account_sid": self.simulator.account_sid,
                "twilio_auth_token": SecretStr(self.simulator.auth_token),
                "twilio_number": self.simulator.number,
                "twilio_base_url": self.simulator.url,
            }
        )
        self.runtime = Runtime(
            settings=self._settings, now=self.clock, new_id=time_ordered_id, sessions=first,
            phone=self._new_line(first.fate), mail=CatchMail(), library=content(),
        )  # fmt: skip
        fates = [Fate(self.deaths) for _ in range(workers)]
        self.workers = [
            Worker(replace(self.runtime, sessions=self._new_sessions(fate), phone=self._new_line(fate)), fate)
            for fate in fates
        ]
        self._log_as_it_was: dict[str, Any] = structlog.get_config()
        self._served = ServedConsole()

    def open(self) -> None:
        _be_quiet()
        set_up(self.runtime)
        people_the_demo(self.runtime)
        with self.runtime.sessions.begin() as session:
            service(session).sender_gap_ms = 0  # the clock stands still while a worker works
        self._served.open(self.runtime)
        self.simulator.connect(
            inbound_url=f"{self._console}/hooks/twilio/inbound", voice_url=f"{self._console}/hooks/twilio/voice"
        )

    def close(self) -> None:
        self.simulator.stop()
        self._served.close()
        for sessions in self._sessions:
            sessions.close()
        structlog.configure(**self._log_as_it_was)

    def _new_sessions(self, fate: Fate) -> MortalSessions:
        made = MortalSessions(open_database(self._settings.url), keyring_for(self._settings))
        made.fate = fate
        self._sessions.append(made)
        return made

    def _new_line(self, fate: Fate) -> MortalLine:
        line = MortalLine(
            TwilioAccount(
                account_sid=self.simulator.account_sid, auth_tokens=(self.simulator.auth_token,),
                number=self.simulator.number, public_url=self._console, base_url=self.simulator.url,
                timeout_seconds=ANSWER_WITHIN,
            )
        )  # fmt: skip
        line.fate = fate
        return line


def _be_quiet() -> None:
    """Faults are made on purpose here: what goes wrong is told by the proof, not by the log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for name in ("waitress.queue", "twilio.http_client", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
