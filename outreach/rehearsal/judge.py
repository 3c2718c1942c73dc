"""Proves from the network's journal and the script of what happened that every promise was kept.

Nothing here looks into the product's tables, and the calendar is worked out a second time (``kind_days``).

Rules
* A family's story is read in the order in which it happened. Bans begin and end in it: a stop, a hold of the file,
  a reply that a person must read first, somebody else on the phone. What reaches a family against a ban is a
  counter-example.
* A text that a family sends takes effect when the product answered its webhook; where the network lost that, when the
  product next asked for what it missed. What was on its way at that very moment does not count.
* A stop is confirmed once, within ten minutes. The crisis text passes all but a stop and the graver holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from outreach.rehearsal.dates_given import read_when
from outreach.rehearsal.diary import Diary, Note
from outreach.rehearsal.family_known import EVERYTHING, OFFERS, SOFTWARE, TEXTS, Ban, CounterExample, Family, Promise
from outreach.rehearsal.kind_days import DEFAULT_HOURS, LONDON, Hours, is_closed, is_open, is_tender
from outreach.rehearsal.wordings import kind_of, promised_in
from outreach.rehearsal.words import Means
from outreach.simulator.records import Entry

GAP = timedelta(days=7)
CONFIRMED_WITHIN = timedelta(minutes=10)
SAFETY_HOLDS = frozenset(
    {"no_contact_order", "officer_safety", "shared_household", "live_safeguarding", "witness_in_case"}
)
URGENT = ("stop", "crisis")
LOOKED = ("a reply nobody has read", "danger")
"""Bans that end when a person has read what came."""
NOT_SAFE = {"A02": "somebody else picked up", "A03": "a child picked up", "A11": "the exit phrase", "O11": "not safe"}
LOST = {"A07": "the number is dead", "A08": "a stranger's number"}


class Judge:
    def __init__(self, diary: Diary, *, means: dict[str, Means]) -> None:
        self._diary, self._means = diary, means
        self.families: dict[str, Family] = {}
        self._at_phone: dict[str, list[str]] = {}
        self._parents: set[str] = set()
        self._hours: Hours = DEFAULT_HOURS
        self._failed: set[str] = set()
        self._lost: dict[str, Entry] = {}
        self.texts = 0
        self.found: list[CounterExample] = []

    def read(self) -> list[CounterExample]:
        """Read the whole story; gives every counter-example of what must not happen, in order."""
        for each in self._diary.together():
            if isinstance(each, Note):
                self._noted(each)
            else:
                self._happened(each)
        return self.found

    # -- what people and files did ------------------------------------------------------------------------

    def _noted(self, note: Note) -> None:
        if note.what == "file":
            self._file(note)
        elif note.what == "edited":
            self._hours = note.detail["hours"]
        elif note.what == "tidied":
            for entry in self._lost.values():
                self._took_effect(entry, note.at)
            self._lost.clear()
        elif note.ref in self.families:
            self._of_family(note, self.families[note.ref])

    def _of_family(self, note: Note, family: Family) -> None:
        if note.what == "looked":
            for why in LOOKED:
                family.lift(why, note.at)
        elif note.what == "lifted":
            family.lift(note.detail["kind"], note.at)
        elif note.what == "rang":
            self._rang(note, family)
        elif note.what == "call ended":
            self._call_ended(note, family)
        elif note.what == "promised":
            day, hour = note.detail["on"], note.detail["hour"]
            begins = datetime.combine(day, hour, LONDON) if hour else None
            ends = begins + timedelta(hours=1) if begins else None
            family.promises.append(Promise(note.at, day, begins, ends, "on a call"))

    def _rang(self, note: Note, family: Family) -> None:
        family.rang.append(note.at)
        family.contacts.append(note.at)
        self._against_a_ban_on_calls(family, note.detail["number"], note.at)
        day = note.at.astimezone(LONDON).date()
        asked, family.asked = family.asked or note.detail["promised"], False
        if not asked and (is_closed(day) or is_tender(day, family.birthdays)):
            self._break("nobody is rung on a bank holiday or a tender date, unless they asked for it", family, note.at)

    def _call_ended(self, note: Note, family: Family) -> None:
        outcome, how, number = note.detail["outcome"], note.detail["how"], note.detail["number"]
        if outcome == "stopped":
            family.bans["a stop"] = Ban(EVERYTHING, note.at)
        elif outcome in NOT_SAFE:
            family.bans[f"not safe on {number[-4:]}"] = Ban(EVERYTHING, note.at, number=number)
        elif outcome in LOST:
            family.bans["a number that is not theirs"] = Ban(EVERYTHING, note.at, number=number)
        elif how == "not now, no texts":
            family.bans["no texts, they said"] = Ban(TEXTS, note.at)

    def _file(self, note: Note) -> None:
        self._at_phone_now(note.detail["families"])
        for ref, told in note.detail["families"].items():
            family = self.families.setdefault(ref, Family(ref))
            family.birthdays = told["birthdays"]
            if told["parent_phone"]:
                self._parents.add(told["parent_phone"])
            if told["listed"]:
                self._holds(family, told, note.at)
            stands = not told["listed"]
            self._ban(family, "not in the file any more", stands, Ban(EVERYTHING, note.at))

    def _holds(self, family: Family, told: dict[str, Any], at: datetime) -> None:
        hold = told["hold"]
        if hold and hold != family.file_hold:
            family.bans[hold] = Ban(EVERYTHING if hold in SAFETY_HOLDS else TEXTS, at)
        family.file_hold = hold
        if told["released"] and not family.released:
            family.bans["released"] = Ban(EVERYTHING, at)
        family.released = told["released"]
        self._ban(family, "checks that are not complete", told["pending"], Ban(EVERYTHING, at))
        self._ban(family, "a foster carer", told["foster"], Ban(EVERYTHING, at))
        self._ban(family, "a language that no text is in", told["language"] != "en", Ban(OFFERS, at))
        shared = len(self._at_phone.get(told["phone"], ())) > 1
        self._ban(family, "a phone that two families share", shared, Ban(SOFTWARE, at))

    def _at_phone_now(self, families: dict[str, dict[str, Any]]) -> None:
        for ref, told in families.items():
            at = self._at_phone.setdefault(told["phone"], [])
            if told["listed"] and ref not in at:
                at.append(ref)

    @staticmethod
    def _ban(family: Family, why: str, stands: bool, ban: Ban) -> None:
        if not stands:
            family.lift(why, ban.since)
        elif why not in family.bans:
            family.bans[why] = ban

    # -- what the network saw -----------------------------------------------------------------------------

    def _happened(self, entry: Entry) -> None:
        if entry.what == "handed over":
            if kind_of(entry.detail["body"]) != "staff":
                self.texts += 1
                self._text(entry)
        elif entry.what == "state" and entry.detail["state"] in ("undelivered", "failed"):
            self._failed.add(entry.sid)
        elif entry.what == "nobody told":
            self._lost[entry.sid] = entry
        elif entry.what == "webhook" and entry.detail["about"] == "inbound" and entry.detail["status"] == 200:
            self._took_effect(entry, entry.at)
        elif entry.what == "call":
            self._network_call(entry)

    def _network_call(self, entry: Entry) -> None:
        for ref in self._at_phone.get(entry.number, ()):
            if len(self._at_phone[entry.number]) == 1:
                self._against_a_ban_on_calls(self.families[ref], entry.number, entry.at)

    def _against_a_ban_on_calls(self, family: Family, number: str, at: datetime) -> None:
        for why, ban in family.bans.items():
            if ban.covers == EVERYTHING and ban.number in ("", number):
                self._break(f"nobody is rung after or during: {why}", family, at)

    def _took_effect(self, entry: Entry, at: datetime) -> None:
        means = self._means.get(entry.sid)
        for ref in self._at_phone.get(entry.number, ()):
            family = self.families[ref]
            if means is Means.STOP:
                family.bans.setdefault("a stop", Ban(TEXTS, at, in_flight=True))
            elif means is Means.STOP_ALL:
                if "a stop" not in family.bans or family.bans["a stop"].covers != EVERYTHING:
                    family.bans["a stop"] = Ban(EVERYTHING, at, in_flight=True)
            elif means is Means.SOMEBODY_ELSE:
                family.bans["somebody else on the phone"] = Ban(EVERYTHING, at, in_flight=True, number=entry.number)
            elif means is Means.STRANGER:
                family.bans["a stranger's number"] = Ban(EVERYTHING, at, in_flight=True, number=entry.number)
            elif means is Means.DANGER:
                family.bans["danger"] = Ban(SOFTWARE, at, in_flight=True)
            elif means is Means.LOOK:
                family.bans["a reply nobody has read"] = Ban(SOFTWARE, at, in_flight=True)
            elif means in (Means.CALL, Means.CALL_AT, Means.ACCEPT):
                family.asked = True

    def _text(self, entry: Entry) -> None:
        kind, body = kind_of(entry.detail["body"]), entry.detail["body"]
        if entry.number in self._parents:
            self._break("no text goes to an imprisoned parent", Family("-"), entry.at)
        for ref in self._at_phone.get(entry.number, ()):
            family = self.families[ref]
            family.contacts.append(entry.at)
            self._against_a_ban(family, entry, kind)
            self._at_a_kind_hour(family, entry, kind)
            if kind == "offer":
                self._not_twice(family, entry)
            words = promised_in(body)
            if words:
                self._gave_a_date(family, entry, words)

    def _against_a_ban(self, family: Family, entry: Entry, kind: str) -> None:
        for why, ban in family.bans.items():
            if ban.number not in ("", entry.number) or (ban.in_flight and ban.since == entry.at and kind not in URGENT):
                continue
            if ban.covers == OFFERS and kind != "offer":
                continue
            if ban.covers == SOFTWARE and kind in URGENT:
                continue
            if why == "a stop" and kind == "stop" and entry.number not in family.confirmed:
                family.confirmed.add(entry.number)
                if entry.at - ban.since <= CONFIRMED_WITHIN:
                    continue
            if why == "a stranger's number" and kind == "apology" and f"sorry {entry.number}" not in family.confirmed:
                family.confirmed.add(f"sorry {entry.number}")
                continue
            if kind == "stop" and why != "a stop" and "a stop" in family.bans and ban.covers != EVERYTHING:
                continue
            self._break(f"no text after or during: {why}", family, entry.at)

    def _at_a_kind_hour(self, family: Family, entry: Entry, kind: str) -> None:
        if kind in URGENT:
            return
        day = entry.at.astimezone(LONDON).date()
        if not is_open(entry.at, self._hours):
            self._break("every text goes inside the hours", family, entry.at)
        elif is_closed(day):
            self._break("no text goes on a bank holiday", family, entry.at)
        elif kind == "offer" and is_tender(day, family.birthdays):
            self._break("no offer goes on a tender date", family, entry.at)

    def _not_twice(self, family: Family, entry: Entry) -> None:
        last = family.last_offer
        if (
            last is not None
            and last.number == entry.number
            and last.sid not in self._failed
            and entry.at - last.at < GAP
        ):
            self._break("no family gets the same offer twice", family, entry.at)
        family.last_offer = entry

    def _gave_a_date(self, family: Family, entry: Entry, words: str) -> None:
        said = read_when(words, entry.at)
        if said is not None:
            family.promises.append(Promise(entry.at, *said, "by text"))

    def _break(self, promise: str, family: Family, at: datetime) -> None:
        self.found.append(CounterExample(promise, family.ref, at))
