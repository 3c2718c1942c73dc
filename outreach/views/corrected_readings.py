"""Readings that people put right, as a labelled set: one JSON object a line, ready for ``outreach replies score``.

Rules
* ``id``, ``text``, ``intent`` (the person's), ``needs`` and ``was`` (the reader's). No name, number or family.
* Only of one's own areas, and only where the words still exist.
* The words are as they wrote them: treat the file as the thread itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select

from outreach.domain.access import Actor, Permission, require
from outreach.runtime import Runtime
from outreach.store.texts import ReadingRow, TextRow, body_of


@dataclass(frozen=True, slots=True)
class Labelled:
    jsonl: str
    family_ids: list[str]


def labelled(runtime: Runtime, actor: Actor) -> Labelled:
    """Every corrected reading of ``actor``'s areas, the oldest first."""
    require(actor, Permission.SETTING_EDIT)
    query = (
        select(TextRow, ReadingRow)
        .join(ReadingRow, ReadingRow.text_id == TextRow.id)
        .where(ReadingRow.corrected_intent.is_not(None), ReadingRow.area_code.in_(actor.areas))
        .order_by(TextRow.at, TextRow.id)
    )
    lines, families = [], set()
    with runtime.sessions.read(actor.hides) as session:
        for text, row in session.execute(query):
            words = body_of(session, text)
            if words is None:
                continue
            one = {"id": text.id, "text": words, "intent": row.corrected_intent, "needs": row.needs, "was": row.intent}
            lines.append(json.dumps(one, ensure_ascii=False))
            families |= {row.family_id} if row.family_id else set()
    return Labelled("".join(line + "\n" for line in lines), sorted(families))
