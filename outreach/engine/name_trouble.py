"""Says of an error whether the database is behind it: busy for a moment, or not there.

* ``busy``: another writer held on for too long, a deadlock was broken up, the pool was empty. Try again.
* ``gone``: no connection, no file, no disk, no tables. A person has to look.
* ``missing``: what was asked for by its id is not there.
* ``None``: something else.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, NoResultFound, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

BUSY_WORDS = (
    "database is locked",
    "database table is locked",
    "deadlock detected",
    "lock timeout",
    "could not obtain lock",
)
BUSY_STATES = ("40001", "40P01", "55P03", "53300")  # PostgreSQL: serialisation, deadlock, lock, too many connections
NO_TABLE = ("no such table", "undefinedtable", "does not exist")


def name_trouble(error: BaseException) -> str | None:
    """``busy``, ``gone``, ``missing`` or ``None``; follows the causes of ``error``."""
    seen: BaseException | None = error
    while seen is not None:
        named = _one(seen)
        if named:
            return named
        seen = seen.__cause__ or seen.__context__
    return None


def _one(error: BaseException) -> str | None:
    if isinstance(error, PoolTimeout):
        return "busy"
    if isinstance(error, ProgrammingError):
        return "gone" if any(words in str(error.orig).lower() for words in NO_TABLE) else None
    if isinstance(error, NoResultFound):
        return "missing"
    if isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        words, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None)
        return "busy" if state in BUSY_STATES or any(each in words for each in BUSY_WORDS) else "gone"
    return None
