"""The composition root: the only place where settings become a database, a phone line, mail and a library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy.orm import configure_mappers

from outreach.gateway.closed import ClosedLine
from outreach.gateway.line import PhoneLine
from outreach.gateway.mail import CatchMail, MailLine, MailServer, SmtpMail
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.library.contents import Library, load_library
from outreach.runtime import Runtime, host_time, ids_by, time_ordered_id
from outreach.settings import Settings
from outreach.store import (
    migrating,
    tables,  # noqa: F401 - a row points at other tables: all are there, whichever command writes first
)
from outreach.store.base import Sessions, open_database
from outreach.store.database_clock import DatabaseClock
from outreach.store.keyring import Keyring, keyring_in, read_keyring

ROOT = Path(__file__).resolve().parent.parent
"""The root of the project: ``scripts_library/`` and ``templates/`` are there."""


def runtime_from(
    settings: Settings,
    *,
    now: Callable[[], datetime] | None = None,
    phone: PhoneLine | None = None,
    mail: MailLine | None = None,
) -> Runtime:
    """A runtime on ``settings``. The database is opened, not migrated. Live on PostgreSQL, ``now`` is the database's.
    Raises ``KeyProblem``, ``LibraryError``."""
    configure_mappers()  # else the first page to ask the database waits for it
    engine = open_database(settings.url)
    corrected = settings.live and engine.dialect.name == "postgresql" and now is None
    theirs = DatabaseClock(engine, host_time) if corrected else None
    return Runtime(
        settings=settings,
        now=now or theirs or host_time,
        new_id=time_ordered_id if theirs is None else ids_by(theirs),  # their order says what came first, everywhere
        sessions=Sessions(engine, keyring_for(settings)),
        phone=phone or phone_line(settings),
        mail=mail or mail_line(settings),
        library=content(),
    )


@cache
def content() -> Library:
    """Scripts, wordings, lexicons, signposts: read once a process, since they change with a release only."""
    return load_library(ROOT)


def keyring_for(settings: Settings) -> Keyring:
    """The keys: from the settings, else the file in ``home``; made there on SQLite outside live mode."""
    if settings.keys is not None:
        return read_keyring(settings.keys.get_secret_value())
    return keyring_in(settings.home / "keys.json", make=settings.demo or (settings.on_sqlite and not settings.live))


def phone_line(settings: Settings) -> PhoneLine:
    secrets = (settings.twilio_auth_token, settings.twilio_auth_token_2)
    tokens = tuple(each.get_secret_value() for each in secrets if each is not None)
    if settings.mode == "off" or not tokens:
        return ClosedLine()
    return TwilioLine(
        TwilioAccount(
            account_sid=settings.twilio_account_sid,
            auth_tokens=tokens,
            number=settings.twilio_number,
            public_url=settings.public_url,
            base_url=settings.twilio_base_url or None,
        )
    )


def mail_line(settings: Settings) -> MailLine:
    if not settings.smtp_host:
        return CatchMail(settings.home / "mail.jsonl" if settings.demo else None)
    password = settings.smtp_password
    return SmtpMail(
        MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            allowed_domains=frozenset(settings.smtp_domains),
            user=settings.smtp_user or None,
            password=password.get_secret_value() if password else None,
            implicit_tls=settings.smtp_port == 465,
        )
    )


def set_up(runtime: Runtime) -> bool:
    """Bring the database up to date and fill an empty one. True when it was empty."""
    migrating.upgrade(runtime.sessions)
    return migrating.fill_if_empty(
        runtime.sessions, now=runtime.now(), new_id=runtime.new_id, team_name=runtime.settings.team_name
    )
