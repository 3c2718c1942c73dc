"""What the store knows of every family, as far as an import depends on it; read in one pass, with records closed.

Rules
* A family *has said stop* when neither texts nor calls are allowed to it any more; a number likewise.
* The cadence that decides who is late-found is the one that new families of the area and language join.
* A family whose words were destroyed is gone for the service, and not known any more.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor
from outreach.domain.cadence_choice import Facts, choose
from outreach.domain.hold import Kind
from outreach.domain.import_diff import Newer, make_plan
from outreach.domain.import_digest import KnownDigest
from outreach.domain.import_matches import Matches
from outreach.domain.import_plan import AreaFacts, Intake, KnownFamily, Plan, Seen
from outreach.domain.intake_record import FamilyRecord, record_from_json
from outreach.store import areas, batches, numbers
from outreach.store.base import among, table_of
from outreach.store.cadences import InUse, in_use
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.duplicates import not_duplicates
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import SERVICE, DataKeyRow, blinder, cipher_of, forget_keys, load_keys

BOTH = frozenset({"text", "call"})


@dataclass(frozen=True, slots=True)
class Around:
    """What a plan depends on beside the families."""

    areas: dict[str, AreaFacts]
    cadences: dict[str, InUse]
    stopped_numbers: frozenset[str]
    seen: Seen
    apart: frozenset[tuple[str, str]]
    """Pairs of references that a person said are two families."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a plan is made against."""

    families: dict[str, KnownFamily]
    matches: Matches
    areas: dict[str, AreaFacts]
    digest: KnownDigest
    """With all of the families in it."""

    def plan(self, session: Session, intake: Intake) -> Plan:
        around = _around(session, self.areas, intake.file_digest)
        chosen: dict[tuple[str, str], InUse] = {}
        late: dict[tuple[str, date], bool] = {}

        def is_late(area: str, language: str, anchor: date) -> bool:
            if (area, language) not in chosen:
                chosen[area, language], _ = cadence_for(around.cadences, area, language)
            fitting = chosen[area, language]
            key = (fitting.id, anchor)
            if key not in late:
                late[key] = cadence.is_late(fitting.cadence, anchor, intake.today)
            return late[key]

        return make_plan(
            intake,
            known=self.families,
            matches=self.matches,
            opened=lambda refs: records_of(session, [self.families[ref].id for ref in refs]),
            areas=around.areas,
            is_late=is_late,
            seen=around.seen,
            stopped_numbers=around.stopped_numbers,
            apart=around.apart,
            held_inside=_held_inside(session),
            known_digest=_with_all(self.digest, around),
            newer=newer_than(session, intake),
        )


def newer_than(session: Session, intake: Intake) -> Newer:
    """How many families are listed in the areas of a file, and of how many something newer is known than it says."""
    if intake.newest is None:
        return Newer()
    listed = _F.listed.is_(True), _F.area_code.in_(intake.areas)
    later = func.count().filter(_F.custody_as_of > intake.newest)
    return Newer(*session.execute(select(func.count(), later).where(*listed)).one())


def cadence_for(cadences: Mapping[str, InUse], area: str, language: str) -> tuple[InUse, tuple[str, ...]]:
    """The cadence that a new family joins, of which nothing is known yet that it needs; and those that fit as well."""
    chosen = choose(((each.id, each.whom) for each in cadences.values()), Facts(area, language))
    if chosen is None:
        raise LookupError("no cadence fits; run: outreach db upgrade")
    return cadences[chosen.id], tuple(chosen.tied)


def areas_of(session: Session, actor: Actor) -> dict[str, AreaFacts]:
    """The areas whose rows ``actor`` may import: their own; all of them for the service itself."""
    return {
        code: AreaFacts(code, row.name, row.live_on)
        for code, row in areas.areas(session).items()
        if actor.id == "system" or actor.works_in(code)
    }


def known_elsewhere(session: Session, actor: Actor, refs: Collection[str]) -> set[str]:
    """Those of these references that are known in an area which ``actor`` does not work in."""
    found, asked, mine = set[str](), list(refs), list(areas_of(session, actor))
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        found |= set(session.scalars(select(_F.ref).where(_F.ref.in_(part), _F.area_code.not_in(mine))))
    return found


def gather_known(session: Session, *, facts: dict[str, AreaFacts], now: datetime) -> Known:
    matches, digest = Matches(blinder(session)), KnownDigest()
    families = {family.ref: family for family in _known(session, now, matches, digest)}
    of_parents = select(NumberRow.e164_index).where(NumberRow.is_parents)
    matches.add_parents(session.scalars(of_parents.execution_options(yield_per=5_000)))
    return Known(families, matches, facts, digest)


