"""The gate over a family's life: whatever happens in whatever order, what stands against a text keeps it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from outreach.domain.consent import CONTACT, Entry, fold
from outreach.domain.hold import Hold, Kind
from outreach.domain.number import NumberStanding
from outreach.domain.sending import AT_ONCE, LONGEST_VALIDITY, Contact, Purpose, Send, Wait, decide
from outreach.domain.wording import Level
from outreach.rehearsal.kind_days import DEFAULT_HOURS, is_closed, is_open, is_winter
from tests.domain.test_sending import GOOD

LONDON = ZoneInfo("Europe/London")
AUTOMATIC = (Purpose.OFFER, Purpose.ANSWER, Purpose.CONVERSATION)


class AFamily(RuleBasedStateMachine):
    """One family; what happens to it is kept here a second time, in words of its own."""

    @initialize(days=st.integers(0, 700), minutes=st.integers(0, 1439))
    def begin(self, days: int, minutes: int) -> None:
        self.now = datetime(2026, 1, 13, tzinfo=UTC) + timedelta(days=days, minutes=minutes)
        self.entries: list[Entry] = []
        self.stopped = self.paused = self.area_paused = self.foster = self.talking = False
        self.holds: dict[Kind, Hold] = {}
        self.standing, self.families = NumberStanding.VERIFIED, 1
        self.verified_at: datetime | None = self.now
        self.custody_until = self.now + timedelta(days=35)
        self.last_contact: datetime | None = None

    @rule(days=st.integers(0, 40), minutes=st.integers(0, 1439))
    def time_passes(self, days: int, minutes: int) -> None:
        self.now += timedelta(days=days, minutes=minutes)

    @rule(value=st.sampled_from(("withdrawn", "given", "refused")))
    def they_say(self, value: str) -> None:
        self._entry(value)
        self.stopped = self.stopped or value != "given"

    @precondition(lambda self: self.stopped)
    @rule()
    def a_person_opens_again(self) -> None:
        self._entry("reopened")
        self.stopped = False

    @rule(kind=st.sampled_from(sorted(Kind)), days=st.none() | st.integers(1, 60))
    def a_hold_is_set(self, kind: Kind, days: int | None) -> None:
        until = None if days is None else self.now + timedelta(days=days)
        self.holds[kind] = Hold(id=kind.value, kind=kind, set_at=self.now, until=until)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def a_hold_is_lifted(self, data: st.DataObject) -> None:
        del self.holds[data.draw(st.sampled_from(sorted(self.holds)))]

    @rule(standing=st.sampled_from(NumberStanding), families=st.integers(1, 2))
    def the_number_turns_out(self, standing: NumberStanding, families: int) -> None:
        self.standing, self.families = standing, families
        self.verified_at = self.now if standing is NumberStanding.VERIFIED else self.verified_at

    @rule(service=st.booleans(), area=st.booleans(), foster=st.booleans(), talking=st.booleans())
    def the_house(self, service: bool, area: bool, foster: bool, talking: bool) -> None:
        self.paused, self.area_paused, self.foster, self.talking = service, area, foster, talking

    @rule()
    def a_new_file(self) -> None:
        self.custody_until = self.now + timedelta(days=35)

    @rule()
    def they_were_tried(self) -> None:
        self.last_contact = self.now

    @invariant()
    def nothing_goes_that_must_not(self) -> None:
        for purpose in AUTOMATIC:
            answer = decide(self._question(Contact(channel="text", purpose=purpose)))
            if isinstance(answer, Send):
                assert self._against(purpose) == []
                assert timedelta(0) < answer.valid_for <= LONGEST_VALIDITY
                assert is_open(self.now + answer.valid_for, DEFAULT_HOURS)  # it cannot arrive in the evening
            elif isinstance(answer, Wait):
                assert answer.until > self.now

    @invariant()
    def the_crisis_text_and_the_confirmation_are_stopped_by_little(self) -> None:
        for purpose in (Purpose.CRISIS, Purpose.STOP):
            contact = Contact(channel="text", purpose=purpose, asked_at=self.now - AT_ONCE / 2)
            goes = isinstance(decide(self._question(contact)), Send)
            bound = self.standing in (NumberStanding.COMPROMISED, NumberStanding.LOST) or self._graver_hold()
            bound = bound or self.paused or (self.stopped and purpose is Purpose.CRISIS)
            assert goes is not bound
            late = replace(contact, asked_at=self.now - AT_ONCE - timedelta(seconds=1))
            assert not isinstance(decide(self._question(late)), Send)

    def _against(self, purpose: Purpose) -> list[str]:
        day = self.now.astimezone(LONDON).date()
        says = {
            "a stop": self.stopped,
            "a hold": any(each.until is None or each.until > self.now for each in self.holds.values()),
            "somebody else's number": self.standing in (NumberStanding.COMPROMISED, NumberStanding.LOST),
            "a number nobody verified": self.standing is NumberStanding.UNVERIFIED,
            "two families": self.families > 1,
            "a pause": self.paused or self.area_paused,
            "no contact at all": self.foster,
            "old knowledge": self.now >= self.custody_until,
            "the hour": not is_open(self.now, DEFAULT_HOURS),
            "a bank holiday": is_closed(day),
            "the winter's rest": purpose is Purpose.OFFER and is_winter(day),
            "a conversation": purpose is Purpose.OFFER and self.talking,
            "too soon": purpose is Purpose.OFFER
            and self.last_contact is not None
            and self.now < self.last_contact + timedelta(days=7),
        }
        return [why for why, stands in says.items() if stands]

    def _graver_hold(self) -> bool:
        standing = (each for each in self.holds.values() if each.until is None or each.until > self.now)
        return any(each.weight.value != "waiting" for each in standing)

    def _question(self, contact: Contact):  # type: ignore[no-untyped-def]
        assert GOOD.number is not None
        number = replace(
            GOOD.number, standing=self.standing, families=self.families, verified_at=self.verified_at, agreed=Level.L0
        )
        history = replace(
            GOOD.history, custody_known_until=self.custody_until, service_paused=self.paused,
            excluded="foster_carer" if self.foster else None, in_conversation=self.talking,
            last_contact=self.last_contact,
        )  # fmt: skip
        return replace(
            GOOD, standing=fold(self.entries), holds=tuple(self.holds.values()), number=number, contact=contact,
            area=replace(GOOD.area, paused=self.area_paused), history=history, now=self.now,
        )  # fmt: skip

    def _entry(self, value: str) -> None:
        place = len(self.entries)
        self.entries.append(Entry(id=f"{place:06}", purpose=CONTACT, value=value, at=self.now, channel="text"))


TestAFamily = AFamily.TestCase
TestAFamily.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
