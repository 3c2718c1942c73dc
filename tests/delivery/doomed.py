"""A worker that is killed, for good, at a named point of sending: run as a process of its own by ``test_kill``."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.bootstrap import content
from outreach.domain.delivery import Handover
from outreach.engine.tick import URGENT, run_parts
from outreach.gateway.mail import CatchMail
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.runtime import Runtime, time_ordered_id
from outreach.settings import Settings
from outreach.store import tables  # noqa: F401 - all of them are there
from outreach.store.base import Sessions, open_database
from outreach.store.keyring import read_keyring


class Point(StrEnum):
    CLAIM_NOT_COMMITTED = "claim_not_committed"
    CLAIM_COMMITTED = "claim_committed"
    NETWORK_ASKED = "network_asked"
    """The network took the text; its answer is still on the way. Who gave the orders kills."""
    NETWORK_ANSWERED = "network_answered"
    RECORD_NOT_COMMITTED = "record_not_committed"
    RECORD_COMMITTED = "record_committed"


class Doom:
    def __init__(self, point: Point) -> None:
        self.point, self.answered = point, False

    def at(self, point: Point) -> None:
        if point is self.point:
            os.kill(os.getpid(), signal.SIGKILL)


class DoomedLine(TwilioLine):
    doom: Doom

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Handover:
        answer = super().send_text(to=to, body=body, reference=reference, valid_for_seconds=valid_for_seconds)
        self.doom.answered = True
        self.doom.at(Point.NETWORK_ANSWERED)
        return answer


class DoomedSessions(Sessions):
    doom: Doom

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as session:
            yield session
            session.flush()
            if self._is_ours(session):
                self.doom.at(Point.RECORD_NOT_COMMITTED if self.doom.answered else Point.CLAIM_NOT_COMMITTED)
                ours = True
            else:
                ours = False
        if ours:
            self.doom.at(Point.RECORD_COMMITTED if self.doom.answered else Point.CLAIM_COMMITTED)

    @staticmethod
    def _is_ours(session: Session) -> bool:
        """Whether this transaction claims, or records: it has a text with a token."""
        return any(getattr(row, "claim", None) for row in session.identity_map.values())


def work(orders: dict[str, str]) -> None:
    """``orders``: where everything is, what time it is, where to die."""
    doom, moment = Doom(Point(orders["point"])), datetime.fromisoformat(orders["now"])
    line = DoomedLine(
        TwilioAccount(
            account_sid=orders["account_sid"], auth_tokens=(orders["token"],), number=orders["number"],
            public_url=orders["console"], base_url=orders["network"],
        )
    )  # fmt: skip
    sessions = DoomedSessions(open_database(orders["database"]), read_keyring(orders["keys"]))
    line.doom = sessions.doom = doom
    worker = Runtime(
        settings=Settings(
            home=Path(orders["home"]), database_url=orders["database"], mode="demo", fictional_numbers="allow"
        ),
        now=lambda: moment, new_id=time_ordered_id, sessions=sessions, phone=line, mail=CatchMail(),
        library=content(),
    )  # fmt: skip
    run_parts(worker, URGENT)
