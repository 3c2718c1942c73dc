"""Families for the benchmarks of delivery: many that are enrolled and have nothing due, and some that are due.

The many are made by the database itself, one statement a table; their sealed columns hold nothing, since nobody opens
them. Those that are due are whole: names, numbers and words sealed, each family with its own key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import ColumnElement, String, Table, cast, create_engine, func, insert, literal, make_url, select, text
from sqlalchemy.orm import Session

from outreach.bootstrap import ROOT, set_up
from outreach.engine.queue_text import queue_text, text_values
from outreach.library.contents import load_library
from outreach.runtime import Runtime, time_ordered_id
from outreach.settings import Settings
from outreach.store.base import Base, Sessions, open_database
from outreach.store.cadences import CadenceRow, EnrolmentRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.keyring import Keyring, make_keyring
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, blind, make_keys, seal
from outreach.store.texts import TextRow
from tests import cast as people
from tests import postgres
from tests.fakes import Clock, FakeLine

IMPRISONED = date(2026, 1, 5)
KEYRING = make_keyring()


def a_house(url: str, home: Path, *, keyring: Keyring = KEYRING, **settings: Any) -> Runtime:
    """A runtime on ``url``: Tuesday at ten, the real ids, a line that takes everything at once."""
    from outreach.gateway.mail import CatchMail

    return Runtime(
        settings=Settings(home=home, database_url=url, mode="demo", fictional_numbers="allow", **settings),
        now=Clock(), new_id=time_ordered_id, sessions=Sessions(open_database(url), keyring), phone=FakeLine(),
        mail=CatchMail(), library=load_library(ROOT),
    )  # fmt: skip


@contextmanager
def databases(*, postgresql: bool = True) -> Iterator[Iterator[tuple[str, str, Path]]]:
    """``(name, url, home)`` of an empty database of each kind."""
    with TemporaryDirectory(prefix="outreach-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        yield _each(Path(folder), postgresql=postgresql)


def _each(folder: Path, *, postgresql: bool) -> Iterator[tuple[str, str, Path]]:
    yield "SQLite", f"sqlite:///{folder}/bench.sqlite", folder
    if postgresql:
        yield "PostgreSQL", postgres.fresh_database(), folder


def people_it(runtime: Runtime) -> None:
    set_up(runtime)
    people.people_the_house(runtime)
    people.switch_on_texts(runtime)


def enrol_many(runtime: Runtime, start: int, stop: int) -> None:
    """Families ``start`` to ``stop``: each with a child, a number, a text of last month, and an offer to come."""
    with runtime.sessions.begin() as session:
        if not runtime.sessions.on_sqlite:
            session.execute(text("SET LOCAL session_replication_role = replica"))  # it trusts what we insert
        number = _numbered(session, start, stop)
        here, version_id = runtime.now(), session.scalars(select(CadenceRow.current_version_id)).one()
        past, ahead = here - timedelta(days=30), here + timedelta(days=60)

        def name(kind: str) -> ColumnElement[str]:
            return literal(kind + "-").concat(cast(number, String))

        who = {"family_id": name("f")}
        for row, values in (
            (FamilyRow, {
                "id": name("f"), "ref": name("F"), "area_code": "OXF", "imprisoned_on": IMPRISONED,
                "custody": "sentenced", "custody_as_of": here.date(), "checks": "complete", "open_to": "none",
                "record": b"", "fingerprint": "", "made_at": past,
            }),
            (ChildRow, who | {"id": name("k"), "ref": name("K"), "born_on": "2018-05-04"}),
            (NumberRow, {
                "id": name("n"), "e164": b"", "e164_index": name("n"), "last4_index": "x", "kind": "mobile",
                "standing": "verified",
            }),
            (FamilyNumberRow, who | {"number_id": name("n"), "position": 1}),
            (EnrolmentRow, who | {
                "id": name("e"), "cadence_version_id": version_id, "anchor_on": IMPRISONED,
                "imprisoned_on": IMPRISONED, "state": "active", "began_at": past, "plan_from": None,
                "steps_behind": "0 1",
            }),
            (OfferRow, who | {
                "id": name("o"), "enrolment_id": name("e"), "step": 1, "planned_channel": "text", "channel": "text",
                "script": "offer_again", "why": "offer_again", "due_at": ahead, "state": "open", "made_at": past,
            }),
            (TextRow, who | {
                "id": name("t"), "direction": "out", "number_id": name("n"), "purpose": "answer", "key_id": name("f"),
                "body": b"", "state": "delivered", "at": past, "due_at": past,
            }),
        ):  # fmt: skip
            _fill(session, row, values, number)
    with runtime.sessions.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _numbered(session: Session, start: int, stop: int) -> ColumnElement[int]:
    if session.get_bind().dialect.name == "postgresql":
        return select(func.generate_series(start, stop - 1).label("i")).subquery().c.i
    first = select(literal(start).label("i")).cte("numbered", recursive=True)
    return first.union_all(select(first.c.i + 1).where(first.c.i < stop - 1)).c.i


def _fill(session: Session, row: type[Base], values: dict[str, Any], number: ColumnElement[int]) -> None:
    table = row.__table__
    assert isinstance(table, Table)
    given: dict[str, Any] = {}
    for column in table.columns:
        if column.name in values:
            value = values[column.name]
        elif column.nullable:
            continue
        else:
            value = getattr(column.default, "arg", None)
            value = [] if callable(value) else value
        given[column.name] = value if isinstance(value, ColumnElement) else literal(value, column.type)
    session.execute(insert(table).from_select(list(given), select(*given.values()).select_from(number.table)))


@dataclass(frozen=True, slots=True)
class Due:
    family_id: str
    number_id: str
    offer_id: str


def make_due(runtime: Runtime, start: int, stop: int, *, queued: bool = False, offered: bool = True) -> list[Due]:
    """Whole families. ``offered``: with an offer by text that is due; else the cadence is to plan it.
    ``queued``: its text stands in the queue."""
    now, rows, found = runtime.now(), dict[type[Base], list[dict[str, Any]]](), []
    with runtime.sessions.begin() as session:
        version_id = session.scalars(select(CadenceRow.current_version_id)).one()
        ids = [runtime.new_id() for _ in range(start, stop)]
        make_keys(session, ids, now=now)
        session.flush()
        for place, family_id in zip(range(start, stop), ids, strict=True):
            number_id, enrolment_id, offer_id, e164 = f"dn-{place}", f"de-{place}", f"do-{place}", f"+44740{place:07}"
            found.append(Due(family_id, number_id, offer_id))
            for row, values in (
                (FamilyRow, {
                    "id": family_id, "ref": f"D{place}", "area_code": "OXF", "imprisoned_on": IMPRISONED,
                    "custody": "sentenced", "custody_as_of": now.date(), "checks": "complete", "open_to": "none",
                    "record": b"", "fingerprint": "", "made_at": now,
                }),
                (CarerRow, {
                    "id": f"dc-{place}", "family_id": family_id, "ref": f"dc-{place}", "relationship": "mother",
                    "name": seal(session, "Amina Rivera", key_id=family_id, table="carer", column="name",
                                 row_id=f"dc-{place}"),
                }),
                (ChildRow, {
                    "id": f"dk-{place}", "family_id": family_id, "ref": f"dk-{place}", "born_on": "2018-05-04",
                }),
                (NumberRow, {
                    "id": number_id, "e164_index": blind(session, "e164", e164), "last4_index": "x", "kind": "mobile",
                    "e164": seal(session, e164, key_id=SERVICE, table="number", column="e164", row_id=number_id),
                    "standing": "verified", "level": 0, "verified_at": now,
                }),
                (FamilyNumberRow, {"family_id": family_id, "number_id": number_id, "position": 1}),
                (EnrolmentRow, {
                    "id": enrolment_id, "family_id": family_id, "cadence_version_id": version_id,
                    "anchor_on": IMPRISONED, "imprisoned_on": IMPRISONED, "state": "active", "began_at": now,
                    "steps_behind": "0 1" if offered else "", **({"plan_from": None} if offered else {}),
                }),
            ):  # fmt: skip
                rows.setdefault(row, []).append(values)
            if offered:
                rows.setdefault(OfferRow, []).append({
                    "id": offer_id, "enrolment_id": enrolment_id, "family_id": family_id, "step": 1,
                    "planned_channel": "text", "channel": "text", "script": "offer_again", "why": "offer_again",
                    "due_at": now, "state": "open", "made_at": now,
                })  # fmt: skip
        for row, held in rows.items():
            session.execute(insert(row), held)
    if queued:
        with runtime.sessions.begin() as session:
            for one in found:
                queue_text(
                    session, runtime, number_id=one.number_id, family_id=one.family_id, purpose="offer",
                    wording="offer_again_l0", values=text_values(session, runtime, family_id=one.family_id),
                    offer_id=one.offer_id, now=now,
                )  # fmt: skip
    return found


def copy_of(url: str, name: str) -> str:
    """A second database, the same row for row. Nobody may be connected to the first."""
    here = make_url(url)
    if here.get_backend_name() == "sqlite":
        import shutil

        copied = Path(str(here.database)).with_name(f"{name}.sqlite")
        shutil.copy(str(here.database), copied)
        return f"sqlite:///{copied}"
    server = create_engine(
        make_url(postgres.server()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{here.database}"'))
    server.dispose()
    return here.set(database=name).render_as_string(hide_password=False)
