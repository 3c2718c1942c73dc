"""A month of the demo: its recognition file, imported through the real importer."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from outreach.demo.house import House
from outreach.demo.people import EVERYWHERE, POLICE
from outreach.domain.access import Actor, Role
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.runtime import Runtime
from outreach.store import families, numbers
from outreach.store.families import FamilyRow
from outreach.store.sealing import load_keys, unseal

FILES = tuple(sorted((Path(__file__).parent / "files").glob("*.csv")))
COORDINATOR = Actor("demo-coordinator", "Carys Bevan", Role.COORDINATOR, POLICE, frozenset(EVERYWHERE), demo=True)


def import_month(runtime: Runtime, file: Path, *, late: str = "next") -> Committed:
    """Plan and commit one file as the coordinator. Raises ``RuntimeError`` when the importer refuses it."""
    waiting = plan_import(runtime, COORDINATOR, data=file.read_bytes(), file_name=file.name)
    if not isinstance(waiting, Waiting):
        raise RuntimeError(f"{file.name} cannot be read")
    done = commit_plan(runtime, COORDINATOR, batch_id=waiting.batch_id, late=late)
    if not isinstance(done, Committed):
        raise RuntimeError(f"{file.name} was not committed")
    return done


def name_phones(house: House) -> None:
    """Give every family's phone its label in the simulation."""
    with house.runtime.sessions.read() as session:
        rows = session.scalars(select(FamilyRow).order_by(FamilyRow.ref)).all()
        load_keys(session, [row.id for row in rows])
        for row in rows:
            carer = families.carer_of(session, row.id)
            name = unseal(session, carer.name, key_id=row.id, table="carer", column="name", row_id=carer.id)
            for _, number in numbers.numbers_of(session, row.id):
                if not number.is_parents:
                    house.simulator.name_phone(numbers.written(session, number), f"{name} ({row.ref})")
