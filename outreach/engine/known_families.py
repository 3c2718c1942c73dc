"""What the store knows of every family, as far as an import depends on it; gathered in a few queries.

Rules
* A family *has said stop* when neither texts nor calls are allowed to it any more; a number likewise.
* The cadence that decides who is late-found is the one that new families of the area join.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor
from outreach.domain.cadence import Cadence
from outreach.domain.import_diff import make_plan
from outreach.domain.import_plan import AreaFacts, Intake, KnownFamily, Plan, Seen
from outreach.domain.intake_record import record_from_json
from outreach.engine.enrol import cadence_of_area
from outreach.store import areas, batches, numbers
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import AttemptRow
from outreach.store.sealing import SERVICE, load_keys, unseal

BOTH = frozenset({"text", "call"})


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a plan is made against. ``ids`` has the id of each known family by its reference."""

    families: dict[str, KnownFamily]
    ids: dict[str, str]
    areas: dict[str, AreaFacts]
    cadences: dict[str, Cadence]
    stopped_numbers: frozenset[str]
    seen: Seen

    def plan(self, intake: Intake) -> Plan:
        return make_plan(
            intake,
            known=self.families,
            areas=self.areas,
            is_late=lambda area, anchor: self._is_late(area, anchor, intake.today),
            seen=self.seen,
            stopped_numbers=self.stopped_numbers,
        )

    def _is_late(self, area: str, anchor: date, today: date) -> bool:
        return cadence.is_late(self.cadences[area], anchor, today)


def areas_of(session: Session, actor: Actor) -> dict[str, AreaFacts]:
    """The areas whose rows ``actor`` may import: their own; all of them for the service itself."""
    return {
        code: AreaFacts(code, row.name, row.live_on)
        for code, row in areas.areas(session).items()
        if actor.id == "system" or actor.works_in(code)
    }


def gather_known(session: Session, *, facts: dict[str, AreaFacts], file_digest: str, now: datetime) -> Known:
    rows = session.scalars(select(FamilyRow).order_by(FamilyRow.id)).all()
    load_keys(session, [row.id for row in rows])
    holds: dict[str, list[str]] = defaultdict(list)
    in_force = or_(HoldRow.until.is_(None), HoldRow.until > now)
    standing = select(HoldRow.family_id, HoldRow.kind).where(HoldRow.lifted_at.is_(None), in_force)
    for family_id, kind in session.execute(standing.order_by(HoldRow.id)):
        holds[family_id].append(kind)
    stopped = _stopped_families(session)
    enrolled = set(session.scalars(select(EnrolmentRow.family_id).where(EnrolmentRow.state != "ended")))
    tried = set(session.scalars(select(AttemptRow.family_id).distinct()))
    families, ids = {}, {}
    for row in rows:
        text = unseal(session, row.record, key_id=row.id, table="family", column="record", row_id=row.id)
        if not text:
            continue  # its words were destroyed: for the service, the family is gone
        ids[row.ref] = row.id
        families[row.ref] = KnownFamily(
            ref=row.ref,
            fingerprint=row.fingerprint,
            record=record_from_json(text),
            stopped=row.id in stopped,
            holds=tuple(sorted(holds[row.id])),
            listed=row.listed,
            enrolled=row.id in enrolled,
            sent_anything=row.id in tried,
        )
    return Known(
        families=families,
        ids=ids,
        areas=facts,
        cadences={code: cadence_of_area(session, code)[1] for code in facts},
        stopped_numbers=_stopped_numbers(session),
        seen=batches.seen_before(session, file_digest),
    )


def _stopped_families(session: Session) -> set[str]:
    said_no = select(ConsentRow.family_id).where(
        ConsentRow.purpose == "contact", ConsentRow.value.in_(("refused", "withdrawn"))
    )
    by_word = {
        family_id
        for family_id in session.scalars(said_no.distinct())
        if standing_of(session, family_id).stopped >= BOTH
    }
    on_number = (
        select(FamilyNumberRow.family_id)
        .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
        .where(
            FamilyNumberRow.off_at.is_(None),
            NumberRow.texts_stopped_at.is_not(None),
            NumberRow.calls_stopped_at.is_not(None),
        )
    )
    return by_word | set(session.scalars(on_number))


def _stopped_numbers(session: Session) -> frozenset[str]:
    query = select(NumberRow).where(NumberRow.texts_stopped_at.is_not(None), NumberRow.calls_stopped_at.is_not(None))
    load_keys(session, [SERVICE])
    return frozenset(numbers.written(session, row) for row in session.scalars(query))
