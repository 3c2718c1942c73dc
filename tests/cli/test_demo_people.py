"""Who is at work in the demo, and what that makes of its first month."""

from __future__ import annotations

from sqlalchemy import select

from outreach.demo.month import FILES, import_month
from outreach.demo.people import CHAMPIONS, people_the_demo
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow


def test_new_families_of_an_area_with_a_champion_land_on_their_list_and_no_others(runtime: Runtime) -> None:
    people_the_demo(runtime, champions=CHAMPIONS)
    import_month(runtime, FILES[0])
    with runtime.sessions.read() as session:
        has = {row.ref: row.assigned_to for row in session.scalars(select(FamilyRow))}
    assert {ref: person for ref, person in has.items() if person} == dict.fromkeys(
        ("F016", "F017", "F018"), "demo-second"
    )
