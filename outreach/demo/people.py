"""Who is at work in the demo, and what its areas have switched on. Everybody is invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from sqlalchemy.orm import Session

from outreach.runtime import Runtime
from outreach.store.areas import AreaRow, service
from outreach.store.conversations import ApprovalRow
from outreach.store.sealing import SERVICE, seal
from outreach.store.staff import OrganisationRow, ShiftRow, StaffAreaRow, StaffRow
from outreach.store.standby import StandbyRow

FIRST_AREA = "OXF"
POLICE, CHARITY = "demo-police", "demo-charity"
EVERYWHERE = ("OXF", "MKC", "RDG")

PEOPLE = (
    # id, name, role, organisation, areas, phone
    ("demo-practitioner", "Priya Shah", "practitioner", POLICE, EVERYWHERE, "+447700900801"),
    ("demo-second", "Tom Okafor", "practitioner", POLICE, ("OXF", "MKC"), "+447700900802"),
    ("demo-coordinator", "Carys Bevan", "coordinator", POLICE, EVERYWHERE, "+447700900803"),
    ("demo-supervisor", "Sam Adeyemi", "supervisor", POLICE, EVERYWHERE, "+447700900804"),
    ("demo-partner", "Lena Fox", "partner", CHARITY, EVERYWHERE, "+447700900805"),
    ("demo-analyst", "Ned Wu", "analyst", POLICE, EVERYWHERE, None),
    ("demo-auditor", "Olga Marsh", "auditor", POLICE, EVERYWHERE, None),
)
SHIFTS = (
    # area, person, from, to, on Monday to Friday
    ("OXF", "demo-practitioner", time(9), time(14)),
    ("OXF", "demo-second", time(13), time(19)),
    ("MKC", "demo-second", time(9), time(19)),
    ("RDG", "demo-practitioner", time(9), time(19)),
)
FRONT_DOORS = {
    "OXF": "front.door@oxfordshire.example",
    "MKC": "front.door@milton-keynes.example",
    "RDG": "front.door@reading.example",
}
CHAMPIONS = {"MKC": "demo-second"}
"""On whose list an area's new families land; an e-mail says so."""


def people_the_demo(runtime: Runtime, *, champions: Mapping[str, str] | None = None) -> None:
    """Organisations, staff, rota, switches and approvals (as demo). Does nothing where they are there."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        if session.get(OrganisationRow, POLICE) is not None:
            return
        service(session).demo = True
        service(session).sender_gap_ms = 100
        session.add(OrganisationRow(id=POLICE, name="Paramount team", kind="police"))
        session.add(OrganisationRow(id=CHARITY, name="Lantern Families", kind="charity"))
        session.flush()
        for person, name, role, organisation, areas, phone in PEOPLE:
            session.add(
                StaffRow(
                    id=person,
                    organisation_id=organisation,
                    email=f"{person.removeprefix('demo-')}@paramount.example",
                    name=name,
                    role=role,
                    trained_in_careful_contact=person == "demo-practitioner",
                    phone=seal(session, phone, key_id=SERVICE, table="staff", column="phone", row_id=person)
                    if phone
                    else None,
                    made_at=now,
                )
            )
            session.flush()
            session.add_all(StaffAreaRow(staff_id=person, area_code=code) for code in areas)
        for code in EVERYWHERE:
            area = session.get_one(AreaRow, code)
            area.partner_id, area.out_of_hours_by = CHARITY, "demo-supervisor"
            area.champion_id, area.front_door = (champions or {}).get(code), FRONT_DOORS[code]
        first = session.get_one(AreaRow, FIRST_AREA)
        first.l0_texts_by, first.text_consent = "demo-supervisor", True
        first.self_acting = ["accept", "later", "decline", "call"]
        for code, person, starts, ends in SHIFTS:
            session.add_all(
                ShiftRow(
                    id=runtime.new_id(), area_code=code, staff_id=person, weekday=weekday, starts=starts, ends=ends,
                    valid_from=date(2021, 11, 1),
                )
                for weekday in range(5)
            )  # fmt: skip
        session.add_all(
            StandbyRow(
                id=runtime.new_id(), organisation_id=CHARITY, staff_id="demo-partner", weekday=weekday,
                starts=time(9, 30), ends=time(15), valid_from=date(2021, 11, 1),
            )
            for weekday in range(4)
        )  # fmt: skip
        _approve_as_demo(session, runtime)


def _approve_as_demo(session: Session, runtime: Runtime) -> None:
    """Every wording that is not a draft, approved as demo: live mode refuses a database with such a mark."""
    library, now = runtime.library, runtime.now()
    texts = [("text", one.name, one.language, one.version) for one in library.wordings.values() if not one.draft]
    scripts = [("script", one.name, one.language, one.version) for one in library.scripts.values() if not one.draft]
    for kind, name, language, version in texts + scripts:
        for role, person in (("coordinator", "demo-coordinator"), ("supervisor", "demo-supervisor")):
            session.add(
                ApprovalRow(
                    id=runtime.new_id(), kind=kind, name=name, language=language, version=version, role=role,
                    staff_id=person, at=now, demo=True,
                )
            )  # fmt: skip
