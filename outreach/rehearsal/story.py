"""One family's story, as lines that a person can read: what stood in the files, who wrote, who rang, and when."""

from __future__ import annotations

from datetime import datetime

from outreach.rehearsal.diary import Diary, Note
from outreach.rehearsal.family_known import CounterExample
from outreach.rehearsal.kind_days import LONDON
from outreach.simulator.records import Entry

BEFORE, AFTER = 40, 3


def tell(diary: Diary, broken: CounterExample) -> tuple[str, ...]:
    """What led up to a counter-example, and what followed."""
    numbers = {
        note.detail["families"][broken.ref]["phone"]
        for note in diary.notes
        if note.what == "file" and broken.ref in note.detail["families"]
    }
    lines: list[tuple[datetime, str]] = []
    last_file: object = None
    for each in diary.together():
        if isinstance(each, Note):
            words = _noted(each, broken.ref, last_file)
            if each.what == "file":
                last_file = each.detail["families"].get(broken.ref)
        else:
            words = _happened(each) if each.number in numbers else None
        if words:
            lines.append((each.at, words))
    before = [line for line in lines if line[0] <= broken.at][-BEFORE:]
    after = [line for line in lines if line[0] > broken.at][:AFTER]
    told = [f"{_clock(at)}  {words}" for at, words in before]
    told.append(f"{_clock(broken.at)}  HERE: {broken.promise}")
    return (f"Family {broken.ref}", *told, *(f"{_clock(at)}  {words}" for at, words in after))


def _noted(note: Note, ref: str, last_file: object) -> str | None:
    if note.what == "file":
        told = note.detail["families"].get(ref)
        if told is None or told == last_file:
            return None
        facts = [f"{key.replace('_', ' ')} {value}" for key, value in told.items() if value and key != "birthdays"]
        return f"the file of month {note.detail['month'] + 1}: {', '.join(facts)}"
    if note.what == "edited":
        return "the cadence is edited"
    if note.ref != ref:
        return None
    said = {
        "rang": "a practitioner rings" + (", as promised" if note.detail.get("promised") else ""),
        "call ended": f"the call ends: {note.detail.get('how')} ({note.detail.get('outcome')})",
        "promised": f"a date is given on the call: {note.detail.get('on')} {note.detail.get('hour') or ''}",
        "looked": "a person has read what they wrote",
        "lifted": f"the hold is lifted: {note.detail.get('kind')}",
        "writes": f"they mean: {note.detail.get('means')}",
    }
    return said.get(note.what)


def _happened(entry: Entry) -> str | None:
    if entry.what == "handed over":
        return f"a text to them: {entry.detail['body']}"
    if entry.what == "inbound":
        return f"they write: {entry.detail['body']}"
    if entry.what == "state" and entry.detail["state"] in ("undelivered", "failed"):
        return f"the text was not delivered ({entry.detail['code']})"
    if entry.what == "nobody told":
        return "the network loses the news of their text"
    return "their phone rings" if entry.what == "call" else None


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%a %d %b %Y %H.%M}"
