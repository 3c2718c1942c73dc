"""Two families that may be one, beside each other: what is alike, what each has said, and what merging would do.

Rules
* Only a person who works in the areas of both sees them, and nobody from whom one of them is hidden.
* Neither family is shown or told anything of the other; this page is the only one that names both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from outreach.domain.access import Actor, Permission, require
from outreach.domain.gate import ROUTED
from outreach.domain.hold import RULES, Kind
from outreach.domain.import_changes import phone_written
from outreach.domain.import_matches import name_words
from outreach.domain.intake_languages import language_name
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.consents import standing_of
from outreach.store.duplicates import DuplicateRow
from outreach.store.families import CarerRow, FamilyRow, ParentRow, carer_of, children_of
from outreach.store.holds import open_holds
from outreach.store.numbers import numbers_of, written
from outreach.store.offers import AttemptRow
from outreach.store.sealing import SERVICE, load_keys, unseal
from outreach.views.family_line import FamilyLine, family_lines

MOST_SHOWN = 100
TELLING = ("Carer", "Postcode", "Phone", "Child", "Imprisoned parent")
"""What tells one family from another; half an area has the same language."""


@dataclass(frozen=True, slots=True)
class PairLine:
    first: FamilyLine
    second: FamilyLine
    found_at: datetime


@dataclass(frozen=True, slots=True)
class PairsPage:
    """``elsewhere``: pairs of which one family is in an area this person does not work in."""

    pairs: tuple[PairLine, ...]
    in_all: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the comparison. ``alike``: both say the same, and it is not nothing."""

    label: str
    first: str
    second: str
    alike: bool


@dataclass(frozen=True, slots=True)
class PairPage:
    """``keep`` are the families that may stay, with what to call them."""

    first_id: str
    second_id: str
    first: str
    second: str
    facts: tuple[Fact, ...]
    keep: tuple[tuple[str, str], ...]
    decided: str | None


def pairs_page(runtime: Runtime, actor: Actor) -> PairsPage:
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        query = select(DuplicateRow).where(DuplicateRow.decided.is_(None)).order_by(DuplicateRow.found_at)
        asked = session.scalars(query.order_by(DuplicateRow.ref, DuplicateRow.other_ref)).all()
        families = _by_ref(session, [ref for pair in asked for ref in (pair.ref, pair.other_ref)])
        there = [pair for pair in asked if pair.ref in families and pair.other_ref in families]
        mine = [pair for pair in there if all(actor.works_in(families[ref].area_code) for ref in _refs(pair))]
        touched = [pair for pair in there if any(actor.works_in(families[ref].area_code) for ref in _refs(pair))]
        shown = mine[:MOST_SHOWN]
        ids = [families[ref].id for pair in shown for ref in _refs(pair)]
        lines = family_lines(session, ids, now=runtime.now())
        return PairsPage(
            tuple(
                PairLine(lines[families[pair.ref].id], lines[families[pair.other_ref].id], pair.found_at)
                for pair in shown
            ),
            len(mine),
            len(touched) - len(mine),
        )


def count_pairs(session: Session, actor: Actor) -> int:
    """How many pairs wait that this person may compare."""
    first, second = aliased(FamilyRow), aliased(FamilyRow)
    query = (
        select(func.count())
        .select_from(DuplicateRow)
        .join(first, first.ref == DuplicateRow.ref)
        .join(second, second.ref == DuplicateRow.other_ref)
        .where(DuplicateRow.decided.is_(None), first.area_code.in_(actor.areas), second.area_code.in_(actor.areas))
    )
    return session.scalar(query) or 0


def pair_page(runtime: Runtime, actor: Actor, family_id: str, other_id: str) -> PairPage | None:
    """None where these two are no pair, or one of them is not this person's to see."""
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        found = [session.get(FamilyRow, each) for each in (family_id, other_id)]
        both = [family for family in found if family is not None and actor.works_in(family.area_code)]
        if len(both) != 2:
            return None
        first, second = both
        pair = session.get(DuplicateRow, tuple(sorted((first.ref, second.ref))))
        if pair is None:
            return None
        load_keys(session, [SERVICE, first.id, second.id])
        ours, theirs = _facts(session, first), _facts(session, second)
        labels = dict.fromkeys([*ours, *theirs])
        one_is_out = bool(first.excluded_why) != bool(second.excluded_why)
        return PairPage(
            first_id=first.id,
            second_id=second.id,
            first=first.ref,
            second=second.ref,
            facts=tuple(_fact(label, ours.get(label, ""), theirs.get(label, "")) for label in labels),
            keep=tuple(
                (family.id, f"The same family: keep {family.ref}, close {other.ref}")
                for family, other in ((first, second), (second, first))
                if not one_is_out or family.excluded_why
            ),
            decided=pair.decided,
        )


