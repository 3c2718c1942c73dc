"""Claims, answers, deaths, stops, holds and pauses in any order: no text goes twice, and none goes against a word."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from outreach.domain.delivery import Accepted, Handover, Refused, Remedy, SentText, TextReceipt, TextState, Unknown
from outreach.domain.hold import Kind
from outreach.engine.claim_texts import LEASE, Claimed, claim
from outreach.engine.delivery_reports import record_receipt
from outreach.engine.holds import set_hold
from outreach.engine.pause import go_on, pause
from outreach.engine.prove import prove
from outreach.engine.record_texts import record
from outreach.engine.run_cadences import run_cadences
from outreach.engine.settle_texts import expire_leases, settle_unknown
from outreach.engine.stops import stop
from outreach.library.contents import Library
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.keyring import Keyring
from outreach.store.texts import TextRow
from tests.cast import CORA, Family, a_family, an_open_offer
from tests.conftest import make_runtime
from tests.fakes import Clock, FakeLine

SETTINGS = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TEXT_RULES = (
    "nothing_after_stop", "nothing_after_stop_of_family", "none_during_hold", "kind_hours", "never_twice",
    "one_text_per_step", "unknown_settled", "one_outcome", "ended_once",
)  # fmt: skip


@dataclasses.dataclass
class Network(FakeLine):
    """Keeps what it took, and says so when it is asked."""

    took: dict[str, SentText] = dataclasses.field(default_factory=dict)

    def takes(self, claimed: Claimed, now: datetime) -> str:
        sid = f"SM{len(self.took):032d}"
        self.took[sid] = SentText(sid, claimed.to, claimed.body, TextState.SENT, None, now)
        return sid

    def find_texts(self, *, to: str, since: datetime) -> list[SentText]:
        return [text for text in self.took.values() if text.to == to and text.created_at >= since]


class Workers(RuleBasedStateMachine):
    """Two workers on one database, three families, and everybody else."""

    def __init__(self, template: Path, library: Library, keyring: Keyring) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        shutil.copy(template, home / "outreach.sqlite")
        made = make_runtime(
            f"sqlite:///{home}/outreach.sqlite", home=home, library=library, keyring=keyring, first_id=1_000_000
        )
        self.network = Network()
        self.runtime: Runtime = dataclasses.replace(made, phone=self.network)
        self.families: list[Family] = []
        for place in range(3):
            family = a_family(self.runtime, f"F{place}", standing="verified", e164=f"+44770090010{place}", next_step=2)
            an_open_offer(self.runtime, family, channel="text", step=1)
            self.families.append(family)
        self.held: list[Claimed] = []
        self.of_old: list[Claimed] = []
        self.sids: dict[str, str] = {}
        self.silent: set[str] = set()
        self.paused = False
        self.handed: Counter[str] = Counter()

    @property
    def clock(self) -> Clock:
        assert isinstance(self.runtime.now, Clock)
        return self.runtime.now

    def teardown(self) -> None:
        self.a_long_while()
        proof = {one.rule: one for one in prove(self.runtime).rules}
        assert [proof[each] for each in TEXT_RULES if not proof[each].holds] == []
        self.runtime.sessions.close()
        self.folder.cleanup()

    def a_long_while(self) -> None:
        for minutes in (5, 5, 30, 30):
            self.clock.move(minutes=minutes)
            expire_leases(self.runtime)
            settle_unknown(self.runtime)

    @rule(most=st.integers(1, 4))
    def a_worker_claims(self, most: int) -> None:
        run_cadences(self.runtime)
        for one in claim(self.runtime, most=most).texts:
            assert self._family(one) not in self.silent
            assert not self.paused
            self.held.append(one)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(("accepted", "refused", "lost on the way", "no answer", "account")))
    def the_network_answers(self, data: st.DataObject, how: str) -> None:
        one = data.draw(st.sampled_from(self.held))
        self.held.remove(one)
        self.of_old.append(one)
        outcome: Handover = Unknown("no answer")
        if how in ("accepted", "no answer"):
            self.handed[one.text_id] += 1
            self.sids[one.text_id] = self.network.takes(one, self.clock())
            outcome = Accepted(self.sids[one.text_id]) if how == "accepted" else outcome
        elif how == "refused":
            outcome = Refused(20429, Remedy.TRANSIENT, 30.0)
        elif how == "account":
            outcome = Refused(63038, Remedy.ACCOUNT_LIMIT)
        holds_it = self._row(one).claim == one.token
        record(self.runtime, [(one, outcome)])
        self.paused = self.paused or (how == "account" and holds_it)

    @precondition(lambda self: self.held)
    @rule(sent=st.booleans())
    def a_worker_dies(self, sent: bool) -> None:
        for one in self.held:
            if sent:
                self.handed[one.text_id] += 1
                self.sids[one.text_id] = self.network.takes(one, self.clock())
        self.of_old += self.held
        self.held.clear()

    @precondition(lambda self: self.of_old)
    @rule(data=st.data())
    def a_dead_worker_comes_back_and_records(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.of_old))
        before = self._row(one)
        if before.claim != one.token or before.state not in ("sending", "unknown"):
            record(self.runtime, [(one, Refused(30007, Remedy.CONTENT))])
            assert self._row(one).state == before.state

    @precondition(lambda self: self.sids)
    @rule(data=st.data(), state=st.sampled_from((TextState.SENT, TextState.DELIVERED)))
    def a_receipt_comes(self, data: st.DataObject, state: TextState) -> None:
        text_id = data.draw(st.sampled_from(sorted(self.sids)))
        record_receipt(self.runtime, TextReceipt(self.sids[text_id], state), text_id)

    @rule(seconds=st.sampled_from((1, 45, 200, 3_600, 86_400)))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds=seconds)
        if timedelta(seconds=seconds) > LEASE:
            self.of_old += self.held
            self.held.clear()  # nobody answers after so long
        expire_leases(self.runtime)
        settle_unknown(self.runtime)

    @rule(which=st.integers(0, 2))
    def a_family_says_stop(self, which: int) -> None:
        family, now = self.families[which], self.clock()
        with self.runtime.sessions.begin() as session:
            number = numbers.lock(session, family.number_id)
            stop(
                session, self.runtime, number=number, family_ids=[family.id], scope=frozenset({"text"}), by="ben",
                now=now,
            )  # fmt: skip
        self.silent.add(family.id)

    @rule(which=st.integers(0, 2))
    def a_family_is_held(self, which: int) -> None:
        with self.runtime.sessions.begin() as session:
            set_hold(
                session, self.runtime, family_id=self.families[which].id, kind=Kind.UNSAFE, by="ben", now=self.clock()
            )
        self.silent.add(self.families[which].id)

    @rule()
    def somebody_pauses(self) -> None:
        pause(self.runtime, CORA)
        self.paused = True

    @precondition(lambda self: self.paused)
    @rule()
    def it_goes_on(self) -> None:
        go_on(self.runtime, CORA)
        self.paused = False

    @invariant()
    def nothing_went_twice(self) -> None:
        assert max(self.handed.values(), default=0) <= 1

    def _family(self, claimed: Claimed) -> str:
        return self._row(claimed).family_id or ""

    def _row(self, claimed: Claimed) -> TextRow:
        with self.runtime.sessions.read() as session:
            return session.scalars(select(TextRow).where(TextRow.id == claimed.text_id)).one()


def test_claims_in_any_order(peopled_file: Path, library: Library, keyring: Keyring) -> None:
    run_state_machine_as_test(lambda: Workers(peopled_file, library, keyring), settings=SETTINGS)
