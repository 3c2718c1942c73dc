"""Opens the house for a command: the options they share, and what is said when the environment is at fault."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import click
import structlog
from sqlalchemy.exc import ArgumentError, DBAPIError

from outreach.bootstrap import runtime_from
from outreach.domain.reply_phrases import LexiconError
from outreach.library.scripts import LibraryError
from outreach.runtime import Runtime
from outreach.settings import SettingsProblem, from_environment
from outreach.store import migrating
from outreach.store.keyring import KeyProblem

DATA, CALL, ENVIRONMENT = 1, 2, 3
Command = TypeVar("Command", bound=Callable[..., Any])


def with_database(command: Command) -> Command:
    """Adds ``--database URL``; else ``OUTREACH_DATABASE_URL``, else a SQLite file in ``OUTREACH_HOME``."""
    return click.option("--database", metavar="URL", help="sqlite:///FILE or postgresql://…")(command)


def with_json(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(command)


@contextmanager
def opened(database: str | None, *, current: bool = True) -> Iterator[Runtime]:
    """The runtime; ``current``: the database must be migrated. Says what is wrong, and exits."""
    if database:
        os.environ["OUTREACH_DATABASE_URL"] = database
    runtime = open_house(current=current)
    try:
        yield runtime
    except DBAPIError as fault:
        structlog.get_logger().error("database_failed", fault=type(fault.orig).__name__)
        leave(ENVIRONMENT, "The database did not answer. Nothing was half written; try again when it does.")
    finally:
        runtime.sessions.close()


def open_house(*, current: bool = True) -> Runtime:
    """The runtime by the settings of this process, or what is wrong with them, and the end."""
    log_plainly()
    try:
        runtime = runtime_from(from_environment())
        if runtime.settings.live and migrating.is_a_demos(runtime.sessions):
            leave(ENVIRONMENT, "This database belongs to a demo; live mode never uses one.")
        if current:
            _is_current(runtime)
    except SettingsProblem as fault:
        leave(ENVIRONMENT, f"The settings are not right.\n{fault}")
    except KeyProblem as fault:
        leave(ENVIRONMENT, str(fault))
    except (LibraryError, LexiconError) as fault:
        leave(ENVIRONMENT, f"The scripts and wordings cannot be read.\n{fault}")
    except ArgumentError:
        leave(CALL, "The address of the database is none. Write it like sqlite:///FILE or postgresql://HOST/NAME.")
    except ValueError as fault:
        leave(CALL, str(fault))
    except OSError as fault:
        leave(ENVIRONMENT, f"The folder of the database or of the keys cannot be used: {fault.strerror}.")
    except DBAPIError:
        leave(ENVIRONMENT, "The database does not answer. Check the address and that it runs, then try again.")
    return runtime


def leave(code: int, words: str) -> NoReturn:
    """Say why on standard error, and exit."""
    click.echo(words, err=True)
    sys.exit(code)


def log_plainly() -> None:
    """Logs are JSON lines on standard error: codes and ids, never a name, a number or a word of a message."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _is_current(runtime: Runtime) -> None:
    if not migrating.is_current(runtime.sessions):
        leave(ENVIRONMENT, "The database is not up to date. Run: outreach db upgrade")
