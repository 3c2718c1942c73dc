"""``outreach demo --story``: the main job plays by itself, from a file to referrals, and checks its own ending.

Every joint is real: the importer, the gate, the SDK over HTTP to the simulated network, its signed webhooks, the
reply reader, the script engine, the ledger. Only the clock is moved on.
"""

from __future__ import annotations

import time as wall
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import func, select

from outreach.demo.house import House
from outreach.demo.month import FILES, import_month, name_phones
from outreach.demo.stage import PRIYA, Plot, Stage
from outreach.domain.quiet_hours import Calendar, Hours, window_end
from outreach.engine.alerts import settle_alert, take_alert
from outreach.engine.link_events import verify_events
from outreach.store.alerts import AlertRow, AlertToldRow, TaskRow
from outreach.store.consents import ConsentRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import NeedRow, ReferralRow

YES = {
    "right_person": "yes", "safe_to_talk": "yes", "offer": "child", "need.secondary": "carer", "consent.refer": "yes",
    "authority": "parent", "consent.children": "yes", "consent.needs": "yes", "consent.safe_contact": "yes",
    "phone.level": "support", "phone.voicemail": "none",
}  # fmt: skip
NOT_NOW = {
    "right_person": "yes",
    "safe_to_talk": "yes",
    "offer": "later",
    "phone.level": "named",
    "phone.voicemail": "none",
}
THINKING = {**NOT_NOW, "offer": "thinking"}


def tell(*, home: Path, database_url: str = "") -> bool:
    """Play the story in a database of its own. True when it ended as it should."""
    began = wall.monotonic()
    house = House(home=home, database_url=database_url)
    try:
        house.open()
        stage = Stage(house)
        play(stage)
        problems = ending(stage)
    except Plot as fault:
        problems = [str(fault)]
    finally:
        house.close()
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    if not problems:
        print(f"\nThe story ended as it should, in {wall.monotonic() - began:.0f} seconds.")
    return not problems


def play(stage: Stage) -> None:
    stage.chapter("The first month's file comes from the matching core.")
    month(stage, 0)
    stage.go_to(date(2026, 1, 6))
    stage.chapter("First calls. The practitioner is guided line by line.")
    stage.ring("F001", YES)
    for ref in ("F014", "F015", "F027"):
        stage.ring(ref, NOT_NOW if ref != "F015" else THINKING)
    for ref in ("F006", "F025", "F026"):
        stage.ring(ref, {**NOT_NOW, "phone.level": "support"})
    stage.ring("F002", {}, picks_up=False)
    stage.go_to(date(2026, 1, 7), time(13, 0))
    stage.ring("F002", NOT_NOW)

    stage.go_to(date(2026, 2, 2), time(9, 40))
    stage.chapter("The second month: a row was mended, a family was found late.")
    month(stage, 1)
    stage.ring("F013", {**NOT_NOW, "phone.level": "support"})

    stage.go_to(date(2026, 2, 17), time(9, 40))
    stage.chapter("Six weeks later the families who were not ready are offered again, by text.")
    stage.go_to(date(2026, 2, 18), time(10, 30))
    stage.chapter("They answer in their own words.")
    stage.text("F014", "Yes please")
    for answer in ("1", "1", "1", "1", "1", "1", "1"):
        stage.later(minutes=2)
        stage.text("F014", answer)
    stage.later(minutes=2)
    stage.text("F015", "Later")
    stage.text("F006", "No thanks")
    stage.text("F025", "STOP")
    stage.text("F026", "How did you get my number?")
    stage.text("F027", "who is this texting my mrs")
    stage.pick_up_own_phone()
    stage.text("F002", "I can't do this anymore, I want to die")
    stage.pick_up_own_phone()
    with stage.runtime.sessions.read() as session:
        alerts = list(session.scalars(select(AlertRow.id).where(AlertRow.taken_at.is_(None))))
    for alert_id in alerts:
        take_alert(stage.runtime, PRIYA, alert_id=alert_id)
        settle_alert(stage.runtime, PRIYA, alert_id=alert_id)
        stage.say("    Priya says: I have it.")

    stage.go_to(date(2026, 3, 2), time(9, 40))
    stage.chapter("The third month.")
    month(stage, 2)
    stage.go_to(date(2026, 4, 1), time(9, 40))
    stage.chapter("The fourth month: a parent is released, a family is no longer listed.")
    month(stage, 3)
    stage.go_to(date(2026, 4, 2), time(10, 0))
    stage.chapter("The one who said later was asked again, and asks to be rung.")
    stage.text("F015", "CALL")
    stage.later(minutes=30)
    stage.ring("F015", {**YES, "offer": "carer", "need.secondary": "legal"})
    stage.go_to(date(2026, 5, 1), time(9, 40))
    stage.chapter("The fifth month.")
    month(stage, 4)
    stage.go_to(date(2026, 6, 1), time(9, 40))
    stage.chapter("The sixth month.")
    month(stage, 5)
    stage.go_to(date(2026, 6, 3))


def month(stage: Stage, index: int) -> None:
    done = import_month(stage.runtime, FILES[index])
    counts = done.counts
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts["families"].items() if count)
    rows = f"{counts['rows']['read']} rows read, {counts['rows']['rejected']} rejected"
    stage.say(f"    {FILES[index].name}: {rows}. Families: {said}.")
    name_phones(stage.house)
    stage.work()


