"""What a plan may say of families of an area that whoever imports does not work in: that there is one, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outreach.domain.access import NotAllowed
from outreach.engine.import_families import Committed, Gone, Waiting, commit_plan, plan_import
from outreach.runtime import Runtime
from outreach.views.imports import plan_page
from tests.cast import ANA
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import a_stop, imported, planned

OXFORD = replace(ANA, areas=frozenset({"OXF"}))
THERE = a_row("F777", area="MKC", carer_name="Amina Rivera", carer_phone="07700 900555", child_ref="K555")
HERE = a_row("F001", carer_name="Amina Rivera", carer_phone="07700 900555", child_ref="K555")


def waits_for_oxford(runtime: Runtime, *rows: dict[str, str]) -> Waiting:
    waiting = plan_import(runtime, OXFORD, data=a_file(*rows), file_name="oxford.csv")
    assert isinstance(waiting, Waiting), waiting
    return waiting


def test_a_family_of_another_area_is_not_named_in_what_is_said_of_one_of_ours(runtime: Runtime) -> None:
    imported(runtime, THERE)
    waiting = waits_for_oxford(runtime, HERE)
    (family,) = waiting.plan.families
    assert (
        family.sentence == "New. May be the same family as one of another area: held until a person has compared them."
    )
    assert {each.problem for each in waiting.plan.warnings} == {
        "This number stands in a family of another area too. It is never texted automatically.",
        "This child also stands in a family of another area. Both are taken, and neither is told of the other. "
        "Look whether one of them is wrong.",
        "This may be the same family as one of another area. It is held until a person has compared them.",
    }
    assert "F777" not in repr(plan_page(runtime, OXFORD, waiting.batch_id))


def test_those_of_ours_are_named_beside_it(runtime: Runtime) -> None:
    imported(runtime, THERE, HERE | {"family_ref": "F002", "carer_ref": "C002"})
    waiting = waits_for_oxford(runtime, HERE, HERE | {"family_ref": "F002", "carer_ref": "C002"})
    said = " ".join(each.problem for each in waiting.plan.warnings)
    assert "This number stands in family F002 and a family of another area too." in said
    assert "May be the same family as F002 and one of another area:" in " ".join(
        each.sentence for each in waiting.plan.families
    )


def test_who_works_in_both_areas_reads_both_references(runtime: Runtime) -> None:
    imported(runtime, THERE)
    (family,) = planned(runtime, HERE).plan.families
    assert "May be the same family as F777:" in family.sentence


def test_a_plan_that_names_a_family_of_another_area_is_not_for_whoever_does_not_work_there(runtime: Runtime) -> None:
    imported(runtime, THERE)
    waiting = planned(runtime, HERE)
    with pytest.raises(NotAllowed):
        plan_page(runtime, OXFORD, waiting.batch_id)
    assert commit_plan(runtime, OXFORD, batch_id=waiting.batch_id) == Gone("not_yours")


def test_what_changed_meanwhile_quotes_nothing_of_a_family_of_another_area(runtime: Runtime) -> None:
    imported(runtime, THERE)
    waiting = waits_for_oxford(runtime, THERE | {"area": "OXF"}, a_row("F002"))
    a_stop(runtime, "+447700900555", "F777")
    answer = commit_plan(runtime, OXFORD, batch_id=waiting.batch_id)
    assert isinstance(answer, Waiting)
    assert answer.changed == ("F777: something of it has changed in an area you do not work in.",)


def test_what_changed_meanwhile_names_nobody_whom_a_colleague_knows(runtime: Runtime) -> None:
    imported(runtime, HERE, a_row("F002"))
    waiting = planned(runtime, HERE, a_row("F002"), a_row("F003"))
    a_stop(runtime, "+447700900555", "F001")
    (family, *_) = (each for each in waiting.plan.families if each.ref == "F001")
    answer = commit_plan(runtime, replace(ANA, hides=frozenset({family.id})), batch_id=waiting.batch_id)
    assert isinstance(answer, Waiting)
    assert answer.changed == ("Something has changed that is not for you to see.",)
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id), Committed)
