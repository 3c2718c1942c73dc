"""How many texts a second are handed over, beside what others would do with the same, on SQLite and PostgreSQL.

    python benchmarks/dispatching.py [--quick]      about 5 minutes

1. A provider in a process of its own that takes 8 texts at a time and answers each after 50 ms: 160 a second is all it
   allows. One worker with 8 in flight, then four with 2 each: real processes, the real SDK over HTTP. Fails below 0.7.
2. A provider that answers at once (inside the worker), in turns: dispatch; a bare loop; and, offer by offer,
   APScheduler with a SQLAlchemy job store, and procrastinate on PostgreSQL, 8 tasks at a time (``peers.py`` says what
   their jobs do). The bare loop runs the very statements of dispatch as they were written down, in the same batches and
   transactions, one after the other, with the bare driver on a copy of the same database; on SQLite it brings a claim
   to the disk as dispatch does. It computes nothing: it asks no gate, opens no word, and knows every answer before.
3. The memory of a worker at rest and at full load (resident, in MB).

*Processor* is what the workers, or the process itself, and the PostgreSQL server used for one text, in milliseconds:
what a busy machine distorts least. Two cores have 2,000 of them a second, and the provider needs some. Prints Markdown
tables. Everything is checked: each offer is handed over once, and is *accepted*.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import event, func, select, text  # noqa: E402

from benchmarks.enrolled import KEYRING, a_house, copy_of, databases, make_due, people_it  # noqa: E402
from benchmarks.peers import with_apscheduler, with_procrastinate  # noqa: E402
from benchmarks.taken import Taken, server_seconds, timed  # noqa: E402
from outreach.domain.delivery import Accepted  # noqa: E402
from outreach.engine.claim_texts import claim  # noqa: E402
from outreach.engine.dispatch import dispatch  # noqa: E402
from outreach.engine.record_texts import record  # noqa: E402
from outreach.gateway.twilio import TwilioAccount, TwilioLine  # noqa: E402
from outreach.runtime import Runtime  # noqa: E402
from outreach.store import few_rows  # noqa: E402
from outreach.store.keyring import read_keyring  # noqa: E402
from outreach.store.texts import TextRow  # noqa: E402

ALLOWED, SHARE, WAIT_MS, AT_ONCE = 160.0, 0.7, 50, 8
QUICK = "--quick" in sys.argv
TEXTS, PEERS_TEXTS, ROUNDS = (400, 200, 1) if QUICK else (1600, 600, 3)


def main() -> int:
    failed = False
    slow: list[str] = []
    fast: list[str] = []
    with databases() as every:
        for name, url, home in every:
            first = a_house(url, home)
            people_it(first)
            make_due(first, 0, TEXTS, queued=True)
            with first.sessions.engine.begin() as connection:
                connection.execute(text("ANALYZE"))  # as a database that has been in use for a while
            first.sessions.close()
            for workers in (1, 4):
                found = [
                    _against_the_provider(copy_of(url, f"w{workers}{place}"), home, workers) for place in range(ROUNDS)
                ]
                rate, cpu, servers, rest, full = (statistics.median(each) for each in zip(*found, strict=True))
                failed = failed or rate < ALLOWED * SHARE
                share = f"{rate:.0f} | {rate / ALLOWED:.2f}"
                slow.append(f"| {name} | {workers} | {share} | {cpu:.1f} | {servers:.1f} | {rest:.0f} | {full:.0f} |")
                print(slow[-1], file=sys.stderr, flush=True)
            fast += _at_once(name, url, home)
            print("\n".join(fast), file=sys.stderr, flush=True)
    print(
        "| database | workers | texts a second | of 160 | processor: workers | server | at rest, MB | full load, MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    print("\n".join(slow))
    print("\n| database | a provider that answers at once | offers a second | time, of ours | processor | of ours |")
    print("|---|---|---:|---:|---:|---:|")
    print("\n".join(fast))
    return int(failed)


# -- a provider that takes its time ----------------------------------------------------------------------------


def _against_the_provider(url: str, home: Path, workers: int) -> tuple[float, ...]:
    """Texts a second as the provider counts them; milliseconds of processor a text, of the workers and of the server;
    the memory of a worker before and after."""
    provider = _start("benchmarks.provider", str(WAIT_MS), str(AT_ONCE))
    port = _line(provider)
    orders = json.dumps(
        {"url": url, "home": str(home), "keys": KEYRING.written(), "port": port, "in_flight": AT_ONCE // workers}
    )
    started = [_start("benchmarks.dispatching", "--worker", orders) for _ in range(workers)]
    for worker in started:
        assert _line(worker) == "ready"
    used = server_seconds(url)
    for worker in started:
        _tell(worker, "go\n")
    ended = [json.loads(worker.communicate()[0]) for worker in started]
    told = json.loads(provider.communicate()[0])
    used = server_seconds(url) - used
    assert told["texts"] == sum(each["tried"] for each in ended) == TEXTS, (told, ended)
    return (
        (told["texts"] - 1) / (told["last"] - told["first"]), sum(each["cpu"] for each in ended) * 1000 / TEXTS,
        used * 1000 / TEXTS, max(each["rest"] for each in ended), max(each["full"] for each in ended),
    )  # fmt: skip


def _worker(orders: dict[str, Any]) -> None:
    runtime = a_house(
        orders["url"], Path(orders["home"]), keyring=read_keyring(orders["keys"]), sends_in_flight=orders["in_flight"]
    )
    account = TwilioAccount(
        account_sid="AC" + "0" * 32, auth_tokens=("token",), number="+447700900999", public_url="http://127.0.0.1:1",
        base_url=f"http://127.0.0.1:{orders['port']}",
    )  # fmt: skip
    line = TwilioLine(account)
    line.warm_up()
    runtime = Runtime(
        settings=runtime.settings, now=runtime.now, new_id=runtime.new_id, sessions=runtime.sessions, phone=line,
        mail=runtime.mail, library=runtime.library,
    )  # fmt: skip
    rest = _resident()
    print("ready", flush=True)
    sys.stdin.readline()
    tried, used = 0, time.process_time()
    while (count := dispatch(runtime)) or _waiting(runtime):
        tried += count
    used, full = time.process_time() - used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"tried": tried, "cpu": used, "rest": rest, "full": full}))


def _waiting(runtime: Runtime) -> bool:
    with runtime.sessions.read() as session:
        return session.scalars(select(TextRow.id).where(TextRow.state == "waiting").limit(1)).first() is not None


def _resident() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _start(module: str, *of: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *of], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _tell(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdin is not None
    process.stdin.write(words)
    process.stdin.flush()


# -- a provider that answers at once ---------------------------------------------------------------------------


def _at_once(name: str, url: str, home: Path) -> list[str]:
    rounds = [_a_round(name, url, home, place) for place in range(ROUNDS)]
    rows, ours = [], None
    for said in rounds[0]:
        wall = statistics.median(each[said].wall for each in rounds)
        used = statistics.median(each[said].cpu for each in rounds) * 1000
        ours = ours or (wall, used)
        times = f"{1 / wall:.0f} | {wall / ours[0]:.2f} | {used:.2f} | {used / ours[1]:.2f}"
        rows.append(f"| {name} | {said} | {times} |")
    return rows


def _a_round(name: str, url: str, home: Path, place: int) -> dict[str, Taken]:
    """What each takes for one offer, ours first."""

    def each(of: int, taken: Taken) -> Taken:
        return Taken(taken.wall / of, taken.cpu / of)

    def of_its_own(what: str) -> str:
        return copy_of(url, f"{what}{place}")

    found = {"dispatch (the gate, the records and all)": each(TEXTS, _ours(of_its_own("ours"), home))}
    written = _written(of_its_own("written"), home)
    found["a bare loop of the same SQL"] = each(TEXTS, _bare(of_its_own("bare"), written))
    for writes, said in ((True, "that writes as much"), (False, "that writes nothing")):
        taken = with_apscheduler(
            of_its_own(f"jobs{writes:d}"), home, many=PEERS_TEXTS, name=f"{writes:d}{place}", writes=writes
        )
        found[f"APScheduler: a job for each offer, {said}"] = each(PEERS_TEXTS, taken)
        if name == "PostgreSQL":
            taken = with_procrastinate(of_its_own(f"tasks{writes:d}"), many=PEERS_TEXTS, at_once=AT_ONCE, writes=writes)
            found[f"procrastinate: a task for each offer, {said}"] = each(PEERS_TEXTS, taken)
    return found


Written = list[tuple[str, Any, bool] | None]


def _ours(url: str, home: Path) -> Taken:
    runtime = a_house(url, home)
    _one_to_warm_up(runtime)
    with timed(taken := Taken(), url):
        sent = _all(runtime)
    assert sent == TEXTS - 1
    runtime.sessions.close()
    return taken


def _written(url: str, home: Path) -> Written:
    """Every statement of dispatch, with ``None`` where a transaction ended."""
    written: Written = []
    runtime = a_house(url, home)
    event.listen(
        runtime.sessions.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, _x, many: written.append((statement, parameters, many)),
    )  # fmt: skip
    event.listen(runtime.sessions.engine, "commit", lambda _c: written.append(None))
    event.listen(runtime.sessions.engine, "rollback", lambda _c: written.append(None))

    def noted(driver: Any, statement: str, values: Sequence[Any]) -> int:
        written.append((statement, values, False))
        return few_rows_run(driver, statement, values)

    few_rows_run = few_rows.run
    with patch.object(few_rows, "run", noted):
        assert _all(runtime) == TEXTS
    runtime.sessions.close()
    return written


def _one_to_warm_up(runtime: Runtime) -> None:
    """A worker runs for weeks: what SQLAlchemy makes of a query for the first time is not what a text costs."""
    (claimed,) = claim(runtime, most=1).texts
    record(runtime, [(claimed, Accepted("SM" + "f" * 32))])


def _all(runtime: Runtime) -> int:
    count = 0
    while (sent := dispatch(runtime)) or _waiting(runtime):
        count += sent
    with runtime.sessions.read() as session:
        accepted = session.scalar(select(func.count()).where(TextRow.state == "accepted"))
    assert accepted == TEXTS, (accepted, count)
    return count


def _bare(url: str, written: Written) -> Taken:
    on_sqlite = url.startswith("sqlite")
    if on_sqlite:
        import sqlite3

        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        import psycopg

        connection = psycopg.connect(url, autocommit=True)
    cursor, inside, claims = connection.cursor(), False, False
    with timed(taken := Taken(), url):
        for one in written:
            if one is None:
                if inside:
                    cursor.execute("COMMIT")
                if claims and on_sqlite:
                    _to_disk(url)
                inside = claims = False
                continue
            statement, parameters, many = one
            if statement.startswith("BEGIN"):
                continue
            if not inside:
                cursor.execute("BEGIN")
                inside = True
            claims = claims or statement.startswith("UPDATE text SET state=?, claim=?")
            (cursor.executemany if many else cursor.execute)(statement, parameters)
            if not many and cursor.description is not None:
                cursor.fetchall()
    connection.close()
    return taken


def _to_disk(url: str) -> None:
    log = os.open(url.removeprefix("sqlite:///") + "-wal", os.O_RDONLY)
    try:
        os.fsync(log)
    finally:
        os.close(log)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        _worker(json.loads(sys.argv[sys.argv.index("--worker") + 1]))
    else:
        sys.exit(main())
