"""The soak of the webhooks: thousands of texts from families, through the real server, which is killed in the middle.

    make soak                                        20,000 texts, on SQLite and on PostgreSQL
    .venv/bin/python tools/soak.py --texts 400       a small one, on SQLite

What runs is what runs for real, in *live* mode: the console behind its server (`outreach serve`'s waitress; gunicorn on
PostgreSQL) and the worker, each in processes of their own. Only their clock is set to a working day. The network is the
simulated one; it signs for a public https address, as behind a proxy, and posts over HTTP as Twilio does: a second try
where no connection came about, and no other. 1 text in 20 is told of twice, 1 in 20 after the one that followed it.
In the middle server and worker are killed (SIGKILL), families go on texting, and both are started again.

Proved in the end, from what the network saw and from the database: every text from a family stands exactly once, with
one reading and one event; every stop is honoured; to a number that stopped goes nothing but its one confirmation; and
every promise of `outreach prove`. Exit code 1 where one is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.web import create_app
from outreach.bootstrap import runtime_from, set_up
from outreach.cli.opening import log_plainly
from outreach.demo.house import free_port
from outreach.domain.hold import Kind as Held
from outreach.engine.approve_wording import approve
from outreach.engine.holds import lift_kinds
from outreach.engine.prove import prove
from outreach.engine.tick import tick
from outreach.jobs import scheduler
from outreach.runtime import Runtime, host_time
from outreach.settings import Settings
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.server import Simulator
from outreach.store.events import EventRow
from outreach.store.holds import HoldRow
from outreach.store.keyring import make_keyring
from outreach.store.numbers import FamilyNumberRow, NumberRow, written
from outreach.store.texts import ReadingRow, TextRow
from tests import cast, postgres

PUBLIC = "https://outreach.example"
BEGINS = datetime(2026, 1, 13, 9, 45, tzinfo=UTC)
"""A Tuesday morning: texts may go, somebody is on duty."""
MOST_FAMILIES = 780
"""As many as there are numbers for drama, less ours and the staff's."""
AT_ONCE = 160
"""Texts under way at most; so many also go out while nobody is there."""
CLEAR_STOPS = ("STOP", "stop", "Stopall", "Unsubscribe", "stop texting me", "please stop texting me", "STOP.")
NEAR_STOPS = ("Stop. Thank you", "pls stop txting", "no more", "CANCEL", "can you stop this now", "🛑")
DANGER = ("he hit me last night", "hes reading my phone", "HELP")
OTHERS = (
    "CALL", "call me", "LATER", "not now", "maybe later x", "No thanks", "nah ur alright", "yes please", "Yes", "ok",
    "who is this", "what is this about?", "whats it for", "not sure tbh", "ring me tues after 6", "👍", "START", "YES",
    "in the new year maybe", "when schools back", "tak", "dziekuje", "can u ring my mum", "is it free",
    "how did you get my number", "i work days", "evenings only", "im at work", "hello?", "Thanks", "?",
    "will think about it", "we are ok at the mo", "sorry who", "is there a number i can ring",
)  # fmt: skip


