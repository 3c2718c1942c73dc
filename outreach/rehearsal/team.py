"""The others at work: who takes alerts, reads what came in, imports the month, lifts holds, and lets it go on."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from outreach.demo.people import EVERYWHERE, POLICE
from outreach.domain.access import Actor, Role
from outreach.domain.cadence import After, read_cadence
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.quiet_hours import Hours, Window
from outreach.engine.alerts import settle_alert, take_alert
from outreach.engine.answer_inbox import NotDone, choose_family, settle
from outreach.engine.do_as_read import do_as_read, obey_stop, what_it_asks
from outreach.engine.edit_cadence import Saved, new_version
from outreach.engine.holds import lift_hold, officer_answered
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.engine.pause import go_on
from outreach.rehearsal.caller import PRIYA
from outreach.rehearsal.diary import Diary
from outreach.rehearsal.households import Town
from outreach.rehearsal.kind_days import Hours as KindHours
from outreach.rehearsal.words import Means
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.areas import service
from outreach.store.cadences import CadenceRow, CadenceVersionRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import families_on
from outreach.store.texts import ReadingRow, TextRow

COORDINATOR = Actor("demo-coordinator", "Carys Bevan", Role.COORDINATOR, POLICE, frozenset(EVERYWHERE), demo=True)
SUPERVISOR = Actor("demo-supervisor", "Sam Adeyemi", Role.SUPERVISOR, POLICE, frozenset(EVERYWHERE), demo=True)
REVIEW_AFTER = timedelta(days=4)
WHY = "Looked at it in the rehearsal"


class Team:
    def __init__(self, runtime: Runtime, town: Town, diary: Diary, *, seed: int) -> None:
        self._runtime, self._town, self._diary = runtime, town, diary
        self._chance = random.Random(f"team {seed}")  # noqa: S311
        self._left_as_it_is: set[str] = set()

    def take_over_alerts(self) -> None:
        with self._runtime.sessions.read() as session:
            waiting = session.scalars(select(AlertRow.id).where(AlertRow.settled_at.is_(None))).all()
        for alert_id in waiting:
            take_alert(self._runtime, PRIYA, alert_id=alert_id)
            settle_alert(self._runtime, PRIYA, alert_id=alert_id)

    def let_it_go_on(self) -> None:
        with self._runtime.sessions.read() as session:
            paused = service(session).paused_at is not None
        if paused:
            go_on(self._runtime, COORDINATOR)

    def read_what_came(self, means: dict[str, Means]) -> None:
        """Somebody reads every open thread, and does what a person would. ``means``: what each text was to mean."""
        open_ones = select(TextRow.number_id, TextRow.id, TextRow.provider_sid).join(
            ReadingRow, ReadingRow.text_id == TextRow.id
        )
        with self._runtime.sessions.read() as session:
            rows = session.execute(
                open_ones.where(ReadingRow.needs_person.is_(True), ReadingRow.settled_at.is_(None)).order_by(TextRow.id)
            ).all()
        threads: dict[str, list[str]] = {}
        for row in rows:
            threads.setdefault(row.number_id, []).append(row.provider_sid or "")
        for number_id, sids in threads.items():
            self._read(number_id, {means.get(sid, Means.LOOK) for sid in sids})

    def _read(self, number_id: str, meant: set[Means]) -> None:
        with self._runtime.sessions.read() as session:
            newest = session.scalars(
                select(TextRow.id)
                .where(TextRow.number_id == number_id, TextRow.direction == "in")
                .order_by(TextRow.at.desc(), TextRow.id.desc())
            ).first()
            ids = families_on(session, number_id)
            refs = session.scalars(select(FamilyRow.ref).where(FamilyRow.id.in_(ids)).order_by(FamilyRow.ref)).all()
        seen = newest or ""
        if len(ids) > 1:
            choose_family(self._runtime, PRIYA, number_id=number_id, seen=seen, family_id=ids[0])
        stops = meant & {Means.STOP, Means.STOP_ALL}
        if stops:
            scope = "everything" if Means.STOP_ALL in stops else "texts"
            obey_stop(self._runtime, PRIYA, number_id=number_id, seen=seen, scope=scope)
        elif meant & {Means.LOOK, Means.DANGER, Means.SOMEBODY_ELSE}:
            pass
        elif what_it_asks(self._runtime, PRIYA, number_id=number_id) is not None:
            do_as_read(self._runtime, PRIYA, number_id=number_id, seen=seen)
        done = settle(self._runtime, PRIYA, number_id=number_id, seen=seen)
        for ref in refs:
            self._diary.note("looked", ref, refused=isinstance(done, NotDone))

    def review_holds(self) -> None:
        """Some holds are lifted, by as many people as it takes; the others stay, and that is a decision too."""
        now = self._runtime.now()
        with self._runtime.sessions.read() as session:
            rows = session.execute(
                select(HoldRow.id, HoldRow.kind, FamilyRow.ref)
                .join(FamilyRow, FamilyRow.id == HoldRow.family_id)
                .where(HoldRow.lifted_at.is_(None), HoldRow.set_at <= now - REVIEW_AFTER)
                .order_by(HoldRow.id)
            ).all()
        for hold_id, code, ref in rows:
            if hold_id in self._left_as_it_is:
                continue
            kind = Kind(code)
            safety = RULES[kind].weight is not Weight.WAITING
            liftable = kind in (Kind.RELEASED, Kind.LIKELY_DUPLICATE, Kind.UNSAFE) or (
                safety and self._chance.random() < 0.3
            )
            if not liftable or self._chance.random() < 0.4:
                self._left_as_it_is.add(hold_id)
                continue
            if kind is Kind.WITNESS_IN_CASE:
                officer_answered(self._runtime, COORDINATOR, hold_id=hold_id, words="No objection.", agrees=True)
            lift_hold(self._runtime, COORDINATOR, hold_id=hold_id, why=WHY)
            if safety:
                lift_hold(self._runtime, SUPERVISOR, hold_id=hold_id, why=WHY)
            self._diary.note("lifted", ref, kind=code)

    def import_month(self, month: int, day: date) -> None:
        self._town.happen(month)
        data = self._town.file(month, day)
        late = self._chance.choice(("now", "next"))
        plan = plan_import(self._runtime, COORDINATOR, data=data, file_name=f"month-{month:02d}.csv")
        if not isinstance(plan, Waiting):
            raise RuntimeError(f"the file of month {month} cannot be read")
        done = commit_plan(self._runtime, COORDINATOR, batch_id=plan.batch_id, late=late)
        if not isinstance(done, Committed):
            raise RuntimeError(f"the file of month {month} was not committed: {type(done).__name__}")
        standing = {
            one.ref: {
                "hold": one.hold, "released": one.custody == "released", "listed": one.listed,
                "pending": one.checks == "pending", "foster": one.relationship == "foster_carer",
                "language": one.language, "phone": one.phone, "parent_phone": one.parent_phone,
                "birthdays": one.birthdays,
            }
            for one in self._town.households.values()
            if one.joins <= month
        }  # fmt: skip
        self._diary.note("file", month=month, families=standing, counts=done.counts)

    def edit_cadence(self, hours: KindHours, *, fourth: int) -> None:
        """The coordinator changes the hours, and when the fourth step comes."""
        with self._runtime.sessions.read() as session:
            row = session.scalars(select(CadenceRow)).one()
            current = read_cadence(session.get_one(CadenceVersionRow, row.current_version_id).body)
        steps = list(current.steps)
        old = steps[3]
        steps[3] = replace(old, after=After(fourth, "months"))
        week = tuple((Window(*window),) if window else () for window in hours)
        edited = replace(current, steps=tuple(steps), hours=Hours(week))
        saved = new_version(self._runtime, COORDINATOR, cadence_id=row.id, cadence=edited, why="rehearsed")
        if not isinstance(saved, Saved):
            raise RuntimeError("the edited cadence was not saved")
        self._diary.note("edited", hours=hours, superseded=saved.superseded)
