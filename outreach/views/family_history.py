"""Everything that happened with one family, as moments on one line of time, each in a colleague's words.

Rules
* Nothing is left out: the import, each offer and how it ended, each try, each text as it was, what the reader made of
  a reply, calls with their answers, consents, needs, holds set and lifted, referrals, alerts, tasks.
* A moment says what happened, when, and who or what did it. Words of the family stand as they wrote them.
* What was sealed under a destroyed key is shown as gone, not as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.hold import RULES, Kind
from outreach.domain.plain_words import ALERTS, INTENTS, OFFER_OUTCOMES, REFERRAL_STATES, TASKS, need_said
from outreach.domain.script import ATTEMPTS, Bundle, label_of
from outreach.domain.script_json import bundle_from_json
from outreach.domain.sending import SAYS
from outreach.domain.wording import fill
from outreach.store import sealing
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.batches import BatchRow
from outreach.store.cadences import CadenceRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import AnswerRow, BundleRow, ConversationRow, answers_of
from outreach.store.events import EventRow
from outreach.store.exceptions import ExceptionRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.referrals import NeedRow, referrals_of
from outreach.store.spoken_values import spoken_values
from outreach.store.staff import OrganisationRow, StaffRow
from outreach.store.texts import ReadingRow, TextRow, body_of
from outreach.views.family_exceptions import exception_said, why_of

GONE = "These words were destroyed, as the rules for keeping ask."
WHO_ELSE = {"system": "by the service", "import": "by the import", "family": "", "network": "by the network"}
PLANNED_ANEW = {
    "cadence_edited": "the cadence was changed; it was planned anew",
    "cadence_changed": "another cadence fits them now; it was planned anew",
    "own_exception": "they asked for something else; it was planned anew",
    "date_changed": "the file gave another date; it was planned anew",
}
CONSENT_PURPOSES = {
    "contact": "being contacted",
    "refer": "being referred",
    "share.name_number": "sharing name and number",
    "share.children": "sharing the children's first names and ages",
    "share.needs": "sharing what would help",
    "share.safe_contact": "sharing how to reach them safely",
    "feedback": "hearing back how it went",
}
CONSENT_VALUES = {"given": "Yes to", "refused": "No to", "withdrawn": "Took back", "reopened": "Opened again"}
HEARD = {
    "voice": "said on a call",
    "text": "by text",
    "letter": "by letter",
    "partner": "through a service that works with them",
    "number": "a stop on a number they share",
}
TEXT_STATES = {
    "waiting": "waits to be sent",
    "sending": "being sent",
    "accepted": "handed to the network",
    "sent": "sent",
    "delivered": "arrived",
    "undelivered": "did not arrive",
    "failed": "could not be sent",
    "unknown": "nobody can say yet whether it went",
    "dropped": "was not sent",
}

By = Callable[[str | None], str]
"""Who did it, in words, from an id."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A text as it was. ``side``: ``ours`` or ``theirs``; ``note``: its state, and what the reader made of it."""

    side: str
    words: str
    note: str
    danger: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """``kind``: empty, ``look`` or ``danger``. ``said``: questions and answers of a call, to open and replay."""

    at: datetime
    title: str
    by: str = ""
    kind: str = ""
    lines: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    bubble: Bubble | None = None
    said: tuple[tuple[str, str], ...] = ()
    number_id: str = ""
    """A number that somebody is to decide about."""


def history(session: Session, family: FamilyRow) -> list[Moment]:
    """The moments of a family, newest first."""
    names = {row.id: row.name for row in session.scalars(select(StaffRow))}
    partners = {row.id: row.name for row in session.scalars(select(OrganisationRow))}

    def by(who: str | None) -> str:
        who = who or "system"
        return WHO_ELSE[who] if who in WHO_ELSE else names.get(who, "by somebody who has left")

    moments = [
        *_imports(session, family, by),
        *_offers(session, family, by),
        *_texts(session, family, by),
        *_calls(session, family, by),
        *_consents(session, family, by, partners),
        *_holds(session, family, by),
        *_rhythm(session, family, by),
        *_referrals(session, family, by, partners),
        *_alerts_and_tasks(session, family, by),
    ]
    # What happened in one and the same moment stands in the order of the parts above, so reversed with the rest.
    return [each for _, each in sorted(enumerate(moments), key=lambda one: (one[1].at, one[0]), reverse=True)]


