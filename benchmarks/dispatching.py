"""How many texts a second are handed over, beside what others would do with the same, on SQLite and PostgreSQL.

    python benchmarks/dispatching.py [--quick]      about 5 minutes

1. A provider in a process of its own that takes 8 texts at a time and answers each after 50 ms: 160 a second is all it
   allows. One worker with 8 in flight, then four with 2 each: real processes, the real SDK over HTTP. Fails below 0.7.
2. A provider that answers at once (inside the worker): dispatch, beside one APScheduler job for each offer in a
   SQLAlchemy job store, procrastinate on PostgreSQL (one task for each offer, 8 at a time), and a bare loop that runs
   the very statements of dispatch, as they were written down, on a copy of the same database with the bare driver.
3. The memory of a worker at rest and at full load (resident, in MB).

Prints Markdown tables. Everything is checked: each offer is handed over once, and is *accepted*.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import event, func, select  # noqa: E402

from benchmarks.enrolled import KEYRING, a_house, copy_of, databases, make_due, people_it  # noqa: E402
from benchmarks.provider import SENT, hand_over  # noqa: E402
from outreach.engine.dispatch import dispatch  # noqa: E402
from outreach.gateway.twilio import TwilioAccount, TwilioLine  # noqa: E402
from outreach.runtime import Runtime  # noqa: E402
from outreach.store.keyring import read_keyring  # noqa: E402
from outreach.store.texts import TextRow  # noqa: E402

ALLOWED, SHARE, WAIT_MS, AT_ONCE = 160.0, 0.7, 50, 8
QUICK = "--quick" in sys.argv
SLOW_TEXTS, FAST_TEXTS, ROUNDS = (400, 200, 1) if QUICK else (1600, 600, 3)


def main() -> int:
    failed = False
    slow: list[str] = []
    fast: list[str] = []
    with databases() as every:
        for name, url, home in every:
            first = a_house(url, home)
            people_it(first)
            make_due(first, 0, SLOW_TEXTS, queued=True)
            first.sessions.close()
            for workers in (1, 4):
                rate, rest, full = _against_the_provider(copy_of(url, f"w{workers}"), home, workers)
                failed = failed or rate < ALLOWED * SHARE
                slow.append(f"| {name} | {workers} | {rate:.0f} | {rate / ALLOWED:.2f} | {rest:.0f} | {full:.0f} |")
                print(slow[-1], file=sys.stderr, flush=True)
            fast += _at_once(name, url, home)
    print("| database | workers | texts a second | of 160 | at rest, MB | at full load, MB |")
    print("|---|---:|---:|---:|---:|---:|")
    print("\n".join(slow))
    print("\n| database | a provider that answers at once | offers a second | dispatch is |\n|---|---|---:|---:|")
    print("\n".join(fast))
    return int(failed)


# -- a provider that takes its time ----------------------------------------------------------------------------


def _against_the_provider(url: str, home: Path, workers: int) -> tuple[float, float, float]:
    """Texts a second as the provider counts them, and the memory of a worker before and after."""
    provider = _start("benchmarks.provider", str(WAIT_MS), str(AT_ONCE))
    port = _line(provider)
    orders = json.dumps(
        {"url": url, "home": str(home), "keys": KEYRING.written(), "port": port, "in_flight": AT_ONCE // workers}
    )
    started = [_start("benchmarks.dispatching", "--worker", orders) for _ in range(workers)]
    for worker in started:
        assert _line(worker) == "ready"
    for worker in started:
        _tell(worker, "go\n")
    ended = [json.loads(worker.communicate()[0]) for worker in started]
    told = json.loads(provider.communicate()[0])
    assert told["texts"] == sum(each["tried"] for each in ended) == SLOW_TEXTS, (told, ended)
    rate = (told["texts"] - 1) / (told["last"] - told["first"])
    return rate, max(each["rest"] for each in ended), max(each["full"] for each in ended)


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
    tried = 0
    while (count := dispatch(runtime)) or _waiting(runtime):
        tried += count
    print(json.dumps({"tried": tried, "rest": rest, "full": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


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
    ours, bare = [], []
    for place in range(ROUNDS):
        began = copy_of(url, f"ours{place}")
        beside = copy_of(url, f"bare{place}")
        rate, written = _ours(began, home)
        ours.append(rate)
        bare.append(_bare(beside, written))
    others = {"APScheduler, a job for each offer": [_apscheduler(f"{url}", home, place) for place in range(ROUNDS)]}
    if name == "PostgreSQL":
        others["procrastinate, a task for each offer"] = [_procrastinate(place) for place in range(ROUNDS)]
    mine = statistics.median(ours)
    rows = [f"| {name} | dispatch (the gate, the records and all) | {mine:.0f} | |"]
    for other, rates in {"a bare loop of the same SQL": bare, **others}.items():
        rate = statistics.median(rates)
        rows.append(f"| {name} | {other} | {rate:.0f} | {mine / rate:.2f} times that |")
    return rows


def _ours(url: str, home: Path) -> tuple[float, list[tuple[str, Any, bool] | None]]:
    """Texts a second; and every statement, with ``None`` where a transaction ended."""
    runtime = a_house(url, home)
    written: list[tuple[str, Any, bool] | None] = []
    count, seconds = _timed(lambda: _all(runtime))
    runtime.sessions.close()
    rate = count / seconds
    again = a_house(copy_of_the_queue(url), home)
    event.listen(
        again.sessions.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, _x, many: written.append((statement, parameters, many)),
    )  # fmt: skip
    event.listen(again.sessions.engine, "commit", lambda _c: written.append(None))
    event.listen(again.sessions.engine, "rollback", lambda _c: written.append(None))
    _all(again)
    again.sessions.close()
    return rate, written


def copy_of_the_queue(url: str) -> str:
    """The copy that was made beside ``url`` before anything was sent, copied once more for the writing down."""
    return copy_of(url.replace("ours", "bare"), "written" + url.rsplit("ours", 1)[1].split(".")[0])


def _all(runtime: Runtime) -> int:
    count = 0
    while (sent := dispatch(runtime)) or _waiting(runtime):
        count += sent
    with runtime.sessions.read() as session:
        accepted = session.scalar(select(func.count()).where(TextRow.state == "accepted"))
    assert accepted == count == SLOW_TEXTS, (accepted, count)
    return count


def _bare(url: str, written: list[tuple[str, Any, bool] | None]) -> float:
    if url.startswith("sqlite"):
        import sqlite3

        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        cursor = connection.cursor()
    else:
        import psycopg

        connection = psycopg.connect(url, autocommit=True)
        cursor = connection.cursor()

    def loop() -> int:
        inside = False
        for one in written:
            if one is None:
                if inside:
                    cursor.execute("COMMIT")
                inside = False
                continue
            statement, parameters, many = one
            if statement.upper().startswith(("BEGIN", "SET TRANSACTION")):
                continue
            if not inside:
                cursor.execute("BEGIN")
                inside = True
            (cursor.executemany if many else cursor.execute)(statement, parameters)
            if not many and cursor.description is not None:
                cursor.fetchall()
        return SLOW_TEXTS

    count, seconds = _timed(loop)
    connection.close()
    return count / seconds


def _apscheduler(url: str, home: Path, place: int) -> float:
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    table = f"apscheduler_{place}"
    address = url.replace("postgresql://", "postgresql+psycopg://")
    address = f"sqlite:///{home}/{table}.sqlite" if url.startswith("sqlite") else address
    store = SQLAlchemyJobStore(url=address, tablename=table)
    made = BackgroundScheduler(
        jobstores={"default": store}, timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True}
    )
    made.start(paused=True)
    SENT.clear()
    for number in range(FAST_TEXTS):
        made.add_job("benchmarks.provider:hand_over", "date", args=(f"o{number}",), id=f"o{number}")

    def run() -> int:
        made.resume()
        while len(SENT) < FAST_TEXTS or made.get_jobs():
            time.sleep(0.01)
        return FAST_TEXTS

    count, seconds = _timed(run)
    made.shutdown()
    store.shutdown()
    return count / seconds


def _procrastinate(place: int) -> float:
    import asyncio

    import procrastinate

    from tests import postgres

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=postgres.fresh_database()))
    SENT.clear()

    @app.task(name="hand_over")
    async def task(offer_id: str) -> None:
        hand_over(offer_id)

    async def run() -> float:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await app.tasks["hand_over"].batch_defer_async(*({"offer_id": f"o{n}"} for n in range(FAST_TEXTS)))
            began = time.perf_counter()
            await app.run_worker_async(wait=False, concurrency=AT_ONCE, install_signal_handlers=False)
            return time.perf_counter() - began

    seconds = asyncio.run(run())
    assert len(set(SENT)) == len(SENT) == FAST_TEXTS, (place, len(SENT))
    return FAST_TEXTS / seconds


def _timed(work: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    count = work()
    return count, time.perf_counter() - began


if __name__ == "__main__":
    if "--worker" in sys.argv:
        _worker(json.loads(sys.argv[sys.argv.index("--worker") + 1]))
    else:
        sys.exit(main())
