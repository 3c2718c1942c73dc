"""The demo's six files bring, month by month, what their page says they bring."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach.domain.cadence import DEFAULT, is_late
from outreach.domain.import_plan import AreaFacts, Intake, Plan
from outreach.domain.intake import read_intake
from outreach.domain.phone import is_fictional
from tests.domain.recognition_rows import Remembered, known_after, of, plan_of

FILES = Path(__file__).resolve().parents[2] / "outreach" / "demo" / "files"
MONTHS = {
    "2026-01": date(2026, 1, 5),
    "2026-02": date(2026, 2, 1),
    "2026-03": date(2026, 3, 1),
    "2026-04": date(2026, 4, 1),
    "2026-05": date(2026, 5, 1),
    "2026-06": date(2026, 6, 1),
}
AREAS = {code: AreaFacts(code, code, date(2022, 7, 1)) for code in ("OXF", "MKC", "RDG")}


def all_months() -> dict[str, Plan]:
    plans: dict[str, Plan] = {}
    known: list[Remembered] = []
    for name, today in MONTHS.items():
        data = (FILES / f"{name}.csv").read_bytes()
        plans[name] = plan_of(
            data,
            known=known,
            areas=AREAS,
            today=today,
            is_late=lambda area, language, anchor, today=today: is_late(DEFAULT, anchor, today),
        )
        known = known_after(plans[name], known)
    return plans


def test_each_month_brings_what_the_page_says() -> None:
    plans = all_months()
    counted = {
        name: tuple(plan.counts()[key] for key in ("new", "changed", "released", "no_longer_listed", "held"))
        for name, plan in plans.items()
    }
    assert counted == {
        "2026-01": (23, 0, 0, 0, 5),
        "2026-02": (2, 2, 0, 0, 3),
        "2026-03": (2, 1, 0, 0, 3),
        "2026-04": (0, 1, 1, 1, 5),
        "2026-05": (0, 3, 0, 1, 4),
        "2026-06": (0, 0, 1, 0, 4),
    }
    assert [(each.row, each.value) for each in plans["2026-01"].problems] == [(16, "31/02/2016")]
    assert [family.ref for plan in plans.values() for family in plan.families if family.late] == ["F021"]
    assert of(plans["2026-04"], "F020").status == "released"
    assert of(plans["2026-06"], "F024").status == "released"
    zoe = of(plans["2026-03"], "F023").record
    assert zoe is not None
    assert zoe.carer.name == "Zoë Adeyinka"


def test_every_number_is_one_that_nobody_has() -> None:
    for plan in all_months().values():
        phones = [
            phone
            for filed in plan.intake.families
            if filed.record is not None
            for phone in (*filed.record.carer.phones, *filed.record.parent_phones)
        ]
        assert phones
        assert all(map(is_fictional, phones))


def test_every_family_stands_in_the_page() -> None:
    page = (FILES / "README.md").read_text()
    listed = {family.ref for plan in all_months().values() for family in plan.families}
    assert listed == {line[2:6] for line in page.splitlines() if line.startswith("| F0")}


@pytest.mark.parametrize("name", MONTHS)
def test_as_many_children_are_open_to_help_as_the_figures_say(name: str) -> None:
    """At the imprisonment 29.8 % were open to statutory support and 1.3 % to early help: 8 or 9 of 26 to 30 children,
    one of them to early help."""
    intake = read_intake(
        (FILES / f"{name}.csv").read_bytes(), today=MONTHS[name], areas=AREAS, fictional_allowed=True
    )  # fmt: skip
    assert isinstance(intake, Intake)
    records = [filed.record for filed in intake.families if filed.record is not None]
    help_of = {child.ref: child.open_to for record in records for child in record.children}
    open_to = [each for each in help_of.values() if each not in ("none", "unknown")]
    assert 0.295 <= len(open_to) / len(help_of) <= 0.325, (len(open_to), len(help_of))
    assert open_to.count("early_help") == 1
