"""Proves, on the data as it is, that what is promised holds: each rule on its own, with the first that break it.

Rules
* It only reads. Nothing is mended here: a finding is a fault of ours, or work that nobody did.
* A finding names ids, never people.
* A rule speaks only of what it can know. Where a fact of the past is gone (which families stood on a number then),
  it looks at the time since which the fact is certain.
* The order of commits is the order of ids that were made while the number's row was locked, not of clocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from outreach.domain.proof import MOST_EXAMPLES, Checked, Proof
from outreach.engine import proofs_of_offers, proofs_of_people, proofs_of_texts
from outreach.engine.proof_rule import Looking, Rule
from outreach.runtime import Runtime

RULES: tuple[Rule, ...] = (*proofs_of_offers.RULES, *proofs_of_texts.RULES, *proofs_of_people.RULES)


def prove(runtime: Runtime) -> Proof:
    """Ask every rule."""
    now = runtime.now()
    found = []
    for rule in RULES:
        with runtime.sessions.read() as session:
            found.append(_checked(rule, rule.broken_by(Looking(session, runtime, now))))
    return Proof(now, tuple(found))


def _checked(rule: Rule, broken: Iterable[str]) -> Checked:
    left = iter(broken)
    examples = tuple(islice(left, MOST_EXAMPLES))
    return Checked(rule.name, rule.says, len(examples) + sum(1 for _ in left), examples)
