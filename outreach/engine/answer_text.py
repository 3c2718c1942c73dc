"""Queues the answer to one inbound text: a wording, filled with what this family may be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.engine.queue_text import queue_text, text_values
from outreach.runtime import Runtime
from outreach.store.numbers import NumberRow
from outreach.store.texts import TextRow


def answer_text(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    family_id: str,
    wording: str,
    purpose: str,
    now: datetime,
    true_until: datetime | None = None,
    **values: str,
) -> None:
    wanted = runtime.library.wording(wording, "en").values
    queue_text(
        session, runtime, number_id=number.id, family_id=family_id, purpose=purpose, wording=wording,
        values=text_values(session, runtime, family_id=family_id, wanted=wanted, **values), answers_id=text.id,
        now=now, true_until=true_until,
    )  # fmt: skip