def digest_now(session: Session, *, facts: dict[str, AreaFacts], file_digest: str, now: datetime) -> str:
    """The digest of all that a plan depends on, at this moment."""
    holds, stopped, digest = _holds(session, now), _stopped_families(session), KnownDigest()
    columns = _F.id, _F.ref, _F.fingerprint, _F.excluded_why, _F.listed
    for family_id, ref, fingerprint, excluded, listed in session.execute(_in_order(*columns)):
        held = holds.get(family_id, ())
        digest.add(ref, fingerprint, stopped=family_id in stopped, listed=listed, excluded=excluded, holds=held)
    return _with_all(digest, _around(session, facts, file_digest))


def _with_all(digest: KnownDigest, around: Around) -> str:
    return digest.with_all(
        stopped_numbers=around.stopped_numbers,
        areas=around.areas,
        seen=around.seen,
        cadences=[each.version_id for each in around.cadences.values()],
    )


def records_of(session: Session, family_ids: Sequence[str]) -> dict[str, FamilyRecord]:
    """The records of these families as last imported, opened, by reference. The keys are closed again
    that were not open."""
    records: dict[str, FamilyRecord] = {}
    for start in range(0, len(family_ids), 500):
        part = family_ids[start : start + 500]
        opened = load_keys(session, part)
        query = select(_F.id, _F.ref, _F.record).where(among(session, _F.id, part))
        for family_id, ref, sealed in session.execute(query):
            text = cipher_of(session, family_id).unseal_bytes(sealed, "family", "record", family_id)
            records[ref] = record_from_json(text.decode())
        forget_keys(session, opened)
    return records


def _around(session: Session, facts: dict[str, AreaFacts], file_digest: str) -> Around:
    return Around(
        areas=facts,
        cadences=in_use(session),
        stopped_numbers=_stopped_numbers(session),
        seen=batches.seen_before(session, file_digest),
        apart=not_duplicates(session),
    )


_F, _KEY = table_of(FamilyRow).c, table_of(DataKeyRow).c


def _in_order(*columns: ColumnElement[Any]) -> Select[Any]:
    """These columns of every family whose words were not destroyed."""
    join = table_of(FamilyRow).join(table_of(DataKeyRow), _KEY.id == _F.id)
    query = select(*columns).select_from(join).where(_KEY.destroyed_at.is_(None)).order_by(_F.id)
    return query.execution_options(yield_per=5_000)


def _known(session: Session, now: datetime, matches: Matches, digest: KnownDigest) -> Iterator[KnownFamily]:
    """Every known family, which ``matches`` and ``digest`` get too."""
    holds, stopped = _holds(session, now), _stopped_families(session)
    columns = (
        _F.id, _F.ref, _F.area_code, _F.fingerprint, _F.imprisoned_on, _F.checks, _F.excluded_why, _F.listed,
        _F.as_filed, _F.match_keys,
    )  # fmt: skip
    one = dict[object, object]()  # equal dates and codes are kept once
    for (
        family_id, ref, area, fingerprint, imprisoned_on, checks, excluded, listed, as_filed, match_keys,
    ) in session.execute(_in_order(*columns)):  # fmt: skip
        held, has_stopped = holds.get(family_id, ()), family_id in stopped
        matches.add(ref, match_keys)
        digest.add(ref, fingerprint, stopped=has_stopped, listed=listed, excluded=excluded, holds=held)
        yield KnownFamily(
            id=family_id,
            ref=ref,
            area=one.setdefault(area, area),  # type: ignore[arg-type]
            imprisoned_on=one.setdefault(imprisoned_on, imprisoned_on),  # type: ignore[arg-type]
            pending=checks == "pending",
            excluded=excluded,
            stopped=has_stopped,
            holds=held,
            listed=listed,
            as_filed=as_filed,
        )


def _holds(session: Session, now: datetime) -> dict[str, tuple[str, ...]]:
    """The kinds of the holds in force, in the order of the alphabet, of every family that has any."""
    holds: dict[str, list[str]] = defaultdict(list)
    in_force = or_(HoldRow.until.is_(None), HoldRow.until > now)
    standing = select(HoldRow.family_id, HoldRow.kind).where(HoldRow.lifted_at.is_(None), in_force)
    for family_id, kind in session.execute(standing):
        holds[family_id].append(sys.intern(kind))
    return {family_id: tuple(sorted(kinds)) for family_id, kinds in holds.items()}


def _held_inside(session: Session) -> frozenset[str]:
    """Families that were held because their carer was imprisoned, lifted or not."""
    query = select(FamilyRow.ref).join(HoldRow, HoldRow.family_id == FamilyRow.id)
    return frozenset(session.scalars(query.where(HoldRow.kind == Kind.CARER_IMPRISONED)))


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
