"""The people of the tests. Every name is invented; every number is one of Ofcom's for drama.

ana   coordinator, Oxfordshire and Milton Keynes          ben   practitioner, Oxfordshire (trained in careful contact)
cora  supervisor, Oxfordshire and Milton Keynes           dev   practitioner, Milton Keynes only
eve   charity worker (Lantern, the referral partner)      finn  analyst                gus   auditor
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Role
from outreach.runtime import Runtime
from outreach.store import areas
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceRow, EnrolmentRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow, ParentRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, blind, make_keys, seal
from outreach.store.staff import OrganisationRow, ShiftRow, StaffAreaRow, StaffRow

POLICE, LANTERN = "org-police", "org-lantern"
_EVERYWHERE = frozenset({"OXF", "MKC"})

ANA = Actor("ana", "Ana Coordinator", Role.COORDINATOR, POLICE, _EVERYWHERE)
BEN = Actor("ben", "Ben Practitioner", Role.PRACTITIONER, POLICE, frozenset({"OXF"}))
CORA = Actor("cora", "Cora Supervisor", Role.SUPERVISOR, POLICE, _EVERYWHERE)
DEV = Actor("dev", "Dev Practitioner", Role.PRACTITIONER, POLICE, frozenset({"MKC"}))
EVE = Actor("eve", "Eve Charity", Role.PARTNER, LANTERN, _EVERYWHERE)
FINN = Actor("finn", "Finn Analyst", Role.ANALYST, POLICE, _EVERYWHERE)
GUS = Actor("gus", "Gus Auditor", Role.AUDITOR, POLICE, _EVERYWHERE)
STAFF = (ANA, BEN, CORA, DEV, EVE, FINN, GUS)
STAFF_PHONES = {"ben": "+447700900801", "cora": "+447700900802", "ana": "+447700900803", "dev": "+447700900804"}


def people_the_house(runtime: Runtime) -> None:
    """Organisations, staff, a rota for Oxfordshire (Monday to Friday, 9 to 19, Ben) and Milton Keynes (Dev)."""
    with runtime.sessions.begin() as session:
        areas.service(session).sender_gap_ms = 0  # the tests' clock stands still
        session.add(OrganisationRow(id=POLICE, name="Thames Valley Paramount team", kind="police"))
        session.add(OrganisationRow(id=LANTERN, name="Lantern Families", kind="charity"))
        session.flush()
        for actor in STAFF:
            phone = STAFF_PHONES.get(actor.id)
            session.add(
                StaffRow(
                    id=actor.id,
                    organisation_id=actor.organisation_id,
                    email=f"{actor.id}@paramount.example",
                    name=actor.name,
                    role=actor.role.value,
                    trained_in_careful_contact=actor is BEN,
                    phone=seal(session, phone, key_id=SERVICE, table="staff", column="phone", row_id=actor.id)
                    if phone
                    else None,
                    made_at=runtime.now(),
                )
            )
            session.flush()
            session.add_all(StaffAreaRow(staff_id=actor.id, area_code=code) for code in sorted(actor.areas))
        for code, who in (("OXF", "ben"), ("MKC", "dev")):
            area = session.get_one(AreaRow, code)
            area.partner_id = LANTERN
            for weekday in range(5):
                session.add(
                    ShiftRow(
                        id=f"shift-{code}-{weekday}",
                        area_code=code,
                        staff_id=who,
                        weekday=weekday,
                        starts=time(9),
                        ends=time(19),
                        valid_from=date(2020, 1, 1),
                    )
                )


def switch_on_texts(runtime: Runtime, code: str = "OXF") -> None:
    """What the demo's first area has: texts at L0, consent by text, every reading acted on by itself."""
    with runtime.sessions.begin() as session:
        area = session.get_one(AreaRow, code)
        area.l0_texts_by, area.text_consent = "cora", True
        area.self_acting = ["accept", "later", "decline", "call"]


@dataclass(frozen=True, slots=True)
class Family:
    id: str
    number_id: str
    e164: str
    enrolment_id: str


def a_family(
    runtime: Runtime,
    ref: str,
    *,
    area: str = "OXF",
    e164: str = "+447700900101",
    name: str = "Amina Rivera",
    imprisoned_on: date = date(2026, 1, 5),
    standing: str = "unverified",
    level: int = 0,
    next_step: int = 0,
) -> Family:
    """A family as an import leaves it: carer, child, number, enrolment, no offer planned yet."""
    now, family_id, number_id, enrolment_id = runtime.now(), runtime.new_id(), runtime.new_id(), runtime.new_id()
    with runtime.sessions.begin() as session:
        make_keys(session, [family_id], now=now)
        session.add(
            FamilyRow(
                id=family_id,
                ref=ref,
                area_code=area,
                imprisoned_on=imprisoned_on,
                custody="sentenced",
                custody_as_of=now.date(),
                checks="complete",
                open_to="none",
                record=_sealed(session, "{}", family_id, "family", "record", family_id),
                fingerprint="",
                made_at=now,
            )
        )
        session.flush()
        carer_id, child_id = runtime.new_id(), runtime.new_id()
        session.add(
            CarerRow(
                id=carer_id,
                family_id=family_id,
                ref=f"{ref}-carer",
                name=_sealed(session, name, family_id, "carer", "name", carer_id),
                relationship="mother",
            )
        )
        session.add(
            ChildRow(
                id=child_id,
                family_id=family_id,
                ref=f"{ref}-child",
                first_name=_sealed(session, "Robin", family_id, "child", "first_name", child_id),
                born_on="2018-05-04",
            )
        )
        session.add(
            ParentRow(
                id=runtime.new_id(),
                family_id=family_id,
                ref=f"{ref}-parent",
                sex="M",
                imprisoned_on=imprisoned_on,
                custody="sentenced",
            )
        )
        session.add(
            NumberRow(
                id=number_id,
                e164=_sealed(session, e164, SERVICE, "number", "e164", number_id),
                e164_index=blind(session, "e164", e164),
                last4_index=blind(session, "last4", e164[-4:]),
                kind="mobile",
                standing=standing,
                level=level,
                verified_at=now if standing == "verified" else None,
            )
        )
        session.flush()
        session.add(FamilyNumberRow(family_id=family_id, number_id=number_id, position=1))
        cadence = session.query(CadenceRow).order_by(CadenceRow.id).limit(1).one()
        session.add(
            EnrolmentRow(
                id=enrolment_id,
                family_id=family_id,
                cadence_version_id=cadence.current_version_id or "",
                anchor_on=imprisoned_on,
                imprisoned_on=imprisoned_on,
                state="active",
                behind=tuple(range(next_step)),
                began_at=now,
            )
        )
    return Family(family_id, number_id, e164, enrolment_id)


def an_open_offer(runtime: Runtime, family: Family, *, channel: str = "call", step: int = 0) -> str:
    """An open offer, due now."""
    offer_id, now = runtime.new_id(), runtime.now()
    with runtime.sessions.begin() as session:
        session.add(
            OfferRow(
                id=offer_id,
                enrolment_id=family.enrolment_id,
                family_id=family.id,
                step=step,
                planned_channel=channel,
                channel=channel,
                script={"text": "offer_again"}.get(channel, "first_call" if step == 0 else "reoffer_call"),
                why="first_offer" if step == 0 else "offer_again",
                due_at=now,
                made_at=now,
            )
        )
    return offer_id


def _sealed(session: Session, value: str, key_id: str, table: str, column: str, row_id: str) -> bytes:
    return seal(session, value, key_id=key_id, table=table, column=column, row_id=row_id)
