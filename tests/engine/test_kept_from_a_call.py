"""What was said in a call is there for the next one, and goes to the partner where that was agreed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from outreach.domain.plain_words import NEED_DETAILS, need_said
from outreach.engine.finish_call import Finished, finish
from outreach.runtime import Runtime
from outreach.store.numbers import NumberRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import SERVICE, unseal
from outreach.views.call import call_page
from tests.cast import BEN, a_family
from tests.engine.test_guide_call import CLOSE, TO_SAFE, began, say

PHRASE = "the kettle is on"


def told(runtime: Runtime, part: str = "safe_contact") -> list[str]:
    """What the partner of the one referral is told; without a word more, about reaching them."""
    with runtime.sessions.read() as session:
        row = session.scalars(select(ReferralRow)).one()
        payload = unseal(session, row.payload, key_id=row.family_id, table="referral", column="payload", row_id=row.id)
        assert payload is not None
        said: list[str] = json.loads(payload)[part]
        return said


def a_yes(runtime: Runtime, *, knows: str = "some", phrase: str = "", safe: str = "yes", helps: str = "school") -> str:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_SAFE)
    say(runtime, conversation_id, "next", words=phrase)
    say(runtime, conversation_id, "said", "next", "child", helps, knows, "")
    say(runtime, conversation_id, "yes", "parent", "yes", "yes", safe, "yes", *CLOSE)
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    return conversation_id


@pytest.mark.parametrize("ends", [["exit_talk"], ["exit_unsafe", "phrase"]])
def test_a_phrase_that_ends_a_call_is_kept_with_the_number_and_on_the_card(runtime: Runtime, ends: list[str]) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_SAFE)
    say(runtime, conversation_id, "next", words=PHRASE)
    say(runtime, conversation_id, *ends)
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        row = session.get_one(NumberRow, family.number_id)
        kept = unseal(session, row.exit_phrase, key_id=SERVICE, table="number", column="exit_phrase", row_id=row.id)
    assert kept == PHRASE
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert f"ends a call with “{PHRASE}”" in page.family.safe_contact


def test_the_partner_knows_the_phrase_and_what_the_children_know_where_safe_contact_is_shared(
    runtime: Runtime,
) -> None:
    a_yes(runtime, knows="none", phrase=PHRASE)
    said = told(runtime)
    assert f"If they say “{PHRASE}”, ring off at once." in said
    assert "The children do not know: say nothing about it where they may hear." in said


def test_the_partner_learns_neither_where_safe_contact_is_not_shared(runtime: Runtime) -> None:
    a_yes(runtime, knows="none", phrase=PHRASE, safe="no")
    assert told(runtime) == []


def test_every_need_that_can_be_marked_is_told_in_words(runtime: Runtime) -> None:
    steps = {"child": "child_needs", "carer": "carer_needs", "legal": "legal_needs"}
    for script in steps.values():
        for one in runtime.library.scripts[script, "en"].steps["what"].answers:
            assert one.id in NEED_DETAILS, f"{script}: {one.label}"
    a_yes(runtime, helps="feelings,telling")
    assert told(runtime, "needs")[:2] == [
        "Something for the child or children (feelings and worries)",
        "Something for the child or children (what to tell them)",
    ]
    assert need_said("legal", "say") == "legal: parental responsibility"


@pytest.mark.parametrize(("knows", "said"), [("all", "The children know"), ("none", "The children do not know")])
def test_the_next_call_knows_what_the_children_know(runtime: Runtime, knows: str, said: str) -> None:
    first = a_yes(runtime, knows=knows)
    card = dict(call_page(runtime, BEN, conversation_id=first).card)
    assert card["What they know"].startswith(said)