def main() -> int:
    asked = argparse.ArgumentParser(description="Thousands of texts through the real server, killed in the middle.")
    asked.add_argument("--texts", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--database", default="sqlite", help="sqlite, postgres, or the address of an empty database")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and worker end with it
    with tempfile.TemporaryDirectory(prefix="outreach-soak-") as folder:
        named = {"sqlite": f"sqlite:///{folder}/soak.sqlite"}
        url = postgres.fresh_database() if given.database == "postgres" else named.get(given.database, given.database)
        return Soak(url, Path(folder), texts=given.texts, seed=given.seed).run()


class Soak:
    def __init__(self, url: str, folder: Path, *, texts: int, seed: int) -> None:
        self.url, self.texts, self.chance = url, texts, random.Random(seed)
        self.offset = BEGINS - host_time()
        self.simulator = Simulator(now=lambda: host_time() + self.offset, step_seconds=0)
        self.phones = [f"+4477009{place:05}" for place in range(min(MOST_FAMILIES, max(20, texts // 20)))]
        self.port = free_port()
        self.log = folder / "processes.log"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
            "OUTREACH_HOME": str(folder),
            "OUTREACH_DATABASE_URL": url,
            "OUTREACH_KEYS": make_keyring().written(),
            "OUTREACH_MODE": "live",
            "OUTREACH_PUBLIC_URL": PUBLIC,
            "OUTREACH_TWILIO_ACCOUNT_SID": self.simulator.account_sid,
            "OUTREACH_TWILIO_AUTH_TOKEN": self.simulator.auth_token,
            "OUTREACH_TWILIO_NUMBER": self.simulator.number,
            "SOAK_OFFSET": str(self.offset.total_seconds()),
        }
        self.figures: dict[str, int | float | str] = {"database": url.split(":")[0], "families": len(self.phones)}

    def run(self) -> int:
        self.simulator.start()
        self.environment["OUTREACH_TWILIO_BASE_URL"] = self.simulator.url
        os.environ.update(self.environment)
        _furnish(self.phones)
        self.team = _runtime()
        self.simulator.connect(
            inbound_url=f"{PUBLIC}/hooks/twilio/inbound", proxy=(PUBLIC, f"http://127.0.0.1:{self.port}")
        )
        began, some = time.monotonic(), min(AT_ONCE, self.texts // 8)
        with self._processes():
            self._until_offered()
            self._send(self.texts // 2)
            self._send(some, wait=False)
        with_nobody_there = time.monotonic()
        self._send(some)
        with self._processes():
            self.figures["seconds_down"] = round(time.monotonic() - with_nobody_there, 1)
            self._send(self.texts - self.texts // 2 - 2 * some)
        self.figures["texts_a_second"] = round(self.texts / (time.monotonic() - began))
        broken = self._proved(self.team)
        self.simulator.stop()
        print(json.dumps(self.figures, indent=2))
        for words in broken:
            print(f"NOT KEPT: {words}")
        print("Every promise was kept." if not broken else f"What the processes said: {self.log.read_text()[-3000:]}")
        return 1 if broken else 0

    @contextmanager
    def _processes(self) -> Iterator[None]:
        """Server and worker, killed in the end as a power cut would."""
        python, here = sys.executable, str(Path(__file__).resolve())
        served = [python, here, "serve", str(self.port)]
        if not self.url.startswith("sqlite"):
            served = [
                python, "-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread", "--threads", "4",
                "--workers", "2", "--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", "tools.soak:app()",
            ]  # fmt: skip
        with self.log.open("a") as log:
            running = [
                subprocess.Popen(
                    command, env=self.environment, stdout=log, stderr=log, start_new_session=True,
                    cwd=self.environment["PYTHONPATH"],
                )
                for command in (served, [python, here, "work"])
            ]  # fmt: skip
        try:
            _wait_for(self.port, running[0])
            yield
            ended = [str(process.args) for process in running if process.poll() is not None]
            if ended:
                raise RuntimeError(f"ended by itself: {ended}\n{self.log.read_text()[-3000:]}")
        finally:
            for process in running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _until_offered(self) -> None:
        """Every family has its offer by text: what they write answers it."""
        until = time.monotonic() + 120
        while len(self.simulator.network.handed_over()) < len(self.phones) and time.monotonic() < until:
            time.sleep(0.1)

    def _send(self, count: int, *, wait: bool = True) -> None:
        """So many texts, some at a time; each phone's in the order they were written."""
        for place in range(count):
            phone, words = self.chance.choice(self.phones), self._words()
            luck = self.chance.random()
            if luck < 0.1:
                self.simulator.add_fault(Fault(Kind.TWICE_INBOUND if luck < 0.05 else Kind.LATE_INBOUND, number=phone))
            self.simulator.text_from(phone, words)
            if wait and (place + 1) % AT_ONCE == 0:
                self.simulator.settle(120)
                _look_at_replies(self.team)
        if wait:
            self.simulator.settle(120)

    def _words(self) -> str:
        luck = self.chance.random()
        pool = (
            CLEAR_STOPS if luck < 0.02 else NEAR_STOPS if luck < 0.035 else DANGER if luck < 0.037 else OTHERS
        )  # fmt: skip
        return self.chance.choice(pool)

    # The proof

    def _proved(self, runtime: Runtime) -> list[str]:
        for _ in range(10):
            tick(runtime)  # what was lost is asked for, what waits goes
            self.simulator.settle(60)
        broken = [*self._once(runtime), *self._stopped(runtime)]
        proof = prove(runtime)
        broken += [f"{rule.says} ({rule.broken}: {', '.join(rule.examples)})" for rule in proof.findings]
        with runtime.sessions.read() as session:
            held = [each for each in session.scalars(select(ReadingRow.held_after_ms)) if each is not None]
        self.figures["ms_to_the_hold_median"] = statistics.median(held)
        self.figures["ms_to_the_hold_99th"] = statistics.quantiles(held, n=100)[98]
        self.figures["ms_to_the_hold_most"] = max(held)
        runtime.sessions.close()
        return broken

    def _once(self, runtime: Runtime) -> Iterator[str]:
        written_by_families = {text.sid for text in self.simulator.network.texts() if text.is_inbound}
        with runtime.sessions.read() as session:
            sids = list(session.scalars(select(TextRow.provider_sid).where(TextRow.direction == "in")))
            readings = session.scalar(select(func.count()).select_from(ReadingRow))
            events = session.scalar(select(func.count()).select_from(EventRow).where(EventRow.name == "text_received"))
        journal = Counter(
            (entry.what, str(entry.detail.get("status")))
            for entry in self.simulator.network.journal()
            if entry.detail.get("about") == "inbound" or entry.what in ("held back", "nobody told")
        )
        told = sum(count for (what, _), count in journal.items() if what == "webhook")
        self.figures |= {
            "texts_from_families": len(written_by_families),
            "webhooks_posted": told,
            "webhooks_answered_200": journal["webhook", "200"],
            "webhooks_not_answered": told - journal["webhook", "200"],
            "told_late": journal["held back", "None"],
        }
        if len(written_by_families) != self.texts:
            yield f"{self.texts} texts were to be written, {len(written_by_families)} were"
        if set(sids) != written_by_families or len(sids) != len(written_by_families):
            stand = len(set(sids) & written_by_families)
            yield f"of {len(written_by_families)} texts {stand} stand, in {len(sids)} rows"
        if not len(sids) == readings == events:
            yield f"{len(sids)} texts have {readings} readings and {events} events"
        codes = {status for what, status in journal if what == "webhook"} - {"200", "None"}
        if codes:
            yield f"webhooks were answered {', '.join(sorted(codes))}"

    def _stopped(self, runtime: Runtime) -> Iterator[str]:
        """What the network saw of each phone that asked for a stop, in so many words or nearly."""
        clear, near = set[str](), set[str]()
        for text in self.simulator.network.texts():
            if text.is_inbound and text.body in CLEAR_STOPS:
                clear.add(text.sender)
            elif text.is_inbound and text.body in NEAR_STOPS:
                near.add(text.sender)
        handed: dict[str, list[str]] = {}
        for one in self.simulator.network.handed_over():
            handed.setdefault(one["to"], []).append(one["reference"])
        confirmed = late = 0
        with runtime.sessions.read() as session:
            stops = _stops(session)
            numbers = {written(session, row): row for row in session.scalars(select(NumberRow))}
            held = set(session.scalars(select(FamilyNumberRow.number_id).join(
                HoldRow, HoldRow.family_id == FamilyNumberRow.family_id
            )))  # fmt: skip
            texts = {row.id: row for row in session.scalars(select(TextRow).where(TextRow.direction == "out"))}
            for phone in sorted(clear | near):
                number = numbers[phone]
                if phone in clear and number.texts_stopped_at is None:
                    yield f"a stop of ...{phone[-3:]} is not written down: {self._thread(session, number.id)}"
                if phone not in clear and number.texts_stopped_at is None and number.id not in held:
                    yield f"a near-stop of ...{phone[-3:]} holds nothing"
                if number.texts_stopped_at is None:
                    continue
                after = [texts[each] for each in handed.get(phone, ()) if (texts[each].claim or "") > stops[number.id]]
                confirmed += len(after)
                late += sum(text.purpose != "stop" for text in after)
                if len(after) > 1 or any(text.purpose != "stop" for text in after):
                    yield f"after its stop ...{phone[-3:]} got {[text.purpose for text in after]}"
        self.figures |= {
            "numbers_that_said_stop": len(clear),
            "numbers_that_nearly_did": len(near - clear),
            "confirmations_of_a_stop": confirmed - late,
            "other_texts_after_a_stop": late,
            "texts_to_families": sum(len(each) for phone, each in handed.items() if phone in set(self.phones)),
        }

    def _thread(self, session: Session, number_id: str) -> list[str]:
        """What came from a number, and what was made of it: for whoever looks for the reason."""
        query = select(TextRow, ReadingRow).join(ReadingRow, ReadingRow.text_id == TextRow.id)
        rows = session.execute(query.where(TextRow.number_id == number_id).order_by(TextRow.at, TextRow.id)).all()
        words = {text.sid: text.body for text in self.simulator.network.texts()}
        return [f"{words[text.provider_sid or '']}: {made.intent} {made.action} {made.details}" for text, made in rows]


def _stops(session: Session) -> dict[str, str]:
    """Per number the id of the event of its first stop of texts: ids are ordered by time, made under the lock."""
    found: dict[str, str] = {}
    for row in session.scalars(select(EventRow).where(EventRow.name == "stop_recorded").order_by(EventRow.id)):
        if "text" in row.data.get("scope", ()):
            found.setdefault(row.subjects[0], row.id)
    return found


# What runs in processes of its own


def app() -> Flask:
    """For gunicorn: as `wsgi:app`, by the soak's clock."""
    return create_app(_runtime())


def _serve(port: int) -> None:
    from waitress import serve

    serve(app(), host="127.0.0.1", port=port, threads=8, ident=None)


def _work() -> None:
    running = scheduler(_runtime(), worker="soak", due_seconds=1)
    running.start()
    signal.pause()


def _runtime() -> Runtime:
    log_plainly()
    offset = timedelta(seconds=float(os.environ["SOAK_OFFSET"]))
    return runtime_from(Settings(), now=lambda: host_time() + offset)


def _furnish(phones: list[str]) -> None:
    """Tables, people, signed words, and a family on every phone, each just offered again by text."""
    runtime = _runtime()
    set_up(runtime)
    cast.people_the_house(runtime)
    cast.switch_on_texts(runtime)
    for found in runtime.library.wordings.values():
        if found.language == "en":
            for who in (cast.ANA, cast.CORA):
                approve(runtime, who, kind="text", name=found.name, language="en", version=found.version)
    for place, phone in enumerate(phones):
        family = cast.a_family(runtime, f"OXF-{place:04}", e164=phone, standing="verified", next_step=2)
        cast.an_open_offer(runtime, family, channel="text", step=1)
    runtime.sessions.close()


def _look_at_replies(runtime: Runtime) -> None:
    """What a team does all day: it looks at what was held for it, so that answers that wait may go."""
    waiting = select(HoldRow.family_id).where(HoldRow.kind == Held.REPLY.value, HoldRow.lifted_at.is_(None))
    with runtime.sessions.read() as session:
        families = session.scalars(waiting.distinct()).all()
    for family_id in families:
        with runtime.sessions.begin() as session:
            lift_kinds(
                session, runtime, family_id=family_id, kinds={Held.REPLY}, by=cast.BEN.id, now=runtime.now()
            )  # fmt: skip


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", port]:
            _serve(int(port))
        case ["work"]:
            _work()
        case _:
            sys.exit(main())
