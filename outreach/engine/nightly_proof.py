"""Asks every night whether what is promised holds, and keeps what was found for the overview.

Rules
* Once a night, after one in the morning in London; who makes the night's row does the work. A worker that was off at
  night does it as soon as it is there. One that died on the way is begun again after two hours.
* What happened is put into the chain first: after days without a worker, the late linking is not what is reported.
* Findings name ids, never people. They are kept for a year.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from outreach.domain.quiet_hours import london
from outreach.engine.link_events import link_events
from outreach.engine.prove import prove
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.proofs import FindingRow, ProofRow

FROM_HOUR = 1
BEGUN_AGAIN_AFTER = timedelta(hours=2)
KEPT = timedelta(days=366)


def prove_tonight(runtime: Runtime) -> int:
    """1 where tonight's proof was made now, else 0."""
    proof_id = _begin(runtime)
    if proof_id is None:
        return 0
    link_events(runtime)
    found = prove(runtime)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(ProofRow, proof_id, with_for_update=True)
        if row is None or row.finished_at is not None:
            return 0
        for each in found.findings:
            session.add(
                FindingRow(
                    proof_id=proof_id, rule=each.rule, says=each.says[:300], broken=each.broken,
                    examples=list(each.examples),
                )
            )  # fmt: skip
        row.finished_at, row.rules, row.clean = now, len(found.rules), found.clean
        events.note(
            session, "promises_proved", id=runtime.new_id(), at=now, actor_id="system", subjects=[proof_id],
            data={"rules": row.rules, "broken": len(found.findings)},
        )  # fmt: skip
    return 1


def _begin(runtime: Runtime) -> str | None:
    now = runtime.now()
    night = london(now).date()
    if london(now).hour < FROM_HOUR:
        return None
    with runtime.sessions.read() as session:
        row = session.scalars(select(ProofRow).where(ProofRow.night == night)).one_or_none()
    if row is not None and (row.finished_at is not None or now - row.began_at < BEGUN_AGAIN_AFTER):
        return None
    try:
        with runtime.sessions.begin() as session:
            if row is not None:
                again = session.get_one(ProofRow, row.id, with_for_update=True)
                if again.finished_at is not None or now - again.began_at < BEGUN_AGAIN_AFTER:
                    return None
                again.began_at = now
                return again.id
            old = select(ProofRow.id).where(ProofRow.night < night - KEPT)
            session.execute(delete(FindingRow).where(FindingRow.proof_id.in_(old)))
            session.execute(delete(ProofRow).where(ProofRow.night < night - KEPT))
            made = ProofRow(id=runtime.new_id(), night=night, began_at=now)
            session.add(made)
            return made.id
    except IntegrityError:  # another worker was quicker
        return None