def pairs_of(session: Session, actor: Actor, ref: str) -> tuple[tuple[str, str], ...]:
    """The undecided pairs of one family that this person may compare: id and reference of each other family."""
    query = select(DuplicateRow).where(
        DuplicateRow.decided.is_(None), (DuplicateRow.ref == ref) | (DuplicateRow.other_ref == ref)
    )
    others = [each for pair in session.scalars(query) for each in _refs(pair) if each != ref]
    families = _by_ref(session, others)
    return tuple(
        (families[each].id, each) for each in others if each in families and actor.works_in(families[each].area_code)
    )


def _refs(pair: DuplicateRow) -> tuple[str, str]:
    return pair.ref, pair.other_ref


def _by_ref(session: Session, refs: Sequence[str]) -> dict[str, FamilyRow]:
    found: dict[str, FamilyRow] = {}
    for start in range(0, len(refs), 500):
        part = refs[start : start + 500]
        found |= {row.ref: row for row in session.scalars(select(FamilyRow).where(FamilyRow.ref.in_(part)))}
    return found


def _fact(label: str, first: str, second: str) -> Fact:
    telling = label.startswith(TELLING)
    return Fact(label, first, second, telling and bool(first) and name_words(first) == name_words(second))


def _facts(session: Session, family: FamilyRow) -> dict[str, str]:
    carer = carer_of(session, family.id)
    reached = numbers_of(session, family.id)
    parents = session.scalars(select(ParentRow).where(ParentRow.family_id == family.id).order_by(ParentRow.ref)).all()
    tried = session.scalar(select(func.count()).select_from(AttemptRow).where(AttemptRow.family_id == family.id)) or 0
    holds = [RULES[Kind(row.kind)].says for row in open_holds(session, family.id) if row.kind != Kind.LIKELY_DUPLICATE]
    facts = {
        "Carer": _opened(session, carer, family),
        "What they are to the child": carer.relationship.replace("_", " "),
        "Carer's reference": carer.ref,
        "Language": language_name(family.language),
        "Postcode": unseal(
            session, family.postcode, key_id=family.id, table="family", column="postcode", row_id=family.id
        ) or "",
        "Phone": ", ".join(phone_written(written(session, number)) for _, number in reached),
        "Area": session.get_one(AreaRow, family.area_code).name,
    }  # fmt: skip
    for place, child in enumerate(children_of(session, family.id), 1):
        name = unseal(
            session, child.first_name, key_id=family.id, table="child", column="first_name", row_id=child.id
        )  # fmt: skip
        facts[f"Child {place}"] = f"{name or 'no name'}, born {child.born_on}"
    for place, parent in enumerate(parents, 1):
        facts[f"Imprisoned parent {place}"] = f"{parent.ref}, {parent.imprisoned_on.isoformat()}, {parent.custody}"
    facts["Known since"] = f"{family.made_at.day} {family.made_at:%B %Y}"
    facts["Calls and texts so far"] = str(tried) if tried else "none"
    facts["Has said no to"] = _noes(session, family)
    facts["Held because"] = "; ".join(holds)
    if family.excluded_why:
        facts["Not contacted because"] = ROUTED.get(family.excluded_why, "this family is not contacted")
    return facts


def _opened(session: Session, carer: CarerRow, family: FamilyRow) -> str:
    return unseal(session, carer.name, key_id=family.id, table="carer", column="name", row_id=carer.id) or ""


def _noes(session: Session, family: FamilyRow) -> str:
    standing = standing_of(session, family.id)
    said = ["texts" if channel == "text" else "calls" for channel in sorted(standing.stopped, reverse=True)]
    return " and ".join([*said, *(["a referral"] if standing.refused else [])])
