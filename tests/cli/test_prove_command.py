"""``outreach prove`` says the same in words and as JSON, and its exit code is the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from outreach.cli.prove import as_dict, as_words
from outreach.domain.proof import Checked, Proof

AT = datetime(2026, 1, 13, tzinfo=UTC)
HOLDS = Checked("never_twice", "No offer was texted twice.", 0, ())
BROKEN = Checked("kind_hours", "Every text went inside the hours.", 7, ("a", "b"))


@pytest.mark.parametrize(("rules", "clean"), [((HOLDS,), True), ((HOLDS, BROKEN), False)])
def test_a_proof_is_clean_where_every_rule_holds(rules: tuple[Checked, ...], clean: bool) -> None:
    said = json.loads(json.dumps(as_dict(Proof(AT, rules))))
    assert said["clean"] is clean
    assert [rule["broken"] for rule in said["rules"]] == [rule.broken for rule in rules]


def test_what_is_broken_is_said_with_the_first_ids() -> None:
    words = "\n".join(as_words(Proof(AT, (HOLDS, BROKEN))))
    assert "holds   No offer was texted twice." in words
    assert "BROKEN  Every text went inside the hours." in words
    assert "7 times otherwise; the first: a, b" in words
