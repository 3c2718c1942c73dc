"""Settles texts of which nobody knows whether they went out. Nothing is sent again here, or anywhere.

Rules
* A text found *sending* with its lease over is *unknown*: somebody died on the way.
* A receipt settles it (``delivery_reports``), else the provider's own list, asked again and again at growing
  distances; after a quarter of an hour a person has it too.
* A network that does not answer is not asked again in the same turn: what is due must not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.domain import delivery
from outreach.domain.delivery import SentText, TextReceipt
from outreach.engine.delivery_reports import Report, record_receipt
from outreach.engine.record_texts import lock_texts, unknown
from outreach.engine.tasks import open_task
from outreach.gateway.line import LineUnreachableError
from outreach.runtime import Runtime, real_time
from outreach.store import numbers
from outreach.store.texts import TextRow, body_of

MOST = 50
ASK_THE_LIST_AFTER = timedelta(minutes=1)
ASK_A_PERSON_AFTER = timedelta(minutes=15)
ASK_AGAIN, AT_MOST = timedelta(hours=1), timedelta(days=1)
"""Once a person has it: after a quarter of the time it has been unknown, between these."""
MARGIN = timedelta(minutes=5)


def expire_leases(runtime: Runtime) -> int:
    """Texts found *sending* after their lease are unknown; returns how many."""
    now, over, count = runtime.now(), real_time(runtime), 0
    with runtime.sessions.read() as session:
        stale = select(TextRow.id).where(TextRow.state == "sending", TextRow.lease_until < over)
        found = session.scalars(stale.order_by(TextRow.id).limit(MOST)).all()
    for text_id in found:
        with runtime.sessions.begin() as session:
            locked = lock_texts(session, [text_id])
            row = locked.texts[text_id]
            if row.state == "sending" and row.lease_until is not None and row.lease_until < over:
                unknown(session, runtime, locked, row, now=now, died=True)
                count += 1
    return count


@dataclass(frozen=True, slots=True)
class Unsettled:
    text_id: str
    to: str
    body: str
    since: datetime


def settle_unknown(runtime: Runtime) -> int:
    """Ask the provider's list about texts nobody can say anything of; returns how many it settled."""
    now, settled = runtime.now(), 0
    for one in _unsettled(runtime, now):
        since = one.since - MARGIN
        try:
            listed = runtime.phone.find_texts(to=one.to, since=since)
        except LineUnreachableError:
            break
        found = delivery.find_sent(listed, body=one.body, since=since, claimed=_known(runtime, listed))
        settled += _settle(runtime, one, found, now=now)
    return settled


def _unsettled(runtime: Runtime, now: datetime) -> list[Unsettled]:
    with runtime.sessions.read() as session:
        query = select(TextRow).where(
            TextRow.state == "unknown", TextRow.due_at <= now, TextRow.handed_over_at <= now - ASK_THE_LIST_AFTER
        )
        return [
            Unsettled(
                row.id,
                numbers.written(session, session.get_one(numbers.NumberRow, row.number_id)),
                body_of(session, row) or "",
                row.handed_over_at or now,
            )
            for row in session.scalars(query.order_by(TextRow.due_at, TextRow.id).limit(MOST))
        ]


def _settle(runtime: Runtime, one: Unsettled, found: SentText | None, *, now: datetime) -> bool:
    if found is not None:  # as if the network had told us: also that it failed
        receipt = TextReceipt(found.sid, found.state, found.code, found.remedy)
        return record_receipt(runtime, receipt, one.text_id) is Report.NEW
    with runtime.sessions.begin() as session:
        row = lock_texts(session, [one.text_id]).texts[one.text_id]
        if row.state != "unknown":
            return False
        late = now - one.since > ASK_A_PERSON_AFTER
        row.due_at = now + (min(max(ASK_AGAIN, (now - one.since) / 4), AT_MOST) if late else ASK_THE_LIST_AFTER)
        if late:
            open_task(session, runtime, kind="settle_unknown", subject_id=row.id, family_id=row.family_id, now=now)
    return False


def _known(runtime: Runtime, listed: list[SentText]) -> set[str]:
    """Those of the provider's ids that are already known as another text of ours."""
    with runtime.sessions.read() as session:
        query = select(TextRow.provider_sid).where(TextRow.provider_sid.in_(sorted(each.sid for each in listed)))
        return {sid for sid in session.scalars(query) if sid}