def _imports(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    batches = [each for each in (family.first_batch_id, family.last_batch_id) if each]
    for place, batch_id in enumerate(dict.fromkeys(batches)):
        batch = session.get(BatchRow, batch_id)
        if batch is not None and batch.committed_at is not None:
            title = "Recognised: came with a file for the first time" if place == 0 else "Last change from a file"
            yield Moment(at=batch.committed_at, title=title, by=by(batch.made_by))
    if not batches:
        yield Moment(at=family.made_at, title="Recognised: came with a file for the first time", by=by("import"))


def _offers(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    query = select(OfferRow).where(OfferRow.family_id == family.id).order_by(OfferRow.made_at)
    for row in session.scalars(query):
        what = {"asked": "A contact they asked for", "after_no": "One more call after a no"}.get(row.why, "An offer")
        if row.ended_at is not None:
            code = row.outcome_why or ""
            why = SAYS.get(code) or PLANNED_ANEW.get(code) or _hold_says(row.outcome_why)
            title = f"{what} by {row.planned_channel} ended: {_lower(OFFER_OUTCOMES.get(row.outcome or '', ''))}"
            yield Moment(at=row.ended_at, title=title, lines=(f"Why: {why}.",) if why else ())
    attempts = select(AttemptRow).where(AttemptRow.family_id == family.id, AttemptRow.channel != "text")
    for attempt in session.scalars(attempts.order_by(AttemptRow.at)):
        result = ATTEMPTS.get(attempt.code or "", "")
        if attempt.conversation_id is None or attempt.code not in (None, "A01"):
            verb = "Rang" if attempt.channel == "call" else f"Tried by {attempt.channel}"
            yield Moment(at=attempt.at, title=f"{verb}: {_lower(result)}" if result else verb, by=by(attempt.staff_id))


def _texts(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    query = select(TextRow).where(TextRow.family_id == family.id, TextRow.purpose != "staff").order_by(TextRow.at)
    readings = {
        row.text_id: row for row in session.scalars(select(ReadingRow).where(ReadingRow.family_id == family.id))
    }
    rows = session.scalars(query).all()
    taken = set(session.scalars(select(AnswerRow.text_id).where(AnswerRow.text_id.in_([row.id for row in rows]))))
    for row in rows:
        words = body_of(session, row) or GONE
        if row.direction == "in":
            reading = readings.get(row.id)
            danger = bool(reading and reading.action == "alert")
            note = "taken as the answer to what we asked" if row.id in taken else _reading_said(reading)
            bubble = Bubble(side="theirs", words=words, note=note, danger=danger)
            yield Moment(at=row.at, title="They wrote", kind="danger" if danger else "", bubble=bubble)
        else:
            why = SAYS.get(row.waits_for or "") or _hold_says(row.waits_for)
            state = TEXT_STATES.get(row.state, row.state) + (f": {why}" if why else "")
            bubble = Bubble(side="ours", words=words, note=state, danger=False)
            title = "We wrote" if row.state != "dropped" else "A text that was not sent"
            yield Moment(at=row.handed_over_at or row.at, title=title, by=by(row.by_staff), bubble=bubble)


def _reading_said(reading: ReadingRow | None) -> str:
    if reading is None:
        return "not read yet"
    said = f"read as: {INTENTS.get(reading.corrected_intent or reading.intent, reading.intent)}"
    if reading.corrected_intent:
        said += f" (a colleague put it right; the reader had: {INTENTS.get(reading.intent, reading.intent)})"
    if reading.needs_person and reading.settled_at is None:
        said += "; a person is to look"
    return said


def _calls(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    bundles: dict[str, Bundle] = {}
    query = select(ConversationRow).where(ConversationRow.family_id == family.id).order_by(ConversationRow.began_at)
    for row in session.scalars(query):
        if row.bundle_version not in bundles:
            bundles[row.bundle_version] = bundle_from_json(session.get_one(BundleRow, row.bundle_version).content)
        kind = {"call": "A call", "visit": "A visit"}.get(row.kind, "A conversation by text")
        ended = OFFER_OUTCOMES.get(row.outcome or "") or ATTEMPTS.get(row.attempt_code or "")
        state = {"open": "going on now", "parked": "to be finished later"}.get(row.state, "")
        title = f"{kind}: {_lower(ended) if ended else state}" if ended or state else kind
        said, quotes = [], []
        values = spoken_values(session, family_id=family.id, staff_id=row.staff_id, now=row.began_at)
        for answer in answers_of(session, row.id):
            said.append(_exchange(bundles[row.bundle_version], answer.address, answer.answer, values))
            words = sealing.unseal(
                session, answer.words, key_id=family.id, table="answer", column="words", row_id=answer.id
            )
            if words:
                quotes.append(words)
        yield Moment(
            at=row.began_at,
            title=title,
            by=by(row.staff_id) if row.kind != "text" else "",
            kind="look" if row.state in ("open", "parked") else "",
            said=tuple(said),
            quotes=tuple(quotes),
        )


def _exchange(bundle: Bundle, address: str, answer: str, values: Mapping[str, str]) -> tuple[str, str]:
    """What was asked, as it was said to them, and the answer."""
    try:
        return fill(bundle.step(address).say, values) or address, label_of(bundle, address, answer)
    except (KeyError, ValueError):
        return address, answer


def _consents(session: Session, family: FamilyRow, by: By, partners: dict[str, str]) -> Iterator[Moment]:
    for row in session.scalars(select(ConsentRow).where(ConsentRow.family_id == family.id).order_by(ConsentRow.at)):
        purpose = CONSENT_PURPOSES.get(row.purpose, row.purpose)
        if row.purpose == "contact" and row.value in ("refused", "withdrawn"):
            ways = {"text": "texting", "call": "ringing"}.get(row.channel, "contacting them")
            title = f"They asked us to stop {ways}"
        elif row.purpose == "contact" and row.value == "reopened":
            who = "A professional asked for them" if row.given_by == "professional" else "They asked"
            ways = {"text": ", by text", "call": ", by call"}.get(row.channel, "")
            title = f"{who} that we be in touch again{ways}"
        else:
            partner = f" to {partners[row.partner_id]}" if row.purpose == "refer" and row.partner_id in partners else ""
            title = f"{CONSENT_VALUES.get(row.value, row.value)} {purpose}{partner}"
        wording = sealing.unseal(
            session, row.wording, key_id=family.id, table="consent", column="wording", row_id=row.id
        )
        how = HEARD.get(row.how, f"by {row.how}")
        told_by = "; ".join(filter(None, (how, by(row.recorded_by))))
        yield Moment(at=row.at, title=title, by=told_by, quotes=(wording,) if wording else ())
    for need in session.scalars(select(NeedRow).where(NeedRow.family_id == family.id)):
        mark = "What would help most" if need.primary else "What would help too"
        words = sealing.unseal(session, need.words, key_id=family.id, table="need", column="words", row_id=need.id)
        yield Moment(at=need.at, title=f"{mark}: {need_said(need.kind, need.detail)}", quotes=(words,) if words else ())


def _holds(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    for row in session.scalars(select(HoldRow).where(HoldRow.family_id == family.id)):
        why = _hold_words(session, row, "why")
        says = RULES[Kind(row.kind)].says
        yield Moment(at=row.set_at, title=f"Held: {says}", by=by(row.set_by), kind="look", quotes=(why,) if why else ())
        if row.lifted_at is not None:
            why = _hold_words(session, row, "lifted_why")
            title = f"No longer held: {says}"
            yield Moment(at=row.lifted_at, title=title, by=by(row.lifted_by), quotes=(why,) if why else ())
        elif row.asked_at is not None:
            yield Moment(
                at=row.asked_at, title="Asked to lift the hold; a second person is to agree", by=by(row.asked_by)
            )


def _rhythm(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    """What is different for this family, and its moves from one cadence to another."""
    rows = session.scalars(select(ExceptionRow).where(ExceptionRow.family_id == family.id))
    for row in rows:
        why = why_of(session, row)
        said = exception_said(row)
        yield Moment(
            at=row.set_at, title=f"They asked: {_lower(said)}", by=by(row.set_by), quotes=(why,) if why else ()
        )
        if row.ended_at is not None:
            done = "Done" if row.kind == "date" and row.ended_by == "system" else "Taken back"
            yield Moment(at=row.ended_at, title=f"{done}: {_lower(said)}", by=by(row.ended_by))
    names = {row.id: row.name for row in session.scalars(select(CadenceRow))}
    moved = select(EventRow).where(EventRow.family_id == family.id, EventRow.name == "cadence_changed")
    for event in session.scalars(moved):
        to, source = names.get(event.data["to"], "another one"), names.get(event.data["from"], "another one")
        line = "What they had stays behind them; nothing is offered twice."
        yield Moment(at=event.at, title=f"Went from the cadence {source} to {to}", by=by(event.actor_id), lines=(line,))


def _hold_words(session: Session, row: HoldRow, column: str) -> str | None:
    kept = row.why if column == "why" else row.lifted_why
    return sealing.unseal(session, kept, key_id=row.family_id, table="hold", column=column, row_id=row.id)


def _referrals(session: Session, family: FamilyRow, by: By, partners: dict[str, str]) -> Iterator[Moment]:
    for row in referrals_of(session, family.id):
        partner = partners.get(row.partner_id, "the partner")
        yield Moment(at=row.made_at, title=f"Referred to {partner}", by=by(row.made_by))
        steps = ((row.opened_at, "opened"), (row.contacted_at, "contacted"), (row.engaged_at, "engaged"))
        answered = (row.answered_at, "declined" if row.state == "declined" else "accepted")
        for at, state in (*steps, answered, (row.ended_at if row.state == "ended" else None, "ended")):
            if at is not None:
                yield Moment(at=at, title=f"{partner}: {_lower(REFERRAL_STATES[state])}")


def _alerts_and_tasks(session: Session, family: FamilyRow, by: By) -> Iterator[Moment]:
    for row in session.scalars(select(AlertRow).where(AlertRow.family_id == family.id)):
        taken = (f"{by(row.taken_by)} said: I have it",) if row.taken_by else ("Nobody has taken it yet",)
        what = ALERTS.get(row.kind, "A colleague raised a concern")
        yield Moment(at=row.raised_at, title=what, kind="danger", lines=taken)
        if row.settled_at is not None:
            yield Moment(at=row.settled_at, title="The alert is settled", by=by(row.settled_by))
    for task in session.scalars(select(TaskRow).where(TaskRow.family_id == family.id)):
        title = TASKS.get(task.kind, "Something to look at")
        number_id = task.subject_id if task.kind == "decide_number" and not task.done_at else ""
        yield Moment(at=task.made_at, title=title, kind="" if task.done_at else "look", number_id=number_id)
        if task.done_at is not None:
            yield Moment(at=task.done_at, title=f"Done: {_lower(title)}", by=by(task.done_by))


def _hold_says(code: str | None) -> str | None:
    return RULES[Kind(code)].says if code in set(Kind) else None


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