def ending(stage: Stage) -> list[str]:
    """What should be true in the end, and is not."""
    runtime, network = stage.runtime, stage.house.simulator.network
    problems: list[str] = []

    def expect(what: str, found: object, wanted: object) -> None:
        if found != wanted:
            problems.append(f"{what}: {found!r}, not {wanted!r}")

    with runtime.sessions.read() as session:
        family = {row.ref: row for row in session.scalars(select(FamilyRow))}

        def outcomes(ref: str) -> list[str | None]:
            query = select(OfferRow.outcome).where(OfferRow.family_id == family[ref].id, OfferRow.state == "ended")
            return list(session.scalars(query.order_by(OfferRow.ended_at, OfferRow.id)))

        referred = session.execute(
            select(FamilyRow.ref, ReferralRow.state).join(FamilyRow, FamilyRow.id == ReferralRow.family_id)
        ).all()
        expect("the referrals", sorted(row.ref for row in referred), ["F001", "F014", "F015"])
        by = dict(
            session.execute(
                select(ConsentRow.how, func.count())
                .where(ConsentRow.purpose == "refer", ConsentRow.value == "given")
                .group_by(ConsentRow.how)
            ).all()
        )
        expect("consents to refer", by, {"voice": 2, "text": 1})
        needs = set(
            session.execute(
                select(FamilyRow.ref, NeedRow.kind)
                .join(FamilyRow, FamilyRow.id == NeedRow.family_id)
                .where(NeedRow.primary)
            ).all()
        )
        expect("the primary needs", needs, {("F001", "child"), ("F014", "child"), ("F015", "carer")})
        expect("what became of F001", outcomes("F001"), ["O1"])
        expect("what became of F014", outcomes("F014"), ["O3", "O1"])
        expect("what became of F015", outcomes("F015"), ["O10", "O3", "O1"])
        expect("what became of F006", outcomes("F006")[:2], ["O3", "O4"])
        expect("what became of F025", outcomes("F025"), ["O3", "stopped"])
        if "no_reply" not in outcomes("F013"):
            problems.append(f"F013 said nothing, and that stands nowhere: {outcomes('F013')}")
        numbers = {row.id: row for row in session.scalars(select(NumberRow))}
        expect("numbers that are compromised", sum(n.standing == "compromised" for n in numbers.values()), 1)
        alerts = session.scalars(select(AlertRow)).all()
        if not any(a.kind == "self_harm" and a.family_id == family["F002"].id and a.taken_by for a in alerts):
            problems.append("nobody has the alert about F002")
        if not session.scalar(select(func.count()).select_from(AlertToldRow)):
            problems.append("nobody was told of the alert")
        held = set(
            session.execute(
                select(FamilyRow.ref, HoldRow.kind)
                .join(FamilyRow, FamilyRow.id == HoldRow.family_id)
                .where(HoldRow.lifted_at.is_(None))
            ).all()
        )
        for wanted in (
            ("F009", "no_contact_order"),
            ("F010", "carer_is_victim"),
            ("F020", "released"),
            ("F018", "no_longer_listed"),
            ("F026", "reply"),
        ):
            if wanted not in held:
                problems.append(f"{wanted[0]} should be held: {wanted[1]}")
        expect("F007, a foster carer", family["F007"].excluded_why, "foster_carer")
        waiting = session.scalar(select(func.count()).select_from(TaskRow).where(TaskRow.done_at.is_(None)))
        unended = session.scalar(
            select(func.count()).select_from(OfferRow).where(OfferRow.state == "ended", OfferRow.outcome.is_(None))
        )
        expect("ended offers without an outcome", unended, 0)
    problems += texts_went_right(stage)
    chain = verify_events(runtime)
    if chain.broken_at is not None:
        problems.append("the chain of events does not hold")
    stage.say("\nWhat came of it")
    stage.say(
        f"    3 referrals the charity can see; consents: {by.get('voice', 0)} by voice, {by.get('text', 0)} by text."
    )
    stage.say(
        f"    {len(held)} holds stand, {waiting} tasks wait for a person, {len(alerts)} alerts were told and taken."
    )
    stage.say(f"    {len(network.handed_over())} texts were handed over; {chain.links} events are linked.")
    return problems


def texts_went_right(stage: Stage) -> list[str]:
    """From the network's own log: hours kept, stop kept, nobody texted who never should be."""
    problems: list[str] = []
    texts = stage.house.simulator.network.handed_over()
    stopped = stage.someone("F025").phone
    after = [each["body"] for each in texts if each["to"] == stopped]
    if len(after) != 2 or "not text you again" not in after[-1]:
        problems.append(f"F025 said stop and got {len(after)} texts in all")
    never = {stage.someone(ref).phone for ref in ("F003", "F009", "F010", "F011")}
    families = {
        stage.someone(ref).phone for ref in ("F001", "F002", "F013", "F014", "F015", "F006", "F025", "F026", "F027")
    }
    for each in texts:
        if each["to"] in never:
            problems.append("a family that is never texted automatically was texted")
        moment = datetime.fromisoformat(each["at"])
        urgent = "Samaritans" in each["body"] or "not text you again" in each["body"]
        if each["to"] in families and not urgent and window_end(Hours(), Calendar(winter=False), moment) is None:
            problems.append(f"a text went outside the hours, at {moment:%H.%M} UTC")
    return problems
